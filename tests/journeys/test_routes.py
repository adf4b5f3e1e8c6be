"""Route changes as pages of their own: which paint, shift, interaction and long task is whose."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from alertproof.journal import StepSeen
from alertproof.journeys.pages import pages_seen
from alertproof.journeys.routes import route_changes
from alertproof.journeys.vitals import PageRecord, read_vitals

START = datetime(2026, 11, 27, tzinfo=UTC)


def record(**more: Any) -> PageRecord:
    """A document that changes its route at 1 s by interaction 7 and at 3 s by interaction 14."""
    known: dict[str, Any] = {
        "id": "1",
        "origin": START.timestamp() * 1000,
        "path": "/a",
        "now": 9000.0,
        "fcp": 100.0,
        "response_start": 20.0,
        "interactions": 3,
        "softs": ((1000.0, "/b", 7, 1120.0, 1, None), (3000.0, "/c", 14, 3050.0, 2, (3050.0, "h1"))),
    }
    return PageRecord(**known | more)


def vitals(number: int, **more: Any) -> Any:
    return read_vitals(route_changes(record(**more))[number])


def ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def test_times_count_from_the_change_and_there_is_no_first_byte() -> None:
    first, second = route_changes(record())
    assert [(one.path, one.origin - record().origin) for one in (first, second)] == [("/b", 1000.0), ("/c", 3000.0)]
    assert (read_vitals(first).fcp, read_vitals(second).fcp) == (ms(120), ms(50))
    assert read_vitals(first).ttfb is None
    assert read_vitals(first).load_event is None


def test_the_largest_paint_is_the_last_of_its_own_interaction() -> None:
    paints = (
        (7, 1000.0, 1150.0, "p"),
        (7, 1000.0, 1400.0, "img"),
        (9, 1500.0, 1900.0, "dialog"),
        (7, 900.0, 5000.0, "x"),
    )
    assert (vitals(0, paints=paints).lcp, vitals(0, paints=paints).lcp_element) == (ms(400), "img")
    assert (vitals(1, paints=paints).lcp, vitals(1, paints=paints).lcp_element) == (ms(50), "h1")
    assert vitals(0).lcp is None


def test_the_click_that_changed_the_route_belongs_to_the_view_it_was_made_in() -> None:
    timings = (
        (7, 1000.0, 80.0, 1001.0, 1070.0),
        (9, 1500.0, 40.0, 1501.0, 1530.0),
        (14, 3000.0, 120.0, 3001.0, 3100.0),
    )
    seen = {"timings": timings, "events": tuple((one[0], one[2]) for one in timings)}
    assert vitals(0, **seen).inp == ms(120)  # that which left it
    assert vitals(1, **seen).inp is None
    assert vitals(1, **seen).inp_below == ms(16)  # one more was counted, and was too quick to be told
    assert vitals(1, **seen, softs=record().softs, interactions=2).inp_below is None


def test_shifts_and_long_tasks_belong_to_the_view_in_which_they_begin() -> None:
    shifts = ((999.9, 0.1, False), (1000.0, 0.2, False), (2999.9, 0.25, False), (3000.0, 0.5, False))
    tasks = ((999.0, 60.0), (1000.0, 90.0), (3000.0, 150.0))
    assert (vitals(0, shifts=shifts).cls, vitals(1, shifts=shifts).cls) == (0.25, 0.5)
    assert (vitals(0, long_tasks=tasks).blocking, vitals(1, long_tasks=tasks).blocking) == (ms(40), ms(100))
    assert read_vitals(record(shifts=shifts)).cls is not None


def test_each_is_a_page_of_the_step_in_which_it_began_and_the_document_stays_whole() -> None:
    steps = [
        StepSeen(name="open", began=ms(0), duration=ms(500)),
        StepSeen(name="go on", began=ms(900), duration=ms(500)),
        StepSeen(name="and on", began=ms(2900), duration=ms(500)),
    ]
    shifts = ((1000.0, 0.2, False), (3000.0, 0.5, False))

    found = pages_seen([record(shifts=shifts)], steps, began=START)

    assert [(page.path, page.step, page.soft) for page in found] == [
        ("/a", "open", False),
        ("/b", "go on", True),
        ("/c", "and on", True),
    ]
    assert [page.cls for page in found] == [0.5, 0.2, 0.5]
    assert found[0].ttfb == ms(20)


def test_long_tasks_that_were_ours_are_no_pages() -> None:
    at = START.timestamp() * 1000
    tasks = ((1500.0, 400.0), (4000.0, 60.0))

    document, first, second = pages_seen([record(long_tasks=tasks)], [], began=START, busy=[(at + 1490, at + 1910)])

    assert [(page.long_tasks, page.blocking) for page in (document, first, second)] == [
        (1, ms(10)),
        (0, ms(0)),
        (1, ms(10)),
    ]


@given(st.lists(st.tuples(st.floats(0, 9000), st.floats(0, 1), st.just(False)), max_size=30).map(sorted))
def test_no_shift_is_lost_and_none_counts_twice(shifts: list[tuple[float, float, bool]]) -> None:
    inside = [one for change in route_changes(record(now=9000.1, shifts=tuple(shifts))) for one in change.shifts]
    assert [value for _, value, _ in inside] == [value for at, value, _ in shifts if at >= 1000]
