"""Answers a metric query as the API's ``/query`` does."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.points import Grid, expression_points, rollup_step
from alertproof.errors import NotModelled

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats, SeriesStore

__all__ = ["interval_of", "query_points"]

#: As many points as a query with its own rollup gets [ROLLUP].
_MOST_POINTS = 1500


def interval_of(query_text: str, interval: timedelta) -> timedelta:
    """Return the length of the buckets that :func:`query_points` answers with: the query's own, else ``interval``."""
    return timedelta(seconds=rollup_step(parse_expression(query_text), interval.total_seconds()))


def query_points(
    query_text: str, store: SeriesStore, start: datetime, end: datetime, interval: timedelta
) -> list[tuple[Group, Floats, Floats]]:
    """Return per group the bucket starts (epoch seconds) and their values; empty buckets are left out.

    Buckets are aligned to UNIX time; the first starts at or after ``start``, the last holds ``end``
    [CASS query_timeseries_points]. A ``.rollup(.., seconds)`` in the query overrides ``interval``.
    Raises `QuerySyntaxError` and `NotModelled` as a monitor's query does.
    """
    expression = parse_expression(query_text)
    step = rollup_step(expression, interval.total_seconds())
    first = np.ceil(start.timestamp() / step) * step
    grid = Grid.aligned(first, (end.timestamp() // step + 1) * step, step)
    if step != interval.total_seconds() and grid.count > _MOST_POINTS:
        # Datadog takes a longer interval then, and does not say which.
        raise NotModelled(f"a rollup of {step:g} s that gives {grid.count} points, more than {_MOST_POINTS}")
    points = expression_points(expression, store, grid)
    answers = []
    for group, values in points.items():
        known = np.flatnonzero(np.isfinite(values))
        answers.append((group, grid.times[known], values[known]))
    return answers
