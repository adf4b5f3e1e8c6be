"""On a stack, the platform's agent brings what the parts log to Datadog, and is watched as they are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest

from alertproof.clock import SystemClock, wait_until
from alertproof.requirements import Target, load_specification
from alertproof.stack.supervisor import StackPlan, Supervisor

CLOCK = SystemClock()
MONITORING = Path(__file__).parents[2] / "monitoring"


@pytest.fixture(scope="module")
def stack() -> Iterator[tuple[Supervisor, Target]]:
    with Supervisor(StackPlan(specification=load_specification(MONITORING))) as supervisor:
        yield supervisor, supervisor.start()


@pytest.fixture
def datadog(stack: tuple[Supervisor, Target]) -> Iterator[httpx.Client]:
    """Datadog's API."""
    env = stack[1].env
    headers = {"DD-API-KEY": env["DD_API_KEY"], "DD-APPLICATION-KEY": env["DD_APP_KEY"]}
    with httpx.Client(base_url=stack[1].endpoints.datadog, headers=headers, trust_env=False) as client:
        yield client


def logs(datadog: httpx.Client, query: str, *, at_least: int) -> list[dict[str, Any]]:
    """Search logs as often as it takes to find so many."""

    def look() -> list[dict[str, Any]] | None:
        answer = datadog.post("/api/v2/logs/events/search", json={"filter": {"query": query}, "page": {"limit": 100}})
        found = [item["attributes"] for item in answer.raise_for_status().json()["data"]]
        return found if len(found) >= at_least else None

    found = wait_until(
        look, clock=CLOCK, deadline=CLOCK.now() + timedelta(seconds=20), every=timedelta(milliseconds=100)
    )
    assert found is not None, f"fewer than {at_least} logs: {query}"
    return found


def test_a_requests_lines_are_found_by_its_correlation_id_in_every_service(
    stack: tuple[Supervisor, Target], datadog: httpx.Client
) -> None:
    target = stack[1]
    login = {"tenant": "acme", "email": "agent@acme.example", "password": target.env["M3CORE_SEED_PASSWORD"]}
    with httpx.Client(base_url=target.endpoints.m3core, trust_env=False) as api:
        token = api.post("/api/login", json=login).raise_for_status().json()["token"]
        headers = {"Authorization": f"Bearer {token}", "X-Correlation-Id": "seek-1"}
        lead = {"name": "Jo", "company": "Jobs", "email": "jo@jobs.example"}
        api.post("/api/leads", json=lead, headers=headers).raise_for_status()
    found = logs(datadog, "@correlation_id:seek-1", at_least=4)
    assert {line["service"] for line in found} == {"m3core-api", "m3core-worker"}
    for line in found:
        assert {"env:drill", "source:python"} <= set(line["tags"])
        assert line["attributes"]["tenant"] == "acme"
        assert line["status"] == "info"
    assert not [line for line in found if "jo@jobs.example" in str(line)]


def test_a_slow_statement_is_found_in_the_databases_log(
    stack: tuple[Supervisor, Target], datadog: httpx.Client
) -> None:
    with psycopg.connect(f"postgresql://postgres@/postgres?host={stack[0].folder / 'pg'}") as connection:
        connection.execute("SELECT pg_sleep(0.25), %s::text\n\tAS slow_one", ["ada@example.com"])
    [line] = logs(datadog, "service:m3core-database slow_one", at_least=1)
    assert "source:postgresql" in line["tags"]
    assert "duration: 2" in line["message"]
    assert line["message"].endswith("AS slow_one")
    assert "ada@" not in line["message"]


def test_an_agent_that_dies_is_a_part_that_died(stack: tuple[Supervisor, Target]) -> None:
    supervisor = stack[0]
    assert supervisor.dead_part() is None
    [agent] = [each for each in psutil.Process().children() if each.cmdline()[-1:] == ["agent"]]
    agent.kill()
    agent.wait(5)
    dead = supervisor.dead_part()
    assert dead is not None
    assert dead.name == "m3core-agent"
