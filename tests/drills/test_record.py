"""The journal says what was seen, and a verdict that could not be told is never better than broken."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from tests.drills.conftest import Bench, at

from alertproof.drills.record import Recorded, write_journal
from alertproof.drills.rehearsal import Rehearsal
from alertproof.journal import DrillJournal
from alertproof.vendors import Incident, MonitorTransition
from alertproof.verdict import Verdict

NOTHING = Recorded(readings=(), transitions=(), incidents=(), assumptions=())


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    place = bench("api-latency-p95")
    place.fault(began=1, ended=7)
    place.clock.advance(timedelta(minutes=20))
    place.scene.checklist.expect("a page", met=True, last_seen="one")
    return place


def moved(minutes: float, state: str) -> MonitorTransition:
    return MonitorTransition(at=at(minutes), monitor_id=1, group="*", state=state, title="t")


def journal(place: Bench, recorded: Recorded = NOTHING, side: str = "fires") -> DrillJournal:
    return write_journal(
        place.scene,
        recorded,
        check="test_it",
        side="fires" if side == "fires" else "quiet",
        wall=timedelta(seconds=20),
    )


def test_times_are_those_between_the_vendors_own_stamps(place: Bench) -> None:
    place.scene.seen.alerted = moved(5, "Alert")
    place.scene.seen.incident = Incident(
        id="i", title="t", service="s", urgency="low", status="resolved", opened_at=at(5.5), resolved_at=at(12),
        dedup_keys=("k",), severities=("critical",), details="", told=(),
    )  # fmt: skip
    found = journal(place)

    assert found.time_to_detect == timedelta(minutes=4)
    assert found.time_to_page == timedelta(minutes=4.5)
    assert found.time_to_resolve == timedelta(minutes=5)


def test_the_first_request_is_kept_as_what_it_was(place: Bench) -> None:
    place.scene.seen.delayed = at(2)
    assert (journal(place).first_failed_request, journal(place).first_delayed_request) == (None, at(2))

    place.scene.seen.failed, place.scene.seen.delayed = at(3), None
    assert (journal(place).first_failed_request, journal(place).first_delayed_request) == (at(3), None)


def test_what_was_met_passes_and_broken_outweighs_it(place: Bench) -> None:
    assert journal(place).verdict is Verdict.PASSED

    place.scene.checklist.expect("a resolve", met=False, last_seen="none")
    assert journal(place).verdict is Verdict.FAILED

    place.scene.seen.broken = "the clock slipped"
    assert journal(place).verdict is Verdict.BROKEN
    assert journal(place).reason == "the clock slipped\nnot met: a resolve; last seen: none"


def test_each_transition_names_the_state_before_it(place: Bench) -> None:
    found = journal(place, replace(NOTHING, transitions=(moved(5, "Alert"), moved(9, "OK"))))

    assert [(one.old, one.new, one.monitor) for one in found.transitions] == [
        ("OK", "Alert", "api-latency-p95"),
        ("Alert", "OK", "api-latency-p95"),
    ]


def test_the_specified_interval_and_the_computed_one_stand_side_by_side(place: Bench) -> None:
    place.scene.seen.rehearsal = Rehearsal(earliest=timedelta(seconds=260), latest=timedelta(seconds=310))

    assert journal(place).allowed == "3 min to 6 min after the fault"
    assert journal(place).computed == "4 min 20 s to 5 min 10 s after the fault"
    assert journal(place, side="quiet").allowed == "never"


def test_a_note_of_the_drill_is_kept(place: Bench) -> None:
    place.scene.seen.notes.append("late answers are measured late")

    assert journal(place).notes == ("late answers are measured late",)


def test_the_specifications_budgets_stand_beside_the_times_where_the_alert_must_come(place: Bench) -> None:
    found = journal(place).budgets

    assert found is not None
    assert (found.detect_from, found.detect) == (timedelta(minutes=3), timedelta(minutes=6))
    assert (found.page, found.resolve) == (timedelta(minutes=7), timedelta(minutes=11))
    assert journal(place, side="quiet").budgets is None


def test_an_acknowledgement_counts_from_the_page_as_the_incident_stood_at_the_end(place: Bench) -> None:
    opened = Incident(
        id="i", title="t", service="s", urgency="low", status="triggered", opened_at=at(5.5), resolved_at=None,
        dedup_keys=("k",), severities=("critical",), details="", told=(),
    )  # fmt: skip
    place.scene.seen.incident = opened
    assert journal(place, replace(NOTHING, incidents=(opened,))).time_to_acknowledge is None

    other = replace(opened, id="j", acknowledged_at=at(6))
    later = replace(opened, status="acknowledged", acknowledged_at=at(8))
    found = journal(place, replace(NOTHING, incidents=(other, later)))

    assert found.time_to_acknowledge == timedelta(minutes=2.5)
    assert [one.acknowledged_at for one in found.incidents] == [at(6), at(8)]
