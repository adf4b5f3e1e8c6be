"""Sums of many ranges of one array: whole numbers by their exact totals, all others each from its own values."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.evaluation.ranges import TIME_AGGREGATORS, aggregate_ranges, mean_within

RANGES = st.lists(st.tuples(st.integers(0, 12), st.integers(0, 12)), min_size=1, max_size=8)
WHOLE = st.integers(-(2**52), 2**52).map(float)
NUMBERS = st.sampled_from([0.0, 0.1, 0.3, 1.0, 3.0, 1e16, -1e16]) | WHOLE


@given(
    st.lists(NUMBERS, min_size=12, max_size=12) | st.lists(st.integers(0, 9).map(float), min_size=12, max_size=12),
    RANGES,
)
def test_a_sum_is_that_of_the_values_in_the_range(values: list[float], ranges: list[tuple[int, int]]) -> None:
    low, high = np.array(ranges, dtype=np.intp).T
    (found,) = aggregate_ranges("sum", np.array([values]), low, high)
    for (begin, end), total in zip(ranges, found.tolist(), strict=True):
        if end <= begin:
            assert math.isnan(total)
            continue
        expected = math.fsum(values[begin:end])
        error = max(map(abs, values[begin:end])) * 12 * 2**-52
        assert total == pytest.approx(expected, rel=0, abs=error)


def test_a_small_value_after_a_huge_one_is_not_lost() -> None:
    """Running totals would say 0: behind 1e17 a float has no room for 1."""
    low, high = np.array([0, 1]), np.array([1, 2])
    (found,) = aggregate_ranges("sum", np.array([[1e17, 1.0]]), low, high)
    assert found.tolist() == [1e17, 1.0]


@pytest.mark.parametrize("value", [0.1, 0.7, -0.1, -0.7])
def test_a_mean_is_never_outside_of_its_values(value: float) -> None:
    """Three times 0.1 is more than 0.3, and three times 0.7 less than 2.1."""
    assert mean_within(np.full((1, 3), value), np.ones((1, 3), dtype=bool)).tolist() == [value]


def test_values_at_a_threshold_stay_there() -> None:
    low = np.arange(1000)
    (found,) = aggregate_ranges("sum", np.full((1, 1001), 0.1), low, low + 1)
    assert set(found.tolist()) == {0.1}


@pytest.mark.parametrize("width", [*range(1, 34), 39, 40])
def test_windows_that_slide_over_whole_numbers_hold_their_sums(width: int) -> None:
    """The first have fewer values; up to 32 are added, of more the running totals are subtracted."""
    chance = np.random.default_rng(width)
    values = chance.integers(-9, 99, (3, 40)).astype(float)
    high = np.sort(chance.integers(1, 41, 60))
    low = np.maximum(high - width, 0)
    found = aggregate_ranges("sum", values, low, high)
    expected = [[sum(row[begin:end]) for begin, end in zip(low, high, strict=True)] for row in values.tolist()]
    assert found.tolist() == expected


@pytest.mark.parametrize("how", TIME_AGGREGATORS)
@pytest.mark.parametrize("high", [[1, 2, 3, 4], [2, 2, 4, 4]])
def test_rows_that_are_one_are_what_they_are_by_themselves(how: str, high: list[int]) -> None:
    row = np.array([3.0, 0.1, 5.0, 7.0])
    low = np.array([0, 1, 1, 4])
    one = aggregate_ranges(how, np.broadcast_to(row, (3, 4)), low, np.array(high))
    each = aggregate_ranges(how, np.array([row] * 3), low, np.array(high))
    np.testing.assert_array_equal(one, each)
