from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.report.html.scale import TimeScale, ValueScale, time_ticks, value_ticks

START = datetime(2026, 3, 2, 14, tzinfo=UTC)


def test_an_instant_stands_at_its_share_of_the_width() -> None:
    scale = TimeScale(START, START + timedelta(minutes=10), 100, 200)
    assert scale.x(START) == 100
    assert scale.x(START + timedelta(minutes=2, seconds=30)) == 125
    assert scale.x(START + timedelta(minutes=10)) == 200


def test_an_instant_outside_stands_at_the_edge() -> None:
    scale = TimeScale(START, START + timedelta(minutes=10), 100, 200)
    assert scale.x(START - timedelta(seconds=1)) == 100
    assert scale.x(START + timedelta(hours=1)) == 200
    assert scale.holds(START)
    assert not scale.holds(START - timedelta(microseconds=1))


def test_larger_values_stand_higher_and_zero_at_the_bottom() -> None:
    scale = ValueScale.around([0.05, 0.02], top=0, bottom=100)
    assert scale.y(0) == 100
    assert scale.y(0.05) < scale.y(0.02) < 100
    assert scale.y(0.05) > 0


@pytest.mark.parametrize("values", [[], [0.0], [float("nan")], [float("inf"), 0.0]])
def test_a_scale_of_nothing_still_has_a_height(values: list[float]) -> None:
    assert ValueScale.around(values, top=0, bottom=100).y(0) == 100


def test_ticks_are_round_distances_from_the_fault() -> None:
    ticks = time_ticks(START, START + timedelta(minutes=13), START + timedelta(minutes=2))
    assert ticks == tuple(timedelta(minutes=minutes) for minutes in range(-2, 12, 2))


@given(
    length=st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=4000)),
    share=st.floats(min_value=0, max_value=1),
)
def test_ticks_are_few_and_inside(length: timedelta, share: float) -> None:
    end, zero = START + length, START + length * share
    ticks = time_ticks(START, end, zero)
    assert len(ticks) <= 12
    assert timedelta(0) in ticks
    assert all(START <= zero + tick <= end for tick in ticks)


@given(st.floats(min_value=-1e9, max_value=0), st.floats(min_value=1e-6, max_value=1e9))
def test_value_ticks_are_few_and_inside(low: float, high: float) -> None:
    ticks = value_ticks(low, high)
    assert 1 <= len(ticks) <= 5
    assert all(low <= tick <= high for tick in ticks)
