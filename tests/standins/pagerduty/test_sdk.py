"""The official client, unmodified, against the stand-in as a stack starts it: over TLS, in stack time."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from pagerduty import EventsApiV2Client, HttpError, UrlError
from tests.standins.doors import ask_door

from alertproof.clock import SystemClock, wait_until

if TYPE_CHECKING:
    from tests.standins.pagerduty.conftest import Running

FACTOR = 600.0


@pytest.fixture(scope="module", name="running")
def _running(start_running: Callable[[float], Running]) -> Running:
    return start_running(FACTOR)


@pytest.fixture(name="door")
def _door(running: Running, request: pytest.FixtureRequest) -> dict[str, Any]:
    """A service of its own for each test, with a door, made by the client."""
    rest, name = running.rest, request.node.name
    user = rest.find("users", "ada@example.com", attribute="email")
    user = user or rest.rpost("users", json={"type": "user", "name": "Ada", "email": "ada@example.com"})
    rules = [{"escalation_delay_in_minutes": 5, "targets": [{"id": user["id"], "type": "user_reference"}]}]
    policy = rest.persist("escalation_policies", "name", {"name": name, "escalation_rules": rules, "num_loops": 9})
    reference = {"id": policy["id"], "type": "escalation_policy_reference"}
    urgency = {"type": "constant", "urgency": "severity_based"}
    service = rest.persist(
        "services", "name", {"name": name, "escalation_policy": reference, "incident_urgency_rule": urgency}
    )
    body = {"type": "events_api_v2_inbound_integration", "name": "datadog"}
    integration: dict[str, Any] = rest.rpost(f"services/{service['id']}/integrations", json={"integration": body})
    return integration


def test_a_life_of_an_incident_by_events(running: Running, door: dict[str, Any]) -> None:
    events, rest = running.events(door["integration_key"]), running.rest
    began = running.clock.now()
    with events:
        key = events.trigger("it broke", "test", severity="error", custom_details={"query": "q"})
        assert events.trigger("it broke again", "test", dedup_key=key) == key
        (incident,) = rest.list_all("incidents", params={"incident_key": key, "statuses[]": ["triggered"]})
        assert (incident["urgency"], incident["title"]) == ("high", "it broke")
        created = datetime.fromisoformat(incident["created_at"])
        assert began - timedelta(seconds=1) <= created <= running.clock.now()
        (alert,) = rest.rget(f"incidents/{incident['id']}/alerts")
        assert (alert["alert_key"], alert["severity"], alert["summary"]) == (key, "critical", "it broke again")
        events.acknowledge(key)
        assert rest.rget(f"incidents/{incident['id']}")["status"] == "acknowledged"
        events.resolve(key)
    (resolved,) = rest.iter_all("incidents", params={"service_ids[]": [door["service"]["id"]]})
    assert (resolved["id"], resolved["status"]) == (incident["id"], "resolved")
    types = [entry["type"] for entry in rest.iter_all(f"incidents/{incident['id']}/log_entries")]
    assert types[0] == "resolve_log_entry"
    assert types.count("trigger_log_entry") == 2


def test_escalation_runs_on_the_stack_s_clock(running: Running, door: dict[str, Any]) -> None:
    with running.events(door["integration_key"]) as events:
        key = events.trigger("nobody answers", "test")
    (incident,) = running.rest.rget("incidents", params={"incident_key": key})
    path = f"incidents/{incident['id']}/log_entries"

    def looked() -> list[dict[str, Any]] | None:
        entries = [each for each in running.rest.rget(path) if each["type"] == "escalate_log_entry"]
        return entries or None

    clock = SystemClock()
    entries = wait_until(
        looked, clock=clock, deadline=clock.now() + timedelta(seconds=20), every=timedelta(milliseconds=50)
    )
    assert entries is not None, "nothing escalated within 20 s"
    gap = datetime.fromisoformat(entries[-1]["created_at"]) - datetime.fromisoformat(incident["created_at"])
    # Both are cut to the second, so that the five minutes may show as one second more or less.
    assert abs(gap - timedelta(minutes=5)) <= timedelta(seconds=1)


def test_a_person_resolves_by_the_client(running: Running, door: dict[str, Any]) -> None:
    with running.events(door["integration_key"]) as events:
        key = events.trigger("it broke", "test")
    (incident,) = running.rest.rget("incidents", params={"incident_key": key})
    change = {"type": "incident_reference", "status": "resolved"}
    answer = running.rest.rput(f"incidents/{incident['id']}", json={"incident": change})
    assert answer["status"] == "resolved"


def test_a_change_is_taken(running: Running, door: dict[str, Any]) -> None:
    with running.events(door["integration_key"]) as events:
        events.submit("deployed", source="ci", timestamp="2026-01-01T00:00:00Z")


def test_a_wrong_event_is_an_error_of_the_client(running: Running) -> None:
    with running.events("short") as events, pytest.raises(HttpError, match="400"):
        events.trigger("it broke", "test")


def test_the_client_refuses_plain_http_which_is_why_there_is_tls(running: Running) -> None:
    with pytest.raises(UrlError):
        EventsApiV2Client("k" * 32, base_url=running.address.replace("https", "http"))


def test_a_client_that_does_not_know_the_authority_is_not_let_in(running: Running) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(running.address + "/incidents")


def test_nothing_that_the_clients_ask_for_is_unknown(running: Running, door: dict[str, Any]) -> None:
    assert door["integration_key"]
    assert ask_door(running.control, "unknown")["requests"] == []
