"""Computes an expression over many windows: queries, arithmetic and functions [METRICS, FUNCS]."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.frame import Frame, arithmetic, constant
from alertproof.datadog.evaluation.functions import modified, of_call
from alertproof.datadog.evaluation.operand import is_as_count, operand, step_of
from alertproof.datadog.query.tree import (
    Binary,
    Call,
    Expression,
    MetricQuery,
    Modified,
    Number,
    Reference,
    Unary,
    walk,
)
from alertproof.errors import NotModelled

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.selection import Source
    from alertproof.datadog.evaluation.windows import Windows

__all__ = ["evaluate", "evaluate_formula", "is_count_arithmetic", "metric_queries", "rollup_step"]

_OPERATIONS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.fmod}


@lru_cache(maxsize=1024)
def metric_queries(expression: Expression) -> tuple[MetricQuery, ...]:
    """Return the metric queries of an expression, in the order of the text."""
    return tuple(node for node in walk(expression) if isinstance(node, MetricQuery))


@lru_cache(maxsize=1024)
def is_count_arithmetic(expression: Expression, *, with_constants: bool = True) -> bool:
    """Tell whether each operand is reduced over the window before the arithmetic [ASCOUNT].

    ``with_constants`` says that calculating with a constant alone is arithmetic too.
    """
    if not any(is_as_count(query) for query in metric_queries(expression)):
        return False
    combined = [node for node in walk(expression) if isinstance(node, Binary | Unary)]
    if with_constants:
        return bool(combined)
    pairs = (node for node in combined if isinstance(node, Binary))
    return any(metric_queries(node.left) and metric_queries(node.right) for node in pairs)


def rollup_step(expression: Expression, default: float) -> float:
    """Return the seconds that the ``.rollup(..)`` of an expression's queries asks for, else ``default``."""
    steps = {step_of(query.modifier("rollup"), default) for query in metric_queries(expression)}
    if len(steps) > 1:
        raise NotModelled("arithmetic on queries with different rollup intervals")
    return steps.pop() if steps else default


@np.errstate(all="ignore")
def evaluate(expression: Expression, source: Source, windows: Windows) -> Frame:
    """Return the expression's values per group, window and bucket, the buckets of the lead included.

    A missing value of a query with ``as_count()`` or ``as_rate()`` is 0 where another query of the expression
    has one [NODATA, INTERP]; a division by zero is no value [SPARSE]. Raises `NotModelled` for functions,
    modifiers and group-bys that are not computed, whatever the store holds, and for an aggregation that the
    metric's type does not have, which only its points tell.
    """
    if not metric_queries(expression):
        raise NotModelled("an expression without a metric query")
    return _computed(expression, source, windows)


def evaluate_formula(expression: Expression, source: Source, windows: Windows) -> Frame:
    """Return the value of a formula over the variables of ``source``; as :func:`evaluate`."""
    return _computed(expression, source, windows)


def _computed(expression: Expression, source: Source, windows: Windows) -> Frame:  # noqa: PLR0911 - one per kind
    match expression:
        case Number():
            return constant(expression.value)
        case Unary():
            found = _computed(expression.operand, source, windows)
            return found.mapped(np.negative) if expression.sign == "-" else found
        case Binary():
            left, right = _computed(expression.left, source, windows), _computed(expression.right, source, windows)
            return arithmetic(_OPERATIONS[expression.sign], left, right)
        case MetricQuery():
            return operand(expression, source, windows)
        case Call():
            return of_call(expression, source, windows, _computed)
        case Modified():
            return modified(expression, source, windows, _computed)
        case Reference() if expression.name in source.variables:
            return source.variables[expression.name]
        case _:
            raise NotModelled(f"{type(expression).__name__} in an expression of metric queries")
