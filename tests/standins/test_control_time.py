# mypy: disallow-untyped-calls=False
# The official clients' calls come without types.
"""Delayed sight, and a vendor's clock that is wrong: what the read APIs and their clients see of it."""

from __future__ import annotations

import socket
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
import sentry_sdk
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.metrics_api import MetricsApi
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from datadog_api_client.v2.model.metric_intake_type import MetricIntakeType
from datadog_api_client.v2.model.metric_payload import MetricPayload
from datadog_api_client.v2.model.metric_point import MetricPoint
from datadog_api_client.v2.model.metric_series import MetricSeries
from pagerduty import EventsApiV2Client, RestApiV2Client
from tests.standins.doors import BEARER, Vendor

from alertproof.clock import SystemClock, wait_until

pytestmark = pytest.mark.usefixtures("quiet")
#: Stack seconds, and what they are of real time at factor 60. Nothing is asserted to be quick: a busy machine is slow.
DELAY, WAIT = 120, timedelta(seconds=2)
DAY = 86_400
REAL = SystemClock()


def seen_after(look: Callable[[], Any], since: timedelta | None = None) -> timedelta:
    """Wait as our own code does; return how long it took since an instant, else since now, in real time."""
    began = REAL.monotonic() if since is None else since
    found = wait_until(
        lambda: look() or None,
        clock=REAL,
        deadline=REAL.now() + timedelta(seconds=15),
        every=timedelta(milliseconds=20),
    )
    assert found, "not found within 15 s"
    return REAL.monotonic() - began


def now_of(vendor: Vendor) -> float:
    return float(vendor.control("GET", "clock")["now"])


# -- delayed sight -------------------------------------------------------------------------------------------


class DatadogSight:
    """Sends by every way there is, and looks whether it is found."""

    def __init__(self, vendor: Vendor) -> None:
        self.vendor = vendor
        self.mark = f"m{REAL.monotonic().total_seconds():.0f}"

    def send(self) -> None:
        configuration = Configuration(host=self.vendor.api)
        configuration.api_key |= {"apiKeyAuth": "k", "appKeyAuth": "a"}
        with ApiClient(configuration) as client:
            LogsApi(client).submit_log(HTTPLog([HTTPLogItem(message=self.mark, service="late")]))
            point = MetricPoint(timestamp=int(REAL.now().timestamp()), value=1.0)
            series = MetricSeries(metric=f"late.{self.mark}", type=MetricIntakeType.GAUGE, points=[point])
            MetricsApi(client).submit_metrics(body=MetricPayload(series=[series]))
        keys = dict(self.vendor.headers)
        httpx.post(f"{self.vendor.api}/api/v1/events", json={"title": self.mark, "text": "t"}, headers=keys)
        agent = self.vendor.endpoints["datadog_agent"]
        spans = self.span()
        assert httpx.put(f"{agent}/v0.4/traces", content=spans).status_code == 200
        address = urlsplit(self.vendor.endpoints["dogstatsd"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto(f"late.udp.{self.mark}:1|c".encode(), (address.hostname, address.port))

    def span(self) -> bytes:
        start = int(REAL.now().timestamp() * 1e9)
        span = {"trace_id": 1, "span_id": 1, "start": start, "duration": 1000, "name": self.mark, "service": "late"}
        return msgspec.msgpack.encode([[span]])

    def found(self) -> set[str]:
        now = now_of(self.vendor)
        asked = {"from": now - 3600, "to": now + 3600}
        log = {"filter": {"query": self.mark, "from": f"{(now - 3600) * 1000:.0f}", "to": f"{(now + 3600) * 1000:.0f}"}}
        logs = self.vendor.post("/api/v2/logs/events/search", json=log).json()["data"]
        spans = self.vendor.control("GET", "spans")["spans"]
        metrics = self.vendor.get("/api/v1/search", params={"q": f"metrics:{self.mark}"}).json()["results"]["metrics"]
        events = self.vendor.get("/api/v1/events", params={"start": int(asked["from"]), "end": int(asked["to"])}).json()
        ways = {
            "log": bool(logs),
            "metric": f"late.{self.mark}" in metrics,
            "datagram": f"late.udp.{self.mark}" in metrics,
            "event": any(event["title"] == self.mark for event in events["events"]),
            "span": any(span["name"] == self.mark for span in spans),
        }
        return {way for way, there in ways.items() if there}


def test_what_datadog_acknowledged_is_found_when_its_time_has_come(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    sight = DatadogSight(vendor)
    vendor.control("PUT", "visibility", json={"after_s": DAY})
    sight.send()
    assert sight.found() == set()
    assert vendor.control("GET", "visibility")["waiting"] >= 4
    vendor.quiet()
    seen_after(lambda: sight.found() == {"log", "metric", "datagram", "event", "span"})
    vendor.control("PUT", "visibility", json={"after_s": DELAY})
    sight.mark += "late"
    sent = REAL.monotonic()
    sight.send()
    took = seen_after(lambda: sight.found() == {"log", "metric", "datagram", "event", "span"}, sent)
    assert took >= WAIT
    vendor.quiet()
    assert vendor.control("GET", "visibility") == {"after_s": 0, "waiting": 0}


def test_what_sentry_acknowledged_is_found_when_its_time_has_come(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.control("PUT", "visibility", json={"after_s": DELAY})
    client = sentry_sdk.Client(dsn=vendor.endpoints["sentry_dsn"], default_integrations=False)
    sent = REAL.monotonic()
    identity = client.capture_event({"message": "late"}, scope=sentry_sdk.Scope())
    client.close(5)
    path = f"/api/0/projects/acme/api/events/{identity}/"
    REAL.sleep(timedelta(seconds=1))
    sent_later = REAL.monotonic()
    body = b'{"event_id":"%s"}\n{"type":"event"}\n{"message":"later"}' % (b"e" * 32)
    assert vendor.post(f"/api/1/envelope/?sentry_key={'a' * 32}", content=body).status_code == 200
    later = f"/api/0/projects/acme/api/events/{'e' * 32}/"
    # Each when its own time has come.
    assert seen_after(lambda: vendor.get(path).status_code == 200, sent) >= WAIT
    assert seen_after(lambda: vendor.get(later).status_code == 200, sent_later) >= WAIT


def test_what_pagerduty_acknowledged_is_found_when_its_time_has_come(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["pagerduty"]
    with RestApiV2Client("t", default_from="ada@example.com", base_url=vendor.api, verify=vendor.context) as client:
        door = account(client)
        vendor.control("PUT", "visibility", json={"after_s": DELAY})
        with EventsApiV2Client(door, base_url=vendor.api, verify=vendor.context) as events:
            sent = REAL.monotonic()
            key = events.trigger("late", "test")
            events.acknowledge(key)
        assert key
        assert seen_after(lambda: client.list_all("incidents"), sent) >= WAIT
        # In the order in which they came, though both were late.
        seen_after(lambda: client.list_all("incidents")[0]["status"] == "acknowledged")
        (incident,) = client.list_all("incidents")
        assert [alert["alert_key"] for alert in client.list_all(f"incidents/{incident['id']}/alerts")] == [key]


def account(client: RestApiV2Client) -> str:
    """Make somebody who is on call; return the routing key of their service."""
    user = client.rpost("users", json={"name": "Ada", "email": "ada@example.com"})
    rule = {"escalation_delay_in_minutes": 30, "targets": [{"id": user["id"], "type": "user_reference"}]}
    policy = client.rpost("escalation_policies", json={"name": "p", "escalation_rules": [rule]})
    reference = {"id": policy["id"], "type": "escalation_policy_reference"}
    service = client.rpost("services", json={"name": "s", "escalation_policy": reference})
    kind = {"type": "events_api_v2_inbound_integration", "name": "i"}
    return str(client.rpost(f"services/{service['id']}/integrations", json=kind)["integration_key"])


def test_what_waits_is_seen_at_once_when_the_delay_is_taken_away(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.control("PUT", "visibility", json={"after_s": 86_400})
    body = b'{"event_id":"%s"}\n{"type":"event"}\n{"message":"held"}' % (b"d" * 32)
    assert vendor.post(f"/api/1/envelope/?sentry_key={'a' * 32}", content=body).status_code == 200
    path = f"/api/0/projects/acme/api/events/{'d' * 32}/"
    assert vendor.get(path).status_code == 404
    vendor.control("PUT", "visibility", json={"after_s": 0})
    assert vendor.get(path).status_code == 200


@pytest.mark.parametrize("body", [{}, {"after_s": -1}, {"after_s": 1e9}, {"after_s": "x"}, {"after": 1}])
def test_a_delay_that_is_none_is_refused(vendor: Vendor, body: dict[str, Any]) -> None:
    answer = httpx.put(f"{vendor.door}/visibility", json=body, headers=BEARER, verify=vendor.context)
    assert answer.status_code == 400
    assert "expected" in answer.json()["errors"][0]


# -- a clock that is wrong -----------------------------------------------------------------------------------


@pytest.mark.parametrize("skew", [3600, -3600])
def test_a_vendors_clock_is_off_by_so_much_in_its_answers_and_in_their_date(vendor: Vendor, skew: int) -> None:
    before = now_of(vendor)
    date = parsedate_to_datetime(vendor.get().headers["date"])
    assert abs(date - REAL.now()) < timedelta(seconds=5)
    vendor.control("PUT", "clock", json={"skew_s": skew})
    answer = vendor.get()
    assert answer.headers.get_list("date") == [answer.headers["date"]]
    off = parsedate_to_datetime(answer.headers["date"]) - REAL.now()
    assert abs(off - timedelta(seconds=skew)) < timedelta(seconds=5)
    stamped = STAMPS[vendor.name](vendor)
    # The stack runs 60 times as fast as the test, which took less than ten seconds.
    assert skew - 5 <= stamped - before < skew + 600
    vendor.control("PUT", "clock", json={"skew_s": 0})
    assert 0 <= now_of(vendor) - before < 900


def _datadog(vendor: Vendor) -> float:
    body = {"type": "query alert", "query": "avg(last_5m):avg:a.b{*} > 1", "name": "n", "message": "m"}
    return datetime.fromisoformat(vendor.post("/api/v1/monitor", json=body).json()["created"]).timestamp()


def _sentry(vendor: Vendor) -> float:
    identity = f"{REAL.monotonic() // timedelta(microseconds=1):032x}"
    body = b'{"event_id":"%s"}\n{"type":"event"}\n{"message":"m"}' % identity.encode()
    assert vendor.post(f"/api/1/envelope/?sentry_key={'a' * 32}", content=body).status_code == 200
    event = vendor.get(f"/api/0/projects/acme/api/events/{identity}/").json()
    return datetime.fromisoformat(event["dateReceived"]).timestamp()


def _pagerduty(vendor: Vendor) -> float:
    email = f"u{REAL.monotonic().total_seconds()}@example.com"
    user = vendor.post("/users", json={"user": {"name": "n", "email": email}}).json()["user"]
    rule = {"escalation_delay_in_minutes": 30, "targets": [{"id": user["id"], "type": "user_reference"}]}
    policy = {"name": email, "escalation_rules": [rule]}
    made = vendor.post("/escalation_policies", json={"escalation_policy": policy}).json()["escalation_policy"]
    service = {"name": email, "escalation_policy": {"id": made["id"], "type": "escalation_policy_reference"}}
    return datetime.fromisoformat(
        vendor.post("/services", json={"service": service}).json()["service"]["created_at"]
    ).timestamp()


STAMPS: Mapping[str, Callable[[Vendor], float]] = {"datadog": _datadog, "sentry": _sentry, "pagerduty": _pagerduty}


def test_minutes_that_a_clock_jumped_over_are_evaluated_and_are_not_called_late(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    assert _datadog(vendor)
    before = vendor.control("GET", "clock")
    # An hour further than a clock that another test put wrong may have come: what was evaluated then is not again.
    vendor.control("PUT", "clock", json={"skew_s": 2 * 3600})
    done = seen_after(lambda: vendor.control("GET", "clock")["evaluations"] >= before["evaluations"] + 30)
    assert done < timedelta(seconds=10)
    # As late as a busy machine makes them, and not by half an hour.
    assert vendor.control("GET", "clock")["worst_lateness_s"] < 900


@pytest.mark.parametrize("body", [{}, {"skew_s": 1e9}, {"skew": 1}, []])
def test_a_skew_that_is_none_is_refused(vendor: Vendor, body: Any) -> None:
    answer = httpx.put(f"{vendor.door}/clock", json=body, headers=BEARER, verify=vendor.context)
    assert answer.status_code == 400
    assert vendor.control("GET", "clock")["skew_s"] == 0


def test_the_clock_says_the_stacks_time_and_its_factor(vendor: Vendor) -> None:
    told = vendor.control("GET", "clock")
    assert told["factor"] == 60
    assert datetime.fromtimestamp(told["now"], UTC).year == 2030
