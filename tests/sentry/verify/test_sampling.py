"""The bound of a sample is exact, and chance alone leaves it as seldom as it says."""

from __future__ import annotations

from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.sentry.verify import allowed_range, judge_sampling


def share(taken: range, of: int, rate: float) -> float:
    return sum(comb(of, k) * rate**k * (1 - rate) ** (of - k) for k in taken)


@given(of=st.integers(1, 200), rate=st.floats(0.01, 0.99))
def test_outside_of_the_range_is_what_chance_does_less_often_than_said(of: int, rate: float) -> None:
    low, high = allowed_range(of, rate, doubt=1e-3)
    assert 0 <= low <= high <= of
    assert share(range(low), of, rate) < 0.5e-3 + 1e-9
    assert share(range(high + 1, of + 1), of, rate) < 0.5e-3 + 1e-9
    # One more would be too much: the range is no wider than it must be.
    assert share(range(low + 1), of, rate) >= 0.5e-3 - 1e-9
    assert share(range(high, of + 1), of, rate) >= 0.5e-3 - 1e-9


def test_a_tenth_of_two_thousand_that_were_counted_fits_and_half_does_not() -> None:
    # 205 of 2000 were kept by an SDK with this rate (reference, section 3).
    assert judge_sampling(205, 2000, 0.1).met is True
    assert judge_sampling(1000, 2000, 0.1).met is False
    assert judge_sampling(0, 2000, 0.1).met is False
    low, high = allowed_range(2000, 0.1)
    assert judge_sampling(low, 2000, 0.1).met is True
    assert judge_sampling(low - 1, 2000, 0.1).met is False
    assert judge_sampling(high, 2000, 0.1).met is True
    assert judge_sampling(high + 1, 2000, 0.1).met is False


@pytest.mark.parametrize("of", [0, 1, 20])
def test_too_few_to_tell_are_no_answer(of: int) -> None:
    judged = judge_sampling(of // 10, of, 0.1)
    assert judged.met is None
    assert "nothing was there" in judged.found or "too few" in judged.found


@pytest.mark.parametrize(("taken", "rate", "met"), [(5, 1.0, True), (4, 1.0, False), (0, 0.0, True), (1, 0.0, False)])
def test_all_and_none_need_no_many(taken: int, rate: float, met: bool) -> None:
    assert judge_sampling(taken, 5, rate).met is met
