from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import psycopg
import pytest

from m3core.agent.business import BusinessCollector
from m3core.database import Database

if TYPE_CHECKING:
    from tests.m3core.agent.conftest import Measure
    from tests.m3core.conftest import Platform


@pytest.fixture
def connection(platform: Platform) -> Iterator[psycopg.Connection]:
    """A connection to the platform's database, which has two more tenants for the while."""
    with psycopg.connect(platform.environment["DATABASE_URL"], autocommit=True) as opened:
        opened.execute("INSERT INTO tenants (slug, name) VALUES ('hooli', 'Hooli'), ('empty', 'Nobody')")
        yield opened
        opened.execute("DELETE FROM opportunities WHERE tenant = 'hooli'")
        opened.execute("DELETE FROM leads WHERE tenant = 'hooli'")
        opened.execute("DELETE FROM users WHERE tenant = 'hooli'")
        opened.execute("DELETE FROM tenants WHERE slug IN ('hooli', 'empty')")


def values_of(measure: Measure, database: Database, tenant: str) -> dict[str, float]:
    return {p.metric: p.value for p in measure(BusinessCollector(database)) if f"tenant:{tenant}" in p.tags}


def test_leads_and_the_share_that_became_customers_are_each_tenants_own(
    connection: psycopg.Connection, measure: Measure, database: Database
) -> None:
    before = values_of(measure, database, "acme")
    connection.execute(
        "INSERT INTO leads (tenant, name, company, email, converted_at)"
        " SELECT 'hooli', 'n', 'c', 'e', CASE WHEN n = 1 THEN now() END FROM generate_series(1, 4) n"
    )
    found = values_of(measure, database, "hooli")
    assert (found["leads.total"], found["leads.conversion_rate"]) == (4, 0.25)
    assert values_of(measure, database, "acme") == before


def test_the_pipeline_is_what_is_open_in_dollars(
    connection: psycopg.Connection, measure: Measure, database: Database
) -> None:
    for stage, cents in (("qualification", 10_050), ("negotiation", 20_000), ("won", 999_900), ("lost", 888_800)):
        connection.execute(
            "INSERT INTO opportunities (tenant, name, amount_cents, stage) VALUES ('hooli', 'n', %s, %s)",
            [cents, stage],
        )
    assert values_of(measure, database, "hooli")["revenue.pipeline"] == 300.5


def test_a_user_is_active_for_fifteen_minutes_after_a_request(
    connection: psycopg.Connection, measure: Measure, database: Database
) -> None:
    for number, seen in enumerate(["14 minutes 50 seconds", "15 minutes 10 seconds", None]):
        connection.execute(
            "INSERT INTO users (tenant, email, password_hash, last_seen_at)"
            " VALUES ('hooli', %s, 'x', now() - %s::interval)",
            [str(number), seen],
        )
    found = values_of(measure, database, "hooli")
    assert (found["users.total"], found["users.active"]) == (3, 1)


def test_a_tenant_without_anything_has_no_share_but_is_told_of(
    connection: psycopg.Connection, measure: Measure, database: Database
) -> None:
    assert connection is not None
    assert values_of(measure, database, "empty") == {
        "leads.total": 0,
        "revenue.pipeline": 0,
        "users.total": 0,
        "users.active": 0,
    }
