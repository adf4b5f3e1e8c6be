"""Answers a metric query as the API does: as a series of points, or as one value over the whole span."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.expression import evaluate, rollup_step
from alertproof.datadog.evaluation.operand import percentile_of
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.tree import MetricQuery
from alertproof.errors import NotModelled

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.tags import Group
    from alertproof.telemetry.series import Floats, SeriesStore

__all__ = ["interval_of", "query_points", "query_value"]

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
    first, last = np.ceil(start.timestamp() / step) * step, (end.timestamp() // step + 1) * step
    count = int((last - first) // step)
    if count < 1:
        return []
    if step != interval.total_seconds() and count > _MOST_POINTS:
        # Datadog takes a longer interval then, and does not say which.
        raise NotModelled(f"a rollup of {step:g} s that gives {count} points, more than {_MOST_POINTS}")
    windows = Windows.spanning(first, last, step)
    frame = evaluate(expression, Source(store), windows)
    answers = []
    for group, values in zip(frame.groups, frame.settled[:, 0], strict=True):
        known = np.flatnonzero(np.isfinite(values))
        if len(known):
            answers.append((group, windows.times[0, known], values[known]))
    return answers


def query_value(query_text: str, store: SeriesStore, start: datetime, end: datetime, aggregator: str) -> float | None:
    """Return a query's one value over ``[start, end)``, None without samples; as a monitor's ``percentile(..)`` does.

    Only ``percentile`` of one ungrouped pNN query is computed: the samples are merged in time and space at
    once [DIST-ROLLUP]. Raises `NotModelled` for everything else.
    """
    expression = parse_expression(query_text)
    pooled = isinstance(expression, MetricQuery) and percentile_of(expression.space) is not None and not expression.by
    if aggregator != "percentile" or not pooled:
        raise NotModelled(f"the aggregator {aggregator!r} over {query_text}: only percentile over one pNN: query is")
    frame = evaluate(expression, Source(store), Windows.spanning(start.timestamp(), end.timestamp()))
    value = frame.settled[0, 0, 0] if frame.groups else np.nan
    return float(value) if np.isfinite(value) else None
