"""The functions, aggregators and modifiers that Datadog knows; it refuses a query with any other.

The tables are gathered from the pages on functions and on nested queries, and from queries that Datadog itself
ships [ARITH, COUNT, EXCL, INTERP, NESTED, RANK, RATE, ROLLUP, SHIFT, SMOOTH, ANOM, OUTL, FCST, FUNCS, CORPUS].
"""

from __future__ import annotations

import re

from msgspec import Struct

from alertproof.errors import nearest

__all__ = ["MODIFIERS", "SPACE_AGGREGATORS", "Arity", "function_named", "is_space_aggregator", "nearest_function"]

SPACE_AGGREGATORS = ("avg", "count", "max", "min", "stddev", "sum")
MODIFIERS = ("as_count", "as_rate", "fill", "rollup", "weighted")
_PERCENTILE = re.compile(r"p[0-9]{1,3}(?:\.[0-9]{1,6})?")


class Arity(Struct, frozen=True):
    """How many arguments a function takes, those with keywords not counted; ``keywords`` says if it takes those."""

    least: int
    most: int
    keywords: bool = False

    def __str__(self) -> str:
        if self.least == self.most:
            return f"{self.least} argument" + "s" * (self.least != 1)
        return f"{self.least} to {self.most} arguments"


_ONE = Arity(1, 1)
_TWO = Arity(2, 2)
_LAYER = Arity(1, 2)
_FUNCTIONS = {
    "abs": _ONE,
    "anomalies": Arity(3, 3, keywords=True),
    "autosmooth": _ONE,
    "avg": _LAYER,
    "calendar_shift": Arity(2, 3),
    "ceil": _ONE,
    "clamp_max": _TWO,
    "clamp_min": _TWO,
    "count": _LAYER,
    "count_nonzero": _ONE,
    "count_nonzero_finite": _ONE,
    "count_not_null": _ONE,
    "cumsum": _ONE,
    "cutoff_max": _TWO,
    "cutoff_min": _TWO,
    "day_before": _ONE,
    "default": _TWO,
    "default_zero": _ONE,
    "derivative": _ONE,
    "derived": _ONE,
    "diff": _ONE,
    "dt": _ONE,
    "ewma": _ONE,
    "ewma_1": _ONE,
    "ewma_10": _ONE,
    "ewma_20": _ONE,
    "ewma_3": _ONE,
    "ewma_5": _ONE,
    "ewma_7": _ONE,
    "exclude_null": _LAYER,
    "exp": _ONE,
    "fill": Arity(2, 3),
    "floor": _ONE,
    "forecast": Arity(3, 4, keywords=True),
    "hour_before": _ONE,
    "integral": _ONE,
    "is_between": Arity(3, 3),
    "is_greater": _TWO,
    "is_less": _TWO,
    "log10": _ONE,
    "log2": _ONE,
    "max": _LAYER,
    "maximum": _TWO,
    "median": _ONE,
    "median_3": _ONE,
    "median_5": _ONE,
    "median_7": _ONE,
    "median_9": _ONE,
    "min": _LAYER,
    "minimum": _TWO,
    "monotonic_diff": _ONE,
    "month_before": _ONE,
    "moving_rollup": Arity(2, 3),
    "outliers": Arity(3, 4, keywords=True),
    "per_hour": _ONE,
    "per_minute": _ONE,
    "per_second": _ONE,
    "percentile": Arity(2, 3),
    "piecewise_constant": _ONE,
    "piecewise_linear": _ONE,
    "pow": _TWO,
    "rate": _ONE,
    "robust_trend": _ONE,
    "rollingavg_13": _ONE,
    "rollingavg_21": _ONE,
    "rollingavg_29": _ONE,
    "rollingavg_5": _ONE,
    "rollup": Arity(1, 4),
    "round": Arity(1, 2),
    "sqrt": _ONE,
    "stddev": _LAYER,
    "sum": _LAYER,
    "throughput": _ONE,
    "time": Arity(0, 0),
    "timeshift": _TWO,
    "top": Arity(4, 4),
    "top_offset": Arity(5, 5),
    "trend_line": _ONE,
    "week_before": _ONE,
    "weighted": _ONE,
}
# [RANK]: [top, bottom][5, 10, 15, 20]_[mean, min, max, last, area, l2norm], and without the ranking.
_RANKED = re.compile(r"(?:top|bottom)(?:5|10|15|20)(?:_(?:area|l2norm|last|max|mean|min|sum))?")


def function_named(name: str) -> Arity | None:
    """Return how many arguments a function takes, None for a function that does not exist."""
    if _RANKED.fullmatch(name):
        return _ONE
    if _PERCENTILE.fullmatch(name):
        return _LAYER
    return _FUNCTIONS.get(name)


def nearest_function(name: str) -> str:
    """Return `` (did you mean 'abs'?)`` for a name that is nearly a function, else nothing: there are too many."""
    said = nearest(name[:60], _FUNCTIONS)
    return said if "did you mean" in said else ""


def is_space_aggregator(name: str) -> bool:
    """Tell whether ``name:`` may stand before a metric; a percentile is any ``p`` with a number."""
    return name in SPACE_AGGREGATORS or _PERCENTILE.fullmatch(name) is not None
