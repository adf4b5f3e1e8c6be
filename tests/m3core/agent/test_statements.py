from __future__ import annotations

from typing import TYPE_CHECKING

import psycopg
import pytest
from hypothesis import given
from hypothesis import strategies as st

from m3core.agent.rounds import NotHere
from m3core.agent.statements import StatementCollector, statement_name
from m3core.database import Database

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.m3core.agent.conftest import Measure
    from tests.m3core.conftest import Platform, Point


@pytest.fixture
def connection(platform: Platform) -> Iterator[psycopg.Connection]:
    """A connection to the platform's database."""
    with psycopg.connect(platform.environment["DATABASE_URL"], autocommit=True) as opened:
        yield opened


def of(points: list[Point], query: str) -> dict[str, float]:
    return {point.metric: point.value for point in points if f"query:{query}" in point.tags}


@pytest.mark.parametrize(
    ("statement", "name"),
    [
        ("SELECT leads.id FROM leads WHERE leads.tenant = $1", "select-leads"),
        ("select count(*) from public.leads", "select-leads"),
        ('INSERT INTO "users" (tenant) VALUES ($1)', "insert-users"),
        ("UPDATE leads SET score = $1 WHERE id = $2", "update-leads"),
        ("UPDATE ONLY leads SET score = $1", "update-leads"),
        ("DELETE FROM signing_keys", "delete-signing_keys"),
        ("WITH new AS (SELECT 1) SELECT * FROM new", "with-new"),
        ("/* a note */ SELECT 1", "select"),
        ("-- a note\nSELECT 1", "select"),
        ("SELECT $1", "select"),
        ("COPY leads FROM STDIN", "copy-stdin"),
        ("", "unknown"),
        ("???", "unknown"),
    ],
)
def test_a_statement_is_named_by_its_verb_and_its_first_table(statement: str, name: str) -> None:
    assert statement_name(statement) == name


@given(st.text())
def test_any_text_gets_a_name_that_a_tag_may_have(text: str) -> None:
    name = statement_name(" ".join(["SELECT * FROM", text]))
    assert 0 < len(name) <= 60
    assert set(name) <= set("abcdefghijklmnopqrstuvwxyz0123456789_-")


def test_what_ran_since_the_last_sample_is_sent_without_any_value(
    database: Database, connection: psycopg.Connection, measure: Measure
) -> None:
    collector = StatementCollector(database)
    connection.execute("SELECT relname FROM pg_class WHERE relname = %s", ["hush"])
    assert measure(collector) == []
    for name in ("a", "b", "c"):
        connection.execute("SELECT relname FROM pg_class WHERE relname = %s", [name])
    points = measure(collector)
    ran = of(points, "select-pg_class")
    assert ran["postgresql.queries.count"] == 3
    assert 0 < ran["postgresql.queries.time"] < 1
    [signature] = {tag for p in points if "query:select-pg_class" in p.tags for tag in p.tags if "signature" in tag}
    assert len(signature.removeprefix("query_signature:")) == 16
    assert not any("hush" in tag for point in points for tag in point.tags)
    assert of(measure(collector), "select-pg_class") == {}


def test_counters_that_were_set_to_nothing_count_from_there(
    database: Database, connection: psycopg.Connection, measure: Measure
) -> None:
    collector = StatementCollector(database)
    for _ in range(3):
        connection.execute("SELECT indrelid FROM pg_index LIMIT 1")
    measure(collector)
    connection.execute("SELECT pg_stat_statements_reset()")
    connection.execute("SELECT indrelid FROM pg_index LIMIT 1")
    assert of(measure(collector), "select-pg_index")["postgresql.queries.count"] == 1


def test_only_the_twenty_with_most_time_are_sent(
    database: Database, connection: psycopg.Connection, measure: Measure
) -> None:
    collector = StatementCollector(database)
    measure(collector)
    for number in range(30):
        connection.execute(f"SELECT {', '.join(['1'] * (number + 1))}")
    connection.execute("SELECT pg_sleep(0.1), relname FROM pg_class LIMIT 1")
    points = [point for point in measure(collector) if point.metric == "postgresql.queries.time"]
    assert len(points) == 20
    assert any("query:select-pg_class" in point.tags for point in points)


@pytest.mark.parametrize(("seconds", "slow"), [(0.15, 0), (0.25, 1)])
def test_a_statement_is_slow_when_its_mean_is_above_200_ms(
    database: Database, connection: psycopg.Connection, measure: Measure, seconds: float, slow: int
) -> None:
    collector = StatementCollector(database)
    measure(collector)
    connection.execute("SELECT pg_sleep(%s)", [seconds])
    [point] = [point for point in measure(collector) if point.metric == "postgresql.queries.slow"]
    assert point.value == slow


def test_a_database_that_counts_no_statements_is_told_what_to_do(
    platform: Platform, connection: psycopg.Connection, measure: Measure
) -> None:
    connection.execute("CREATE DATABASE counts_nothing")
    other = Database(platform.environment["DATABASE_URL"].replace("/postgres?", "/counts_nothing?"))
    try:
        with pytest.raises(NotHere, match="add pg_stat_statements to its shared_preload_libraries"):
            measure(StatementCollector(other))
    finally:
        other.close()
        connection.execute("DROP DATABASE counts_nothing WITH (FORCE)")
