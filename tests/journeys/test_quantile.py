"""The interval of a quantile: against published tables, exact arithmetic, and samples whose quantile is known."""

from __future__ import annotations

import math
import random
from fractions import Fraction

import pytest

from alertproof.journeys.quantile import estimate, fewest, ranks


@pytest.mark.parametrize(("n", "expected"), [(5, None), (6, (1, 6)), (10, (2, 9)), (20, (6, 15)), (50, (18, 33))])
def test_the_ranks_of_a_median_are_those_of_the_published_tables(n: int, expected: tuple[int, int] | None) -> None:
    assert ranks(n, 0.5) == expected


@pytest.mark.parametrize("n", [13, 14, 20, 27, 50, 100])
def test_each_side_misses_with_half_of_the_doubt_at_the_most_and_the_next_rank_would_miss_more(n: int) -> None:
    share, doubt = Fraction(3, 4), Fraction(1, 40)
    low, high = ranks(n, 0.75) or (0, 0)

    def at_most(k: int) -> Fraction:
        return sum((math.comb(n, i) * share**i * (1 - share) ** (n - i) for i in range(k + 1)), start=Fraction(0))

    assert at_most(low - 1) <= doubt < at_most(low)
    assert 1 - at_most(high - 1) <= doubt < 1 - at_most(high - 2)


@pytest.mark.parametrize(("share", "expected"), [(0.75, 13), (0.5, 6), (0.95, 72), (0.25, 13)])
def test_the_fewest_samples_are_the_first_that_have_an_interval(share: float, expected: int) -> None:
    assert fewest(share) == expected
    assert ranks(expected - 1, share) is None
    assert ranks(expected, share) is not None


def test_too_few_samples_have_none_and_the_order_of_samples_says_nothing() -> None:
    samples = [float(number) for number in range(1, 14)]
    found = estimate(samples, 0.75)

    assert estimate(samples[:12], 0.75) is None
    assert found == estimate(samples[::-1], 0.75)
    assert found is not None
    assert (found.value, found.low, found.high, found.n) == (10.0, 7.0, 13.0, 13)


def test_a_thousand_samples_and_more_have_one_too() -> None:
    found = estimate([float(number) for number in range(3000)], 0.75)
    assert found is not None
    assert found.low < found.value == 2249.0 < found.high


@pytest.mark.parametrize("n", [13, 30])
def test_the_interval_holds_the_true_quantile_as_often_as_it_says(n: int) -> None:
    """Of skewed samples, as spans are; at 4000 trials the share of hits is known to 1 % (three deviations)."""
    rng = random.Random(75)
    truth, hits, trials = math.exp(0.6744897501960817), 0, 4000
    for _ in range(trials):
        found = estimate([math.exp(rng.gauss(0, 1)) for _ in range(n)], 0.75)
        assert found is not None
        hits += found.low <= truth <= found.high
    assert hits / trials >= 0.94
