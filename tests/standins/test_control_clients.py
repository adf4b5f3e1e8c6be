"""Our own clients against vendors that fail: they wait for what is late, and say what did not answer."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.standins.doors import Vendor

from alertproof.clock import SystemClock, wait_until
from alertproof.errors import VendorUnavailable
from alertproof.redact import Secret
from alertproof.vendors.datadog import Datadog
from alertproof.vendors.pagerduty import PagerDuty
from alertproof.vendors.sentry import Sentry

pytestmark = pytest.mark.usefixtures("quiet")
SINCE, UNTIL = datetime(2029, 12, 31, tzinfo=UTC), datetime(2030, 12, 31, tzinfo=UTC)


@pytest.fixture(name="ask")
def ask_fixture(vendors: Mapping[str, Vendor], authority_file: Path) -> Iterator[Mapping[str, Callable[[], Any]]]:
    """One question of each client, as drills ask it."""
    with contextlib.ExitStack() as stack:
        datadog = Datadog(host=vendors["datadog"].api, api_key=Secret("k"), app_key=Secret("a"))
        sentry = Sentry(base_url=vendors["sentry"].api, token=Secret("t"), organization="acme", project="api")
        pagerduty = PagerDuty(
            base_url=vendors["pagerduty"].api,
            token=Secret("t"),
            from_email="ada@example.com",
            ca_file=str(authority_file),
        )
        for each in (datadog, sentry, pagerduty):
            stack.callback(each.close)
        yield {
            "datadog": lambda: datadog.points("avg:own.late{*}", since=SINCE, until=UNTIL),
            "sentry": lambda: next(iter(sentry.events({"correlation_id": "own"})), None),
            "pagerduty": lambda: pagerduty.incidents(since=SINCE),
        }


def send(vendor: Vendor) -> None:
    if vendor.name == "datadog":
        point = {"timestamp": int(SystemClock().now().timestamp()), "value": 4.0}
        body = {"series": [{"metric": "own.late", "type": 3, "points": [point]}]}
        assert vendor.post("/api/v2/series", json=body).status_code == 202
    elif vendor.name == "sentry":
        event = json.dumps({"message": "m", "tags": {"correlation_id": "own"}})
        body_of = f'{{"event_id":"{"f" * 32}"}}\n{{"type":"event"}}\n{event}'
        assert vendor.post(f"/api/1/envelope/?sentry_key={'a' * 32}", content=body_of.encode()).status_code == 200
    else:
        event_of = {"summary": "s", "source": "t", "severity": "critical"}
        sent = {"routing_key": door(vendor), "event_action": "trigger", "payload": event_of}
        vendor.control("PUT", "visibility", json={"after_s": 60})
        assert vendor.post("/v2/enqueue", json=sent).status_code == 202


def door(vendor: Vendor) -> str:
    user = vendor.post("/users", json={"user": {"name": "Ada", "email": "ada@example.com"}}).json()["user"]
    rule = {"escalation_delay_in_minutes": 30, "targets": [{"id": user["id"], "type": "user_reference"}]}
    policy = {"name": "p", "escalation_rules": [rule]}
    made = vendor.post("/escalation_policies", json={"escalation_policy": policy}).json()["escalation_policy"]
    reference = {"id": made["id"], "type": "escalation_policy_reference"}
    service = vendor.post("/services", json={"service": {"name": "s", "escalation_policy": reference}}).json()
    kind = {"integration": {"type": "events_api_v2_inbound_integration", "name": "i"}}
    path = f"/services/{service['service']['id']}/integrations"
    return str(vendor.post(path, json=kind).json()["integration"]["integration_key"])


def test_what_is_late_is_waited_for(vendor: Vendor, ask: Mapping[str, Callable[[], Any]]) -> None:
    vendor.control("PUT", "visibility", json={"after_s": 60})
    send(vendor)
    assert not ask[vendor.name]()
    clock = SystemClock()
    began = clock.monotonic()
    found = wait_until(
        lambda: ask[vendor.name]() or None,
        clock=clock,
        deadline=clock.now() + timedelta(seconds=15),
        every=timedelta(milliseconds=20),
    )
    assert found
    assert clock.monotonic() - began >= timedelta(seconds=0.3)


@pytest.mark.parametrize("knob", [{"status": 500}, {"breaks": "closed"}, {"breaks": "reset"}, {"breaks": "truncated"}])
def test_a_vendor_that_does_not_answer_is_unavailable_and_said_so(
    vendor: Vendor, ask: Mapping[str, Callable[[], Any]], knob: dict[str, Any]
) -> None:
    vendor.turn(**knob)
    with pytest.raises(VendorUnavailable):
        ask[vendor.name]()
    vendor.control("DELETE", "knobs")
    ask[vendor.name]()
