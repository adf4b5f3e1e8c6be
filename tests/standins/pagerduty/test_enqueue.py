from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from alertproof.clock import VirtualClock
from alertproof.pagerduty import Assumptions, Desk, Directory
from alertproof.standins.control.later import Later
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.pagerduty.serve import Standin

KEY = "k" * 32
TRIGGER = {
    "routing_key": KEY,
    "event_action": "trigger",
    "payload": {"summary": "s", "source": "h", "severity": "critical"},
}


@pytest.mark.parametrize("slash", ["", "/"])
def test_an_event_is_taken_with_and_without_the_slash_that_sentry_adds(pagerduty: Any, slash: str) -> None:
    response = pagerduty.client.post(f"/v2/enqueue{slash}", json=TRIGGER | {"dedup_key": "d"})
    assert response.status_code == 202
    assert response.json() == {"status": "success", "message": "Event processed", "dedup_key": "d"}
    change = pagerduty.client.post(f"/v2/change/enqueue{slash}", json={"routing_key": KEY, "payload": {"summary": "s"}})
    assert (change.status_code, change.json()["status"]) == (202, "success")


def test_a_key_of_the_wrong_length_is_400_with_the_server_s_words(pagerduty: Any) -> None:
    response = pagerduty.client.post("/v2/enqueue", json=TRIGGER | {"routing_key": "short"})
    assert response.status_code == 400
    assert response.json() == {
        "status": "invalid event",
        "message": "Event object is invalid",
        "errors": ["Length of 'routing_key' is incorrect (should be 32 characters)"],
    }


def test_a_body_that_is_no_json_is_400_with_the_server_s_words(pagerduty: Any) -> None:
    for path in ("/v2/enqueue", "/v2/change/enqueue"):
        response = pagerduty.client.post(path, content=b"{")
        assert response.status_code == 400
        assert response.json() == {
            "status": "Unrecognized object",
            "message": "Event object format is unrecognized",
            "errors": ["JSON parse error"],
        }


def test_a_trigger_without_a_key_gets_one_that_resolves_it(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    event = TRIGGER | {"routing_key": integration["integration_key"]}
    key = pagerduty.client.post("/v2/enqueue", json=event).json()["dedup_key"]
    pagerduty.send(integration, "resolve", key)
    (incident,) = pagerduty.get("/incidents")["incidents"]
    assert incident["status"] == "resolved"


def test_an_event_that_did_nothing_is_listed_with_the_reason(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "resolve")
    pagerduty.client.post("/v2/enqueue", json=TRIGGER)
    listed = pagerduty.client.get("/control/dropped").json()
    assert listed["count"] == 2
    assert [each["reason"] for each in listed["events"]] == [
        "no open alert to resolve",
        "no integration has this routing key",
    ]
    assert listed["events"][1]["event"] == json.loads(json.dumps(TRIGGER))
    assert pagerduty.get("/incidents")["incidents"] == []


def test_events_need_no_token(pagerduty: Any) -> None:
    assert pagerduty.client.post("/v2/enqueue", json=TRIGGER).status_code == 202


@pytest.mark.parametrize(("reading", "status"), [("drop", 202), ("refuse", 400)])
def test_an_unknown_key_is_refused_at_once_though_what_is_taken_is_seen_later(reading: Any, status: int) -> None:
    clock, later = VirtualClock(datetime(2026, 3, 1, tzinfo=UTC)), Later()
    later.turn(timedelta(days=1))
    desk = Desk(Directory(), assumptions=Assumptions(unknown_routing_key=reading))
    with TestClient(Standin(desk, clock, Courier(clock), later=later).app) as client:
        change = {"routing_key": KEY, "payload": {"summary": "s"}}
        answers = [client.post("/v2/enqueue", json=TRIGGER), client.post("/v2/change/enqueue", json=change)]
        assert [answer.status_code for answer in answers] == [status, status]
