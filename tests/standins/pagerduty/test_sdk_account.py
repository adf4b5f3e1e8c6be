"""The rest of the API through the official client, whose wrappers, pages and cursors are its own."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
from pagerduty import HttpError
from tests.standins.doors import ask_door

from alertproof.clock import SystemClock, wait_until

if TYPE_CHECKING:
    from tests.standins.pagerduty.conftest import Receiver, Running

FACTOR = 600.0


@pytest.fixture(scope="module", name="running")
def _running(start_running: Callable[[float], Running]) -> Running:
    running = start_running(FACTOR)
    running.rest.rpost("users", json={"name": "Ada", "email": "ada@example.com"})
    running.rest.rpost("users", json={"name": "Bob", "email": "bob@example.com"})
    return running


def user(running: Running, name: str) -> dict[str, str]:
    found = running.rest.find("users", name)
    assert found is not None
    return {"id": found["id"], "type": "user_reference"}


def account(running: Running, name: str, targets: list[dict[str, str]]) -> dict[str, Any]:
    """Make a service that tells the targets, each after a minute; returns its integration."""
    rest = running.rest
    rules = [{"escalation_delay_in_minutes": 1, "targets": [target]} for target in targets]
    policy = rest.rpost("escalation_policies", json={"name": name, "escalation_rules": rules})
    reference = {"id": policy["id"], "type": "escalation_policy_reference"}
    service = rest.rpost("services", json={"name": name, "escalation_policy": reference})
    kind = {"type": "events_api_v2_inbound_integration", "name": "datadog"}
    integration: dict[str, Any] = rest.rpost(f"services/{service['id']}/integrations", json=kind)
    return integration


def test_a_schedule_its_overrides_and_on_calls(running: Running) -> None:
    rest, now = running.rest, running.clock.now()
    day = (now - timedelta(days=1)).isoformat()
    layer = {
        "start": day,
        "rotation_virtual_start": day,
        "rotation_turn_length_seconds": 7 * 86_400,
        "users": [{"user": user(running, "Ada")}],
    }
    schedule = rest.rpost("schedules", json={"name": "primary", "time_zone": "UTC", "schedule_layers": [layer]})
    target = {"id": schedule["id"], "type": "schedule_reference"}
    integration = account(running, "by schedule", [target])
    span = {"start": day, "end": (now + timedelta(days=1)).isoformat()}
    made = rest.rpost(f"schedules/{schedule['id']}/overrides", json=[{**span, "user": user(running, "Bob")}])
    assert [each["status"] for each in made] == [201]
    calls = list(rest.iter_all("oncalls", params={"schedule_ids[]": [schedule["id"]]}))
    assert [call["user"]["summary"] for call in calls] == ["Bob"]
    with running.events(integration["integration_key"]) as events:
        events.trigger("it broke", "test")
    (incident,) = rest.list_all("incidents", params={"service_ids[]": [integration["service"]["id"]]})
    assert incident["assignments"][0]["assignee"]["summary"] == "Bob"
    # Two days ago is before the layer, so that from there on the range has a gap first.
    since = {"since": (now - timedelta(days=2)).isoformat(), "until": (now + timedelta(days=2)).isoformat()}
    shown = rest.rget(f"schedules/{schedule['id']}", params=since)
    entries = shown["final_schedule"]["rendered_schedule_entries"]
    assert [entry["user"]["summary"] for entry in entries] == ["Bob", "Ada"]


def test_many_incidents_notes_snooze_and_merge(running: Running) -> None:
    rest = running.rest
    service = account(running, "by hand", [user(running, "Ada")])["service"]
    body = {"type": "incident", "service": {"id": service["id"], "type": "service_reference"}}
    first, second = (rest.rpost("incidents", json=body | {"title": title}) for title in ("one", "two"))
    changes = [{"id": each["id"], "type": "incident_reference", "status": "acknowledged"} for each in (first, second)]
    assert [each["status"] for each in rest.rput("incidents", json=changes)] == ["acknowledged"] * 2
    rest.rpost(f"incidents/{first['id']}/notes", json={"content": "on it"})
    assert [note["summary"] for note in rest.iter_incident_notes(first["id"])] == ["on it"]
    snoozed = rest.rpost(f"incidents/{first['id']}/snooze", json={"duration": 604_800})
    assert snoozed["pending_actions"][-1]["type"] == "unacknowledge"
    merged = rest.rput(f"incidents/{first['id']}/merge", json=[{"id": second["id"], "type": "incident_reference"}])
    assert merged["id"] == first["id"]
    assert rest.rget(f"incidents/{second['id']}")["resolve_reason"]["incident"]["id"] == first["id"]


def test_who_was_notified_and_the_history_in_pieces(running: Running) -> None:
    rest, began = running.rest, running.clock.now()
    integration = account(running, "notified", [user(running, "Bob")])
    with running.events(integration["integration_key"]) as events:
        events.trigger("it broke", "test")
        change = {"summary": "deployed", "timestamp": began.isoformat()}
        events.post("/v2/change/enqueue", json={"payload": change})
    since, until = began - timedelta(seconds=1), running.clock.now() + timedelta(hours=1)
    params = {"since": since.isoformat(), "until": until.isoformat()}
    notified = rest.list_all("notifications", params=params)
    assert "bob@example.com" in {each["address"] for each in notified}
    history = list(rest.iter_history("log_entries", since, until))
    assert "trigger_log_entry" in {entry["type"] for entry in history}
    (kept,) = rest.list_all("change_events", params={"integration_ids[]": [integration["id"]]})
    assert kept["summary"] == "deployed"
    assert rest.account_has_ability("teams") is False


def test_alert_grouping_settings_by_cursor(running: Running) -> None:
    names = ("grouped 1", "grouped 2", "grouped 3")
    services = [account(running, name, [user(running, "Ada")])["service"] for name in names]
    made = []
    for service in services:
        body = {"name": "g", "type": "time", "config": {"timeout": 0}, "services": [{"id": service["id"]}]}
        made.append(running.rest.rpost("alert_grouping_settings", json=body)["id"])
    listed = running.rest.iter_alert_grouping_settings(limit=1)
    assert [each["id"] for each in listed] == made


def test_an_escalation_is_told_by_a_webhook_when_nobody_looks(running: Running, receiver: Receiver) -> None:
    integration = account(running, "watched", [user(running, "Ada"), user(running, "Bob")])
    service = {"id": integration["service"]["id"], "type": "service_reference"}
    method = {"type": "http_delivery_method", "url": receiver.url}
    events = ["incident.triggered", "incident.escalated"]
    body = {"type": "webhook_subscription", "delivery_method": method, "events": events, "filter": service}
    made = running.rest.rpost("webhook_subscriptions", json=body)
    assert made["delivery_method"]["secret"]
    with running.events(integration["integration_key"]) as sender:
        sender.trigger("it broke", "test")
    clock = SystemClock()
    told = wait_until(
        lambda: len(receiver.got) >= 2 or None,
        clock=clock,
        deadline=clock.now() + timedelta(seconds=20),
        every=timedelta(milliseconds=20),
    )
    assert told, f"only {receiver.kinds()} within 20 s"
    assert receiver.kinds()[:2] == events
    assert json.loads(receiver.got[1][1])["event"]["data"]["assignees"][0]["summary"] == "Bob"


def test_a_request_that_is_refused_is_an_error_of_the_client(running: Running) -> None:
    with pytest.raises(HttpError, match="can't be blank"):
        running.rest.rpost("schedules", json={"name": "x"})
    with pytest.raises(HttpError, match="404"):
        running.rest.rget("schedules/nope")


def test_nothing_that_the_client_asked_for_is_unknown(running: Running) -> None:
    assert ask_door(running.control, "unknown")["requests"] == []
