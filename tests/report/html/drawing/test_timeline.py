from __future__ import annotations

from datetime import timedelta
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.journal import DrillJournal, Reading, TransitionSeen
from alertproof.report.html.drawing import Drawing, draw_drill
from alertproof.report.html.drawing.timeline import LEFT, RIGHT

replace = msgspec.structs.replace


def at_minutes(minutes: float) -> float:
    """Where an instant stands in the drawing of the firing side: it spans 2 min before the fault to 11 after."""
    return round(LEFT + (minutes + 2) / 13 * (RIGHT - LEFT), 2)


def texts(drawing: Drawing) -> list[str]:
    return [label.text for label in drawing.labels]


@pytest.mark.parametrize(
    ("kind", "minutes"),
    [
        ("request", 2 / 60),
        ("sentry", 9 / 60),
        ("alert", 2 + 40 / 60),
        ("incident", 2 + 43 / 60),
        ("revert", 4 + 10 / 60),
        ("recovery", 7 + 40 / 60),
        ("resolve", 7 + 42 / 60),
    ],
)
def test_a_marker_stands_where_its_instant_is(firing: DrillJournal, kind: str, minutes: float) -> None:
    (dot,) = (dot for dot in draw_drill(firing).dots if dot.css == f"k-{kind}")
    assert dot.x == pytest.approx(at_minutes(minutes), abs=0.02)


def test_the_fault_is_shaded_from_its_beginning_to_its_end(firing: DrillJournal) -> None:
    (shade,) = (box for box in draw_drill(firing).boxes if box.css == "shade")
    assert shade.x == pytest.approx(at_minutes(0), abs=0.02)
    assert shade.x + shade.width == pytest.approx(at_minutes(4 + 10 / 60), abs=0.02)


def test_a_fault_that_was_never_reverted_is_shaded_to_the_end(firing: DrillJournal) -> None:
    assert firing.fault is not None
    open_ended = replace(firing, fault=replace(firing.fault, ended=None))
    (shade,) = (box for box in draw_drill(open_ended).boxes if box.css == "shade")
    assert shade.x + shade.width == pytest.approx(RIGHT, abs=0.02)


def test_the_states_of_a_monitor_follow_each_other_without_a_gap(firing: DrillJournal) -> None:
    monitor = "M3CoreCRM API error rate above 2 %"
    states = [box for box in draw_drill(firing).boxes if box.title.startswith(f"{monitor}: ")]
    assert [box.css for box in states] == ["state s-nodata", "state s-ok", "state s-alert", "state s-ok"]
    assert states[0].x == LEFT
    assert states[-1].x + states[-1].width == pytest.approx(RIGHT, abs=0.02)
    for before, behind in pairwise(states):
        assert before.x + before.width == pytest.approx(behind.x, abs=0.02)


def test_a_transition_before_the_drill_gives_only_the_first_state(quiet: DrillJournal) -> None:
    (seen,) = quiet.transitions
    early = replace(seen, at=quiet.began - timedelta(minutes=1))
    states = [box for box in draw_drill(replace(quiet, transitions=(early,))).boxes if box.css.startswith("state s-")]
    assert [(box.css, box.x) for box in states if box.css != "state s-fault"] == [("state s-ok", LEFT)]


def test_a_fault_from_before_the_drill_is_drawn_from_its_beginning(firing: DrillJournal) -> None:
    late = replace(firing, began=firing.began + timedelta(minutes=4))
    (shade,) = (box for box in draw_drill(late).boxes if box.css == "shade")
    assert shade.x == LEFT
    assert shade.width == pytest.approx((4 + 10 / 60) / 11 * (RIGHT - LEFT), abs=0.02)


def test_every_monitor_and_group_has_a_lane_of_its_own(failed: DrillJournal) -> None:
    said = texts(draw_drill(failed))
    assert "M3CoreCRM API error rate above 2 % · tenant:acme" in said
    assert "M3CoreCRM API p95 latency above 800 ms" in said


def test_a_state_too_short_for_its_name_has_it_below(failed: DrillJournal) -> None:
    labels = {(label.text, label.css) for label in draw_drill(failed).labels}
    assert ("No Data", "below") in labels
    assert ("Alert", "in-alert") in labels


def test_an_alert_is_named_by_its_monitor_only_when_several_alerted(firing: DrillJournal) -> None:
    assert "Alert" in texts(draw_drill(firing))
    other = TransitionSeen(at=firing.ended, monitor="another", group="*", old="OK", new="Alert")
    said = texts(draw_drill(replace(firing, transitions=(*firing.transitions, other))))
    assert "Alert: another" in said


def test_many_incidents_are_counted_and_not_all_flagged(firing: DrillJournal) -> None:
    said = texts(draw_drill(replace(firing, incidents=firing.incidents * 5)))
    assert said.count("Incident opened") == 2
    assert "Incident opened (+2 more)" in said


def test_a_monitor_that_kept_its_state_is_said_to(quiet: DrillJournal) -> None:
    assert "No monitor changed its state." in texts(draw_drill(replace(quiet, transitions=())))


def test_the_threshold_is_drawn_and_said(firing: DrillJournal) -> None:
    drawing = draw_drill(firing)
    (threshold,) = (rule for rule in drawing.rules if rule.css == "threshold")
    readings = {dot.title: dot.y for dot in drawing.dots if dot.css == "reading"}
    assert readings["error rate 2.4 % at +6 min 40 s"] < threshold.y1 < readings["error rate 1.4 % at +7 min 40 s"]
    assert "2 %" in texts(drawing)


def test_a_value_that_is_missing_breaks_the_line(firing: DrillJournal) -> None:
    whole = [stroke for stroke in draw_drill(firing).strokes if stroke.css == "line"]
    gap = Reading(at=firing.readings[6].at, value=float("nan"))
    readings = (*firing.readings[:6], gap, *firing.readings[7:])
    broken = [stroke for stroke in draw_drill(replace(firing, readings=readings)).strokes if stroke.css == "line"]
    assert (len(whole), len(broken)) == (1, 2)


def test_the_axis_has_stack_time_and_real_time(firing: DrillJournal) -> None:
    said = texts(draw_drill(firing))
    assert "+4 min" in said
    assert "4 s" in said
    assert "real time" in said


def test_on_a_real_clock_the_axis_has_one_time(firing: DrillJournal) -> None:
    said = texts(draw_drill(replace(firing, factor=1.0)))
    assert "+4 min" in said
    assert "real time" not in said


def test_a_drill_that_ended_as_it_began_can_be_drawn(broken: DrillJournal) -> None:
    assert draw_drill(replace(broken, ended=broken.began)).height > 0


def test_without_a_fault_times_count_from_the_beginning(broken: DrillJournal) -> None:
    reading = Reading(at=broken.began + timedelta(minutes=1), value=1)
    titles = [dot.title for dot in draw_drill(replace(broken, readings=(reading,))).dots]
    assert titles == ["queue depth 1 jobs at +1 min"]


@settings(max_examples=50)
@given(data=st.data())
def test_every_shape_of_any_journal_stays_inside(
    drill_journals: st.SearchStrategy[DrillJournal], data: st.DataObject
) -> None:
    drawing = draw_drill(data.draw(drill_journals))
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawing.width
        assert 0 <= box.y <= box.y + box.height <= drawing.height
    for dot in drawing.dots:
        assert LEFT <= dot.x <= RIGHT
        assert 0 <= dot.y <= drawing.height
    for label in drawing.labels:
        assert 0 <= label.x <= drawing.width
        assert 0 <= label.y <= drawing.height
