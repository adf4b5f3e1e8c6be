from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.journal import LineSeen, Reading
from alertproof.report.html.drawing import COLOURS, Drawing, draw_widget, ranked
from alertproof.report.html.drawing.widgets import thinned

BEGAN = datetime(2026, 3, 2, 14, tzinfo=UTC)
ENDED = BEGAN + timedelta(minutes=10)


def line(name: str, *values: float, unit: str = "") -> LineSeen:
    points = tuple(Reading(at=BEGAN + timedelta(minutes=n), value=value) for n, value in enumerate(values))
    return LineSeen(name=name, unit=unit, points=points)


def drawn(*lines: LineSeen) -> Drawing:
    return draw_widget(ranked(lines), began=BEGAN, ended=ENDED)


def test_lines_are_ranked_by_how_high_they_came_and_those_without_a_value_are_left_out() -> None:
    lines = [line("low", 1, 2), line("none"), line("nan", math.nan), line("high", 9, 0), line("also low", 2)]

    assert [each.name for each in ranked(lines)] == ["high", "also low", "low"]


def test_the_axis_is_the_run_and_zero_is_the_floor() -> None:
    drawing = drawn(line("a", 0, 10))

    (stroke,) = drawing.strokes
    assert stroke.d.startswith("M0 92 L32 ")  # a minute of ten
    assert [label.text for label in drawing.labels][-1] == "+10 min"


def test_a_single_point_is_a_dot_and_no_line() -> None:
    drawing = drawn(line("a", 7, unit="request"))

    assert drawing.strokes == []
    assert [dot.title for dot in drawing.dots] == ["a 7 at 0 s"]


def test_beyond_the_colours_lines_are_drawn_in_one_quiet_one_below_the_others() -> None:
    drawing = drawn(*(line(f"l{n}", n, n + 1) for n in range(COLOURS + 2)))

    assert [stroke.css.split()[0] for stroke in drawing.strokes] == ["w-x"] * 2 + [
        f"w-{n}" for n in range(COLOURS, 0, -1)
    ]


def test_a_gap_in_values_leaves_the_point_out() -> None:
    drawing = drawn(line("a", 1, math.nan, 3))

    assert len(drawing.dots) == 2


@pytest.mark.parametrize("count", [160, 161, 5000])
def test_a_long_line_keeps_its_extremes(count: int) -> None:
    points = line("a", *(float(n % 97) for n in range(count))).points

    kept = list(thinned(points))

    assert len(kept) <= 160
    assert {point.value for point in kept} >= {0.0, 96.0}
    assert kept == sorted(kept, key=lambda point: point.at)


@given(values=st.lists(st.floats(min_value=-1e12, max_value=1e12), min_size=1, max_size=30))
def test_every_point_stays_inside(values: list[float]) -> None:
    drawing = drawn(line("a", *values))

    assert all(0 <= dot.x <= drawing.width and 16 <= dot.y <= 92 for dot in drawing.dots)
