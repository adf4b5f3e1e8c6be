from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest
from msgspec.structs import replace as changed

from alertproof.datadog import Assumptions, Definition, Notification, State
from alertproof.datadog.paging import pagerduty_event
from alertproof.tags import Group, Tag

KEY = "k" * 32


@pytest.fixture
def definition(monitor: Callable[..., Definition]) -> Definition:
    return replace(monitor("avg(last_5m):avg:m{*} by {host} > 10"), id=42, tags=("team:a",))


@pytest.fixture
def sent(minute: Callable[[float], datetime]) -> Callable[..., Notification]:
    """A notification of a state for a group."""

    def make(state: State, group: Group = (), transition: str = "Triggered") -> Notification:
        return Notification(
            at=minute(1),
            group=group,
            transition=transition,
            state=state,
            handles=("pagerduty-a",),
            title="[Triggered] " + "x" * 2000,
            body="body",
            value=1.0,
        )

    return make


Sent = Callable[..., Notification]


@pytest.mark.parametrize(
    ("state", "severity"),
    [(State.ALERT, "critical"), (State.WARN, "warning"), (State.NO_DATA, "error"), (State.UNKNOWN, "error")],
)
def test_trouble_triggers_with_the_severity_of_its_state(
    state: State, severity: str, definition: Definition, sent: Sent
) -> None:
    event = pagerduty_event(sent(state), definition=definition, routing_key=KEY)
    assert len(event.pop("dedup_key")) == 64
    assert event == {
        "routing_key": KEY,
        "event_action": "trigger",
        "client": "Datadog",
        "payload": {
            "summary": ("[Triggered] " + "x" * 2000)[:1024],
            "source": "Datadog",
            "severity": severity,
            "timestamp": "2024-01-01T00:01:00+00:00",
            "custom_details": {
                "title": "[Triggered] " + "x" * 2000,
                "body": "body",
                "query": "avg(last_5m):avg:m{*} by {host} > 10",
                "tags": "team:a",
                "priority": "normal",
                "monitor_state": "Triggered",
                "event_type": "query_alert_monitor",
            },
        },
    }


def test_recovery_resolves_what_was_triggered(definition: Definition, sent: Sent) -> None:
    host = (Tag("host", "a"),)
    triggered = pagerduty_event(sent(State.ALERT, host), definition=definition, routing_key=KEY)
    again = pagerduty_event(sent(State.ALERT, host, "Renotify"), definition=definition, routing_key=KEY)
    resolved = pagerduty_event(sent(State.OK, host, "Recovered"), definition=definition, routing_key=KEY)
    assert resolved == {"routing_key": KEY, "event_action": "resolve", "dedup_key": triggered["dedup_key"]}
    assert again["dedup_key"] == triggered["dedup_key"]
    assert again["payload"]["custom_details"]["tags"] == "team:a, host:a"


def test_each_group_monitor_and_organisation_has_its_own_key(definition: Definition, sent: Sent) -> None:
    def key(group: Group, monitor: Definition, org: int = 1) -> object:
        assumptions = Assumptions(org_id=org)
        return pagerduty_event(sent(State.ALERT, group), definition=monitor, routing_key=KEY, assumptions=assumptions)[
            "dedup_key"
        ]

    other = replace(definition, id=43)
    keys = [key((), definition), key((Tag("host", "a"),), definition), key((), other), key((), definition, 2)]
    assert len(set(keys)) == 4
    assert all(len(str(each)) <= 255 for each in keys)


@pytest.mark.parametrize("state", [State.NO_DATA, State.UNKNOWN])
def test_the_severity_of_no_data_is_an_assumption(state: State, definition: Definition, sent: Sent) -> None:
    info = Assumptions(no_data_severity="info")
    event = pagerduty_event(sent(state), definition=definition, routing_key=KEY, assumptions=info)
    assert event["payload"]["severity"] == "info"


@pytest.mark.parametrize(("kind", "event"), [("query alert", "query_alert_monitor"), ("log alert", "log_alert")])
def test_an_event_names_the_kind_of_its_monitor(kind: str, event: str, definition: Definition, sent: Sent) -> None:
    found = pagerduty_event(sent(State.ALERT), definition=replace(definition, type=kind), routing_key=KEY)
    assert found["payload"]["custom_details"]["event_type"] == event


@pytest.mark.parametrize("length", [1023, 1024])
def test_a_title_of_at_most_1024_characters_is_the_summary(length: int, definition: Definition, sent: Sent) -> None:
    told = changed(sent(State.ALERT), title="y" * length)
    event = pagerduty_event(told, definition=definition, routing_key=KEY)
    assert event["payload"]["summary"] == "y" * length


def test_a_monitor_without_an_id_is_told_apart_by_its_name(definition: Definition, sent: Sent) -> None:
    """One whose id is 0 has one."""
    nameless, named, zero = (
        pagerduty_event(sent(State.ALERT), definition=replace(definition, id=number, name=name), routing_key=KEY)
        for number, name in ((None, "a"), (None, "b"), (0, "a"))
    )
    assert len({event["dedup_key"] for event in (nameless, named, zero)}) == 3
