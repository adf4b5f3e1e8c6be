"""What people do to incidents, and when nothing opens: merging, snoozing, giving away, maintenance, nobody on call."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from alertproof.pagerduty import (
    Agent,
    Assumptions,
    DeskError,
    EntryType,
    EscalationRule,
    Layer,
    Schedule,
    Status,
    Urgency,
)

ADA, BOB = "PU00001", "PU00002"
ME = Agent("user", ADA)


def test_merging_moves_the_alerts_and_resolves_the_source(office: Any) -> None:
    target, source = office.trigger("a", 0), office.trigger("b", 0)
    office.desk.merge(target.id, [source.id], ADA, office.at(1))
    merged = office.desk.incidents[source.id]
    assert (merged.status, merged.merged_into) == (Status.RESOLVED, target.id)
    assert [alert.key for alert in office.desk.alerts_of(target.id)] == ["a", "b"]
    assert office.desk.alerts_of(source.id) == []
    assert office.trigger("b", 2).id == target.id
    office.send("resolve", "a", 3)
    assert office.now(target, 3).open
    office.send("resolve", "b", 4)
    assert office.now(target, 4).status is Status.RESOLVED


def test_only_other_open_incidents_are_merged(office: Any) -> None:
    target, source = office.trigger("a", 0), office.trigger("b", 0)
    office.send("resolve", "b", 1)
    for sources, code in (([source.id], 1001), (["nope"], 2100), ([target.id], 2001)):
        with pytest.raises(DeskError) as raised:
            office.desk.merge(target.id, sources, ADA, office.at(2))
        assert raised.value.code == code
    assert len(office.desk.alerts_of(target.id)) == 1


def test_a_snooze_ends_and_the_people_are_told_again(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.desk.snooze(incident.id, ADA, office.at(1), office.at(100))
    assert office.now(incident, 99.99).status is Status.ACKNOWLEDGED
    again = office.now(incident, 100)
    assert (again.status, again.snoozed_until) == (Status.TRIGGERED, None)
    assert office.told(incident) == [(0, "ada"), (100, "ada")]
    assert office.now(incident, 105).level == 2
    assert office.types(incident).count(EntryType.SNOOZE) == 1


def test_whether_a_triggered_incident_can_be_snoozed_is_an_option(make_office: Any) -> None:
    office = make_office(assumptions=Assumptions(snooze_acknowledges=False))
    incident = office.trigger("k", 0)
    with pytest.raises(DeskError, match="Not Acknowledged") as raised:
        office.desk.snooze(incident.id, ADA, office.at(1), office.at(100))
    assert raised.value.code == 1012
    office.desk.acknowledge(incident.id, ADA, office.at(2))
    assert office.desk.snooze(incident.id, ADA, office.at(3), office.at(100)).snoozed_until == office.at(100)


def test_who_was_assigned_by_hand_is_told_and_nothing_escalates(office: Any) -> None:
    incident = office.trigger("k", 0)
    given = office.desk.life.assign(incident, (BOB,), ME, office.at(1))
    assert (given.assigned, given.by_hand) == ((BOB,), True)
    assert office.now(incident, 100).assigned == (BOB,)
    assert office.told(incident) == [(0, "ada"), (1, "bob")]


def test_an_acknowledged_incident_that_is_given_away_is_triggered_again(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.send("acknowledge", "k", 1)
    given = office.desk.life.assign(office.now(incident, 1), (BOB,), ME, office.at(2))
    assert (given.status, given.acknowledged_at) == (Status.TRIGGERED, None)


def test_escalated_by_hand_it_goes_on_from_there(make_office: Any) -> None:
    office = make_office(loops=1)
    incident = office.trigger("k", 0)
    office.desk.life.move(incident, incident.policy, 2, ME, office.at(1))
    office.now(incident, 6)
    assert office.told(incident) == [(0, "ada"), (1, "bob"), (6, "ada")]


def test_one_assigned_by_hand_does_not_escalate_after_its_acknowledgement_timed_out(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.desk.life.assign(incident, (BOB,), ME, office.at(1))
    office.desk.acknowledge(incident.id, BOB, office.at(2))
    assert office.now(incident, 100).status is Status.TRIGGERED
    assert office.told(incident) == [(0, "ada"), (1, "bob"), (32, "bob")]


def test_escalated_by_hand_the_policy_is_repeated_as_often_as_at_first(make_office: Any) -> None:
    office = make_office(loops=1)
    incident = office.trigger("k", 0)
    repeated = office.now(incident, 10)
    assert repeated.loop == 1
    office.desk.life.move(repeated, repeated.policy, 1, ME, office.at(11))
    office.now(incident, 100)
    assert office.told(incident)[3:] == [(11, "ada"), (16, "bob"), (21, "ada"), (26, "bob")]


def test_a_low_incident_made_high_by_hand_escalates_and_the_other_way_round_does_not(office: Any) -> None:
    incident = office.trigger("k", 0)
    low = office.desk.life.rise(incident, Urgency.LOW, ME, office.at(1))
    assert office.now(low, 50).level == 1
    office.desk.life.rise(office.now(low, 50), Urgency.HIGH, ME, office.at(51))
    assert office.now(low, 55.99).level == 1
    assert office.now(low, 56).level == 2
    assert office.told(incident) == [(0, "ada"), (51, "ada"), (56, "bob")]


@pytest.mark.parametrize("minute", [10, 19.99])
def test_in_maintenance_triggers_open_nothing_and_are_not_made_up_for(office: Any, minute: float) -> None:
    (service,) = office.desk.directory.services
    office.desk.directory.add_window(office.at(10), office.at(20), [service], ADA, "")
    assert office.send("trigger", "k", minute).incident_id is None
    assert [dropped.reason for dropped in office.desk.dropped] == ["the service is in maintenance"]
    office.desk.advance(office.at(30))
    assert office.desk.incidents == {}


@pytest.mark.parametrize("minute", [9.99, 20])
def test_outside_of_maintenance_triggers_open(office: Any, minute: float) -> None:
    (service,) = office.desk.directory.services
    office.desk.directory.add_window(office.at(10), office.at(20), [service], ADA, "")
    assert office.trigger("k", minute).open


def test_in_maintenance_what_is_open_goes_on(office: Any) -> None:
    incident = office.trigger("k", 0)
    (service,) = office.desk.directory.services
    office.desk.directory.add_window(office.at(1), office.at(20), [service], ADA, "")
    assert office.trigger("k", 2).id == incident.id
    assert office.now(incident, 5).level == 2
    office.send("resolve", "k", 6)
    assert not office.now(incident, 6).open


def test_a_disabled_service_opens_nothing(office: Any) -> None:
    directory = office.desk.directory
    (service,) = directory.services.values()
    directory.put_service(replace(service, enabled=False))
    assert office.send("trigger", "k", 0).incident_id is None
    directory.put_service(service)
    assert office.trigger("k", 1).open


def on_call_from(office: Any, minute: float, user: str) -> str:
    """Make a schedule that has somebody only from a minute on."""
    directory = office.desk.directory
    layer = Layer(
        id="L",
        name="l",
        start=office.at(minute),
        virtual_start=office.at(minute),
        turn=timedelta(days=1),
        users=(user,),
    )
    identity = directory.new_id("PC")
    made = Schedule(id=identity, name=identity, time_zone="UTC", layers=(layer,))
    return str(directory.put_schedule(made).id)


def told_by(office: Any, *levels: tuple[str, ...]) -> None:
    directory = office.desk.directory
    (policy,) = directory.policies.values()
    rules = tuple(EscalationRule(delay=timedelta(minutes=5), targets=targets) for targets in levels)
    directory.put_policy(replace(policy, rules=rules))


def test_with_nobody_on_call_at_the_first_level_the_next_is_told(office: Any) -> None:
    told_by(office, (on_call_from(office, 60, ADA),), (BOB,))
    incident = office.trigger("k", 0)
    assert (incident.level, incident.assigned) == (2, (BOB,))
    assert office.told(incident) == [(0, "bob")]
    assert office.trigger("later", 60).assigned == (ADA,)


def test_with_nobody_on_call_at_all_nothing_opens(office: Any) -> None:
    told_by(office, (on_call_from(office, 60, ADA),))
    assert office.send("trigger", "k", 59.99).incident_id is None
    assert [dropped.reason for dropped in office.desk.dropped] == ["nobody is on call"]
    assert office.trigger("k", 60).open


def test_a_level_with_nobody_on_call_is_passed_over(office: Any) -> None:
    told_by(office, (ADA,), (on_call_from(office, 600, ADA),), (BOB,))
    incident = office.trigger("k", 0)
    assert office.now(incident, 5).level == 3
    assert office.told(incident) == [(0, "ada"), (5, "bob")]


def test_who_is_on_call_is_asked_when_the_level_is_told(office: Any) -> None:
    told_by(office, (ADA,), (on_call_from(office, 5, BOB),))
    incident = office.trigger("k", 0)
    assert office.now(incident, 5).assigned == (BOB,)


def test_a_user_who_is_named_twice_is_told_once(office: Any) -> None:
    told_by(office, (ADA, on_call_from(office, 0, ADA)))
    assert office.told(office.trigger("k", 0)) == [(0, "ada")]


def test_a_changed_timeout_holds_for_what_is_open(office: Any) -> None:
    incident = office.trigger("k", 0)
    directory = office.desk.directory
    (service,) = directory.services.values()
    directory.put_service(replace(service, auto_resolve_timeout=timedelta(minutes=2)))
    office.desk.life.reconsider(service.id)
    assert office.now(incident, 1.99).open
    assert office.now(incident, 2).resolved_at == office.at(2)


def test_observers_are_told_of_each_step_once(office: Any) -> None:
    said: list[tuple[str, Status]] = []
    office.desk.life.subscribe(lambda happening: said.append((happening.kind, happening.incident.status)))
    incident = office.trigger("k", 0)
    office.trigger("k", 1)
    office.now(incident, 5)
    office.send("acknowledge", "k", 6)
    office.now(incident, 36)
    office.desk.life.annotate(incident, ADA, "hm", office.at(37))
    office.send("resolve", "k", 38)
    assert said == [
        ("incident.triggered", Status.TRIGGERED),
        ("incident.escalated", Status.TRIGGERED),
        ("incident.acknowledged", Status.ACKNOWLEDGED),
        ("incident.unacknowledged", Status.TRIGGERED),
        ("incident.annotated", Status.TRIGGERED),
        ("incident.resolved", Status.RESOLVED),
    ]
