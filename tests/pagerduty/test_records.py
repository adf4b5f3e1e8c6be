"""What is kept is bounded: by number, by bytes, in each log and on the agenda."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertproof.pagerduty import EntryType, Status
from alertproof.pagerduty.agenda import Agenda
from alertproof.pagerduty.recent import Recent
from alertproof.pagerduty.records import Records

START = datetime(2026, 1, 1, tzinfo=UTC)


def minutes(count: float) -> datetime:
    return START + timedelta(minutes=count)


def test_beyond_the_bound_the_oldest_resolved_incident_is_forgotten_with_its_log(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Records, "KEPT", 2)
    kept = office.trigger("open", 0)
    gone = office.trigger("gone", 1)
    office.send("resolve", "gone", 2)
    new = office.trigger("new", 3)
    assert list(office.desk.incidents) == [kept.id, new.id]
    assert {entry.incident_id for entry in office.desk.log} == {kept.id, new.id}
    assert {alert.incident_id for alert in office.desk.alerts.values()} == {kept.id, new.id}
    assert new.number == gone.number + 1


def test_if_all_are_open_the_new_one_is_dropped_and_shown(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Records, "KEPT", 1)
    office.trigger("a", 0)
    assert office.send("trigger", "b", 1).incident_id is None
    (dropped,) = office.desk.dropped
    assert "at most" in dropped.reason


def test_many_bytes_of_events_make_room_too(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Records, "BYTES", 10_000)
    gone = office.trigger("a", 0, custom_details={"text": "x" * 10_000})
    office.send("resolve", "a", 1)
    new = office.trigger("b", 2)
    assert list(office.desk.incidents) == [new.id]
    assert gone.id != new.id


def test_of_triggers_beyond_the_limit_the_log_says_once_that_there_were(
    office: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Records, "TRIGGERS", 3)
    incident = office.trigger("k", 0)
    for minute in range(3):
        office.trigger("k", 1 + minute / 10)
    office.trigger("k", 2, summary="newest")
    types = office.types(incident)
    assert types.count(EntryType.TRIGGER) == 3
    assert types.count(EntryType.REACH_TRIGGER_LIMIT) == 1
    (alert,) = office.desk.alerts_of(incident.id)
    assert (alert.count, alert.event.summary) == (5, "newest")


def test_large_triggers_reach_the_limit_by_their_bytes(office: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Records, "INCIDENT_BYTES", 25_000)
    incident = office.trigger("k", 0)
    for minute in (1, 2, 3, 4):
        office.trigger("k", minute, custom_details={"text": "x" * 10_000})
    assert office.types(incident).count(EntryType.TRIGGER) == 3


def test_a_resolved_incident_is_due_for_nothing(office: Any) -> None:
    incident = office.trigger("k", 0)
    office.send("resolve", "k", 1)
    assert office.now(incident, 100_000).status is Status.RESOLVED


def test_the_agenda_gives_the_earliest_and_of_one_instant_the_lower_number() -> None:
    agenda = Agenda()
    for name, number, minute in (("c", 3, 5), ("a", 1, 5), ("b", 2, 4)):
        agenda.put(name, number, minutes(minute))
    assert agenda.next(minutes(3.9)) is None
    assert agenda.next(minutes(4)) == "b"
    agenda.put("b", 2, None)
    assert agenda.next(minutes(10)) == "a"
    agenda.put("a", 1, minutes(7))
    assert agenda.next(minutes(10)) == "c"


def test_what_was_put_off_is_not_due_at_its_old_instant() -> None:
    agenda = Agenda()
    agenda.put("a", 1, minutes(1))
    agenda.put("a", 1, minutes(9))
    assert agenda.next(minutes(8)) is None
    assert agenda.next(minutes(9)) == "a"


def test_the_agenda_does_not_grow_with_what_is_put_off() -> None:
    agenda = Agenda()
    for minute in range(20_000):
        agenda.put("a", 1, minutes(minute))
    assert len(agenda) < 2000
    assert agenda.next(minutes(19_998)) is None
    assert agenda.next(minutes(19_999)) == "a"


def test_the_newest_are_kept_by_number_and_by_size_and_the_last_whatever_its_size() -> None:
    kept: Recent[int] = Recent(number=3, size=10)
    for item in range(5):
        kept.append(item, 1)
    assert list(kept) == [2, 3, 4]
    kept.append(5, 8)
    assert list(kept) == [3, 4, 5]
    kept.append(6, 2)
    assert list(kept) == [5, 6]
    kept.append(7, 100)
    assert (list(kept), len(kept)) == ([7], 1)
