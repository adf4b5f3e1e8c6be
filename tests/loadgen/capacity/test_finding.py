"""A pass has the whole interval above what is required, a failure has it below, and a doubt keeps from a pass."""

from __future__ import annotations

import math

import pytest

from alertproof.loadgen.capacity import Finding, Outcome, judge
from alertproof.loadgen.capacity.estimate import student


def finding(low: float, high: float, *, late_low: float = math.inf, doubts: tuple[str, ...] = ()) -> Finding:
    return Finding(rate=(low + high) / 2, low=low, high=high, seconds=250, late_low=late_low, doubts=doubts)


@pytest.mark.parametrize(
    ("low", "high", "outcome"),
    [
        (120, 130, Outcome.PASS),
        (119.9, 130, Outcome.INCONCLUSIVE),
        (90, 130, Outcome.INCONCLUSIVE),
        (100, 110, Outcome.INCONCLUSIVE),  # enough, but not the headroom
        (90, 100, Outcome.INCONCLUSIVE),
        (80, 99.9, Outcome.FAIL),
    ],
)
def test_both_ends_of_the_interval_decide(low: float, high: float, outcome: Outcome) -> None:
    assert judge(finding(low, high), required=100, headroom=1.2).outcome is outcome


def test_a_doubt_keeps_from_a_pass_and_not_from_a_failure() -> None:
    doubts = ("the capacity fell during the search, from 140 to 100/s",)

    assert judge(finding(120, 130, doubts=doubts), required=100).outcome is Outcome.INCONCLUSIVE
    assert judge(finding(120, 130, doubts=doubts), required=100).reason == doubts[0]
    assert judge(finding(80, 90, doubts=doubts), required=100).outcome is Outcome.FAIL


def test_what_may_be_falling_must_be_enough_at_the_end() -> None:
    assert judge(finding(120, 130, late_low=99), required=100).outcome is Outcome.INCONCLUSIVE
    assert judge(finding(120, 130, late_low=100), required=100).outcome is Outcome.PASS


def test_the_reason_says_the_interval_and_what_is_required() -> None:
    answer = judge(finding(90, 110), required=100, headroom=1.25)

    assert answer.reason == "the capacity is 100/s (95 % interval 90 to 110), and 100/s times 1.25 is required"


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(4, 2.776), (5, 2.571), (10, 2.228), (20, 2.086), (60, 2.000), (1000, 1.962)]
)
def test_students_quantiles_are_those_of_the_tables(freedom: int, quantile: float) -> None:
    assert student(0.975, freedom) == pytest.approx(quantile, rel=0.003)
