"""Chances of counts against whole-number arithmetic, which has no rounding."""

from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.binomial import at_most, exactly

counts = st.integers(1, 60).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))
shares = st.fractions(0, 1, max_denominator=1000)


def chance(hit: int, n: int, share: Fraction) -> Fraction:
    return comb(n, hit) * share**hit * (1 - share) ** (n - hit)


@given(count=counts, share=shares)
def test_the_chance_of_exactly_so_many_is_right_also_at_the_ends(count: tuple[int, int], share: Fraction) -> None:
    assert exactly(*count, float(share)) == pytest.approx(float(chance(*count, share)), rel=1e-9, abs=1e-300)


@given(count=counts, share=shares)
def test_the_chance_of_at_most_so_many_is_their_sum(count: tuple[int, int], share: Fraction) -> None:
    hit, n = count
    wanted = sum(chance(one, n, share) for one in range(hit + 1))
    assert at_most(hit, n, float(share)) == pytest.approx(float(wanted), rel=1e-9, abs=1e-300)


def test_nothing_is_fewer_than_none() -> None:
    assert at_most(-1, 5, 0.5) == 0


def test_thousands_are_no_trouble() -> None:
    assert at_most(5000, 10_000, 0.5) == pytest.approx(0.5 + exactly(5000, 10_000, 0.5) / 2)
