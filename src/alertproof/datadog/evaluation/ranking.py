"""Which groups rank first at each evaluation [RANK]."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.ranges import mean_within
from alertproof.errors import NotModelled, nearest

if TYPE_CHECKING:
    from alertproof.telemetry.series import Floats

__all__ = ["ranked"]

_METHODS = ("area", "l2norm", "last", "max", "mean", "min", "norm", "sum")


def ranked(values: Floats, lead: int, limit: int, how: str, *, descending: bool) -> Floats:
    """Return the values of the first ``limit`` groups of each window and NaN for the others.

    ``values`` is ``(groups, windows, buckets)``; groups rank by their values in the window, the buckets of the lead
    not counted. Equals rank in the order of the groups, and those without a value last.
    """
    scores = _scores(how, values[:, :, lead:])
    keys = np.where(np.isnan(scores), np.inf, -scores if descending else scores)
    places = np.argsort(np.argsort(keys, axis=0, kind="stable"), axis=0, kind="stable")
    return np.where((places < limit)[:, :, None], values, np.nan)


def _scores(how: str, values: Floats) -> Floats:
    known = np.isfinite(values)
    some = known.any(axis=-1)
    zeroed = np.where(known, values, 0.0)
    match how:
        case "mean":
            return mean_within(values, known)
        case "sum" | "area":
            found = zeroed.sum(axis=-1)
        case "l2norm" | "norm":
            found = np.sqrt((zeroed**2).sum(axis=-1))
        case "max":
            found = np.where(known, values, -np.inf).max(axis=-1, initial=-np.inf)
        case "min":
            found = np.where(known, values, np.inf).min(axis=-1, initial=np.inf)
        case "last":
            size = values.shape[-1]
            last = size - 1 - np.argmax(known[..., ::-1], axis=-1)
            found = np.take_along_axis(values, last[..., None], axis=-1)[..., 0]
        case _:
            raise NotModelled(f"ranking by {how!r}{nearest(how, _METHODS)}")
    return np.where(some, found, np.nan)
