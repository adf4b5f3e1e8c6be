"""Who was notified, single log entries, and change events as they are read back."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

DAY = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-02T00:00:00Z"}


def test_notifications_say_who_was_told_how_and_when(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    pagerduty.clock.advance(timedelta(minutes=5))
    rows = pagerduty.get("/notifications", **DAY)["notifications"]
    assert [(row["user"]["summary"], row["started_at"], row["type"], row["address"]) for row in rows] == [
        ("bob", "2026-03-01T00:05:00Z", "email_notification", "bob@example.com"),
        ("ada", "2026-03-01T00:00:00Z", "email_notification", "ada@example.com"),
    ]
    assert pagerduty.get("/notifications", filter="email_notification", **DAY)["notifications"] == rows
    assert pagerduty.get("/notifications", filter="sms_notification", **DAY)["notifications"] == []
    late = {"since": "2026-03-01T00:00:01Z", "until": "2026-03-01T00:05:00Z"}
    assert pagerduty.get("/notifications", **late)["notifications"] == rows[:1]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({}, "since and until are required"),
        ({"since": DAY["since"]}, "since and until are required"),
        ({"since": DAY["until"], "until": DAY["since"]}, "must not be before"),
        ({"since": DAY["since"], "until": "2026-06-03T00:00:00Z"}, "93 days"),
        ({**DAY, "filter": "pigeon"}, "'pigeon'"),
    ],
)
def test_notifications_want_a_range(pagerduty: Any, parameters: dict[str, str], named: str) -> None:
    assert named in pagerduty.refused("GET", "/notifications", params=parameters)["errors"][0]


def test_a_log_entry_is_read_by_its_id(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    (incident,) = pagerduty.get("/incidents")["incidents"]
    first = incident["first_trigger_log_entry"]
    entry = pagerduty.get(f"/log_entries/{first['id']}")["log_entry"]
    assert (entry["type"], entry["incident"]["id"]) == ("trigger_log_entry", incident["id"])
    pagerduty.refused("GET", "/log_entries/nope", status=404)


def change(pagerduty: Any, key: str, **payload: Any) -> None:
    body = {"routing_key": key, "payload": {"summary": "deployed"} | payload, "links": [{"href": "https://x/"}]}
    assert pagerduty.client.post("/v2/change/enqueue", json=body).status_code == 202


def test_changes_are_read_back_by_service_and_range_newest_first(pagerduty: Any) -> None:
    service, integration = pagerduty.account(name="api")
    _, other = pagerduty.account(name="web")
    change(pagerduty, integration["integration_key"], source="ci", custom_details={"build": 1})
    pagerduty.clock.advance(timedelta(hours=1))
    change(pagerduty, other["integration_key"], timestamp="2026-02-01T00:00:00Z")
    newer, older = pagerduty.get("/change_events")["change_events"]
    assert (older["summary"], older["source"], older["custom_details"]) == ("deployed", "ci", {"build": 1})
    assert (older["timestamp"], newer["timestamp"]) == ("2026-03-01T00:00:00Z", "2026-02-01T00:00:00Z")
    assert (older["services"][0]["id"], older["links"]) == (service["id"], [{"href": "https://x/"}])
    assert pagerduty.get(f"/services/{service['id']}/change_events")["change_events"] == [older]
    assert pagerduty.get("/change_events", since="2026-03-01T00:00:01Z")["change_events"] == [newer]
    found = pagerduty.get("/change_events", **{"integration_ids[]": integration["id"]})
    assert found["change_events"] == [older]
    assert pagerduty.get(f"/change_events/{older['id']}")["change_event"] == older
    pagerduty.refused("GET", "/change_events/nope", status=404)
    pagerduty.refused("GET", "/services/nope/change_events", status=404)
    assert pagerduty.get("/incidents")["incidents"] == []


def test_a_change_of_an_unknown_key_is_taken_and_kept_nowhere(pagerduty: Any) -> None:
    change(pagerduty, "u" * 32)
    assert pagerduty.get("/change_events")["change_events"] == []
