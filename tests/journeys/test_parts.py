"""What LCP and INP are made of: the parts sum up, and each stands for what it says."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.journeys.parts import interaction_parts, paint_parts


@pytest.mark.parametrize(
    ("request_start", "response_end", "expected"),
    [
        (150, 400, (50, 250, 150)),
        (None, None, (0, 0, 450)),  # a text
        (40, 60, (0, 0, 450)),  # there before the page's first byte: preloaded
        (150, 600, (50, 400, 0)),  # shown while it still came
        (700, 800, (450, 0, 0)),  # asked for again after it was shown
    ],
)
def test_a_paint_waits_for_its_resource_and_for_its_rendering(
    request_start: float | None, response_end: float | None, expected: tuple[float, float, float]
) -> None:
    assert paint_parts(550, 100, request_start, response_end) == expected


def test_an_interaction_is_measured_over_all_events_of_its_frame() -> None:
    down, up, click = (1000, 120, 1010, 1015), (1040, 80, 1041, 1042), (1040, 80, 1045, 1095)
    assert interaction_parts([down, up, click]) == (10, 85, 25)


def test_an_event_of_an_earlier_frame_is_no_part_of_it() -> None:
    assert interaction_parts([(1000, 24, 1001, 1002), (1100, 64, 1110, 1150)]) == (10, 40, 14)


SPANS = st.floats(0, 10_000)


@given(SPANS, SPANS, st.none() | SPANS, st.none() | SPANS)
def test_no_part_is_negative_and_all_sum_up_to_the_paint(
    first_byte: float, more: float, request_start: float | None, response_end: float | None
) -> None:
    parts = paint_parts(first_byte + more, first_byte, request_start, response_end)
    assert min(parts) >= 0
    assert first_byte + sum(parts) == pytest.approx(first_byte + more)


@given(st.lists(st.tuples(SPANS, SPANS, SPANS, SPANS), min_size=1, max_size=6))
def test_no_part_is_negative_and_all_sum_up_to_the_interaction(events: list[tuple[float, float, float, float]]) -> None:
    parts = interaction_parts(events)
    assert min(parts) >= 0
    assert sum(parts) == pytest.approx(max(event[1] for event in events), abs=1e-6)
