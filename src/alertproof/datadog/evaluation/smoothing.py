"""Functions along the buckets of a window [RATE, SMOOTH, ARITH]; all arrays are ``(rows, windows, buckets)``.

Loops go over buckets, of which a window has at most a few hundred, and never over instants.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from alertproof.telemetry.series import Floats

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.ranges import Indices

__all__ = [
    "AcrossBuckets",
    "coarser",
    "cumsum",
    "derivative",
    "diff",
    "elapsed",
    "ewma",
    "integral",
    "median",
    "monotonic_diff",
    "moving",
    "throughput",
]

#: Takes the buckets, their times (epoch seconds) and their length in seconds.
AcrossBuckets = Callable[[Floats, Floats, float], Floats]


def _previous(cells: Floats) -> Indices:
    """Return for each bucket the number of the last one before it that has a value, -1 for none."""
    numbers = np.where(np.isfinite(cells), np.arange(cells.shape[-1]), -1)
    last = np.maximum.accumulate(numbers, axis=-1)
    return np.concatenate((np.full((*cells.shape[:-1], 1), -1), last[..., :-1]), axis=-1)


def diff(cells: Floats, times: Floats, step: float) -> Floats:  # noqa: ARG001 - one shape for all functions
    """Return the change since the previous value."""
    before = _previous(cells)
    value = np.take_along_axis(cells, np.maximum(before, 0), axis=-1)
    return np.where(before >= 0, cells - value, np.nan)


def monotonic_diff(cells: Floats, times: Floats, step: float) -> Floats:
    """Return the change since the previous value where it is positive; a counter's restart is none [RATE]."""
    change = diff(cells, times, step)
    return np.where(change > 0, change, np.where(change == 0, 0.0, np.nan))


def elapsed(cells: Floats, times: Floats, step: float) -> Floats:  # noqa: ARG001 - one shape for all functions
    """Return the seconds since the previous value."""
    before = _previous(cells)
    seconds = (np.arange(cells.shape[-1]) - before) * step
    return np.where((before >= 0) & np.isfinite(cells), seconds, np.nan)


def derivative(unit: float) -> AcrossBuckets:
    """Return the function of the change per ``unit`` seconds."""
    return lambda cells, times, step: diff(cells, times, step) / elapsed(cells, times, step) * unit


def throughput(cells: Floats, times: Floats, step: float) -> Floats:  # noqa: ARG001 - one shape for all functions
    """Return the value by second of its bucket."""
    return cells / step


def cumsum(cells: Floats, times: Floats, step: float) -> Floats:  # noqa: ARG001 - one shape for all functions
    """Return the sum of the window so far."""
    return np.where(np.isfinite(cells), np.cumsum(np.nan_to_num(cells), axis=-1), np.nan)


def integral(cells: Floats, times: Floats, step: float) -> Floats:
    """Return the sum so far of each value times the seconds since the previous one."""
    spans = np.nan_to_num(elapsed(cells, times, step))
    return np.where(np.isfinite(cells), np.cumsum(np.nan_to_num(cells) * spans, axis=-1), np.nan)


def ewma(span: int) -> AcrossBuckets:
    """Return the exponentially weighted mean with the usual weight of a span, 2/(span+1)."""
    alpha = 2 / (span + 1)

    def smoothed(cells: Floats, times: Floats, step: float) -> Floats:  # noqa: ARG001 - one shape for all functions
        result = np.full(cells.shape, np.nan)
        state = np.full(cells.shape[:-1], np.nan)
        for number in range(cells.shape[-1]):
            value = cells[..., number]
            # Written so, equal values stay what they are.
            moved = np.where(np.isnan(state), value, state + alpha * (value - state))
            state = np.where(np.isnan(value), state, moved)
            result[..., number] = np.where(np.isnan(value), np.nan, state)
        return result

    return smoothed


def median(span: int) -> AcrossBuckets:
    """Return the median of the last ``span`` buckets."""

    def smoothed(cells: Floats, times: Floats, step: float) -> Floats:  # noqa: ARG001 - one shape for all functions
        padded = np.concatenate((np.full((*cells.shape[:-1], span - 1), np.nan), cells), axis=-1)
        views = np.sort(np.lib.stride_tricks.sliding_window_view(padded, span, axis=-1), axis=-1)
        # NaN sorts last: the middle is that of the values there are.
        count = np.isfinite(views).sum(axis=-1, keepdims=True)
        low, high = np.maximum((count - 1) // 2, 0), np.maximum(count // 2, 0)
        pair = np.take_along_axis(views, np.concatenate((low, np.minimum(high, span - 1)), axis=-1), axis=-1)
        return np.where(np.isfinite(cells), pair.mean(axis=-1), np.nan)

    return smoothed


def moving(how: str, cells: Floats, span: int) -> Floats:
    """Reduce the ``span`` buckets up to each; those that the row lacks are missing."""
    known = np.isfinite(cells)
    count = _running(known.astype(np.float64), span, np.add, 0.0)

    def of(combine: np.ufunc, neutral: float) -> Floats:
        return _running(np.where(known, cells, neutral), span, combine, neutral)

    match how:
        case "count":
            found = count
        case "min":
            found = of(np.minimum, np.inf)
        case "max":
            found = of(np.maximum, -np.inf)
        case "sum":
            found = of(np.add, 0.0)
        case _:
            mean = of(np.add, 0.0) / np.maximum(count, 1)
            found = np.clip(mean, of(np.minimum, np.inf), of(np.maximum, -np.inf))
    return np.where(count > 0, found, np.nan)


def _running(values: Floats, span: int, combine: np.ufunc, neutral: float) -> Floats:
    """Combine the ``span`` values up to each, out of runs of 1, 2, 4 and so on of them."""

    def later(array: Floats, by: int) -> Floats:
        shifted = np.full(array.shape, neutral)
        shifted[..., by:] = array[..., : max(0, array.shape[-1] - by)]
        return shifted

    found, taken = np.full(values.shape, neutral), 0
    run, length, wanted = values, 1, min(span, values.shape[-1])
    while wanted:
        if wanted & length:
            found = combine(found, later(run, taken))
            taken, wanted = taken + length, wanted - length
        if wanted:
            run, length = combine(run, later(run, length)), 2 * length
    return found


def coarser(how: str, cells: Floats, times: Floats, step: float, lead: int) -> Floats:
    """Reduce the buckets of each longer one, aligned to UNIX time; its value stands in the first of them."""
    owner = np.floor(times / step)
    size = cells.shape[-1]
    place = np.empty(owner.shape, dtype=np.intp)
    place[:, 0] = 0
    for number in range(1, size):
        fresh = (owner[:, number] != owner[:, number - 1]) | (number == lead)
        place[:, number] = np.where(fresh, number, place[:, number - 1])
    windows = np.arange(len(owner))
    known = np.isfinite(cells)
    total, count = np.zeros(cells.shape), np.zeros(cells.shape)
    if how in {"min", "max"}:
        total += np.inf if how == "min" else -np.inf
    combine = {"min": np.minimum, "max": np.maximum}.get(how, np.add)
    for number in range(size):
        at = (slice(None), windows, place[:, number])
        value = np.where(known[..., number], cells[..., number], total[at] if how in {"min", "max"} else 0.0)
        total[at] = combine(total[at], value)
        count[at] += known[..., number]
    if how == "avg":
        low, high = (coarser(end, cells, times, step, lead) for end in ("min", "max"))
        total = np.clip(total / np.maximum(count, 1), low, high)
    return np.where(count > 0, count if how == "count" else total, np.nan)
