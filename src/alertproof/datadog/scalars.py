"""Answers metric queries and formulas over them as one value over a whole span, as a query value widget shows it."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alertproof.datadog.evaluation.expression import evaluate, evaluate_formula
from alertproof.datadog.evaluation.frame import Frame
from alertproof.datadog.evaluation.operand import percentile_of
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.parse import parse_formula
from alertproof.datadog.query.tree import MetricQuery
from alertproof.datadog.timeseries import query_points, used_queries
from alertproof.errors import NotModelled, nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime, timedelta

    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats, SeriesStore

__all__ = ["ScalarQuery", "formula_values"]

_REDUCED: Mapping[str, Callable[[Floats], float]] = {
    "avg": lambda values: float(values.mean()),
    "mean": lambda values: float(values.mean()),
    "min": lambda values: float(values.min()),
    "max": lambda values: float(values.max()),
    "sum": lambda values: float(values.sum()),
    "last": lambda values: float(values[-1]),
    "l2norm": lambda values: float(np.sqrt(np.square(values).sum())),
}


class ScalarQuery(NamedTuple):
    """A query, and how its points become one value: ``avg``, ``sum``, ``last``, ``percentile`` .."""

    text: str
    aggregator: str


def formula_values(
    formula: str,
    queries: Mapping[str, ScalarQuery],
    store: SeriesStore,
    *,
    start: datetime,
    end: datetime,
    interval: timedelta,
) -> dict[Group, float]:
    """Return the value of a formula by group: that of each query over ``[start, end)`` is reduced first.

    ``interval`` is the spacing of the points that are reduced. Groups without a value are left out. Raises
    `QuerySyntaxError`, `NotModelled` and `ConfigError` as `formula_points` does.
    """
    used = used_queries(formula, {name: query.text for name, query in queries.items()})
    frames = {name: _reduced(queries[name], store, start, end, interval) for name in used}
    windows = Windows.spanning(start.timestamp(), end.timestamp())
    frame = evaluate_formula(parse_formula(formula), Source(store, frames), windows)
    values = zip(frame.groups, frame.settled[:, 0, 0], strict=True)
    return {group: float(value) for group, value in values if np.isfinite(value)}


def _reduced(query: ScalarQuery, store: SeriesStore, start: datetime, end: datetime, interval: timedelta) -> Frame:
    if query.aggregator == "percentile":
        return _pooled(query.text, store, start, end)
    if query.aggregator not in _REDUCED:
        raise NotModelled(f"the aggregator {query.aggregator!r}{nearest(query.aggregator, _REDUCED)}")
    reduce, last = _REDUCED[query.aggregator], end.timestamp()
    found = {
        points.group: reduce(points.values[inside])
        for points in query_points(query.text, store, start, end, interval)
        if (inside := points.times < last).any()
    }
    by = tuple(sorted({tag.key for group in found for tag in group}))
    values = np.array(list(found.values())).reshape(len(found), 1, 1)
    return Frame(by, tuple(found), values, np.isfinite(values), np.nan)


def _pooled(text: str, store: SeriesStore, start: datetime, end: datetime) -> Frame:
    """Return the percentile of all samples of a span, merged in time and space at once [DIST-ROLLUP]."""
    expression = parse_expression(text)
    if not isinstance(expression, MetricQuery) or percentile_of(expression.space) is None:
        raise NotModelled(f"the aggregator 'percentile' over {text}: only over one pNN: query is it modelled")
    return evaluate(expression, Source(store), Windows.spanning(start.timestamp(), end.timestamp()))
