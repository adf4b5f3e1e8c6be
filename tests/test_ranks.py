"""A nearest rank is that of a value which so large a share does not exceed, and of no smaller one."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.ranks import nearest, rank


@given(n=st.integers(1, 500), share=st.fractions(Fraction(1, 1000), 1, max_denominator=1000))
def test_a_rank_is_the_first_that_holds_the_share(n: int, share: Fraction) -> None:
    found = rank(n, share)
    assert found >= n * share > found - 1


@pytest.mark.parametrize(
    ("n", "share", "wanted"), [(20, 0.95, 19), (21, 0.95, 20), (1, 0.5, 1), (4, 1.0, 4), (4, 0, 1)]
)
def test_a_rank_counts_from_one(n: int, share: float, wanted: int) -> None:
    assert rank(n, share) == wanted


def test_a_value_is_one_of_those_that_were_measured() -> None:
    assert [nearest([1, 2, 10, 50], share) for share in (0.25, 0.26, 0.75, 0.76, 1.0)] == [1, 2, 10, 50, 50]
