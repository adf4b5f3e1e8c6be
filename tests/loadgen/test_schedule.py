"""When requests are to start."""

from __future__ import annotations

from collections import Counter
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.loadgen.schedule import Leg, Schedule

LEGS = st.builds(
    Leg,
    seconds=st.integers(min_value=1, max_value=40).map(lambda tenths: tenths / 10),
    start=st.integers(min_value=0, max_value=60).map(float),
    end=st.integers(min_value=0, max_value=60).map(float),
)
SCHEDULES = st.builds(
    Schedule,
    legs=st.lists(LEGS, min_size=1, max_size=4).map(tuple),
    arrivals=st.sampled_from(["even", "poisson"]),
    seed=st.integers(min_value=0, max_value=99),
)


def constant(rate: float, seconds: float) -> Schedule:
    return Schedule(legs=(Leg(seconds=seconds, start=rate, end=rate),))


def by_second(schedule: Schedule) -> list[int]:
    counts = Counter(offset // 1_000_000 for offset in schedule.offsets())
    return [counts[second] for second in range(max(counts, default=-1) + 1)]


@pytest.mark.parametrize("rate", [1, 3, 7, 30, 40, 333])
def test_each_second_of_a_constant_rate_holds_exactly_that_many(rate: int) -> None:
    assert by_second(constant(rate, 4)) == [rate] * 4
    assert constant(rate, 4).planned == 4 * rate


def test_arrivals_are_evenly_spaced() -> None:
    assert list(constant(4, 1).offsets()) == [0, 250_000, 500_000, 750_000]


def test_a_rate_that_was_written_as_a_decimal_is_that_decimal() -> None:
    assert list(constant(0.1, 30).offsets()) == [0, 10_000_000, 20_000_000]


def test_a_ramp_rises_in_a_straight_line() -> None:
    ramp = Schedule(legs=(Leg(seconds=4, start=0, end=40),))

    assert [ramp.rate_in(second) for second in range(4)] == [5, 15, 25, 35]
    assert sum(by_second(ramp)) == ramp.planned == 80
    assert all(abs(seen - rate) <= 1 for seen, rate in zip(by_second(ramp), (5, 15, 25, 35), strict=True))


def test_a_stage_without_arrivals_is_waited_out() -> None:
    legs = (Leg(seconds=1, start=5, end=5), Leg(seconds=2, start=0, end=0), Leg(seconds=1, start=5, end=5))

    assert by_second(Schedule(legs=legs)) == [5, 0, 0, 5]


def test_the_same_seed_brings_the_same_arrivals_and_another_one_others() -> None:
    def arrivals(seed: int) -> list[int]:
        return list(Schedule(legs=(Leg(seconds=5, start=50, end=50),), arrivals="poisson", seed=seed).offsets())

    assert arrivals(1) == arrivals(1)
    assert arrivals(1) != arrivals(2)
    assert 180 < len(arrivals(1)) < 320, "five standard deviations around 250"


def test_independent_arrivals_come_in_bunches() -> None:
    gaps = [b - a for a, b in pairwise(Schedule(legs=constant(50, 20).legs, arrivals="poisson").offsets())]

    short = sum(gap < 20_000 for gap in gaps) / len(gaps)
    assert 0.58 < short < 0.68, "1 - 1/e of exponential gaps are shorter than their mean"


@given(SCHEDULES)
def test_arrivals_are_in_order_within_the_schedule_and_as_many_as_planned(schedule: Schedule) -> None:
    offsets = list(schedule.offsets())

    assert offsets == sorted(offsets)
    assert len(offsets) == schedule.planned
    assert all(0 <= offset <= schedule.seconds * 1_000_000 for offset in offsets)


@given(SCHEDULES)
def test_the_rates_of_the_seconds_add_up_to_the_arrivals_due(schedule: Schedule) -> None:
    due = sum(schedule.rate_in(second) for second in range(int(schedule.seconds) + 1))

    assert due == pytest.approx(float(sum(leg.arrivals for leg in schedule.legs)))
    if schedule.arrivals == "even":
        assert due <= schedule.planned < due + 1 + 1e-6


@given(SCHEDULES, st.integers(min_value=1, max_value=5))
def test_the_parts_of_a_schedule_hold_each_arrival_once(schedule: Schedule, of: int) -> None:
    whole = list(schedule.offsets())
    for part in range(of):
        assert list(schedule.offsets(part=part, of=of)) == whole[part::of]
