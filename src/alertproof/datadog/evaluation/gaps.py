"""Fills the empty buckets between points [INTERP, FILL]; all arrays are ``(rows, instants, buckets)``."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.ranges import Indices
    from alertproof.telemetry.series import Floats

__all__ = ["FILL_LIMIT", "carried", "filled", "interpolated"]

#: Gauges are interpolated for that long after a real sample, and so do the fills, in seconds [INTERP].
FILL_LIMIT = 300.0


def filled(how: str, cells: Floats, step: float, limit: float) -> Floats:
    """Apply ``.fill(how, limit)``: ``linear``, ``last``, ``zero`` or ``null``, which fills nothing."""
    match how:
        case "linear":
            return interpolated(cells, step, limit)
        case "last":
            return carried(cells, step, limit)
        case "zero":
            return np.where(np.isnan(carried(cells, step, limit)) | np.isfinite(cells), cells, 0.0)
        case _:
            return cells


def interpolated(cells: Floats, step: float, limit: float = FILL_LIMIT) -> Floats:
    """Draw a line from each value to the next, up to ``limit`` seconds after it, however far the next is."""
    known = np.isfinite(cells)
    if known.all():
        return cells
    size = cells.shape[-1]
    before, after = _last_known(cells), size - 1 - _last_known(cells[..., ::-1])[..., ::-1]
    age = (np.arange(size) - before) * step
    between = ~known & (before >= 0) & (after < size) & (age <= limit)
    where = np.nonzero(between)
    first, last = before[where], after[where]
    at = where[:-1]
    start, end = cells[(*at, first)], cells[(*at, last)]
    result = cells.copy()
    result[where] = (end - start) / (last - first) * (where[-1] - first) + start
    return result


def carried(cells: Floats, step: float, limit: float = FILL_LIMIT) -> Floats:
    """Repeat the last value into the empty buckets up to ``limit`` seconds later, that one included."""
    before = _last_known(cells)
    age = (np.arange(cells.shape[-1]) - before) * step
    value = np.take_along_axis(cells, np.maximum(before, 0), axis=-1)
    return np.where((before >= 0) & (age <= limit), value, np.nan)


def _last_known(cells: Floats) -> Indices:
    """Return for each bucket the number of the last one up to it that has a value, -1 for none."""
    numbers = np.where(np.isfinite(cells), np.arange(cells.shape[-1]), -1)
    found: Indices = np.maximum.accumulate(numbers, axis=-1)
    return found
