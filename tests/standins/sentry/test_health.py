"""Release health: sessions as SDKs send them, counted as Sentry's web API counts them."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertproof.sentry.sessions import SessionCount
from alertproof.standins.sentry.sessions import Sessions

SESSIONS = "/organizations/acme/sessions/"
REAL = 1767225600.0
ATTRIBUTES = {"release": "r1", "environment": "prod"}


def envelope(kind: str, *payloads: dict[str, Any]) -> bytes:
    lines = [b"{}"]
    for payload in payloads:
        data = json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(data)}).encode(), data]
    return b"\n".join(lines)


def counted(**counts: int) -> dict[str, Any]:
    return {"attrs": ATTRIBUTES, "aggregates": [{"started": REAL + 1, **counts}]}


def session(identity: str, status: str, **more: Any) -> dict[str, Any]:
    return {"sid": identity, "status": status, "started": REAL + 1, "attrs": ATTRIBUTES} | more


def send(sentry: Any, kind: str, *payloads: dict[str, Any]) -> None:
    assert sentry.post(envelope(kind, *payloads)).status_code == 200


def totals(sentry: Any, *fields: str, **parameters: Any) -> Any:
    sentry.clock.advance(timedelta(minutes=2))
    (group,) = sentry.get(SESSIONS, field=fields, statsPeriod="1h", **parameters)["groups"]
    return group["totals"]


def by_status(sentry: Any) -> dict[str, int]:
    sentry.clock.advance(timedelta(minutes=2))
    found = sentry.get(SESSIONS, field="sum(session)", statsPeriod="1h", groupBy="session.status")
    return {group["by"]["session.status"]: group["totals"]["sum(session)"] for group in found["groups"]}


def test_counts_of_an_sdk_add_up_and_each_status_has_its_own(sentry: Any) -> None:
    send(sentry, "sessions", counted(exited=90, errored=5, crashed=4, abnormal=1), counted(exited=10))
    assert by_status(sentry) == {"healthy": 100, "errored": 5, "crashed": 4, "abnormal": 1, "unhandled": 0}


def test_the_crash_free_rate_is_the_share_of_sessions_that_did_not_crash(sentry: Any) -> None:
    send(sentry, "sessions", counted(exited=96, crashed=4))
    found = totals(sentry, "sum(session)", "crash_free_rate(session)", "crash_rate(session)")
    assert found["sum(session)"] == 100
    assert found["crash_free_rate(session)"] == pytest.approx(0.96)
    assert found["crash_rate(session)"] == pytest.approx(0.04)


def test_without_a_session_there_is_no_rate(sentry: Any) -> None:
    assert totals(sentry, "sum(session)", "crash_free_rate(session)") == {
        "sum(session)": 0,
        "crash_free_rate(session)": None,
    }


def test_a_session_that_goes_on_is_one_in_its_newest_state(sentry: Any) -> None:
    send(sentry, "session", session("a", "ok", init=True), session("b", "ok", init=True, errors=1))
    send(sentry, "session", session("a", "crashed"), session("b", "exited", errors=2))
    assert by_status(sentry) == {"healthy": 0, "errored": 1, "crashed": 1, "abnormal": 0, "unhandled": 0}


def test_an_unhandled_error_in_a_page_is_no_crash(sentry: Any) -> None:
    send(sentry, "session", session("a", "unhandled", init=True, errors=1))
    assert by_status(sentry)["unhandled"] == 1
    assert totals(sentry, "crash_free_rate(session)") == {"crash_free_rate(session)": 1.0}


def test_users_are_counted_once(sentry: Any) -> None:
    send(sentry, "session", *(session(name, "exited", init=True, did="u1") for name in "ab"))
    send(sentry, "session", session("c", "crashed", init=True, did="u2"))
    found = totals(sentry, "count_unique(user)", "crash_free_rate(user)")
    assert found == {"count_unique(user)": 2, "crash_free_rate(user)": 0.5}


@pytest.mark.parametrize(
    ("parameters", "seen"),
    [
        ({"environment": "prod"}, 3),
        ({"environment": "other"}, 0),
        ({"query": "release:r1"}, 3),
        ({"query": "release:r2 environment:prod"}, 0),
        ({"project": "1"}, 3),
        ({"project": "2"}, 0),
    ],
)
def test_sessions_are_told_apart(sentry: Any, parameters: dict[str, str], seen: int) -> None:
    send(sentry, "sessions", counted(exited=3))
    assert totals(sentry, "sum(session)", **parameters) == {"sum(session)": seen}


def test_groups_and_series_are_those_that_were_asked_for(sentry: Any) -> None:
    send(sentry, "sessions", counted(exited=3))
    sentry.clock.advance(timedelta(minutes=2))
    groups = ["project", "release", "environment"]
    found = sentry.get(SESSIONS, field="sum(session)", statsPeriod="2h", groupBy=groups)
    (group,) = found["groups"]
    assert group["by"] == {"project": 1, "release": "r1", "environment": "prod"}
    assert group["series"]["sum(session)"] == [0, 0, 3]
    assert len(found["intervals"]) == 3


@pytest.mark.parametrize(
    ("parameters", "said"),
    [
        ({"field": "sum(sesion)"}, "did you mean 'sum(session)'?"),
        ({"field": "sum(session)", "groupBy": "relase"}, "did you mean 'release'?"),
        ({"field": "sum(session)", "interval": "5h"}, "divisor of one day"),
        ({"field": "sum(session)", "interval": "1m"}, "from one hour"),
        ({"field": "sum(session)", "query": "tenant:acme"}, "is modelled for release:VALUE"),
        ({"field": "crash_rate(session)", "groupBy": "session.status"}, "Cannot group by session.status"),
        ({}, 'missing a \\"field\\"'),
    ],
)
def test_what_is_not_modelled_is_refused_by_name(sentry: Any, parameters: dict[str, str], said: str) -> None:
    answer = sentry.ask(SESSIONS, **parameters)
    assert answer.status_code == 400
    assert said in answer.text


@pytest.mark.parametrize(
    ("kind", "payload"),
    [
        ("session", {"sid": "a", "status": "ok", "attrs": {}}),
        ("session", {"status": "ok", "attrs": ATTRIBUTES}),
        ("sessions", {"attrs": ATTRIBUTES}),
        ("sessions", {"attrs": ATTRIBUTES, "aggregates": [{"exited": -1}]}),
        ("sessions", {"attrs": ATTRIBUTES, "aggregates": [{"exited": "one"}]}),
    ],
)
def test_an_item_that_is_no_session_is_dropped_and_named(sentry: Any, kind: str, payload: dict[str, Any]) -> None:
    send(sentry, kind, payload)
    (dropped,) = sentry.client.get("/control/dropped").json()["events"]
    assert kind in dropped["reason"]


def test_the_oldest_sessions_are_forgotten_first() -> None:
    kept, at = Sessions(kept=2), datetime(2026, 1, 1, tzinfo=UTC)
    for name in "abc":
        kept.add("1", [SessionCount(started=at, release="r1", environment="prod", session=name, total=1)])
    left = kept.between(at, at + timedelta(seconds=1))
    assert [count.session for _, count in left] == ["b", "c"]
