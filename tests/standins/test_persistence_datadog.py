# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""What Datadog's stand-in acknowledged outlives its kill: the account, telemetry, states, and whom they told."""

from __future__ import annotations

import itertools
import json
import os
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v2.api.downtimes_api import DowntimesApi
from datadog_api_client.v2.model.downtime_create_request import DowntimeCreateRequest
from datadog_api_client.v2.model.downtime_create_request_attributes import DowntimeCreateRequestAttributes
from datadog_api_client.v2.model.downtime_create_request_data import DowntimeCreateRequestData
from datadog_api_client.v2.model.downtime_monitor_identifier_tags import DowntimeMonitorIdentifierTags
from datadog_api_client.v2.model.downtime_resource_type import DowntimeResourceType
from tests.standins.doors import ask_door
from tests.standins.killable import Killable, eventually, receiving, same, written_until_killed
from tests.standins.paging import Pager, start_pager

from alertproof.clock import Anchor, ScaledClock, SystemClock

KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
LISTED = {
    "monitors": "/api/v1/monitor?group_states=all",
    "downtimes": "/api/v2/downtime",
    "slos": "/api/v1/slo",
    "corrections": "/api/v1/slo/correction",
    "dashboards": "/api/v1/dashboard",
    "rules": "/api/v2/monitor/notification_rule",
    "policies": "/api/v2/monitor/policy",
    "templates": "/api/v2/monitor/template",
    "service": "/api/v1/integration/pagerduty/configuration/services/api",
    "webhook": "/api/v1/integration/webhooks/configuration/webhooks/hook",
    "variable": "/api/v1/integration/webhooks/configuration/custom-variables/NAME",
}
DEEP = "max(last_1m):max:queue.depth{*} by {queue} > 10"


@dataclass
class Datadog:
    standin: Killable
    anchor: Anchor
    pager: Pager | None

    def ask(self, method: str, path: str, **options: Any) -> Any:
        answer = httpx.request(method, self.standin.endpoints["datadog"] + path, headers=KEYS, **options)
        assert answer.is_success, answer.text
        return answer.json() if answer.content else None

    @contextmanager
    def client(self) -> Iterator[ApiClient]:
        configuration = Configuration(host=self.standin.endpoints["datadog"])
        configuration.api_key = {"apiKeyAuth": "k", "appKeyAuth": "a"}
        with ApiClient(configuration) as client:
            yield client

    def monitor(self, query: str = DEEP, message: str = "deep") -> int:
        with self.client() as client:
            body = Monitor(name="the monitor", type=MonitorType.QUERY_ALERT, query=query, message=message)
            number: int = MonitorsApi(client).create_monitor(body).id
        return number

    def state(self, number: int) -> str:
        return str(self.ask("GET", f"/api/v1/monitor/{number}")["overall_state"])

    def gauge(self, value: int) -> None:
        host, _, port = self.standin.endpoints["dogstatsd"].removeprefix("udp://").rpartition(":")
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sending:
            sending.sendto(b"queue.depth:%d|g|#queue:mail" % value, (host, int(port)))

    def reaches(self, number: int, state: str, value: int) -> None:
        """Send a value again and again until a monitor is in a state."""

        def look() -> bool | None:
            self.gauge(value)
            return self.state(number) == state or None

        eventually(look)

    def now(self) -> datetime:
        return ScaledClock(self.anchor).now()

    def shown(self) -> dict[str, Any]:
        return {name: self.ask("GET", path) for name, path in LISTED.items()}

    def titles(self) -> list[str]:
        """Return the titles of all events, oldest first."""
        query = {"query": "*", "from": "now-30d", "to": "now"}
        body = {"filter": query, "sort": "timestamp", "page": {"limit": 1000}}
        found = self.ask("POST", "/api/v2/events/search", json=body)["data"]
        return [each["attributes"]["attributes"]["title"] for each in found]

    def messages(self, query: str = "*") -> list[str]:
        """Return the messages of logs, oldest first."""
        found: list[str] = []
        page: dict[str, Any] = {"limit": 1000}
        while True:
            body = {"filter": {"query": query, "from": "now-30d", "to": "now"}, "sort": "timestamp", "page": page}
            answer = self.ask("POST", "/api/v2/logs/events/search", json=body)
            found += [each["attributes"]["message"] for each in answer["data"]]
            after = answer.get("meta", {}).get("page", {}).get("after")
            if not after:
                return found
            page = {"limit": 1000, "cursor": after}

    def notifications(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = ask_door(self.standin.endpoints["control"], "notifications")["notifications"]
        return found


@pytest.fixture(name="start")
def start_fixture(tmp_path: Path) -> Iterator[Callable[..., Datadog]]:
    """Start it, so many times as fast as real time, beside PagerDuty's stand-in if it pages."""
    with ExitStack() as closing:

        def start(factor: float = 60.0, *, pages: bool = False) -> Datadog:
            anchor = Anchor(real=SystemClock().now(), stack=datetime(2030, 1, 1, tzinfo=UTC), factor=factor)
            pager = start_pager(tmp_path, anchor, closing) if pages else None
            arguments = pager.arguments if pager else ()
            standin = Killable("datadog", *arguments, store=tmp_path / "store", anchor=anchor)
            account = Datadog(closing.enter_context(standin), anchor, pager)
            if pager:
                service = {"service_name": "api", "service_key": pager.key}
                account.ask("POST", "/api/v1/integration/pagerduty/configuration/services", json=service)
            return account

        yield start


def test_every_monitor_that_the_official_client_made_is_there_exactly_once(start: Callable[..., Datadog]) -> None:
    account = start(1.0)
    with account.client() as one, account.client() as two:
        apis = [MonitorsApi(one), MonitorsApi(two)]

        def write(number: int) -> str:
            body = Monitor(name=str(number), type=MonitorType.QUERY_ALERT, query=DEEP, message="")
            made = apis[number % 2].create_monitor(body)
            ids[str(number)] = made.id
            return str(number)

        ids: dict[str, int] = {}
        acknowledged, lost = written_until_killed(account.standin, write, kill_after=60)
    account.standin.start()
    found = {each["name"]: each["id"] for each in account.ask("GET", "/api/v1/monitor")}
    assert len(found) == len(account.ask("GET", "/api/v1/monitor"))
    assert acknowledged <= set(found) <= acknowledged | lost
    assert {name: found[name] for name in acknowledged} == {name: ids[name] for name in acknowledged}
    # A new one has an id that none had.
    assert account.monitor() not in found.values()


def test_every_log_that_was_acknowledged_is_there_exactly_once(start: Callable[..., Datadog]) -> None:
    account = start(1.0)
    clients = [httpx.Client(headers=KEYS), httpx.Client(headers=KEYS)]

    def write(number: int) -> str:
        address = account.standin.endpoints["datadog"]
        answer = clients[number % 2].post(f"{address}/api/v2/logs", json=[{"message": str(number)}])
        assert answer.status_code == 202
        return str(number)

    acknowledged, lost = written_until_killed(account.standin, write, kill_after=100)
    for client in clients:
        client.close()
    account.standin.start()
    found = account.messages()
    assert len(found) == len(set(found))
    assert acknowledged <= set(found) <= acknowledged | lost


@pytest.mark.prove
def test_a_kill_after_a_snapshot_loses_nothing_and_doubles_nothing(start: Callable[..., Datadog]) -> None:
    account = start(1.0)
    clients = [httpx.Client(headers=KEYS, timeout=30), httpx.Client(headers=KEYS, timeout=30)]
    journal = account.standin.store / "journal"
    # Enough for a snapshot to be worth it soon, for it would take long to read again.
    rest = [{"message": "rest", "service": "rest", "n": {"a": number, "b": [number]}} for number in range(900)]

    def write(number: int) -> str:
        address = account.standin.endpoints["datadog"]
        logs = [{"message": str(number), "service": "told"}, *(rest if number < 90 else [])]
        assert clients[number % 2].post(f"{address}/api/v2/logs", json=logs).status_code == 202
        return str(number)

    def folded() -> bool:
        return any(journal.glob("*.state"))

    acknowledged, lost = written_until_killed(account.standin, write, kill_after=100, when=folded)
    for client in clients:
        client.close()
    account.standin.start()
    assert account.standin.ledgers()[0].name != "00000001.ledger"
    found = account.messages("service:told")
    assert len(found) == len(set(found))
    assert acknowledged <= set(found) <= acknowledged | lost


def test_the_account_is_the_same_down_to_ids_and_instants(start: Callable[..., Datadog]) -> None:
    account = start(1.0, pages=True)
    number = account.monitor()
    with account.client() as client:
        attributes = DowntimeCreateRequestAttributes(
            scope="queue:mail", monitor_identifier=DowntimeMonitorIdentifierTags(monitor_tags=["*"])
        )
        data = DowntimeCreateRequestData(type=DowntimeResourceType.DOWNTIME, attributes=attributes)
        DowntimesApi(client).create_downtime(DowntimeCreateRequest(data=data))
    thresholds = [{"timeframe": "7d", "target": 99.0}]
    slo = {"name": "s", "type": "monitor", "monitor_ids": [number], "thresholds": thresholds}
    made = account.ask("POST", "/api/v1/slo", json=slo)["data"][0]["id"]
    now = int(account.now().timestamp())
    correction = {"slo_id": made, "category": "Deployment", "start": now, "end": now + 60, "timezone": "UTC"}
    account.ask("POST", "/api/v1/slo/correction", json={"data": {"type": "correction", "attributes": correction}})
    account.ask("POST", "/api/v1/dashboard", json={"title": "d", "layout_type": "ordered", "widgets": []})
    rule = {"name": "r", "recipients": ["slack-x"], "filter": {"tags": ["team:crm"]}}
    path = LISTED["rules"]
    account.ask("POST", path, json={"data": {"type": "monitor-notification-rule", "attributes": rule}})
    policy = {"policy_type": "tag", "policy": {"tag_key": "x", "tag_key_required": False, "valid_tag_values": ["y"]}}
    account.ask("POST", LISTED["policies"], json={"data": {"type": "monitor-config-policy", "attributes": policy}})
    template = {
        "title": "t",
        "description": "d",
        "tags": [],
        "monitor_definition": {"type": "query alert", "query": DEEP},
    }
    template["monitor_definition"] |= {"name": "m", "message": ""}  # type: ignore[operator]
    account.ask("POST", LISTED["templates"], json={"data": {"type": "monitor-user-template", "attributes": template}})
    hook = {"name": "hook", "url": "http://127.0.0.1:9/"}
    account.ask("POST", "/api/v1/integration/webhooks/configuration/webhooks", json=hook)
    variable = {"name": "NAME", "value": "v", "is_secret": False}
    account.ask("POST", "/api/v1/integration/webhooks/configuration/custom-variables", json=variable)
    before = account.shown()
    account.standin.restart()
    same(before, account.shown())


def test_telemetry_of_every_door_is_still_there(start: Callable[..., Datadog]) -> None:
    account = start(1.0)
    real, now = SystemClock().now().timestamp(), int(account.now().timestamp())
    account.ask("POST", "/api/v2/logs", json=[{"message": "a log", "ddtags": "env:test"}])
    account.ask("POST", "/api/v1/events", json={"title": "an event", "text": "t"})
    account.ask("POST", "/api/v1/check_run", json=[{"check": "up", "status": 1, "host_name": "h", "tags": []}])
    account.ask("POST", "/api/v2/rum", content=json.dumps({"type": "view", "date": int(real * 1000)}))
    series = {"metric": "a.gauge", "type": 3, "points": [{"timestamp": real, "value": 7.0}]}
    account.ask("POST", "/api/v2/series", json={"series": [series]})
    span = {"trace_id": 1, "span_id": 2, "start": int(real * 1e9), "duration": 1000, "name": "web.request"}
    trace = msgspec.msgpack.encode([[{**span, "service": "api", "resource": "GET /", "metrics": {"_top_level": 1}}]])
    agent = account.standin.endpoints["datadog_agent"]
    assert httpx.put(f"{agent}/v0.4/traces", content=trace).is_success
    history = {"metric": "written", "type": "gauge", "times": [float(now - 60)], "values": [3.0]}
    control = account.standin.endpoints["control"]
    token = {"Authorization": "Bearer token"}
    written = httpx.post(f"{control}/history", json={"ends": float(now), "series": [history]}, headers=token)
    assert written.status_code == 201
    account.gauge(5)

    def points(query: str) -> Any:
        path = f"/api/v1/query?from={now - 3600}&to={now + 3600}&query={query}"
        return [each["pointlist"] for each in account.ask("GET", path)["series"]]

    def seen() -> dict[str, Any]:
        body = {"data": {"type": "search_request", "attributes": {"filter": {"from": "now-1d", "to": "now"}}}}
        return {
            "logs": account.messages(),
            "events": account.titles(),
            "spans": account.ask("POST", "/api/v2/spans/events/search", json=body)["data"],
            "rum": account.ask("GET", "/api/v2/rum/events")["data"],
            "a gauge": points("avg:a.gauge{*}"),
            "a datagram": points("avg:queue.depth{*}"),
            "the history": points("avg:written{*}"),
        }

    eventually(lambda: points("avg:queue.depth{*}") or None)
    before = seen()
    account.standin.restart()
    same(before, seen())


def test_a_monitor_in_alert_still_is_and_recovers_without_a_second_page(start: Callable[..., Datadog]) -> None:
    account = start(pages=True)
    assert account.pager is not None
    number = account.monitor(message="@pagerduty-api")
    account.reaches(number, "OK", 1)
    account.reaches(number, "Alert", 50)
    eventually(lambda: account.pager.log() == ["trigger"] or None)  # type: ignore[union-attr]
    before = account.ask("GET", f"/api/v1/monitor/{number}?group_states=all")
    stop = threading.Event()

    def keep_it_deep() -> None:
        while not stop.wait(0.1):
            account.gauge(50)

    # The queue stays deep meanwhile, so that only the kill could change the state.
    sender = threading.Thread(target=keep_it_deep)
    sender.start()
    try:
        account.standin.restart()
        after = account.ask("GET", f"/api/v1/monitor/{number}?group_states=all")
        assert after["overall_state"] == "Alert"
        assert after["overall_state_modified"] == before["overall_state_modified"]
        group = "queue:mail"
        assert (
            after["state"]["groups"][group]["last_triggered_ts"]
            == before["state"]["groups"][group]["last_triggered_ts"]
        )
    finally:
        stop.set()
        sender.join()
    account.reaches(number, "OK", 1)
    eventually(lambda: account.pager.log() == ["trigger", "resolve"] or None)  # type: ignore[union-attr]
    titles = [title.partition(" on ")[0] for title in account.titles()]
    assert titles.count("[Triggered") == 1
    account.standin.restart()
    assert account.pager.log() == ["trigger", "resolve"]


def test_each_minute_that_passed_while_it_was_dead_is_evaluated(start: Callable[..., Datadog]) -> None:
    account = start()
    number = account.monitor("min(last_3m):max:queue.depth{*} < 10")
    account.reaches(number, "OK", 50)
    account.standin.restart(dead_for=3.0)

    def late() -> list[float] | None:
        listed = ask_door(account.standin.endpoints["control"], "clock")["late"]
        return listed and [each["at"] for each in listed]

    # Late, which is seen, and none left out.
    minutes = eventually(late)
    assert len(minutes) >= 2
    assert {after - before for before, after in itertools.pairwise(minutes)} == {60.0}
    assert account.state(number) == "OK"


def test_a_webhook_that_was_told_is_not_told_again(start: Callable[..., Datadog]) -> None:
    account = start()
    with receiving() as receiver:
        hook = {"name": "hook", "url": receiver.url}
        account.ask("POST", "/api/v1/integration/webhooks/configuration/webhooks", json=hook)
        number = account.monitor(message="@webhook-hook")
        account.reaches(number, "OK", 1)
        account.reaches(number, "Alert", 50)

        def delivered() -> int:
            made = [delivery for each in account.notifications() for delivery in each["deliveries"]]
            return sum(each["outcome"] == "delivered" for each in made)

        eventually(lambda: delivered() == 1 or None)
        told = account.notifications()
        account.standin.restart()
        assert account.notifications()[: len(told)] == told
        account.reaches(number, "OK", 1)
        eventually(lambda: delivered() == 2 or None)
        assert len(receiver.got) == 2


def test_a_full_disk_is_answered_with_503(start: Callable[..., Datadog]) -> None:
    account = start(1.0)
    account.monitor()
    with account.standin.full_disk():
        address = account.standin.endpoints["datadog"]
        body = {"name": "m", "type": "query alert", "query": DEEP, "message": ""}
        for path, sent in (("/api/v1/monitor", body), ("/api/v2/logs", [{"message": "lost"}])):
            refused = httpx.post(address + path, json=sent, headers=KEYS)
            assert refused.status_code == 503
            assert "cannot be written" in refused.json()["errors"][0]
        assert len(account.ask("GET", "/api/v1/monitor")) == 1
    account.monitor()
    account.standin.restart()
    assert len(account.ask("GET", "/api/v1/monitor")) == 2
    assert account.messages() == []


def test_half_a_record_is_cut_off_and_a_damaged_one_said(start: Callable[..., Datadog]) -> None:
    account = start(1.0)
    account.monitor()
    account.monitor()
    account.standin.kill()
    file = account.standin.ledgers()[-1]
    os.truncate(file, file.stat().st_size - 1)
    account.standin.start()
    assert "are a record that was not finished" in account.standin.said()
    account.standin.kill()
    content = bytearray(file.read_bytes())
    content[struct.calcsize("<III") + 30] ^= 0xFF
    file.write_bytes(content)
    said = account.standin.refuses_to_start()
    assert f"{file} is damaged at offset 20: " in said
    assert f"truncate -s 20 {file}" in said


def test_a_downtime_ends_at_its_time_while_nobody_is_there(start: Callable[..., Datadog]) -> None:
    account = start()
    end = account.now() + timedelta(minutes=4)
    schedule = {"end": end.isoformat()}
    attributes = {"scope": "*", "monitor_identifier": {"monitor_tags": ["*"]}, "schedule": schedule}
    account.ask("POST", "/api/v2/downtime", json={"data": {"type": "downtime", "attributes": attributes}})
    assert account.ask("GET", "/api/v2/downtime")["data"][0]["attributes"]["status"] == "active"
    account.standin.restart(dead_for=4.0)
    found = account.ask("GET", "/api/v2/downtime")["data"]
    assert [each["attributes"]["status"] for each in found] == ["ended"]
