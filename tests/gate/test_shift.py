"""Hodges and Lehmann's estimate with its exact interval: against published numbers, by properties, and by coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.gate.shift import shift_above, shift_of

#: Hamilton's depression scores of nine patients, second visit minus first (Hollander, Wolfe and Chicken, table 3.1).
DEPRESSION = [-0.952, 0.147, -1.022, -0.430, -0.620, -0.590, -0.490, 0.080, -0.010]
NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=6, max_size=20)


def test_a_published_example() -> None:
    shift = shift_of(DEPRESSION, confidence=0.96)

    assert shift.estimate == pytest.approx(-0.46)
    assert shift.low == pytest.approx(-0.786)
    assert shift.high == pytest.approx(-0.010)
    # R: wilcox.test(d, alternative = "less") has V = 5, p = 0.01953
    assert shift_above([-each for each in DEPRESSION], 0.0) == pytest.approx(0.01953, abs=5e-6)


def test_six_differences_of_one_sign_are_the_fewest_that_say_anything_at_95_percent() -> None:
    assert shift_above([1, 2, 3, 4, 5, 6], 0.0) == 1 / 64
    assert shift_of([1, 2, 3, 4, 5, 6]).low == 1
    assert shift_of([1, 2, 3, 4, 5]).low == -math.inf


@given(NUMBERS, st.floats(-100, 100), st.floats(0.1, 10))
def test_it_moves_with_what_is_added_and_grows_with_what_it_is_measured_in(
    differences: list[float], added: float, times: float
) -> None:
    before, after = shift_of(differences), shift_of([times * each + added for each in differences])

    for name in ("estimate", "low", "high"):
        assert getattr(after, name) == pytest.approx(times * getattr(before, name) + added, abs=1e-6)


@given(NUMBERS)
def test_turned_round_it_is_the_negative(differences: list[float]) -> None:
    one, other = shift_of(differences), shift_of([-each for each in differences])

    assert (one.estimate, one.low, one.high) == pytest.approx((-other.estimate, -other.high, -other.low))


@given(NUMBERS, st.floats(-1e3, 1e3))
def test_the_lower_end_is_where_the_test_begins_to_reject(differences: list[float], least: float) -> None:
    assert (shift_above(differences, least) <= 0.025) == (least < shift_of(differences).low)


@given(NUMBERS, st.integers(0, 19), st.floats(-1e9, 1e9))
def test_one_wild_block_does_not_leave_the_range_of_the_others(
    differences: list[float], place: int, wild: float
) -> None:
    others = [each for index, each in enumerate(differences) if index != place % len(differences)]

    assert min(others) <= shift_of([*others, wild]).estimate <= max(others)


def test_the_interval_holds_the_shift_as_often_as_it_says() -> None:
    random = np.random.default_rng(4)
    draws = 0.3 + random.standard_t(3, size=(2000, 10))

    shifts = [shift_of(list(draw)) for draw in draws]
    held = sum(1 for shift in shifts if shift.low <= 0.3 <= shift.high)

    assert 0.94 <= held / 2000 <= 0.965  # with ten pairs the exact level is 95.1 %


@pytest.mark.parametrize("wrong", [[], [1.0, math.nan], [math.inf]])
def test_what_has_no_shift_is_refused(wrong: list[float]) -> None:
    with pytest.raises(ValueError, match="finite numbers, and one at least"):
        shift_of(wrong)
