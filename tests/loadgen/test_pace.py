"""Arrivals at a rate that is told as they go on."""

from __future__ import annotations

from itertools import chain, islice, pairwise

import pytest

from alertproof.loadgen.pace import Pace
from alertproof.loadgen.schedule import Leg, Schedule
from alertproof.loadgen.wire import rate_order, rate_ordered


def schedule(rate: float, *, seconds: float = 60, poisson: bool = False, seed: int = 1) -> Schedule:
    legs = (Leg(seconds=seconds, start=rate, end=rate),)
    return Schedule(legs=legs, arrivals="poisson" if poisson else "even", seed=seed)


def test_without_an_order_arrivals_are_those_of_the_schedule() -> None:
    assert list(Pace(schedule(4, seconds=2), ceiling=4).offsets()) == list(schedule(4, seconds=2).offsets())


def test_another_rate_holds_from_the_next_arrival_on() -> None:
    pace = Pace(schedule(4), ceiling=100)
    offsets = pace.offsets()

    assert list(islice(offsets, 2)) == [0, 250_000]
    pace.change(10)
    assert list(islice(offsets, 3)) == [350_000, 450_000, 550_000]
    pace.change(2)
    assert list(islice(offsets, 2)) == [1_050_000, 1_550_000]


def test_an_arrival_that_is_waited_for_is_not_moved() -> None:
    pace = Pace(schedule(1), ceiling=100)
    offsets = pace.offsets()
    next(offsets)
    waited_for = next(offsets)

    pace.change(100)

    assert (waited_for, next(offsets)) == (1_000_000, 1_010_000)


def test_independent_arrivals_follow_the_rate_too() -> None:
    pace = Pace(schedule(20, seconds=1000, poisson=True), ceiling=200)
    offsets = pace.offsets()
    slow = list(islice(offsets, 2000))
    pace.change(200)
    fast = list(islice(offsets, 2000))

    assert (slow[-1] - slow[0]) / 1999 == pytest.approx(50_000, rel=0.1)
    assert (fast[-1] - fast[0]) / 1999 == pytest.approx(5_000, rel=0.1)
    gaps = [b - a for a, b in pairwise(fast)]
    assert 0.58 < sum(gap < 5_000 for gap in gaps) / len(gaps) < 0.68, "1 - 1/e are shorter than their mean"


@pytest.mark.parametrize("rate", [0, -1, 100.1, float("inf"), float("nan")])
def test_a_rate_above_the_ceiling_is_refused_and_the_old_one_stays(rate: float) -> None:
    pace = Pace(schedule(4), ceiling=100)

    with pytest.raises(ValueError, match="a rate is above 0 and at most the ceiling of 100"):
        pace.change(rate)
    assert pace.rate == 4


@pytest.mark.parametrize("rate", [87.5, 1 / 3, 14 * 1.4, 500.0])
def test_an_order_is_read_back_as_exactly_that_rate(rate: float) -> None:
    assert rate_ordered(rate_order(rate)) == rate
    assert rate_ordered(b"drain") is None
    assert rate_order(87.5) == b"rate 87.5"


@pytest.mark.parametrize("of", [1, 2, 3])
def test_even_parts_come_in_turn_and_are_the_whole_rate_together(of: int) -> None:
    parts = [list(Pace(schedule(16, seconds=10), ceiling=16, part=part, of=of).offsets()) for part in range(of)]

    whole = list(schedule(16, seconds=10).offsets())
    assert sorted(chain.from_iterable(parts)) == whole
    assert [part[0] for part in parts] == whole[:of]


def test_independent_parts_are_independent_of_each_other_and_the_whole_rate_together() -> None:
    parts = [
        list(Pace(schedule(50, seconds=400, poisson=True), ceiling=50, part=part, of=2).offsets()) for part in (0, 1)
    ]

    assert not set(parts[0]) & set(parts[1])
    both = sorted(parts[0] + parts[1])
    assert len(both) == pytest.approx(50 * 400, rel=0.03)
    gaps = [b - a for a, b in pairwise(both)]
    assert 0.6 < sum(gap < 20_000 for gap in gaps) / len(gaps) < 0.66, "1 - 1/e are shorter than their mean"
