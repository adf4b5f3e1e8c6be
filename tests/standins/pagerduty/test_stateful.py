"""Whatever senders and people do through the official client, each incident shows what the last of it left."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import count
from typing import TYPE_CHECKING, Any, ClassVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from pagerduty import HttpError

if TYPE_CHECKING:
    from tests.standins.pagerduty.conftest import Running

TEXTS = st.text(st.characters(codec="utf-8", exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20).filter(
    lambda text: text.strip()
)
KEYS = st.sampled_from(["a", "b"])
DOORS = st.sampled_from([0, 1])
#: Names are free for one service only, and one stand-in serves all examples.
NUMBERS = count()


@dataclass
class Expected:
    """What an incident must show; ``alerts`` are the open ones by key, ``closed`` how many are not."""

    id: str
    title: str
    status: str = "triggered"
    alerts: set[tuple[int, str]] = field(default_factory=set)
    closed: int = 0
    notes: list[str] = field(default_factory=list)
    key: str | None = None

    def end(self) -> None:
        self.status = "resolved"
        self.closed += len(self.alerts)
        self.alerts.clear()


class Machine(RuleBasedStateMachine):
    """One service with two doors; time stands nearly still, so that nothing happens by itself."""

    running: ClassVar[Running]
    incidents = Bundle("incidents")

    def __init__(self) -> None:
        super().__init__()
        self.closing = ExitStack()
        self.rest = self.running.rest
        self.expected: dict[str, Expected] = {}
        self.open: dict[tuple[int, str], str] = {}

    def teardown(self) -> None:
        for one in self.expected.values():
            if one.status != "resolved":
                self.put(one, status="resolved")
        if hasattr(self, "service"):
            self.rest.delete(f"services/{self.service}")
        self.closing.close()

    @initialize()
    def account(self) -> None:
        name = f"service {next(NUMBERS)}"
        people = self.rest.list_all("users")
        user = people[0] if people else self.rest.rpost("users", json={"name": "Ada", "email": "ada@example.com"})
        rules = [{"escalation_delay_in_minutes": 5, "targets": [{"id": user["id"], "type": "user_reference"}]}]
        policy = self.rest.persist("escalation_policies", "name", {"name": "P", "escalation_rules": rules})
        body = {"name": name, "escalation_policy": {"id": policy["id"], "type": "escalation_policy_reference"}}
        self.service = str(self.rest.rpost("services", json=body)["id"])
        self.doors = []
        for door in ("datadog", "sentry"):
            kind = {"type": "events_api_v2_inbound_integration", "name": door}
            key = self.rest.rpost(f"services/{self.service}/integrations", json=kind)["integration_key"]
            self.doors.append(self.closing.enter_context(self.running.events(key)))

    def put(self, one: Expected, **changes: Any) -> Any:
        return self.rest.rput(f"incidents/{one.id}", json={"type": "incident_reference"} | changes)

    def known(self, one: Expected) -> Expected:
        self.expected[one.id] = one
        return one

    def newest(self) -> dict[str, Any]:
        parameters = {"service_ids[]": [self.service], "sort_by": "incident_number:desc", "limit": 1}
        found: dict[str, Any] = self.rest.rget("incidents", params=parameters)[0]
        return found

    @rule(target=incidents, door=DOORS, key=KEYS, summary=TEXTS)
    def trigger(self, door: int, key: str, summary: str) -> Any:
        assert self.doors[door].trigger(summary, "test", dedup_key=key) == key
        if (door, key) in self.open:
            return multiple()
        one = self.known(Expected(self.newest()["id"], summary, alerts={(door, key)}))
        self.open[door, key] = one.id
        return one

    @rule(target=incidents, title=TEXTS, key=st.none() | KEYS)
    def open_by_hand(self, title: str, key: str | None) -> Any:
        service = {"id": self.service, "type": "service_reference"}
        body = {"title": title, "service": service, "incident_key": key}
        if key is not None and any(one.key == key and one.status != "resolved" for one in self.expected.values()):
            with pytest.raises(HttpError, match="2002"):
                self.rest.rpost("incidents", json=body)
            return multiple()
        return self.known(Expected(self.rest.rpost("incidents", json=body)["id"], title, key=key))

    @rule(door=DOORS, key=KEYS)
    def acknowledge_by_event(self, door: int, key: str) -> None:
        self.doors[door].acknowledge(key)
        if (door, key) in self.open:
            self.expected[self.open[door, key]].status = "acknowledged"

    @rule(door=DOORS, key=KEYS)
    def resolve_by_event(self, door: int, key: str) -> None:
        self.doors[door].resolve(key)
        name = self.open.pop((door, key), None)
        if name is not None:
            one = self.expected[name]
            one.alerts.discard((door, key))
            one.closed += 1
            if not one.alerts:
                one.end()

    @rule(one=incidents)
    def acknowledge(self, one: Expected) -> None:
        if one.status != "triggered":
            with pytest.raises(HttpError, match="100[12]"):
                self.put(one, status="acknowledged")
            return
        assert self.put(one, status="acknowledged")["status"] == "acknowledged"
        one.status = "acknowledged"

    @rule(one=incidents)
    def resolve(self, one: Expected) -> None:
        if one.status == "resolved":
            with pytest.raises(HttpError, match="1001"):
                self.put(one, status="resolved")
            return
        assert self.put(one, status="resolved")["status"] == "resolved"
        for pair in one.alerts:
            del self.open[pair]
        one.end()

    @rule(one=incidents, title=TEXTS)
    def rename(self, one: Expected, title: str) -> None:
        if one.status == "resolved":
            return
        self.put(one, title=title)
        one.title = title

    @rule(one=incidents, seconds=st.integers(1, 604_800))
    def snooze(self, one: Expected, seconds: int) -> None:
        if one.status == "resolved":
            return
        self.rest.rpost(f"incidents/{one.id}/snooze", json={"duration": seconds})
        one.status = "acknowledged"

    @rule(one=incidents, content=TEXTS)
    def annotate(self, one: Expected, content: str) -> None:
        self.rest.rpost(f"incidents/{one.id}/notes", json={"note": {"content": content}})
        one.notes.insert(0, content)

    @rule(target_=incidents, source=incidents)
    def merge(self, target_: Expected, source: Expected) -> None:
        body = {"source_incidents": [{"id": source.id, "type": "incident_reference"}]}
        path = f"incidents/{target_.id}/merge"
        if "resolved" in {target_.status, source.status} or target_ is source:
            with pytest.raises(HttpError, match="400"):
                self.rest.rput(path, json=body)
            return
        self.rest.rput(path, json=body)
        target_.alerts |= source.alerts
        target_.closed += source.closed
        for pair in source.alerts:
            self.open[pair] = target_.id
        source.alerts, source.closed, source.status = set(), 0, "resolved"

    @rule(door=DOORS, key=KEYS, way=st.sampled_from(["disabled", "maintenance"]))
    def pause(self, door: int, key: str, way: str) -> None:
        """What is new while a service is disabled or in maintenance opens nothing; the invariants look afterwards."""
        path, window = f"services/{self.service}", ""
        if way == "disabled":
            self.rest.rput(path, json={"status": "disabled"})
        else:
            now = self.running.clock.now()
            services = [{"id": self.service, "type": "service_reference"}]
            start, end = ((now + timedelta(hours=hours)).isoformat() for hours in (-1, 1))
            body = {"start_time": start, "end_time": end, "services": services}
            window = str(self.rest.rpost("maintenance_windows", json=body)["id"])
        assert self.rest.rget(path)["status"] == way
        self.doors[door].trigger("paused", "test", dedup_key=key)
        if window:
            self.rest.delete(f"maintenance_windows/{window}")
        else:
            self.rest.rput(path, json={"status": "active"})

    @invariant()
    def each_shows_what_was_left(self) -> None:
        if not hasattr(self, "service"):
            return
        listed = {
            each["id"]: each for each in self.rest.iter_all("incidents", params={"service_ids[]": [self.service]})
        }
        assert set(listed) == set(self.expected)
        for name, one in self.expected.items():
            shown = listed[name]
            assert (shown["status"], shown["title"]) == (one.status, one.title)
            counts = shown["alert_counts"]
            assert (counts["triggered"], counts["resolved"]) == (len(one.alerts), one.closed)
            assert bool(shown["assignments"]) == (one.status != "resolved")
            assert bool(shown["acknowledgements"]) == (one.status == "acknowledged")
            if one.notes:
                assert [note["content"] for note in self.rest.rget(f"incidents/{name}/notes")] == one.notes

    @invariant()
    def the_service_stands_as_its_incidents_do(self) -> None:
        if not hasattr(self, "service"):
            return
        statuses = {one.status for one in self.expected.values()}
        worst = "critical" if "triggered" in statuses else "warning" if "acknowledged" in statuses else "active"
        assert self.rest.rget(f"services/{self.service}")["status"] == worst


def test_each_incident_shows_what_the_last_change_left(start_running: Callable[[float], Running]) -> None:
    Machine.running = start_running(0.001)
    few = settings(max_examples=max(8, settings().max_examples // 30), stateful_step_count=25)
    run_state_machine_as_test(Machine, settings=few)
