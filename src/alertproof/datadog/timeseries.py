"""Answers a metric query as the API's ``/query`` does."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.points import Grid, expression_points

if TYPE_CHECKING:
    from datetime import datetime, timedelta

    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats, SeriesStore

__all__ = ["query_points"]


def query_points(
    query_text: str, store: SeriesStore, start: datetime, end: datetime, interval: timedelta
) -> list[tuple[Group, Floats, Floats]]:
    """Return per group the bucket starts (epoch seconds) and their values; empty buckets are left out.

    Buckets are aligned to UNIX time; the first starts at or after ``start``, the last holds ``end``
    [CASS query_timeseries_points]. A ``.rollup(.., seconds)`` in the query overrides ``interval``.
    Raises `QuerySyntaxError` and `NotModelled` as a monitor's query does.
    """
    step = interval.total_seconds()
    first = np.ceil(start.timestamp() / step) * step
    grid = Grid.aligned(first, (end.timestamp() // step + 1) * step, step)
    points = expression_points(parse_expression(query_text), store, grid)
    answers = []
    for group, values in points.items():
        known = np.flatnonzero(np.isfinite(values))
        answers.append((group, grid.times[known], values[known]))
    return answers
