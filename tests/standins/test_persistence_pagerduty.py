"""What PagerDuty's stand-in acknowledged to the official client outlives its kill."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import socket
import ssl
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from pagerduty import EventsApiV2Client, RestApiV2Client
from tests.standins.conftest import authority
from tests.standins.doors import ask_door
from tests.standins.killable import Killable, eventually, receiving, same, written_until_killed

from alertproof.clock import Anchor, SystemClock

LISTED = (
    "users",
    "escalation_policies",
    "schedules",
    "services",
    "maintenance_windows",
    "webhook_subscriptions",
    "alert_grouping_settings",
    "incidents",
    "log_entries",
)


@dataclass
class Account:
    standin: Killable
    context: ssl.SSLContext
    anchor: Anchor
    rest: RestApiV2Client

    @property
    def address(self) -> str:
        return self.standin.endpoints["pagerduty"]

    def events(self, key: str) -> EventsApiV2Client:
        return EventsApiV2Client(key, base_url=self.address, verify=self.context)

    def door(self, name: str = "api", **service: Any) -> tuple[str, str]:
        """Make somebody, a policy of two levels a minute apart and a service; return its id and its key."""
        people = [
            self.rest.rpost("users", json={"type": "user", "name": each, "email": f"{each}@{name}.example"})
            for each in ("ada", "bob")
        ]
        rules = [
            {"escalation_delay_in_minutes": 1, "targets": [{"id": each["id"], "type": "user_reference"}]}
            for each in people
        ]
        policy = self.rest.rpost("escalation_policies", json={"name": name, "escalation_rules": rules, "num_loops": 0})
        reference = {"id": policy["id"], "type": "escalation_policy_reference"}
        body = {"type": "service", "name": name, "escalation_policy": reference, **service}
        made = self.rest.rpost("services", json=body)
        integration = {"type": "events_api_v2_inbound_integration", "name": "test"}
        path = f"services/{made['id']}/integrations"
        return made["id"], self.rest.rpost(path, json={"integration": integration})["integration_key"]

    def shown(self) -> dict[str, Any]:
        return {name: self.rest.rget(name, params={"limit": 100}) for name in LISTED}

    def log(self, incident: str) -> list[tuple[str, datetime]]:
        """Return an incident's log, oldest first, as kinds and instants."""
        entries = self.rest.rget(f"incidents/{incident}/log_entries", params={"limit": 100})
        return [(each["type"], datetime.fromisoformat(each["created_at"])) for each in reversed(entries)]

    def delivered(self) -> int:
        """Return how many webhooks the stand-in knows to have come."""
        listed = ask_door(self.standin.endpoints["pagerduty_control"], "webhooks")["deliveries"]
        return sum(each["outcome"] == "delivered" for each in listed)

    def only(self) -> dict[str, Any]:
        (incident,) = self.rest.rget("incidents")
        return dict(incident)


@pytest.fixture(name="start")
def start_fixture(tmp_path: Path) -> Iterator[Callable[..., Account]]:
    """Start it, so many times as fast as real time, with a client that signs as somebody."""
    with ExitStack() as closing:

        def start(factor: float = 60.0) -> Account:
            context, tls = authority(tmp_path)
            anchor = Anchor(real=SystemClock().now(), stack=datetime(2030, 1, 1, tzinfo=UTC), factor=factor)
            standin = Killable("pagerduty", *tls, store=tmp_path / "store", anchor=anchor)
            closing.enter_context(standin)
            client = RestApiV2Client(
                "token", default_from="ada@api.example", base_url=standin.endpoints["pagerduty"], verify=context
            )
            return Account(standin, context, anchor, closing.enter_context(client))

        yield start


def test_every_event_that_was_acknowledged_is_there_exactly_once(start: Callable[..., Account]) -> None:
    account = start(1.0)
    _, key = account.door()
    with account.events(key) as one, account.events(key) as two:
        one.max_network_attempts = two.max_network_attempts = 0

        def write(number: int) -> str:
            return str((one, two)[number % 2].trigger(f"number {number}", "test", dedup_key=str(number)))

        acknowledged, lost = written_until_killed(account.standin, write, kill_after=60)
    account.standin.start()
    keys = [each["title"].removeprefix("number ") for each in account.rest.iter_all("incidents")]
    assert len(keys) == len(set(keys))
    assert acknowledged <= set(keys) <= acknowledged | lost


def test_the_account_is_the_same_down_to_ids_keys_and_instants(start: Callable[..., Account]) -> None:
    account = start(1.0)
    service, key = account.door()
    rest, now = account.rest, account.anchor.stack
    window = {
        "type": "maintenance_window",
        "start_time": now.isoformat(),
        "end_time": (now + timedelta(hours=9)).isoformat(),
        "services": [{"id": service, "type": "service_reference"}],
    }
    rest.rpost("maintenance_windows", json=window)
    layers = [
        {
            "start": now.isoformat(),
            "rotation_virtual_start": now.isoformat(),
            "rotation_turn_length_seconds": 86400,
            "users": [{"user": {"id": rest.rget("users")[0]["id"], "type": "user_reference"}}],
        }
    ]
    rest.rpost("schedules", json={"name": "days", "time_zone": "Europe/Berlin", "schedule_layers": layers})
    other, other_key = account.door("web")
    subscription = {
        "type": "webhook_subscription",
        "delivery_method": {"type": "http_delivery_method", "url": "http://127.0.0.1:9/"},
        "events": ["incident.resolved"],
        "filter": {"type": "account_reference"},
    }
    rest.rpost("webhook_subscriptions", json=subscription)
    grouping = {"name": "all", "type": "time", "config": {"timeout": 0}, "services": [{"id": other}]}
    rest.rpost("alert_grouping_settings", json=grouping)
    with account.events(key) as dropped, account.events(other_key) as events:
        dropped.trigger("in maintenance", "test")
        first, second = (events.trigger(text, "test") for text in ("one", "two"))
        assert first != second
        events.acknowledge(first)
    incident = account.only()
    rest.rpost(f"incidents/{incident['id']}/notes", json={"note": {"content": "looking"}})
    rest.rput(f"incidents/{incident['id']}", json={"type": "incident_reference", "title": "renamed"})
    before = account.shown()
    account.standin.restart()
    same(before, account.shown())
    assert rest.rget(f"incidents/{incident['id']}/notes")[0]["content"] == "looking"
    # What comes now gets ids that nothing had, and reaches what was open.
    account.door("third")
    assert len({each["id"] for each in rest.rget("services")}) == 3
    with account.events(other_key) as events:
        events.resolve(first)
        events.resolve(second)
    assert account.only()["status"] == "resolved"


def test_incidents_escalate_and_time_out_while_nobody_is_there(start: Callable[..., Account]) -> None:
    account = start()
    _, key = account.door(auto_resolve_timeout=180, acknowledgement_timeout=None)
    with account.events(key) as events:
        events.trigger("nobody answers", "test")
        account.standin.restart(dead_for=4.0)
        incident = account.only()
    assert incident["status"] == "resolved"
    opened = datetime.fromisoformat(incident["created_at"])
    told = [(kind, at - opened) for kind, at in account.log(incident["id"])]
    minute = timedelta(minutes=1)
    # Each at its own instant, not when somebody looked again.
    assert [each for each in told if each[0] == "escalate_log_entry"] == [("escalate_log_entry", minute)]
    assert told[-1] == ("resolve_log_entry", 3 * minute)


def test_a_snooze_outlives_a_kill(start: Callable[..., Account]) -> None:
    account = start()
    _, key = account.door()
    with account.events(key) as events:
        events.trigger("later", "test")
    incident = account.only()["id"]
    account.rest.rpost(f"incidents/{incident}/snooze", json={"duration": 600})
    account.standin.restart()
    assert account.only()["status"] == "acknowledged"
    eventually(lambda: account.only()["status"] == "triggered" or None)
    at = dict(account.log(incident))
    assert at["unacknowledge_log_entry"] - at["snooze_log_entry"] == timedelta(minutes=10)


def test_webhooks_come_once_each_and_signed_with_the_secret_of_before(start: Callable[..., Account]) -> None:
    account = start()
    _, key = account.door()
    with receiving() as receiver:
        subscription = {
            "type": "webhook_subscription",
            "delivery_method": {"type": "http_delivery_method", "url": receiver.url},
            "events": ["incident.triggered", "incident.escalated", "incident.resolved"],
            "filter": {"type": "account_reference"},
        }
        secret = account.rest.rpost("webhook_subscriptions", json=subscription)["delivery_method"]["secret"]
        with account.events(key) as events:
            events.trigger("it broke", "test", dedup_key="k")
            eventually(lambda: account.delivered() == 1 or None)
            # Told before the kill, fell due while it was dead, told after it.
            account.standin.restart(dead_for=2.0)
            eventually(lambda: account.delivered() == 2 or None)
            account.standin.restart()
            events.resolve("k")
            eventually(lambda: account.delivered() == 3 or None)
        account.standin.restart()
        assert account.delivered() == 3
    kinds = [json.loads(body)["event"]["event_type"] for _, body in receiver.got]
    assert kinds == ["incident.triggered", "incident.escalated", "incident.resolved"]
    assert len({headers["x-webhook-id"] for headers, _ in receiver.got}) == 3
    for headers, body in receiver.got:
        expected = hmac.new(secret.encode(), body, hashlib.sha256).hexdigest()
        assert headers["x-pagerduty-signature"] == f"v1={expected}"


def test_a_full_disk_is_answered_with_503_and_nothing_is_acknowledged(start: Callable[..., Account]) -> None:
    account = start(1.0)
    _, key = account.door()
    event = {"routing_key": key, "event_action": "trigger", "payload": {"source": "t", "severity": "error"}}

    def send(name: str) -> httpx.Response:
        body = {**event, "dedup_key": name, "payload": {**event["payload"], "summary": name}}  # type: ignore[dict-item]
        return httpx.post(f"{account.address}/v2/enqueue", json=body, verify=account.context)

    assert send("before").status_code == 202
    with account.standin.full_disk():
        refused = send("full")
        assert refused.status_code == 503
        assert "cannot be written: File too large" in refused.text
        # Who only reads is served.
        assert account.only()["title"] == "before"
    assert send("after").status_code == 202
    before = account.shown()["incidents"]
    account.standin.restart()
    assert account.shown()["incidents"] == before
    assert [each["title"] for each in before] == ["before", "after"]


def test_half_a_record_at_the_end_is_cut_off_and_said(start: Callable[..., Account]) -> None:
    account = start(1.0)
    account.door()
    before = account.rest.rget("services")
    account.standin.kill()
    file = account.standin.ledgers()[-1]
    size = file.stat().st_size
    with file.open("ab") as ledger:
        ledger.write(b"\x10\x00")
    account.standin.start()
    assert account.rest.rget("services") == before
    said = account.standin.said()
    assert f"{file}: the last 2 bytes, from offset {size} on, are a record that was not finished" in said
    assert "it was not acknowledged" in said


def test_a_damaged_record_is_said_with_file_offset_and_what_to_do(start: Callable[..., Account]) -> None:
    account = start(1.0)
    account.door()
    account.standin.kill()
    file = account.standin.ledgers()[-1]
    content = bytearray(file.read_bytes())
    content[40] ^= 0xFF
    file.write_bytes(content)
    said = account.standin.refuses_to_start()
    assert f"{file} is damaged at offset 20: " in said
    assert f"truncate -s 20 {file}" in said
    os.truncate(file, 20)
    account.standin.start()
    assert account.rest.rget("services") == []


def test_a_folder_that_cannot_be_written_is_said(tmp_path: Path) -> None:
    _, tls = authority(tmp_path)
    (tmp_path / "file").write_text("")
    standin = Killable("pagerduty", *tls, store=tmp_path / "file" / "store")
    standin._errors = tmp_path / "errors"
    said = standin.refuses_to_start()
    assert f"the store {tmp_path}/file/store cannot be written: Not a directory; give a folder" in said


def test_two_stand_ins_never_share_a_store(start: Callable[..., Account], tmp_path: Path) -> None:
    account = start(1.0)
    _, tls = authority(tmp_path)
    second = Killable("pagerduty", *tls, store=account.standin.store, anchor=account.anchor)
    second._errors = tmp_path / "errors"
    assert "is in use by another process: end it" in second.refuses_to_start()


def test_a_port_that_is_taken_is_said(start: Callable[..., Account]) -> None:
    account = start(1.0)
    account.standin.kill()
    port = httpx.URL(account.address).port
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        other.bind(("127.0.0.1", port))
        other.listen()
        said = account.standin.refuses_to_start()
    assert f"port {port} of 127.0.0.1 cannot be had (Address already in use): end what listens there" in said
