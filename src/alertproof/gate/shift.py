"""How far one of two things lies above the other, from pairs: Hodges and Lehmann's estimate, exact in small samples.

Of n differences all n(n+1)/2 averages of two (each with itself as well: Walsh's averages) are put in order. Their
median is the estimate; an interval and a p-value come from how many of them lie below a value, of which the exact
distribution is that of Wilcoxon's signed rank sum. Nothing is assumed of the differences but that they are symmetric
around the shift, which pairs in alternating order are; one wild block moves it little. Sources: Hodges and Lehmann,
Ann. Math. Statist. 34 (1963); Hollander, Wolfe and Chicken, Nonparametric Statistical Methods, 3.1-3.3.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

__all__ = ["Shift", "shift_above", "shift_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A shift in the unit of the differences, with the interval that holds it; infinite where too few pairs say so."""

    estimate: float
    low: float
    high: float


def shift_of(differences: Sequence[float], *, confidence: float = 0.95) -> Shift:
    """Return the estimate and its two-sided interval of at least ``confidence``.

    Raises `ValueError` without differences, or where one is no finite number.
    """
    averages = _averages(differences)
    cut = _cut(len(differences), (1 - confidence) / 2)
    low, high = (averages[cut - 1], averages[-cut]) if cut else (-math.inf, math.inf)
    return Shift(estimate=float(np.median(averages)), low=float(low), high=float(high))


def shift_above(differences: Sequence[float], least: float) -> float:
    """Return the one-sided p-value of "the shift is at most ``least``": small where it certainly lies above it.

    Averages that equal ``least`` count as not above it, so ties make it larger, never smaller.
    """
    above = int(np.count_nonzero(_averages(differences) > least))
    return sum(_probabilities(len(differences))[above:])


def _averages(differences: Sequence[float]) -> NDArray[np.float64]:
    values = np.asarray(differences, dtype=float)
    if not values.size or not np.isfinite(values).all():
        msg = f"differences are finite numbers, and one at least; got {list(differences)}"
        raise ValueError(msg)
    first, second = np.triu_indices(values.size)
    return np.sort((values[first] + values[second]) / 2)


def _cut(pairs: int, tail: float) -> int:
    """Return which average from either end bounds the interval; 0 where even the outermost would leave too much out."""
    left_out, cut = 0.0, 0
    for probability in _probabilities(pairs):
        left_out += probability
        if left_out > tail:
            return cut
        cut += 1
    return cut


@lru_cache(maxsize=64)
def _probabilities(pairs: int) -> tuple[float, ...]:
    """Return how probable each signed rank sum is, from 0 to n(n+1)/2, where there is no shift."""
    ways = [1]
    for rank in range(1, pairs + 1):
        longer = [*ways, *[0] * rank]
        for total, count in enumerate(ways):
            longer[total + rank] += count
        ways = longer
    return tuple(count / 2**pairs for count in ways)
