"""Numbers in parentheses are the rules of deduplication in the module's docstring order."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alertproof.pagerduty import (
    Assumptions,
    Desk,
    DeskError,
    EntryType,
    EventRefused,
    Severity,
    Status,
    Urgency,
    UrgencyRule,
    parse_change,
    parse_event,
)


def test_a_trigger_opens_an_alert_and_an_incident_and_tells_the_first_level(office: Any) -> None:
    incident = office.trigger("k", 0)
    (alert,) = office.desk.alerts_of(incident.id)
    assert (incident.status, incident.title, incident.number) == (Status.TRIGGERED, "it broke", 1)
    assert (alert.key, alert.status, alert.severity) == ("k", Status.TRIGGERED, Severity.CRITICAL)
    assert office.types(incident) == [EntryType.TRIGGER, EntryType.ASSIGN, EntryType.NOTIFY]
    assert office.told(incident) == [(0, "ada")]


def test_a_second_trigger_is_appended_and_tells_nobody(office: Any) -> None:
    incident = office.trigger("k", 0)
    again = office.trigger("k", 1, summary="still broken", severity="error")
    (alert,) = office.desk.alerts_of(incident.id)
    assert again.id == incident.id
    assert again.title == "it broke"
    assert (alert.event.summary, alert.severity, alert.count) == ("still broken", Severity.ERROR, 2)
    assert office.types(incident) == [EntryType.TRIGGER, EntryType.ASSIGN, EntryType.NOTIFY, EntryType.TRIGGER]


def test_the_same_key_on_another_integration_is_another_alert(office: Any) -> None:
    assert office.trigger("k", 0).id != office.trigger("k", 0, integration=1).id


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_acknowledge_and_resolve_do_not_reach_an_alert_of_another_integration(office: Any, action: str) -> None:
    incident = office.trigger("k", 0)
    accepted = office.send(action, "k", 1, integration=1)
    assert (accepted.dedup_key, accepted.incident_id) == ("k", None)
    assert office.now(incident, 1).status is Status.TRIGGERED
    assert [dropped.reason for dropped in office.desk.dropped] == [f"no open alert to {action}"]


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_acknowledge_and_resolve_of_a_closed_key_are_dropped(office: Any, action: str) -> None:
    incident = office.trigger("k", 0)
    office.send("resolve", "k", 1)
    before = office.types(incident)
    assert office.send(action, "k", 2).incident_id is None
    assert office.types(incident) == before
    assert len(office.desk.dropped) == 1


def test_a_resolve_closes_alert_and_incident_at_its_instant(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.send("resolve", "k", 3)
    (alert,) = office.desk.alerts_of(incident.id)
    resolved = office.desk.incidents[incident.id]
    assert (resolved.status, resolved.resolved_at, resolved.assigned) == (Status.RESOLVED, office.at(3), ())
    assert (alert.status, alert.resolved_at) == (Status.RESOLVED, office.at(3))
    assert office.now(incident, 1000) == resolved


def test_after_a_resolve_the_same_key_opens_anew(office: Any) -> None:
    first = office.trigger("k", 0)
    office.send("resolve", "k", 1)
    second = office.trigger("k", 2)
    assert (second.id != first.id, second.number) == (True, 2)
    assert office.desk.incidents[first.id].status is Status.RESOLVED


def test_a_trigger_without_a_key_is_always_new_and_gets_one(office: Any) -> None:
    first, second = (office.send("trigger", None, minute) for minute in (0, 1))
    assert first.incident_id != second.incident_id
    assert first.dedup_key != second.dedup_key
    assert office.send("resolve", first.dedup_key, 2).incident_id == first.incident_id


def test_while_acknowledged_a_trigger_tells_nobody_and_nothing_escalates(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.send("acknowledge", "k", 1)
    office.trigger("k", 2)
    assert office.now(incident, 29).status is Status.ACKNOWLEDGED
    assert office.told(incident) == [(0, "ada")]


def test_a_second_acknowledge_by_event_changes_nothing(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.send("acknowledge", "k", 1)
    before = office.desk.incidents[incident.id]
    assert office.send("acknowledge", "k", 2).incident_id == incident.id
    assert office.desk.incidents[incident.id] == before


def test_an_unacknowledged_incident_escalates_after_the_delay_and_not_before(office: Any) -> None:
    incident = office.trigger("k", 0)
    assert office.now(incident, 4.99).level == 1
    assert office.now(incident, 5).level == 2
    assert office.told(incident) == [(0, "ada"), (5, "bob")]
    assert office.types(incident)[-2:] == [EntryType.ESCALATE, EntryType.NOTIFY]


def test_after_the_last_level_the_policy_is_exhausted_once(office: Any) -> None:
    incident = office.trigger("k", 0)
    assert office.now(incident, 200).status is Status.TRIGGERED
    assert office.told(incident) == [(0, "ada"), (5, "bob")]
    assert office.types(incident).count(EntryType.EXHAUST) == 1


def test_a_policy_with_loops_goes_through_all_levels_again(make_office: Any) -> None:
    office = make_office(loops=1)
    incident = office.trigger("k", 0)
    office.now(incident, 200)
    assert office.told(incident) == [(0, "ada"), (5, "bob"), (10, "ada"), (15, "bob")]
    assert office.types(incident).count(EntryType.REPEAT) == 1


def test_looking_late_and_looking_often_give_the_same_log(make_office: Any) -> None:
    logs = []
    for looks in ([400.0], [minute / 2 for minute in range(801)]):
        office = make_office(loops=2)
        incident = office.trigger("k", 0)
        office.send("acknowledge", "k", 7)
        for minute in looks:
            office.now(incident, max(minute, 7))
        logs.append(office.desk.log)
    assert logs[0] == logs[1]


def test_an_acknowledgement_times_out_and_the_people_are_told_again(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.send("acknowledge", "k", 2)
    assert office.now(incident, 31.99).status is Status.ACKNOWLEDGED
    assert office.now(incident, 32).status is Status.TRIGGERED
    assert office.now(incident, 37).level == 2
    assert office.told(incident) == [(0, "ada"), (32, "ada"), (37, "bob")]


def test_an_open_incident_resolves_itself_after_four_hours(office: Any) -> None:
    incident = office.trigger("k", 0)
    assert office.now(incident, 239.99).open
    resolved = office.now(incident, 240)
    assert (resolved.status, resolved.resolved_at) == (Status.RESOLVED, office.at(240))
    assert office.send("resolve", "k", 241).incident_id is None


def test_timeouts_that_are_off_never_come(make_office: Any) -> None:
    office = make_office(acknowledgement_timeout=None, auto_resolve_timeout=None)
    incident = office.trigger("k", 0)
    office.send("acknowledge", "k", 1)
    assert office.now(incident, 100_000).status is Status.ACKNOWLEDGED


@pytest.mark.parametrize(
    ("severity", "urgency", "levels"),
    [
        ("critical", Urgency.HIGH, 2),
        ("error", Urgency.HIGH, 2),
        ("warning", Urgency.LOW, 1),
        ("info", Urgency.LOW, 1),
    ],
)
def test_a_low_urgency_tells_the_first_level_and_never_escalates(
    make_office: Any, severity: str, urgency: Urgency, levels: int
) -> None:
    office = make_office(urgency=UrgencyRule.SEVERITY_BASED)
    incident = office.trigger("k", 0, severity=severity)
    assert incident.urgency is urgency
    assert office.now(incident, 100).level == levels
    assert len(office.told(incident)) == levels


def test_a_worse_trigger_makes_a_low_incident_high_and_starts_to_escalate(make_office: Any) -> None:
    office = make_office(urgency=UrgencyRule.SEVERITY_BASED)
    incident = office.trigger("k", 0, severity="warning")
    assert office.trigger("k", 10, severity="critical").urgency is Urgency.HIGH
    office.now(incident, 15)
    assert office.told(incident) == [(0, "ada"), (10, "ada"), (15, "bob")]
    assert EntryType.URGENCY_CHANGE in office.types(incident)


def test_a_milder_trigger_leaves_a_high_incident_high(make_office: Any) -> None:
    office = make_office(urgency=UrgencyRule.SEVERITY_BASED)
    office.trigger("k", 0, severity="critical")
    assert office.trigger("k", 1, severity="info").urgency is Urgency.HIGH


def test_the_rise_of_urgency_is_an_option(make_office: Any) -> None:
    office = make_office(urgency=UrgencyRule.SEVERITY_BASED, assumptions=Assumptions(urgency_rises=False))
    office.trigger("k", 0, severity="warning")
    assert office.trigger("k", 1, severity="critical").urgency is Urgency.LOW


def test_a_worse_trigger_on_a_service_that_is_always_low_changes_nothing(make_office: Any) -> None:
    office = make_office(urgency=UrgencyRule.LOW)
    office.trigger("k", 0, severity="warning")
    assert office.trigger("k", 1, severity="critical").urgency is Urgency.LOW


def test_an_open_incident_keeps_the_policy_that_it_was_opened_with(office: Any) -> None:
    incident = office.trigger("k", 0)
    directory = office.desk.directory
    (policy,) = directory.policies.values()
    directory.policies[policy.id] = replace(policy, rules=policy.rules[:1])
    assert office.now(incident, 5).level == 2
    assert office.now(office.trigger("later", 6), 100).level == 1


def test_a_person_acknowledges_and_resolves(office: Any) -> None:
    incident = office.trigger("k", 0)
    assert office.desk.acknowledge(incident.id, "PU00001", office.at(1)).status is Status.ACKNOWLEDGED
    resolved = office.desk.resolve(incident.id, "PU00001", office.at(2))
    assert (resolved.status, resolved.changed_by.id) == (Status.RESOLVED, "PU00001")
    assert office.trigger("k", 3).id != incident.id


def test_a_person_cannot_do_twice_what_is_done(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.desk.acknowledge(incident.id, "PU00001", office.at(1))
    with pytest.raises(DeskError, match="Already Acknowledged") as raised:
        office.desk.acknowledge(incident.id, "PU00001", office.at(2))
    assert raised.value.code == 1002
    office.desk.resolve(incident.id, "PU00001", office.at(3))
    for act in (office.desk.resolve, office.desk.acknowledge):
        with pytest.raises(DeskError, match="Already Resolved") as raised:
            act(incident.id, "PU00001", office.at(4))
        assert raised.value.code == 1001
    with pytest.raises(DeskError, match="'nope' not found") as raised:
        office.desk.resolve("nope", "PU00001", office.at(5))
    assert raised.value.code == 2100


def test_an_event_that_comes_after_an_escalation_was_due_finds_it_done(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.send("acknowledge", "k", 5)
    assert office.desk.incidents[incident.id].level == 2
    assert [type_ for type_ in office.types(incident) if type_ is not EntryType.NOTIFY] == [
        EntryType.TRIGGER,
        EntryType.ASSIGN,
        EntryType.ESCALATE,
        EntryType.ACKNOWLEDGE,
    ]


def test_an_unknown_routing_key_is_dropped_and_shown(office: Any) -> None:
    payload = {"summary": "s", "source": "h", "severity": "info"}
    event = parse_event({"routing_key": "u" * 32, "event_action": "trigger", "payload": payload})
    assert office.desk.accept(event, office.at(0)).incident_id is None
    (dropped,) = office.desk.dropped
    assert (dropped.event, dropped.reason) == (event, "no integration has this routing key")
    assert not office.desk.incidents


def test_an_unknown_routing_key_is_refused_by_a_desk_that_refuses_those(make_office: Any) -> None:
    office = make_office(assumptions=Assumptions(unknown_routing_key="refuse"))
    office.keys.append("u" * 32)
    with pytest.raises(EventRefused, match="not the key of any integration"):
        office.send("trigger", "k", 0, integration=2)
    assert office.trigger("k", 0).number == 1


def test_a_change_is_kept_and_tells_nobody(office: Any) -> None:
    change = parse_change({"routing_key": office.keys[0], "payload": {"summary": "deployed"}})
    office.desk.record_change(change, office.at(1))
    (kept,) = office.desk.changes
    assert (kept.at, kept.event) == (office.at(1), change)
    assert not office.desk.incidents
    assert not office.desk.log


def test_delays_are_counted_from_when_the_level_was_told(make_office: Any) -> None:
    office = make_office(loops=9, acknowledgement_timeout=timedelta(minutes=10))
    incident = office.trigger("k", 0)
    office.send("acknowledge", "k", 6)
    office.now(incident, 22)
    assert office.told(incident) == [(0, "ada"), (5, "bob"), (16, "bob"), (21, "ada")]


def test_of_events_that_did_nothing_the_newest_are_kept(office: Any) -> None:
    for minute in range(Desk.KEPT + 1):
        office.send("resolve", "k", minute)
    assert len(office.desk.dropped) == Desk.KEPT
    kept = list(office.desk.dropped)
    assert [kept[0].at, kept[-1].at] == [office.at(1), office.at(Desk.KEPT)]
