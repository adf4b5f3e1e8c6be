"""What a monitor's query is worth at an instant, for each group."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.monitor.definition import evaluation_window
from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.matching import series_by_group
from alertproof.datadog.query.points import (
    Grid,
    default_step,
    expression_points,
    is_as_count,
    metric_queries,
    percentile_of,
    reduced,
)
from alertproof.datadog.query.tree import (
    Binary,
    Change,
    Expression,
    MetricMonitor,
    MetricQuery,
    SloAlert,
    Unary,
    Window,
    walk,
)
from alertproof.datadog.slo import burn_rate, highest_burn_rate
from alertproof.errors import ConfigError, NotModelled, nearest
from alertproof.tags import EVERYTHING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from datetime import datetime

    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.slo import Slo, Slos
    from alertproof.tags import Group
    from alertproof.telemetry.series import Series, SeriesStore

__all__ = ["Observation", "observe", "queries_of"]

_DAY = 86400.0
# The buckets of require_full_window by the unit of the window, in seconds [METRIC].
_FULL_WINDOW_BUCKET = {"m": 60.0, "h": 600.0, "d": 3600.0, "w": 3600.0, "mo": 4 * 3600.0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Observation:
    """What one evaluation found for a group; instants in epoch seconds.

    ``value`` is None where the evaluation is skipped. ``last_point`` is the newest point that the evaluation
    may see, ``first_recent`` the oldest of the 24 hours before; None where there is none.
    """

    value: float | None
    last_point: float | None
    first_recent: float | None


def observe(
    definition: Definition, store: SeriesStore, at: datetime, *, slos: Slos, assumptions: Assumptions
) -> dict[Group, Observation]:
    """Evaluate a monitor at ``at`` over the points with ``at - delay - window <= time < at - delay`` [CFG].

    Each group that ever had a point is in the answer; the group of a simple alert always is. Raises
    `NotModelled` for a query or an option that is not evaluated, whatever the store holds, and for a query that
    the metric's type has no answer to, which only its points tell.
    """
    if definition.options.not_modelled:
        raise NotModelled(f"the option {definition.options.not_modelled[0]!r} is not modelled")
    end = (at - definition.options.evaluation_delay).timestamp()
    tree = definition.tree
    if isinstance(tree, SloAlert):
        values = _burn_rates(tree, store, end, slos)
    else:
        values = _values(tree, store, end, definition, assumptions)
    members = _members(queries_of(definition, slos), store)
    if not definition.group_by:
        members.setdefault(EVERYTHING, [])
    return {
        group: Observation(
            value=_if_window_is_full(definition, values.get(group), series, end),
            last_point=_newest(series, end),
            first_recent=_oldest(series, end - _DAY, end),
        )
        for group, series in sorted(members.items())
    }


def queries_of(definition: Definition, slos: Slos) -> tuple[MetricQuery, ...]:
    """Return the metric queries that a monitor reads, those of its SLO included."""
    tree = definition.tree
    if isinstance(tree, MetricMonitor):
        return metric_queries(tree.expression)
    slo = _slo(tree, slos)
    return tuple(query for text in (slo.numerator, slo.denominator) for query in metric_queries(parse_expression(text)))


def _members(queries: Iterable[MetricQuery], store: SeriesStore) -> dict[Group, list[Series]]:
    """Return the series behind each group of the monitor; those of an ungrouped query belong to no one."""
    found: dict[Group, list[Series]] = {}
    grouped = [query for query in queries if query.by] or list(queries)
    for query in grouped:
        for group, series in series_by_group(query, store).items():
            found.setdefault(group, []).extend(series)
    return found


def _newest(series: list[Series], end: float) -> float | None:
    found = [each.times[n - 1] for each in series if (n := int(np.searchsorted(each.times, end)))]
    return float(max(found)) if found else None


def _oldest(series: list[Series], start: float, end: float) -> float | None:
    found = [times[0] for each in series if len(times := each.between(start, end)[0])]
    return float(min(found)) if found else None


# --- metric monitors ----------------------------------------------------------------------------------


def _values(
    tree: MetricMonitor, store: SeriesStore, end: float, definition: Definition, assumptions: Assumptions
) -> dict[Group, float]:
    head = tree.head
    if isinstance(head, Change):
        raise NotModelled(f"{head.kind}() monitors are not modelled")
    if head.window.kind != "last":
        raise NotModelled(f"the evaluation window {head.window.kind}_... is not modelled")
    length = evaluation_window(definition).total_seconds()
    start = end - length
    if head.aggregator == "percentile":
        _require_percentile(tree.expression)
        grid = Grid.single(start, end)
    elif _is_count_arithmetic(tree.expression):
        _require_countable(tree.expression, head.aggregator)
        grid = Grid.single(start, end)
    else:
        chosen = assumptions.rollup_interval
        step = chosen.total_seconds() if chosen else default_step(length)
        grid = Grid.aligned(start, end, step)
    # A percentile's single bucket holds a single value.
    how = "max" if head.aggregator == "percentile" else head.aggregator
    points = expression_points(tree.expression, store, grid)
    finite = {group: values[np.isfinite(values)] for group, values in points.items()}
    return {group: reduced(how, values) for group, values in finite.items() if len(values)}


def _is_count_arithmetic(expression: Expression) -> bool:
    """Tell whether each operand is reduced over the window before the arithmetic [ASCOUNT]."""
    arithmetic = any(isinstance(node, Binary | Unary) for node in walk(expression))
    return arithmetic and any(is_as_count(query) for query in metric_queries(expression))


def _require_countable(expression: Expression, aggregator: str) -> None:
    if aggregator != "sum":
        raise NotModelled(f"{aggregator}(..) over arithmetic with as_count(): only sum has a meaning there")
    if not all(is_as_count(query) for query in metric_queries(expression)):
        raise NotModelled("arithmetic on queries of which only some have as_count()")


def _require_percentile(expression: Expression) -> None:
    if not isinstance(expression, MetricQuery) or percentile_of(expression.space) is None:
        raise NotModelled("percentile(..) over anything but one pNN: query of a distribution")


def _if_window_is_full(definition: Definition, value: float | None, series: list[Series], end: float) -> float | None:
    """Drop the value if the window is asked to be full and is not: its first bucket and all but 3 [METRIC]."""
    tree = definition.tree
    if value is None or not definition.options.require_full_window or isinstance(tree, SloAlert):
        return value
    window: Window = tree.head.window
    start = end - window.length.total_seconds()
    size = _FULL_WINDOW_BUCKET[window.unit]
    buckets = math.ceil((end - start) / size)
    numbers = np.concatenate([(each.between(start, end)[0] - start) // size for each in series])
    filled = set(numbers.tolist())
    return value if 0 in filled and buckets - len(filled) <= 3 else None


# --- SLO alerts ---------------------------------------------------------------------------------------


def _slo(tree: SloAlert, slos: Slos) -> Slo:
    if tree.slo not in slos:
        raise ConfigError(f"there is no SLO with the id {tree.slo!r}{nearest(tree.slo, slos)}")
    return slos[tree.slo]


def _burn_rates(tree: SloAlert, store: SeriesStore, end: float, slos: Slos) -> dict[Group, float]:
    """Return the lower of the two burn rates: it passes a threshold only if both do [BURN]."""
    if tree.kind != "burn_rate":
        raise NotModelled(f"{tree.kind}(..) alerts are not modelled")
    slo = _slo(tree, slos)
    target = slo.target_over(tree.over)
    # What is left of 100 - target is inexact, so that 10000 must pass at 99.99.
    if tree.condition.value > highest_burn_rate(target) * (1 + 1e-9):
        raise ConfigError(
            f"a burn rate above {tree.condition.number} is never reached: when everything fails, SLO {tree.slo!r}"
            f" (target {target:g}) burns at {highest_burn_rate(target):g}"
        )
    long = _seconds(tree.long_window or "")
    short = _seconds(tree.short_window) if tree.short_window else long / 12
    rates = []
    for length in (long, short):
        total = _total(slo.denominator, store, end - length, end)
        if not total:
            return {}
        good = _total(slo.numerator, store, end - length, end) or 0.0
        rates.append(burn_rate(good, total, target))
    return {EVERYTHING: min(rates)}


def _seconds(span: str) -> float:
    return Window("last", int(span[:-1]), span[-1]).length.total_seconds()


def _total(text: str, store: SeriesStore, start: float, end: float) -> float | None:
    expression = parse_expression(text)
    queries = metric_queries(expression)
    if not all(is_as_count(query) for query in queries):
        raise NotModelled(f"an SLO query without as_count(): {text}")
    if any(query.by for query in queries):
        raise NotModelled(f"an SLO query with groups: {text}")
    values = expression_points(expression, store, Grid.single(start, end)).get(EVERYTHING)
    return None if values is None or not np.isfinite(values[0]) else float(values[0])
