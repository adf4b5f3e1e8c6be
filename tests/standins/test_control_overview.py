"""What a control door shows of its stand-in at a glance."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import timedelta

import httpx
import msgspec
from tests.standins.doors import BEARER, Vendor

from alertproof.clock import SystemClock, wait_until
from alertproof.standins.control import overview

KINDS = {"datadog": overview.Datadog, "sentry": overview.Sentry, "pagerduty": overview.PagerDuty}


def glance(vendor: Vendor) -> overview.Datadog | overview.Sentry | overview.PagerDuty:
    content = httpx.get(f"{vendor.door}/overview", headers=BEARER, verify=vendor.context).content
    return msgspec.json.decode(content, type=KINDS[vendor.name])  # type: ignore[no-any-return]


def test_it_shows_what_every_stand_in_has(vendor: Vendor) -> None:
    vendor.get("/nowhere?a=b")
    vendor.turn(path="/x", status=500)
    vendor.control("PUT", "visibility", json={"after_s": 5})
    vendor.control("PUT", "clock", json={"skew_s": 7})
    common = glance(vendor).common
    if vendor.name != "datadog":  # whose keys are asked for first
        assert (common.unknown[0].path, common.unknown[0].query) == ("/nowhere", "a=b")
        assert common.unknown_count >= 1
    assert (common.requests[0].path, common.requests[0].method) == ("/nowhere", "GET")
    assert common.requests[0].status in (403, 404)
    assert [knob["status"] for knob in common.knobs] == [500]
    assert (common.after_s, common.skew_s, common.factor) == (5, 7, 60)


def test_looking_is_no_request_of_the_vendors(vendor: Vendor) -> None:
    vendor.turn(path="/", status=500)
    before = glance(vendor).common.request_count
    assert glance(vendor).common.request_count == before
    assert vendor.taken() == [0]


def test_datadogs_monitors_have_their_values_beside_their_thresholds(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    body = {
        "type": "query alert",
        "query": "avg(last_1m):avg:glance.a{*} by {tenant} > 5",
        "name": "glance",
        "message": "@slack-x",
        "options": {"thresholds": {"critical": 5, "warning": 3}},
    }
    assert vendor.post("/api/v1/monitor", json=body).status_code == 200
    now = vendor.control("GET", "clock")["now"]
    series = [
        {"metric": "glance.a", "type": "gauge", "tags": [f"tenant:{name}"], "times": times, "values": [value] * 200}
        for name, value in (("acme", 9.0), ("globex", 1.0))
        for times in [[now - 600 + 10 * n for n in range(200)]]
    ]
    vendor.control("POST", "history", json={"ends": now, "series": series})

    def alerting() -> overview.Datadog | None:
        seen = glance(vendor)
        assert isinstance(seen, overview.Datadog)
        return seen if seen.monitors[0].state == "Alert" and seen.told else None

    clock = SystemClock()
    seen = wait_until(
        alerting, clock=clock, deadline=clock.now() + timedelta(seconds=15), every=timedelta(milliseconds=50)
    )
    assert seen is not None
    (monitor,) = seen.monitors
    assert (monitor.comparator, monitor.critical, monitor.warning) == (">", 5, 3)
    assert [(group.name, group.state, group.value) for group in monitor.groups] == [
        ("tenant:acme", "Alert", 9.0),
        ("tenant:globex", "OK", 1.0),
    ]
    assert seen.told[0].to == "slack-x"
    assert seen.told[0].kind == "Triggered"


def test_a_heap_of_envelopes_is_read_little_by_little(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.control("POST", "reset")
    with httpx.Client(base_url=vendor.api, verify=vendor.context) as client:
        for number in range(120):
            body = b'{"event_id":"%032x"}\n{"type":"event"}\n{"message":"m"}' % (number + 1)
            assert client.post(f"/api/1/envelope/?sentry_key={'a' * 32}", content=body).status_code == 200
    seen = [glance(vendor) for _ in range(3)]
    assert [(each.event_count, each.unread) for each in seen if isinstance(each, overview.Sentry)] == [
        (50, 70),
        (100, 20),
        (120, 0),
    ]


def test_sentrys_issues_and_events_are_there(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.control("POST", "reset")
    for number in (1, 2):
        header = json.dumps({"event_id": f"{number:032x}"})
        event = json.dumps({"message": "<script>alert(1)</script>", "environment": "{{7*7}}"})
        vendor.post(
            f"/api/1/envelope/?sentry_key={'a' * 32}", content=f'{header}\n{{"type":"event"}}\n{event}'.encode()
        )
    seen = glance(vendor)
    assert isinstance(seen, overview.Sentry)
    assert [(issue.title, issue.seen) for issue in seen.issues] == [("<script>alert(1)</script>", 2)]
    assert [(event.event_id, event.environment) for event in seen.events] == [
        (f"{2:032x}", "{{7*7}}"),
        (f"{1:032x}", "{{7*7}}"),
    ]


LONG = "x" * 200_000


def test_a_glance_is_short_however_long_what_it_shows(vendors: Mapping[str, Vendor]) -> None:
    datadog, sentry = vendors["datadog"], vendors["sentry"]
    assert datadog.post("/api/v2/logs", json=[{"message": LONG, "service": LONG}]).status_code == 202
    event = json.dumps({"message": LONG, "transaction": LONG, "level": "error"})
    content = f'{json.dumps({"event_id": "7" * 32})}\n{{"type":"event"}}\n{event}'.encode()
    assert sentry.post(f"/api/1/envelope/?sentry_key={'a' * 32}", content=content).status_code == 200
    for vendor in vendors.values():
        vendor.post(f"/nowhere/{'y' * 30_000}", content=LONG.encode())
        vendor.turn(path="/x", status=500, headers={"X-Long": LONG}, body=LONG)
        size = len(httpx.get(f"{vendor.door}/overview", headers=BEARER, verify=vendor.context).content)
        vendor.quiet()
        assert size < 50_000
