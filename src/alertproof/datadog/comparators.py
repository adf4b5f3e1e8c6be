"""The comparisons of a query: with thresholds, and with recovery thresholds. They take numbers and arrays alike."""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["MEETS", "RECOVERS"]

#: Whether a value meets a threshold [METRIC].
MEETS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": operator.gt,
    ">=": operator.ge,
    "<": operator.lt,
    "<=": operator.le,
    "==": operator.eq,
    "!=": operator.ne,
}
#: Whether a value has passed a recovery threshold, by the query's comparison [RECOV].
RECOVERS: Mapping[str, Callable[[Any, Any], Any]] = {
    ">": operator.le,
    ">=": operator.lt,
    "<": operator.ge,
    "<=": operator.gt,
    "==": operator.ne,
    "!=": operator.eq,
}
