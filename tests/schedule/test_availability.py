"""Availability, its bounds and its budget."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from tests.schedule.making import gap, run

from alertproof.schedule.availability import Availability, availability, exact_bounds, judge, runs_needed
from alertproof.verdict import Verdict


def test_what_could_not_tell_is_neither_good_nor_bad() -> None:
    runs = [
        run(Verdict.PASSED),
        run(Verdict.PASSED, earlier=("the browser crashed",)),
        run(Verdict.PASSED, reason="GET /healthz: 700 ms, more than 400 ms"),
        run(Verdict.FAILED),
        run(Verdict.BROKEN),
        run(Verdict.SKIPPED),
        run(Verdict.FAILED, quarantined=True),
        run(None),
    ]
    seen = availability(runs, [gap(slots=4), gap(slots=1)])

    assert seen == Availability(good=3, bad=1, unknown=1, missed=5, flaky=1, degraded=1, quarantined=1)
    assert seen.share == pytest.approx(3 / 4)
    assert availability([]).share is None


def tail(k: int, n: int, share: float) -> float:
    """The chance of at most ``k`` of ``n``, by exact fractions."""
    p = Fraction(share)
    return float(sum(comb(n, i) * p**i * (1 - p) ** (n - i) for i in range(k + 1)))


@pytest.mark.parametrize(("good", "n"), [(9, 10), (1, 10), (97, 100), (10, 10), (0, 10)])
def test_beyond_each_bound_lies_a_twentieth(good: int, n: int) -> None:
    low, high = exact_bounds(good, n)
    bad = n - good

    assert low == 0.0 if bad == n else tail(bad, n, 1 - low) == pytest.approx(0.05)
    assert high == 1.0 if bad == 0 else 1 - tail(bad - 1, n, 1 - high) == pytest.approx(0.05)


def test_of_nothing_nothing_is_known() -> None:
    assert exact_bounds(0, 0) == (0.0, 1.0)


@pytest.mark.parametrize(("objective", "needed"), [(0.999, 2995), (0.99, 299), (0.95, 59)])
def test_it_is_said_how_many_runs_an_objective_takes(objective: float, needed: int) -> None:
    assert runs_needed(objective) == needed
    assert judge(Availability(good=needed), objective).met is True
    assert judge(Availability(good=needed - 1), objective).met is None


@pytest.mark.parametrize(
    ("seen", "met"),
    [
        (Availability(good=9_999, bad=1), True),
        (Availability(good=995, bad=5), False),
        (Availability(good=1000, bad=1), None),
        (Availability(), None),
        # What is missing might have been bad.
        (Availability(good=9_999, bad=1, missed=600), None),
        (Availability(good=9_999, bad=1, unknown=500), True),
    ],
)
def test_an_objective_is_met_missed_or_not_told(seen: Availability, met: bool | None) -> None:
    assert judge(seen, 0.999).met is met


def test_the_budget_is_what_may_fail_of_the_runs_that_told() -> None:
    judged = judge(Availability(good=9_995, bad=5), 0.999)

    assert judged.budget == pytest.approx(10)
    assert judged.spent == pytest.approx(0.5)
