"""In a stack that stands, and has what monitoring/ says, an incident of PagerDuty opens a status note and closes it."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from alertproof.clock import SystemClock, wait_until
from alertproof.requirements import Target, load_specification
from alertproof.stack.supervisor import StackPlan, Supervisor
from alertproof.sync import Settings, fill

MONITORING = Path(__file__).parents[2] / "monitoring"


@pytest.fixture
def target() -> Iterator[Target]:
    specification = load_specification(MONITORING)
    with Supervisor(StackPlan(specification=specification)) as supervisor:
        target = supervisor.start()
        done = fill(Settings.of(target, "this stack", origin=specification.environment, environment={}), MONITORING)
        assert [each.error for each in done if each.error is not None] == []
        yield target


@pytest.fixture
def pagerduty(target: Target) -> Iterator[httpx.Client]:
    verify = ssl.create_default_context(cafile=target.ca_file)
    headers = {"Authorization": f"Token token={target.env['PAGERDUTY_API_TOKEN']}"}
    address = target.endpoints.pagerduty
    with httpx.Client(base_url=address, headers=headers, verify=verify, trust_env=False) as client:
        yield client


def door(pagerduty: httpx.Client, service: str) -> str:
    """Return the key by which Datadog pages a service."""
    rows = pagerduty.get("/services", params={"include[]": "integrations"}).raise_for_status().json()["services"]
    (row,) = [row for row in rows if row["name"] == service]
    (found,) = [each for each in row["integrations"] if each["name"] == "Datadog"]
    return str(found["integration_key"])


def tell(pagerduty: httpx.Client, key: str, action: str) -> None:
    payload = {"summary": "errors", "source": "api", "severity": "critical"}
    event = {"routing_key": key, "event_action": action, "dedup_key": "one", "payload": payload}
    pagerduty.post("/v2/enqueue", json=event).raise_for_status()


def notes_when(target: Target, state: str) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]] | None:
        notes = httpx.get(f"{target.endpoints.m3core}/status", trust_env=False).raise_for_status().json()["notes"]
        return notes if [note["state"] for note in notes] == [state] else None

    clock = SystemClock()
    deadline = clock.now() + timedelta(seconds=10)
    notes = wait_until(found, clock=clock, deadline=deadline, every=timedelta(milliseconds=50))
    assert notes is not None, f"no single note was {state} within 10 s"
    return notes


def annotations_of(pagerduty: httpx.Client, incident: str) -> list[dict[str, Any]]:
    def found() -> list[dict[str, Any]] | None:
        notes: list[dict[str, Any]] = pagerduty.get(f"/incidents/{incident}/notes").raise_for_status().json()["notes"]
        return notes or None

    clock = SystemClock()
    deadline = clock.now() + timedelta(seconds=10)
    return wait_until(found, clock=clock, deadline=deadline, every=timedelta(milliseconds=50)) or []


def test_a_page_opens_a_note_and_its_end_closes_it(target: Target, pagerduty: httpx.Client) -> None:
    quiet, loud = door(pagerduty, "m3core-operations"), door(pagerduty, "m3core-api")
    tell(pagerduty, quiet, "trigger")
    tell(pagerduty, loud, "trigger")
    notes_when(target, "open")
    assert "We are looking into it." in httpx.get(f"{target.pages}/status", trust_env=False).text
    (incident,) = pagerduty.get("/incidents", params={"urgencies[]": "high"}).raise_for_status().json()["incidents"]
    (annotation,) = annotations_of(pagerduty, incident["id"])
    assert annotation["content"].startswith("Users read of this at /status, since ")
    tell(pagerduty, loud, "resolve")
    (note,) = notes_when(target, "resolved")
    assert len(annotations_of(pagerduty, incident["id"])) == 1
    assert datetime.fromisoformat(note["opened_at"]) < datetime.fromisoformat(note["closed_at"])
    assert "Everything works as it should." in httpx.get(f"{target.pages}/status", trust_env=False).text
