"""The nearest rank of a quantile: always a value that was measured, never one between two. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from fractions import Fraction
from typing import TypeVar

__all__ = ["nearest", "rank"]

_T = TypeVar("_T")


def rank(n: int, share: float | Fraction) -> int:
    """Return the rank (1..n) of the quantile ``share`` (0..1] of ``n`` sorted values; ``n`` is at least 1."""
    return max(1, math.ceil(n * share))


def nearest(ordered: Sequence[_T], share: float) -> _T:
    """Return the smallest of sorted values that so large a share of them does not exceed."""
    return ordered[rank(len(ordered), share) - 1]
