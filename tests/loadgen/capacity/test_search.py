"""The search finds what is there, gives no pass to what is not, and stays inside its bounds. A few seeds each."""

from __future__ import annotations

import dataclasses
import math

import pytest
from tests.loadgen.capacity.known import JUDGED
from tests.loadgen.capacity.simulated import Platform, exponential, searched

from alertproof.loadgen.capacity import Outcome, Search, SearchPlan, Second, judge

EIGHT = JUDGED["M/M/8"]
PLAN = SearchPlan(start=16, ceiling=1000)

#: Platforms that behave badly, and a rate that each does not take (at the end of the search, if it changes).
HOSTILE: dict[str, tuple[Platform, float]] = {
    "a twelfth fails at any rate": (dataclasses.replace(EIGHT.platform, errors=0.08), 20),
    "one in fifty fails at any rate": (dataclasses.replace(EIGHT.platform, errors=0.02), 157),
    # M/M/8/68: refused are 5 % at 168/s, and none waits for 800 ms.
    "it refuses what it cannot serve": (dataclasses.replace(EIGHT.platform, most_inside=68), 170),
    "it is half as fast for a minute": (
        dataclasses.replace(EIGHT.platform, pace=lambda t: 2.0 if t < 60 else 1.0),
        160,
    ),
    # A thousandth of its speed each second: 156/s at first, 90/s after 420 s.
    "it gets slower and slower": (dataclasses.replace(EIGHT.platform, pace=lambda t: 1 / (1 - 0.001 * t)), 95),
    "a small one gets slower and slower": (
        Platform(servers=1, service=exponential(0.02), pace=lambda t: 1 / (1 - 0.001 * t)),
        28,
    ),
    "it stops for two seconds each minute": (
        dataclasses.replace(EIGHT.platform, pace=lambda t: 20.0 if t % 60 < 2 else 1.0),
        157,
    ),
    "its capacity is below the start": (Platform(servers=1, service=exponential(0.25)), 4),
    "it answers nothing in time": (Platform(servers=1, service=exponential(30.0)), 1),
}


@pytest.mark.parametrize("name", JUDGED)
def test_the_capacity_of_a_known_queue_is_in_the_interval(name: str) -> None:
    known = JUDGED[name]
    plan = SearchPlan(start=known.saturation / 10, ceiling=10 * known.saturation)

    found = [searched(known.platform, seed, plan).conclude() for seed in range(3)]

    assert sum(one.low <= known.capacity <= one.high for one in found) >= 2
    assert all(abs((one.rate or 0.0) / known.capacity - 1) < 0.25 for one in found)
    assert all(one.high / one.low < 2 for one in found)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_platform_that_behaves_badly_gets_no_pass_for_what_it_does_not_take(name: str) -> None:
    platform, too_much = HOSTILE[name]

    found = searched(platform, 7, PLAN).conclude()

    assert judge(found, required=too_much).outcome is not Outcome.PASS


def test_a_platform_that_fails_at_any_rate_is_found_out_early() -> None:
    platform, _ = HOSTILE["a twelfth fails at any rate"]

    search = searched(platform, 1, PLAN)

    answer = judge(search.conclude(), required=20)
    assert answer.outcome is Outcome.FAIL
    assert "without any load" in "; ".join(search.conclude().doubts)
    assert len(search.seen) < 150


def test_what_cannot_keep_its_limit_at_all_fails() -> None:
    platform, _ = HOSTILE["it answers nothing in time"]

    assert judge(searched(platform, 1, PLAN).conclude(), required=17).outcome is Outcome.FAIL


def test_a_capacity_below_the_start_is_found_below_it() -> None:
    known = JUDGED["M/H2/1"]

    found = [searched(known.platform, seed, SearchPlan(start=100, ceiling=1000)).conclude() for seed in range(4)]

    assert all(abs((one.rate or 0.0) / known.capacity - 1) < 0.25 for one in found)
    assert sum(one.low <= known.capacity <= one.high for one in found) >= 2


def test_a_platform_that_holds_the_ceiling_is_said_to_take_that_and_no_more() -> None:
    search = searched(EIGHT.platform, 1, SearchPlan(start=16, ceiling=100))

    found = search.conclude()

    assert (found.rate, found.low, found.high) == (None, 100, math.inf)
    assert str(found) == "at least 100/s"
    assert judge(found, required=100).outcome is Outcome.PASS
    assert judge(found, required=101).outcome is Outcome.INCONCLUSIVE
    assert max(one.rate for one in search.seen) <= 100
    assert len(search.seen) < 300


def test_no_rate_is_above_the_ceiling_also_when_the_capacity_is_just_below_it() -> None:
    search = searched(EIGHT.platform, 2, SearchPlan(start=16, ceiling=160))

    assert max(one.rate for one in search.seen) <= 160


def test_the_search_takes_the_time_it_was_given() -> None:
    assert len(searched(EIGHT.platform, 1, PLAN).seen) == PLAN.seconds


def test_more_precision_takes_more_time_and_has_an_end() -> None:
    small = JUDGED["M/M/1"]
    plan = SearchPlan(start=2, ceiling=200, precision=0.02, most_seconds=720)

    search = searched(small.platform, 1, plan)

    assert len(search.seen) == plan.most_seconds


def test_the_same_seconds_give_the_same_rates() -> None:
    one, other = Search(PLAN), Search(PLAN)

    for second in searched(EIGHT.platform, 3, PLAN).seen:
        assert one.see(second) == other.see(second)


def test_a_second_of_an_earlier_rate_does_not_count_for_a_step() -> None:
    search = Search(dataclasses.replace(PLAN, warm_up=0))
    for _ in range(8):
        search.see(Second(rate=PLAN.start, n=16, slow=0))
    climbed = search.rate

    for _ in range(20):
        search.see(Second(rate=PLAN.start, n=16, slow=16))

    assert climbed == search.rate == pytest.approx(1.4 * PLAN.start)


@pytest.mark.parametrize(
    ("keys", "wrong"),
    [
        ({"start": 0.0}, "start"),
        ({"start": 20.0, "ceiling": 10.0}, "ceiling of 10"),
        ({"share": 0.5}, "share"),
        ({"seconds": 100}, "seconds"),
        ({"precision": 1.5}, "precision"),
    ],
)
def test_a_plan_that_cannot_be_followed_is_refused(keys: dict[str, float], wrong: str) -> None:
    with pytest.raises(ValueError, match=wrong):
        dataclasses.replace(PLAN, **keys)  # type: ignore[arg-type]
