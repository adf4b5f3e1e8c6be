"""From entries to vitals: web-vitals' definitions, on both sides of each boundary."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.journeys.vitals import PageRecord, Vitals, cumulative_shift, interaction_to_next_paint, read_vitals


def vitals(**fields: Any) -> Vitals:
    known: dict[str, Any] = {"id": "1", "origin": 0.0, "path": "/", "now": 60_000.0}
    return read_vitals(PageRecord(**known | fields))


def ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def shift(at: float, value: float, recent: bool = False) -> tuple[float, float, bool]:
    return (at, value, recent)


def test_shifts_less_than_a_second_apart_are_one_session() -> None:
    assert cumulative_shift([shift(100, 0.1), shift(1099, 0.2)]) == pytest.approx(0.3)
    assert cumulative_shift([shift(100, 0.1), shift(1100, 0.2)]) == pytest.approx(0.2)


def test_a_session_lasts_less_than_five_seconds() -> None:
    steady = [shift(at, 0.01) for at in range(0, 4999, 500)]
    assert cumulative_shift([*steady, shift(4999, 0.5)]) == pytest.approx(0.6)
    assert cumulative_shift([*steady, shift(5000, 0.5)]) == pytest.approx(0.5)


def test_the_worst_session_counts_not_the_last() -> None:
    assert cumulative_shift([shift(0, 0.2), shift(100, 0.2), shift(5000, 0.1)]) == pytest.approx(0.4)


def test_a_shift_after_an_input_is_no_fault_of_the_pages() -> None:
    assert cumulative_shift([shift(0, 0.4, recent=True), shift(10, 0.1)]) == pytest.approx(0.1)


def test_a_shift_of_nothing_begins_a_new_session() -> None:
    assert cumulative_shift([shift(0, 0.0), shift(4900, 0.1), shift(5100, 0.1)]) == pytest.approx(0.2)


SHIFTS = st.lists(st.tuples(st.floats(0, 30_000), st.floats(0, 1), st.booleans()), max_size=40).map(sorted)


@given(SHIFTS)
def test_no_page_shifts_less_than_its_worst_shift_or_more_than_all(shifts: list[tuple[float, float, bool]]) -> None:
    values = [value for _, value, recent in shifts if not recent]
    found = cumulative_shift(shifts)
    assert max(values, default=0.0) <= found <= sum(values) + 1e-9


@given(SHIFTS)
def test_shifts_after_inputs_change_nothing(shifts: list[tuple[float, float, bool]]) -> None:
    assert cumulative_shift(shifts) == cumulative_shift([one for one in shifts if not one[2]])


def test_an_interaction_is_as_slow_as_its_slowest_event() -> None:
    assert interaction_to_next_paint([(7, 24.0), (7, 160.0), (7, 32.0)], 1) == 160


@pytest.mark.parametrize(
    ("interactions", "expected"), [(1, 500.0), (49, 500.0), (50, 400.0), (99, 400.0), (100, 300.0)]
)
def test_one_interaction_in_fifty_is_left_aside(interactions: int, expected: float) -> None:
    events = [(1, 300.0), (2, 500.0), (3, 400.0)]
    assert interaction_to_next_paint(events, interactions) == expected


def test_with_few_events_reported_the_quickest_of_them_stands_for_the_rest() -> None:
    assert interaction_to_next_paint([(1, 40.0), (2, 48.0)], 500) == 40


def test_no_more_than_the_ten_slowest_are_looked_at() -> None:
    events = [(number, 1000.0 - 10 * number) for number in range(20)]
    assert interaction_to_next_paint(events, 5000) == 1000 - 90


def test_without_events_there_is_no_inp() -> None:
    assert interaction_to_next_paint([], 3) is None


@given(
    st.lists(st.tuples(st.integers(1, 8), st.integers(0, 60).map(lambda n: n * 8.0)), min_size=1), st.integers(0, 400)
)
def test_inp_is_the_duration_of_some_event(events: list[tuple[int, float]], interactions: int) -> None:
    assert interaction_to_next_paint(events, interactions) in {duration for _, duration in events}


@given(st.lists(st.tuples(st.integers(1, 200), st.integers(0, 60).map(lambda n: n * 8.0)), min_size=1))
def test_the_order_in_which_events_are_reported_does_not_matter(events: list[tuple[int, float]]) -> None:
    count = len({interaction for interaction, _ in events})
    assert interaction_to_next_paint(events, count) == interaction_to_next_paint(events[::-1], count)


def test_nobody_interacted() -> None:
    found = vitals(fcp=100.0)
    assert (found.inp, found.inp_below, found.unmeasured) == (None, None, 0)


@pytest.mark.parametrize("events", [(), ((7, 0.0),)], ids=["nothing reported", "rounded to nothing"])
def test_an_interaction_too_quick_to_be_reported_is_below_16_ms(events: tuple[tuple[int, float], ...]) -> None:
    found = vitals(fcp=100.0, interactions=1, events=events)
    assert (found.inp, found.inp_below, found.unmeasured) == (None, ms(16), 0)


def test_an_interaction_that_left_the_page_unpainted_is_not_called_quick() -> None:
    found = vitals(fcp=100.0, interactions=1, unsettled=1)
    assert (found.inp, found.inp_below, found.unmeasured) == (None, None, 1)


def test_an_interaction_that_was_reported_is_measured_though_its_frames_have_not_all_come() -> None:
    found = vitals(fcp=100.0, interactions=1, unsettled=1, events=((7, 24.0),))
    assert (found.inp, found.unmeasured) == (ms(24), 0)


def test_the_second_of_two_interactions_may_be_the_unmeasured_one() -> None:
    found = vitals(fcp=100.0, interactions=2, unsettled=1, events=((7, 24.0),))
    assert (found.inp, found.unmeasured) == (ms(24), 1)


PAINTS = ((100.0, "h1"), (300.0, "p"), (500.0, "img#hero"))


@pytest.mark.parametrize(
    ("first_input", "expected"),
    [(None, "img#hero"), (500.1, "img#hero"), (500.0, "p"), (299.0, "h1"), (99.0, "")],
)
def test_the_largest_paint_is_the_last_before_the_first_input(first_input: float | None, expected: str) -> None:
    found = vitals(fcp=100.0, lcp=PAINTS, first_input=first_input)
    assert found.lcp_element == expected
    assert (found.lcp is None) == (not expected)


def test_what_is_painted_after_the_page_was_hidden_does_not_count() -> None:
    found = vitals(fcp=100.0, lcp=PAINTS, first_hidden=400.0)
    assert found.lcp == ms(300)
    hidden = vitals(fcp=100.0, lcp=PAINTS, first_hidden=100.0, shifts=(shift(50, 0.3),))
    assert (hidden.fcp, hidden.lcp, hidden.cls) == (None, None, None)


def test_a_page_that_painted_nothing_has_no_shift_either() -> None:
    assert vitals(shifts=(shift(50, 0.3),)).cls is None
    assert vitals(fcp=60.0).cls == 0


def test_what_was_prepared_ahead_counts_from_the_activation_and_never_below_zero() -> None:
    found = vitals(fcp=900.0, lcp=((950.0, "h1"),), response_start=200.0, activation_start=800.0)
    assert (found.ttfb, found.fcp, found.lcp) == (ms(0), ms(100), ms(150))


@pytest.mark.parametrize(
    ("response_start", "expected"), [(0.0, None), (-3.0, None), (60_000.0, None), (59_999.0, ms(59_999))]
)
def test_a_first_byte_that_cannot_be_is_none(response_start: float, expected: timedelta | None) -> None:
    assert vitals(response_start=response_start).ttfb == expected


def test_a_page_that_is_still_loading_has_no_load_event() -> None:
    assert vitals().load_event is None
    assert vitals(load_event_end=420.0).load_event == ms(420)


def test_a_long_task_blocks_for_what_it_takes_beyond_50_ms() -> None:
    found = vitals(long_tasks=((100.0, 50.0), (300.0, 51.0), (500.0, 180.0)))
    assert (found.long_tasks, found.blocking) == (3, ms(131))


@pytest.mark.parametrize(
    ("entry", "name"),
    [("layout-shift", "CLS"), ("event", "INP"), ("largest-contentful-paint", "LCP"), ("longtask", "long tasks")],
)
def test_what_a_browser_never_reports_is_unknown_and_not_good(entry: str, name: str) -> None:
    """An engine without layout shifts has no page that does not shift, nor one without events a quick interaction."""
    seen = vitals(fcp=100.0, interactions=1, unsupported=(entry, "visibility-state"))
    known = vitals(fcp=100.0, interactions=1)

    assert seen.unreported == (name,)
    assert known.unreported == ()
    assert (seen.cls is None) is (name == "CLS")
    assert (seen.inp_below is None) is (name == "INP")
    assert known.cls == 0.0
    assert known.inp_below == ms(16)


def test_interactions_whose_paint_is_awaited_are_none_to_an_engine_that_reports_no_events() -> None:
    assert vitals(interactions=2, unsettled=1).unmeasured == 1
    assert vitals(interactions=2, unsettled=1, unsupported=("event",)).unmeasured == 0
