"""Computes the points of an expression: time aggregation, then space aggregation, then arithmetic [METRICS].

Works on a :class:`Grid` of buckets. A grid of a single bucket that spans the whole window is how a monitor
evaluates ``as_count()`` arithmetic [ASCOUNT] and percentiles: everything is reduced over the window first.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from alertproof.datadog.query.matching import require_modelled_scope, series_by_group
from alertproof.datadog.query.tree import (
    Binary,
    Call,
    Expression,
    MetricQuery,
    Modified,
    Modifier,
    Number,
    Unary,
    Word,
    walk,
)
from alertproof.errors import Broken, NotModelled
from alertproof.telemetry.series import Floats, MetricType, Series

if TYPE_CHECKING:
    from alertproof.tags import Group
    from alertproof.telemetry.series import SeriesStore

__all__ = [
    "Grid",
    "default_step",
    "expression_points",
    "is_as_count",
    "metric_queries",
    "percentile_of",
    "reduced",
    "rollup_step",
]

_Indices = NDArray[np.intp]
#: Gauges are interpolated for that long after a real sample, in seconds [INTERP].
_INTERPOLATION_LIMIT = 300.0
_MONTH = 31 * 86400.0
# The longest query for which the API answers with a step, in seconds [ROLLUP].
_STEPS = ((3600.0, 20.0), (4 * 3600.0, 60.0), (86400.0, 300.0), (2 * 86400.0, 600.0), (7 * 86400.0, 3600.0))
_PERCENTILE = re.compile(r"p([0-9]+(?:\.[0-9]+)?)")
_TIME_AGGREGATORS = ("avg", "count", "max", "min", "sum")


def default_step(length: float) -> float:
    """Return the rollup interval for a query over ``length`` seconds, in seconds [ROLLUP]."""
    if length > _MONTH:
        raise NotModelled(f"a query over more than a month ({length / 86400:.0f} days)")
    return next((step for longest, step in _STEPS if length <= longest), 4 * 3600.0)


@dataclass(frozen=True, slots=True)
class Grid:
    """Buckets of ``step`` seconds from ``origin``; only points with ``start <= time < end`` count."""

    start: float
    end: float
    origin: float
    step: float
    count: int

    @classmethod
    def aligned(cls, start: float, end: float, step: float) -> Grid:
        """Return buckets aligned to UNIX time, as Datadog's are [ROLLUP]."""
        origin = math.floor(start / step) * step
        return cls(start, end, origin, step, math.ceil((end - origin) / step))

    @classmethod
    def single(cls, start: float, end: float) -> Grid:
        """Return one bucket for everything."""
        return cls(start, end, start, end - start, 1)

    @property
    def times(self) -> Floats:
        """Return the start of each bucket."""
        return self.origin + self.step * np.arange(self.count, dtype=np.float64)

    def cut(self, times: Floats) -> tuple[_Indices, _Indices, _Indices]:
        """Return where in ``times`` each bucket that holds any begins and ends, and those buckets' numbers."""
        edges = np.clip(self.origin + self.step * np.arange(self.count + 1), self.start, self.end)
        positions = np.searchsorted(times, edges)
        filled = np.flatnonzero(np.diff(positions))
        return positions[filled], positions[filled + 1], filled


def metric_queries(expression: Expression) -> tuple[MetricQuery, ...]:
    """Return the metric queries of an expression, in the order of the text."""
    return tuple(node for node in walk(expression) if isinstance(node, MetricQuery))


def is_as_count(query: MetricQuery) -> bool:
    """Tell whether the query has ``.as_count()``."""
    return query.modifier("as_count") is not None


def reduced(how: str, values: Floats) -> float:
    """Return the avg, sum, min or max of one value or more."""
    match how:
        case "avg":
            return float(values.mean())
        case "sum":
            return float(values.sum())
        case "min":
            return float(values.min())
        case "max":
            return float(values.max())
        case _:
            raise NotModelled(f"the aggregator {how!r}")


def percentile_of(space: str | None) -> float | None:
    """Return 95.0 for ``p95``, None for another space aggregator."""
    match = _PERCENTILE.fullmatch(space or "")
    return float(match[1]) if match else None


def expression_points(expression: Expression, store: SeriesStore, grid: Grid) -> dict[Group, Floats]:
    """Return a value per bucket for each group, NaN where there is none.

    A missing value of a query with ``as_count()`` or ``as_rate()`` is 0 where another query of the expression
    has one [NODATA, INTERP]; a division by zero is no value [SPARSE]. Raises `NotModelled` for functions,
    modifiers and group-bys that are not computed, whatever the store holds, and for an aggregation that the
    metric's type does not have, which only its points tell.
    """
    queries = metric_queries(expression)
    _require_modelled(expression, queries)
    step = rollup_step(expression, grid.step)
    if grid.count > 1:
        grid = Grid.aligned(grid.start, grid.end, step)
    found = {query: _query_points(query, store, grid) for query in queries}
    return {group: _arithmetic(expression, group, found, grid) for group in _common_groups(found)}


def rollup_step(expression: Expression, default: float) -> float:
    """Return the seconds that an expression's ``.rollup(..)`` asks for, else ``default``."""
    steps = {_step_of(query, default) for query in metric_queries(expression)}
    if len(steps) > 1:
        raise NotModelled("arithmetic on queries with different rollup intervals")
    return steps.pop() if steps else default


def _common_groups(found: dict[MetricQuery, dict[Group, Floats]]) -> list[Group]:
    """Return the groups of an expression; a group that only a zero-aligned query lacks is one of them."""
    grouped = {query: points for query, points in found.items() if query.by} or found
    everywhere = {group for points in grouped.values() for group in points}
    needed = [points for query, points in grouped.items() if not _zero_aligned(query)]
    return sorted(group for group in everywhere if all(group in points for points in needed))


def _arithmetic(
    expression: Expression, group: Group, found: dict[MetricQuery, dict[Group, Floats]], grid: Grid
) -> Floats:
    """Compute one group; a query without ``by`` gives its only value to each group."""
    nothing = np.full(grid.count, np.nan)
    operands = {query: points.get(group if query.by else (), nothing) for query, points in found.items()}
    present = np.isfinite(np.vstack(list(operands.values()))).any(axis=0)
    for query, values in operands.items():
        if _zero_aligned(query):
            operands[query] = np.where(present & np.isnan(values), 0.0, values)
    with np.errstate(divide="ignore", invalid="ignore"):
        result = _compute(expression, operands)
    return np.where(np.isfinite(result), result, np.nan)


def _compute(expression: Expression, operands: dict[MetricQuery, Floats]) -> Floats:
    match expression:
        case Number():
            return np.array([expression.value])
        case Unary():
            value = _compute(expression.operand, operands)
            return -value if expression.sign == "-" else value
        case Binary():
            left, right = _compute(expression.left, operands), _compute(expression.right, operands)
            return _OPERATIONS[expression.sign](left, right)
        case MetricQuery():
            return operands[expression]
        case Call() | Modified():
            raise NotModelled("functions over queries")


_OPERATIONS = {"+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide, "%": np.fmod}


# --- one query ----------------------------------------------------------------------------------------


def _zero_aligned(query: MetricQuery) -> bool:
    return is_as_count(query) or query.modifier("as_rate") is not None


def _query_points(query: MetricQuery, store: SeriesStore, grid: Grid) -> dict[Group, Floats]:
    points = {}
    for group, members in series_by_group(query, store).items():
        if members[0].kind is MetricType.DISTRIBUTION:
            values = _distribution_points(query, members, grid)
        else:
            values = _scalar_points(query, members, grid)
        if np.isfinite(values).any():
            points[group] = values
    return points


def _scalar_points(query: MetricQuery, members: list[Series], grid: Grid) -> Floats:
    """Aggregate counts, rates and gauges: first in time, then in space."""
    if percentile_of(query.space) is not None:
        raise Broken(f"{query.space} needs a distribution, and metric {query.metric!r} is a {members[0].kind}")
    if query.space == "count":
        raise NotModelled(f"count: over the {members[0].kind} {query.metric!r}")
    rows = np.vstack([_time_aggregated(query, series, grid) for series in members])
    if len(rows) > 1 and (members[0].kind is MetricType.GAUGE or not _zero_aligned(query)):
        rows = np.vstack([_interpolated(row, grid.step) for row in rows])
    return _space_aggregated(query.space or "avg", rows)


def _time_aggregated(query: MetricQuery, series: Series, grid: Grid) -> Floats:
    how, values = _rollup_method(query) or "avg", series.values
    scale = 1.0
    if series.kind is not MetricType.GAUGE and _zero_aligned(query):
        how = "sum"
        if series.kind is MetricType.RATE and is_as_count(query):
            if series.interval is None:
                raise NotModelled(f"as_count() of the rate {query.metric!r}, which came without an interval")
            scale = float(series.interval)
        if series.kind is MetricType.COUNT and not is_as_count(query):
            scale = 1 / grid.step
    first, last, filled = grid.cut(series.times)
    result = np.full(grid.count, np.nan)
    if len(filled):
        # Scaled before it is summed: (1/10)*10 is 1 again, ten times 0.1 is not.
        inside = values[first[0] : last[-1]] * scale
        result[filled] = _reduced(how, inside, first - first[0], last - first)
    return result


def _reduced(how: str, values: Floats, starts: _Indices, sizes: _Indices) -> Floats:
    if how == "count":
        return sizes.astype(np.float64)
    if how in {"sum", "avg"}:
        sums = np.add.reduceat(values, starts)
        return sums / sizes if how == "avg" else sums
    return (np.minimum if how == "min" else np.maximum).reduceat(values, starts)


def _interpolated(row: Floats, step: float) -> Floats:
    """Fill the gaps between two values linearly, where they are at most 300 s apart [INTERP]."""
    known = np.flatnonzero(np.isfinite(row))
    if len(known) < 2:
        return row
    every = np.arange(len(row))
    filled = np.interp(every, known, row[known], left=np.nan, right=np.nan)
    after = np.clip(np.searchsorted(known, every), 1, len(known) - 1)
    gap = (known[after] - known[after - 1]) * step
    return np.where(np.isfinite(row) | (gap <= _INTERPOLATION_LIMIT), filled, np.nan)


def _space_aggregated(how: str, rows: Floats) -> Floats:
    finite = np.isfinite(rows)
    sizes = finite.sum(axis=0)
    if how in {"sum", "avg"}:
        result = np.where(finite, rows, 0.0).sum(axis=0)
        if how == "avg":
            result = result / np.maximum(sizes, 1)
    else:
        reduce, neutral = (np.min, np.inf) if how == "min" else (np.max, -np.inf)
        result = reduce(np.where(finite, rows, neutral), axis=0)
    return np.where(sizes > 0, result, np.nan)


def _distribution_points(query: MetricQuery, members: list[Series], grid: Grid) -> Floats:
    """Aggregate samples in time and space at once [DIST-ROLLUP]; no series weighs more than its samples."""
    parts = [series.between(grid.start, grid.end) for series in members]
    times = np.concatenate([part[0] for part in parts])
    order = np.argsort(times, kind="stable")
    values = np.concatenate([part[1] for part in parts])[order]
    first, last, filled = grid.cut(times[order])
    result = np.full(grid.count, np.nan)
    for begin, end, bucket in zip(first, last, filled, strict=True):
        result[bucket] = _of_samples(query.space or "avg", values[begin:end])
    return result / grid.step if query.modifier("as_rate") else result


def _of_samples(how: str, samples: Floats) -> float:
    percent = percentile_of(how)
    if percent is not None:
        # The sample at rank q*(n-1), rounded down: what a DDSketch answers, without its relative error.
        return float(np.percentile(samples, percent, method="lower"))
    if how == "count":
        return float(len(samples))
    return reduced(how, samples)


# --- what is modelled ---------------------------------------------------------------------------------


def _require_modelled(expression: Expression, queries: tuple[MetricQuery, ...]) -> None:
    for node in walk(expression):
        if isinstance(node, Call):
            raise NotModelled(f"the function {node.name}() is not modelled")
        if isinstance(node, Modified):
            raise NotModelled(f".{node.modifiers[0].name}() behind a parenthesis is not modelled")
    if not queries:
        raise NotModelled("an expression without a metric query")
    for query in queries:
        require_modelled_scope(query.scope)
        _require_modelled_query(query)
    if len({frozenset(query.by) for query in queries if query.by}) > 1:
        raise NotModelled("arithmetic on queries that group by different tags")


def _require_modelled_query(query: MetricQuery) -> None:
    if query.counted is not None:
        raise NotModelled("a distribution's threshold query, count(v: v>x):, is not modelled")
    if query.space not in {None, "avg", "sum", "min", "max", "count"} and percentile_of(query.space) is None:
        raise NotModelled(f"the space aggregator {query.space!r} is not modelled")
    percent = percentile_of(query.space)
    if percent is not None and percent > 100:
        raise NotModelled(f"the space aggregator {query.space!r} is not modelled: a percentile is at most 100")
    for modifier in query.modifiers:
        if modifier.name not in {"as_count", "as_rate", "rollup"}:
            raise NotModelled(f"the modifier .{modifier.name}() is not modelled")
        if modifier.name != "rollup" and modifier.arguments:
            raise NotModelled(f".{modifier.name}() takes no arguments")
    method = _rollup_method(query)
    if _zero_aligned(query) and method not in {None, "sum"}:
        raise NotModelled(f".rollup({method}) on a query with as_count() or as_rate()")


def _rollup_method(query: MetricQuery) -> str | None:
    found = query.modifier("rollup")
    if found is None:
        return None
    words = [argument.text for argument in found.arguments if isinstance(argument, Word)]
    if len(words) > 1 or any(word not in _TIME_AGGREGATORS for word in words):
        raise NotModelled(f".rollup({', '.join(words)}) is not modelled")
    return words[0] if words else None


def _step_of(query: MetricQuery, default: float) -> float:
    """Return the seconds of ``.rollup([method][,] [seconds])`` [ROLLUP]."""
    rollup: Modifier | None = query.modifier("rollup")
    if rollup is None:
        return default
    arguments = rollup.arguments[1:] if rollup.arguments and isinstance(rollup.arguments[0], Word) else rollup.arguments
    if not arguments and rollup.arguments:
        return default
    if len(arguments) == 1 and isinstance(arguments[0], Number):
        seconds = arguments[0].value
        if 1 <= seconds <= _MONTH and seconds.is_integer():
            return seconds
    raise NotModelled(
        "a rollup by calendar or time zone, or by anything but a method and whole seconds up to a month,"
        " such as .rollup(avg, 60)"
    )
