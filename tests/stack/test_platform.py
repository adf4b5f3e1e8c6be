"""On a stack, the platform's agent ships the parts' logs and is watched as they are, and its releases are marked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import psutil
import psycopg
import pytest
from tests.stack.accounts import account_of

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


def test_a_release_is_marked_at_all_three_vendors(stack: tuple[Supervisor, Target], datadog: httpx.Client) -> None:
    target = stack[1]
    org = target.env["SENTRY_ORG"]
    with account_of(target) as pagerduty:
        told = {
            "SENTRY_URL": target.endpoints.sentry_api,
            "SENTRY_AUTH_TOKEN": target.env["SENTRY_AUTH_TOKEN"],
            "SENTRY_ORG": org,
            "SENTRY_PROJECT": target.env["SENTRY_PROJECT"],
            "DATADOG_HOST": target.endpoints.datadog,
            "DD_API_KEY": target.env["DD_API_KEY"],
            "PAGERDUTY_EVENTS_URL": target.endpoints.pagerduty,
            "PAGERDUTY_ROUTING_KEY": pagerduty.door(),
            "SSL_CERT_FILE": target.ca_file,
        }
        command = [sys.executable, "-m", "m3core", "release", "--version", "2026.12.1", "--environment", "drill"]
        url = "https://ci.example/runs/7"
        done = subprocess.run(
            [*command, "--url", url], env={**os.environ, **told}, capture_output=True, text=True, check=False
        )
        assert (done.returncode, done.stderr) == (0, "")
        assert done.stdout.splitlines() == [
            f"{vendor}: m3core@2026.12.1 is marked in drill" for vendor in ("Sentry", "Datadog", "PagerDuty")
        ]
        changes = wait_until(
            pagerduty.changes, clock=CLOCK, deadline=CLOCK.now() + timedelta(seconds=10), every=timedelta(seconds=0.1)
        )
    assert changes is not None
    assert [change["summary"] for change in changes] == ["M3CoreCRM 2026.12.1 deployed to drill"]
    assert changes[0]["links"] == [{"href": url, "text": "What was deployed"}]

    bearer = {"Authorization": f"Bearer {target.env['SENTRY_AUTH_TOKEN']}"}
    release = f"{target.endpoints.sentry_api}/api/0/organizations/{org}/releases/m3core@2026.12.1/"
    deploys = httpx.get(f"{release}deploys/", headers=bearer, trust_env=False).raise_for_status().json()
    assert [(each["environment"], each["name"], each["url"]) for each in deploys] == [("drill", "2026.12.1", url)]
    assert httpx.get(release, headers=bearer, trust_env=False).json()["dateReleased"] is not None

    asked = {"filter": {"query": "event:deploy version:2026.12.1 env:drill"}}
    found = datadog.post("/api/v2/events/search", json=asked).raise_for_status().json()["data"]
    assert len(found) == 1
    assert "service:m3core-web" in found[0]["attributes"]["tags"]


def test_an_agent_that_dies_is_a_part_that_died(stack: tuple[Supervisor, Target]) -> None:
    supervisor = stack[0]
    assert supervisor.dead_part() is None
    [agent] = [each for each in psutil.Process().children() if each.cmdline()[-1:] == ["agent"]]
    agent.kill()
    agent.wait(5)
    dead = supervisor.dead_part()
    assert dead is not None
    assert dead.name == "m3core-agent"
