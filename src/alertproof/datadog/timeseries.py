"""Answers metric queries and formulas over them as the API does: as series of points."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from alertproof.datadog.evaluation.expression import evaluate, evaluate_formula, rollup_step
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.parse import parse_formula
from alertproof.datadog.query.tree import Reference, walk
from alertproof.errors import ConfigError, NotModelled, nearest

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from alertproof.datadog.query.tree import Expression
    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats, SeriesStore

__all__ = ["Points", "formula_points", "interval_of", "query_points", "used_queries"]

#: As many points as a query with its own rollup gets [ROLLUP].
_MOST_POINTS = 1500


class Points(NamedTuple):
    """The points of one group: the starts of buckets (epoch seconds) that are not empty, and their values."""

    group: Group
    times: Floats
    values: Floats


def interval_of(query_text: str, interval: timedelta) -> timedelta:
    """Return the length of the buckets that :func:`query_points` answers with: the query's own, else ``interval``."""
    return timedelta(seconds=rollup_step(parse_expression(query_text), interval.total_seconds()))


def query_points(
    query_text: str, store: SeriesStore, start: datetime, end: datetime, interval: timedelta
) -> list[Points]:
    """Return a query's points by group, as :func:`formula_points`."""
    return formula_points("query", {"query": query_text}, store, start=start, end=end, interval=interval)


def formula_points(
    formula: str,
    queries: Mapping[str, str],
    store: SeriesStore,
    *,
    start: datetime,
    end: datetime,
    interval: timedelta,
) -> list[Points]:
    """Return per group the points of a formula over queries by name; groups without any are left out.

    Buckets are aligned to UNIX time; the first starts at or after ``start``, the last holds ``end``
    [CASS query_timeseries_points]. A ``.rollup(.., seconds)`` in a query overrides ``interval``.
    Raises `QuerySyntaxError` and `NotModelled` as a monitor's query does, and `ConfigError` for a name without query.
    """
    used = used_queries(formula, queries)
    steps = {rollup_step(expression, interval.total_seconds()) for expression in used.values()}
    if len(steps) > 1:
        raise NotModelled("a formula over queries with different rollup intervals")
    step = steps.pop()
    first, last = np.ceil(start.timestamp() / step) * step, (end.timestamp() // step + 1) * step
    count = int((last - first) // step)
    if count < 1:
        return []
    if step != interval.total_seconds() and count > _MOST_POINTS:
        # Datadog takes a longer interval then, and does not say which.
        raise NotModelled(f"a rollup of {step:g} s that gives {count} points, more than {_MOST_POINTS}")
    windows = Windows.spanning(first, last, step)
    source = Source(store)
    frames = {name: evaluate(expression, source, windows) for name, expression in used.items()}
    frame = evaluate_formula(parse_formula(formula), Source(store, frames), windows)
    answers = []
    for group, values in zip(frame.groups, frame.settled[:, 0], strict=True):
        known = np.flatnonzero(np.isfinite(values))
        if len(known):
            answers.append(Points(group, windows.times[0, known], values[known]))
    return answers


def used_queries(formula: str, queries: Mapping[str, str]) -> dict[str, Expression]:
    """Return the queries that a formula names; raises `ConfigError` for one that is not there, or where none is."""
    names = [node.name for node in walk(parse_formula(formula)) if isinstance(node, Reference)]
    unknown = [name for name in names if name not in queries]
    if unknown or not names:
        wrong = f"names no query {unknown[0]!r}{nearest(unknown[0], queries)}" if unknown else "names no query at all"
        raise ConfigError(f"the formula {formula} {wrong}")
    return {name: parse_expression(queries[name]) for name in dict.fromkeys(names)}
