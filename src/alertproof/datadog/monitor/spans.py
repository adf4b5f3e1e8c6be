"""Which data an evaluation looks at: windows that slide, that begin anew at a reset, or that are compared."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.evaluation.expression import is_count_arithmetic, metric_queries, rollup_step
from alertproof.datadog.evaluation.operand import is_as_count, percentile_of
from alertproof.datadog.evaluation.windows import Windows, default_step
from alertproof.datadog.query.tree import Change, Expression, MetricMonitor, MetricQuery, Reduction, Window
from alertproof.errors import NotModelled
from alertproof.telemetry.series import MetricType

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertproof.datadog.evaluation.selection import Source
    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import CumulativeWindow, Definition
    from alertproof.telemetry.series import Floats

__all__ = ["reduction_of", "starts_of", "windows_of"]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)


def reduction_of(tree: MetricMonitor) -> Reduction:
    """Return the time aggregator over the window, that inside of a change too."""
    return tree.head.reduction if isinstance(tree.head, Change) else tree.head


def windows_of(
    tree: MetricMonitor, source: Source, ends: Floats, definition: Definition, assumptions: Assumptions
) -> Windows:
    """Return the evaluation windows that end at ``ends``, in the buckets that the query is rolled up to.

    Arithmetic on ``as_count()`` and percentiles reduce the whole window at once [ASCOUNT, DIST-ROLLUP]; ``source``
    tells whether they are counts. Raises `NotModelled` for a window or an aggregator that is not evaluated.
    """
    aggregator, window = reduction_of(tree).aggregator, reduction_of(tree).window
    starts = starts_of(window, ends, definition)
    whole = Windows(starts, ends)
    if aggregator == "percentile":
        _require_percentile(tree.expression)
        return whole
    constants = assumptions.constants_are_count_arithmetic
    if is_count_arithmetic(tree.expression, with_constants=constants) and _counts(tree.expression, source):
        _require_countable(tree.expression, source, aggregator)
        return whole
    chosen = assumptions.rollup_interval
    step = chosen.total_seconds() if chosen else default_step(window.length.total_seconds())
    return Windows(starts, ends, rollup_step(tree.expression, step))


def starts_of(window: Window, ends: Floats, definition: Definition) -> Floats:
    """Return where the windows that end at ``ends`` begin."""
    if window.kind == "last":
        return ends - window.length.total_seconds()
    cumulative = definition.options.cumulative
    if window.kind != "current" or (window.amount, window.unit) not in {(1, "h"), (1, "d"), (1, "mo")}:
        raise NotModelled(f"the evaluation window {window.kind}_{window.amount}{window.unit} is not modelled")
    if definition.options.require_full_window:
        raise NotModelled(f"require_full_window with {window.kind}_{window.amount}{window.unit}")
    if not len(ends):
        return ends
    resets = np.array(list(_resets(window.unit, cumulative, float(ends[0]), float(ends[-1]))))
    # An evaluation at the very reset sees the period that has just ended.
    return resets[np.searchsorted(resets, ends) - 1]


def _resets(unit: str, cumulative: CumulativeWindow, first: float, last: float) -> Iterator[float]:
    """Yield when a cumulative window begins anew, from before ``first`` to after ``last`` [CFG]."""
    at = datetime.fromtimestamp(first, cumulative.zone)
    hour, minute = cumulative.day_starts
    if unit == "h":
        # Counted in real hours: a clock that is set back has one of them twice.
        reset = at.astimezone(UTC) - timedelta(minutes=(at.minute - cumulative.hour_starts) % 60 + 60)
        reset = reset.replace(second=0, microsecond=0)
        while reset.timestamp() <= last + _HOUR.total_seconds():
            yield reset.timestamp()
            reset += _HOUR
        return
    day = (at - 2 * _DAY).replace(hour=hour, minute=minute, second=0, microsecond=0)
    if unit == "mo":
        day = (at - timedelta(days=40)).replace(day=1, hour=hour, minute=minute, second=0, microsecond=0)
    while day.timestamp() <= last + 32 * _DAY.total_seconds():
        yield day.timestamp()
        day = day + _DAY if unit == "d" else (day + timedelta(days=32)).replace(day=1)


def _counts(expression: Expression, source: Source) -> bool:
    """Tell whether there are counts among the queries with ``as_count()``, which has no effect on a gauge [MODS]."""
    kinds = {source.select(query).kind for query in metric_queries(expression) if is_as_count(query)}
    return kinds != {MetricType.GAUGE}


def _require_countable(expression: Expression, source: Source, aggregator: str) -> None:
    if aggregator != "sum":
        raise NotModelled(f"{aggregator}(..) over arithmetic with as_count(): only sum has a meaning there")
    for query in metric_queries(expression):
        if source.select(query).kind is MetricType.GAUGE:
            raise NotModelled(f"arithmetic on counts with as_count() and on the gauge {query.metric!r}")
    if not all(is_as_count(query) for query in metric_queries(expression)):
        raise NotModelled("arithmetic on queries of which only some have as_count()")


def _require_percentile(expression: Expression) -> None:
    if not isinstance(expression, MetricQuery) or percentile_of(expression.space) is None:
        raise NotModelled("percentile(..) over anything but one pNN: query of a distribution")
