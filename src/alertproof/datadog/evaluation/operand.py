"""One metric query over many windows: aggregated in time, its gaps filled, then aggregated in space [METRICS]."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from alertproof.datadog.comparators import MEETS
from alertproof.datadog.evaluation.frame import Frame, where
from alertproof.datadog.evaluation.gaps import FILL_LIMIT, filled, interpolated
from alertproof.datadog.evaluation.ranges import TIME_AGGREGATORS, aggregate_ranges
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.query.matching import require_modelled_scope
from alertproof.datadog.query.tree import MetricQuery, Modifier, Number, Word
from alertproof.errors import Broken, NotModelled
from alertproof.telemetry.series import Floats, MetricType

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.ranges import Indices
    from alertproof.datadog.evaluation.selection import Selection, Source

__all__ = [
    "LONGEST_REACH",
    "fill_of",
    "is_as_count",
    "is_zero_aligned",
    "operand",
    "percentile_of",
    "require_modelled_query",
    "space_aggregated",
    "step_of",
]

#: How far before a window an evaluation looks at most, and the longest bucket: a month, in seconds.
LONGEST_REACH = 31 * 86400.0
_PERCENTILE = re.compile(r"p([0-9]+(?:\.[0-9]+)?)")
_FILLS = ("last", "linear", "null", "zero")
_MODIFIERS = ("as_count", "as_rate", "fill", "rollup", "weighted")

PerSeries = Callable[[Floats, Floats], Floats]


def is_as_count(query: MetricQuery) -> bool:
    """Tell whether the query has ``.as_count()``."""
    return query.modifier("as_count") is not None


def is_zero_aligned(query: MetricQuery) -> bool:
    """Tell whether a missing value of the query counts as 0 where another query has one [NODATA, INTERP].

    Of a gauge it does not, for the modifiers have no effect on it [MODS]. Its type the points tell, or who declared
    it [TYPES]; a metric that has neither is no gauge, as an error count that nothing ever added to.
    """
    return is_as_count(query) or query.modifier("as_rate") is not None


def percentile_of(space: str | None) -> float | None:
    """Return 95.0 for ``p95``, None for another space aggregator."""
    match = _PERCENTILE.fullmatch(space or "")
    return float(match[1]) if match else None


def operand(query: MetricQuery, source: Source, windows: Windows, *, per_series: PerSeries | None = None) -> Frame:
    """Return the query's values per group, window and bucket.

    ``per_series`` changes the buckets of each series before they are aggregated in space; it takes the buckets and
    their times. Raises `NotModelled` for what is not computed, whatever the store holds, and for an aggregation
    that the metric's type does not have, which only its points tell.
    """
    require_modelled_query(query)
    selection = source.select(query)
    if selection.kind is MetricType.DISTRIBUTION:
        values = _pooled(query, selection, windows, per_series)
    else:
        values = _aggregated(query, selection, windows, per_series, source.longest_fill)
    aligned = is_zero_aligned(query) and selection.kind is not MetricType.GAUGE
    present = np.isfinite(values)
    by = tuple(sorted(set(query.by)))
    if aligned:
        values = where(present, values, 0.0)
    return Frame(by, selection.groups, values, present, 0.0 if aligned else np.nan)


# --- counts, rates and gauges: first in time, then in space -------------------------------------------


def _aggregated(
    query: MetricQuery, selection: Selection, windows: Windows, per_series: PerSeries | None, longest_fill: float
) -> Floats:
    shape = (len(selection.series), len(windows.ends), windows.size)
    if not selection.series:
        return np.empty(shape)
    kind = selection.series[0].kind
    if percentile_of(query.space) is not None:
        raise Broken(f"{query.space} needs a distribution, and metric {query.metric!r} is a {kind}")
    if query.space == "count" or query.counted is not None:
        raise NotModelled(f"count: over the {kind} {query.metric!r}")
    several = any(len(rows) > 1 for rows in selection.members)
    smooth = several and (kind is MetricType.GAUGE or not is_zero_aligned(query))
    fill = fill_of(query.modifier("fill"), longest_fill)
    reach = fill[1] if fill else FILL_LIMIT if smooth else 0.0
    wider = windows.with_lead(reach)
    rows = _rolled_up(query, selection, wider)
    if not windows.whole:
        if fill:
            rows = filled(fill[0], rows, windows.step, fill[1])
        elif smooth:
            rows = _interpolated(rows, selection, windows)
    rows = np.ascontiguousarray(rows[:, :, wider.lead - windows.lead :])
    if per_series is not None:
        rows = per_series(rows, windows.times)
    return _in_space(query.space or "avg", rows, selection)


def _rolled_up(query: MetricQuery, selection: Selection, windows: Windows) -> Floats:
    how, scales, divisor = _time_aggregation(query, selection, windows)
    if len(selection.blocks) == 1:
        values = selection.blocks[0].values if scales is None else selection.blocks[0].values * scales[:, None]
        rows = windows.cells(selection.blocks[0].times, partial(aggregate_ranges, how, values))
        return rows if divisor is None else rows / divisor
    rows = np.empty((len(selection.series), len(windows.ends), windows.size))
    for block in selection.blocks:
        # Scaled before it is summed: (1/10)*10 is 1 again, ten times 0.1 is not.
        values = block.values if scales is None else block.values * scales[block.rows, None]
        rows[block.rows] = windows.cells(block.times, partial(aggregate_ranges, how, values))
    return rows if divisor is None else rows / divisor


def _time_aggregation(
    query: MetricQuery, selection: Selection, windows: Windows
) -> tuple[str, Floats | None, Floats | None]:
    """Return how points become buckets, by type and modifier [MODS]: aggregator, factor per series, divisor."""
    kind = selection.kind
    length = (windows.ends - windows.starts)[:, None] if windows.whole else np.array([[windows.step]])
    if kind is MetricType.GAUGE:
        if query.modifier("weighted") is not None:
            if query.space != "sum":
                raise NotModelled(".weighted() with anything but sum:")
            return "sum", _intervals(query, selection, "weighted()"), length
        return _rollup_method(query) or "avg", None, None
    if not is_zero_aligned(query):
        return _rollup_method(query) or "avg", None, None
    if kind is MetricType.RATE:
        return "sum", _intervals(query, selection, "as_count()") if is_as_count(query) else None, None
    return "sum", None, None if is_as_count(query) else length


def _intervals(query: MetricQuery, selection: Selection, what: str) -> Floats:
    found = [series.interval for series in selection.series]
    if None in found:
        raise NotModelled(f"{what} of the {selection.kind} {query.metric!r}, which came without an interval")
    return np.array(found, dtype=np.float64)


def _interpolated(rows: Floats, selection: Selection, windows: Windows) -> Floats:
    """Fill the gaps of the series that share a group with others; one source has nothing to be aligned with.

    A series is a source from its first point on: what comes after a window is not known in it.
    """
    if np.isfinite(rows).all():
        return rows
    since = np.full(len(rows), np.inf)
    for members in selection.members:
        if len(members) > 1:
            firsts = sorted(selection.series[row].times[0] for row in members if len(selection.series[row].times))
            since[list(members)] = firsts[1] if len(firsts) > 1 else np.inf
    aligned = windows.ends > since[:, None]
    if aligned.all():
        return interpolated(rows, windows.step)
    shared = np.flatnonzero(aligned.any(axis=1))
    rows[shared] = np.where(aligned[shared][:, :, None], interpolated(rows[shared], windows.step), rows[shared])
    return rows


def _in_space(how: str, rows: Floats, selection: Selection) -> Floats:
    """Aggregate the series of each group."""
    order = np.array([row for members in selection.members for row in members], dtype=np.intp)
    sizes = [len(members) for members in selection.members]
    if max(sizes, default=0) <= 1:
        return rows if np.array_equal(order, np.arange(len(rows))) else rows[order]
    return space_aggregated(how, rows[order], sizes)


def space_aggregated(how: str, rows: Floats, sizes: list[int]) -> Floats:
    """Aggregate runs of rows, ``sizes[i]`` of them for group i; NaN where all of a group's are missing."""
    starts = np.cumsum([0, *sizes[:-1]])
    known = np.isfinite(rows)
    count = np.add.reduceat(known.astype(np.intp), starts, axis=0)

    def reduce(operation: np.ufunc, neutral: float) -> Floats:
        found: Floats = operation.reduceat(np.where(known, rows, neutral), starts, axis=0)
        return found

    match how:
        case "sum":
            result = reduce(np.add, 0.0)
        case "min":
            result = reduce(np.minimum, np.inf)
        case "max":
            result = reduce(np.maximum, -np.inf)
        case "count":
            result = count.astype(np.float64)
        case "avg":
            mean = reduce(np.add, 0.0) / np.maximum(count, 1)
            result = np.clip(mean, reduce(np.minimum, np.inf), reduce(np.maximum, -np.inf))
        case "stddev":
            mean = reduce(np.add, 0.0) / np.maximum(count, 1)
            spread = np.where(known, rows - np.repeat(mean, sizes, axis=0), 0.0)
            result = np.sqrt(np.add.reduceat(spread**2, starts, axis=0) / np.maximum(count, 1))
        case _:
            raise NotModelled(f"the space aggregator {how!r}")
    return np.where(count > 0, result, np.nan)


# --- distributions: in time and space at once ---------------------------------------------------------


def _pooled(query: MetricQuery, selection: Selection, windows: Windows, per_series: PerSeries | None) -> Floats:
    """Aggregate the samples of each group: no series weighs more than its samples [DIST-ROLLUP]."""
    if per_series is not None:
        raise NotModelled(f"a function of time over the distribution {query.metric!r}")
    how, percent = query.space or "avg", percentile_of(query.space)
    values = np.empty((len(selection.groups), len(windows.ends), windows.size))
    for number in range(len(selection.groups)):
        pool = selection.pool(number)
        if query.counted is not None:
            meets = MEETS[query.counted.comparator](pool.values, query.counted.value)
            of_ranges = partial(aggregate_ranges, "sum", meets.astype(np.float64)[None])
        elif percent is not None:
            of_ranges = partial(_quantiles, pool.ranks.quantile, percent)
        else:
            of_ranges = partial(aggregate_ranges, how, pool.values[None])
        values[number] = windows.cells(pool.times, of_ranges)[0]
    if query.modifier("as_rate"):
        values /= (windows.ends - windows.starts)[:, None] if windows.whole else windows.step
    return values


def _quantiles(of: Callable[[Indices, Indices, float], Floats], percent: float, low: Indices, high: Indices) -> Floats:
    return of(low, high, percent)[None]


# --- what is modelled ---------------------------------------------------------------------------------


def require_modelled_query(query: MetricQuery) -> None:
    """Raise `NotModelled`, naming the form, for a query that is not computed whatever the store holds."""
    require_modelled_scope(query.scope)
    percent = percentile_of(query.space)
    if query.space not in {None, "avg", "sum", "min", "max", "count"} and percent is None:
        raise NotModelled(f"the space aggregator {query.space!r} is not modelled")
    if percent is not None and percent > 100:
        raise NotModelled(f"the space aggregator {query.space!r} is not modelled: a percentile is at most 100")
    names = [modifier.name for modifier in query.modifiers]
    if {"as_count", "as_rate"} <= set(names):
        raise NotModelled(".as_count() and .as_rate() on one query: which of them counts is not documented")
    twice = next((name for name in names if names.count(name) > 1), None)
    if twice is not None:
        raise NotModelled(f".{twice}() twice on one query: which of them counts is not documented")
    for modifier in query.modifiers:
        if modifier.name not in _MODIFIERS:
            raise NotModelled(f"the modifier .{modifier.name}() is not modelled")
        if modifier.name not in {"rollup", "fill"} and modifier.arguments:
            raise NotModelled(f".{modifier.name}() takes no arguments")
    fill_of(query.modifier("fill"))
    method = _rollup_method(query)
    if is_zero_aligned(query) and method not in {None, "sum"}:
        raise NotModelled(f".rollup({method}) on a query with as_count() or as_rate()")


def fill_of(modifier: Modifier | None, longest: float = np.inf) -> tuple[str, float] | None:
    """Return the method and the seconds of ``.fill(method[,seconds])``, None where there is none [FILL].

    More than ``longest`` seconds are as many.
    """
    if modifier is None:
        return None
    words = [argument.text for argument in modifier.arguments if isinstance(argument, Word)]
    limits = [argument.value for argument in modifier.arguments if isinstance(argument, Number)]
    if len(words) != 1 or words[0] not in _FILLS or len(limits) > 1 or len(words + limits) < len(modifier.arguments):
        raise NotModelled(f".fill() with anything but one of {', '.join(_FILLS)} and a number of seconds")
    limit = min(longest, limits[0] if limits else FILL_LIMIT)
    if limit > LONGEST_REACH:
        raise NotModelled(f".fill({words[0]}, ..) over more than a month")
    return words[0], limit


def _rollup_method(query: MetricQuery) -> str | None:
    found = query.modifier("rollup")
    if found is None:
        return None
    words = [argument.text for argument in found.arguments if isinstance(argument, Word)]
    if len(words) > 1 or any(word not in TIME_AGGREGATORS for word in words):
        raise NotModelled(f".rollup({', '.join(words)}) is not modelled")
    return words[0] if words else None


def step_of(rollup: Modifier | None, default: float) -> float:
    """Return the seconds of ``.rollup([method][,] [seconds])`` [ROLLUP]."""
    if rollup is None:
        return default
    arguments = rollup.arguments[1:] if rollup.arguments and isinstance(rollup.arguments[0], Word) else rollup.arguments
    if not arguments and rollup.arguments:
        return default
    if len(arguments) == 1 and isinstance(arguments[0], Number):
        seconds = arguments[0].value
        if 1 <= seconds <= LONGEST_REACH and seconds.is_integer():
            return seconds
    raise NotModelled(
        "a rollup by calendar or time zone, or by anything but a method and whole seconds up to a month,"
        " such as .rollup(avg, 60)"
    )
