from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg

from m3core.agent.postgres import PostgresCollector
from m3core.database import Database

if TYPE_CHECKING:
    from tests.m3core.agent.conftest import Measure
    from tests.m3core.conftest import Platform


def test_connections_are_counted_by_what_they_do(platform: Platform, database: Database, measure: Measure) -> None:
    def by_state() -> dict[str, float]:
        points = [p for p in measure(PostgresCollector(database)) if p.metric == "postgresql.connections"]
        return {tag: p.value for p in points for tag in p.tags if tag.startswith("state:")}

    before = by_state()
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        connection.execute("SELECT 1")  # it is in a transaction now
        within = by_state()
    assert before.keys() == {"state:active", "state:idle", "state:other"}
    assert before["state:active"] >= 1  # our own question
    assert within["state:other"] == before["state:other"] + 1


def test_the_databases_size_is_its_bytes(platform: Platform, database: Database, measure: Measure) -> None:
    def size() -> float:
        return next(p.value for p in measure(PostgresCollector(database)) if p.metric == "postgresql.database_size")

    before = size()
    with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
        connection.execute("CREATE TABLE big AS SELECT repeat('x', 1000) FROM generate_series(1, 2000)")
    try:
        assert 2_000_000 < size() - before < 4_000_000
    finally:
        with psycopg.connect(platform.environment["DATABASE_URL"]) as connection:
            connection.execute("DROP TABLE big")
