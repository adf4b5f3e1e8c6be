"""Aggregates many ranges of one sorted array at once: ``values[low[i]:high[i]]`` for each i.

Ranges may overlap, as the windows of successive minutes do. Each is computed from its own values: a constant series at
its threshold stays exactly there. Running totals drift, and serve only whole numbers, whose totals are exact.
"""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from numpy.typing import NDArray

from alertproof.errors import NotModelled

if TYPE_CHECKING:
    from alertproof.telemetry.series import Floats

__all__ = ["TIME_AGGREGATORS", "Indices", "Ranks", "aggregate_ranges", "distinct", "mean_within"]

Indices = NDArray[np.intp]
_Number = TypeVar("_Number", bound=np.generic)
#: Every whole number up to here is a float of its own.
_EXACT = 2.0**53
#: Up to so many values are added sooner than the difference of two running totals is found.
_FEW = 32
TIME_AGGREGATORS = ("avg", "count", "max", "min", "sum")


def distinct(rows: NDArray[_Number]) -> NDArray[_Number]:
    """Return the first of rows that are one row broadcast, so that it is computed with once; else all."""
    return rows if rows.strides[0] else rows[:1]


def aggregate_ranges(how: str, values: Floats, low: Indices, high: Indices) -> Floats:
    """Return ``(rows, ranges)``: each range of each row of ``values``; NaN for an empty range.

    ``how`` is one of `TIME_AGGREGATORS`; raises `NotModelled` for another.
    """
    if how not in TIME_AGGREGATORS:
        raise NotModelled(f"the aggregator {how!r}")
    if len(distinct(values)) < len(values):
        return np.broadcast_to(aggregate_ranges(how, distinct(values), low, high), (len(values), len(low)))
    sizes = high - low
    filled = np.flatnonzero(sizes > 0)
    if len(filled) == len(low) and len(filled):
        return _reduced(how, values, low, high)
    result = np.full((len(values), len(low)), np.nan)
    if len(filled):
        result[:, filled] = _reduced(how, values, low[filled], high[filled])
    return result


def _reduced(how: str, values: Floats, low: Indices, high: Indices) -> Floats:
    """Return what :func:`aggregate_ranges` does, of ranges of which none is empty."""
    sizes = high - low
    if how == "count":
        return np.broadcast_to(sizes.astype(np.float64), (len(values), len(sizes)))
    if how == "sum" and _sums_exactly(values):
        most = int(sizes.max())
        slides = most <= _FEW and bool((low == np.maximum(high - most, 0)).all())
        return _sliding_sums(values, most, high) if slides else _exact_sums(values, low, high)
    # Every second range of reduceat is ours; those between end before they begin, or are thrown away.
    bounds = np.empty(2 * len(low), dtype=np.intp)
    bounds[0::2], bounds[1::2] = low, high
    if bounds.max() == values.shape[1]:
        values = np.concatenate((values, np.zeros((len(values), 1))), axis=1)

    def reduce(operation: np.ufunc) -> Floats:
        found: Floats = operation.reduceat(values, bounds, axis=1)[:, ::2]
        return found

    match how:
        case "sum":
            return reduce(np.add)
        case "min":
            return reduce(np.minimum)
        case "max":
            return reduce(np.maximum)
        case _:
            mean = reduce(np.add) / sizes
            # Of three equal values the sum may be rounded; of two it never is.
            return mean if sizes.max() < 3 else np.clip(mean, reduce(np.minimum), reduce(np.maximum))


def _sums_exactly(values: Floats) -> bool:
    """Tell whether every running total of every row is a whole number that a float holds exactly."""
    return bool((values == np.rint(values)).all() and (np.abs(values).sum(axis=1) < _EXACT).all())


def _exact_sums(values: Floats, low: Indices, high: Indices) -> Floats:
    totals = np.zeros((len(values), values.shape[1] + 1))
    np.cumsum(values, axis=1, out=totals[:, 1:])
    return totals.take(high, axis=1) - totals.take(low, axis=1)


def _sliding_sums(values: Floats, size: int, high: Indices) -> Floats:
    """Sum the last ``size`` values before each of ``high``, or all where there are fewer.

    Sums of two make sums of four and so on: some additions of whole rows, which do not wait for each other as those of
    a running total do.
    """
    rows, count = values.shape
    sums = np.zeros((rows, size - 1 + count))
    sums[:, size - 1 :] = values
    parts = []
    # ``sums`` has those of ``width`` values, by the first of them; what is taken of it ends where the parts begin.
    width, left = 1, size
    while left:
        if left & width:
            left -= width
            parts.append(sums[:, left : left + count])
        if left:
            sums = sums[:, :-width] + sums[:, width:]
            width *= 2
    return functools.reduce(np.add, parts).take(high - 1, axis=1)


def mean_within(values: Floats, present: NDArray[np.bool_]) -> Floats:
    """Return the mean of the present values along the last axis, never outside of them; NaN where there is none."""
    sizes = present.sum(axis=-1)
    total = np.where(present, values, 0.0).sum(axis=-1)
    low = np.where(present, values, np.inf).min(axis=-1, initial=np.inf)
    high = np.where(present, values, -np.inf).max(axis=-1, initial=-np.inf)
    mean = np.clip(total / np.maximum(sizes, 1), low, high)
    return np.where(sizes > 0, mean, np.nan)


class Ranks:
    """Finds the k-th smallest value of any range: a wavelet matrix (Claude, Navarro and Ordóñez 2015).

    Building takes one stable partition for each bit of the number of distinct values, and asking for any number of
    ranges one vector operation for each.
    """

    def __init__(self, values: Floats) -> None:
        self._distinct, codes = np.unique(values, return_inverse=True)
        self._levels: list[tuple[int, Indices]] = []
        for bit in reversed(range(max(1, (len(self._distinct) - 1).bit_length()))):
            ones = (codes >> bit) & 1
            zeros_before = np.zeros(len(codes) + 1, dtype=np.intp)
            np.cumsum(1 - ones, out=zeros_before[1:])
            self._levels.append((bit, zeros_before))
            codes = np.concatenate((codes[ones == 0], codes[ones == 1]))

    def kth(self, low: Indices, high: Indices, k: Indices) -> Floats:
        """Return the ``k[i]``-th smallest (from 0) of range i; NaN for an empty range."""
        filled = np.flatnonzero(high > low)
        begin, end, rank = low[filled], high[filled], k[filled]
        code = np.zeros(len(filled), dtype=np.intp)
        for bit, zeros_before in self._levels:
            first, last = zeros_before[begin], zeros_before[end]
            right = rank >= last - first
            code |= right.astype(np.intp) << bit
            rank = np.where(right, rank - (last - first), rank)
            begin = np.where(right, zeros_before[-1] + begin - first, first)
            end = np.where(right, zeros_before[-1] + end - last, last)
        result = np.full(len(low), np.nan)
        result[filled] = self._distinct[code]
        return result

    def below(self, low: Indices, high: Indices, bound: Floats) -> Indices:
        """Return how many values of each range are smaller than ``bound[i]``."""
        code = np.searchsorted(self._distinct, bound)
        # One bit more than the codes have: a bound above all values is a code of its own.
        count = np.where(code >= len(self._distinct), high - low, 0)
        inside = code < len(self._distinct)
        begin, end = low.copy(), high.copy()
        for bit, zeros_before in self._levels:
            first, last = zeros_before[begin], zeros_before[end]
            right = (code >> bit) & 1 == 1
            count += np.where(right & inside, last - first, 0)
            begin = np.where(right, zeros_before[-1] + begin - first, first)
            end = np.where(right, zeros_before[-1] + end - last, last)
        return count

    def quantile(self, low: Indices, high: Indices, percent: float) -> Floats:
        """Return the sample at rank ``q*(n-1)``, rounded down, of each range: what a DDSketch answers."""
        sizes = np.maximum(high - low, 1)
        # As numpy's method "lower": the product is rounded before it is cut.
        return self.kth(low, high, np.floor(percent / 100 * (sizes - 1)).astype(np.intp))
