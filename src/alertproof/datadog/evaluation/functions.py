"""The functions over queries: what each does to the values of its groups, windows and buckets [FUNCS].

Functions that look from bucket to bucket (``diff``, ``ewma_3``) see the buckets of the evaluation window and none
before, as those of a graph see the graph's; fills, shifts and ``moving_rollup`` look further back.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING, Protocol

import numpy as np
from msgspec.structs import replace

from alertproof.datadog.evaluation import smoothing
from alertproof.datadog.evaluation.frame import Frame, finite
from alertproof.datadog.evaluation.gaps import carried, filled
from alertproof.datadog.evaluation.operand import (
    LONGEST_REACH,
    fill_of,
    is_zero_aligned,
    operand,
    space_aggregated,
    step_of,
)
from alertproof.datadog.evaluation.ranges import TIME_AGGREGATORS
from alertproof.datadog.evaluation.ranking import ranked
from alertproof.datadog.evaluation.windows import default_step
from alertproof.datadog.query.tree import (
    Argument,
    Call,
    Expression,
    Grouping,
    MetricQuery,
    Modified,
    Modifier,
    Number,
    Reference,
    Text,
    Unary,
    Word,
    walk,
)
from alertproof.errors import NotModelled, nearest
from alertproof.telemetry.series import Floats, MetricType

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.selection import Source
    from alertproof.datadog.evaluation.windows import Windows
    from alertproof.tags import Group

__all__ = ["FUNCTIONS", "LOOKS_ALONG", "looks_back", "modified", "of_call"]


class _Compute(Protocol):
    def __call__(self, expression: Expression, source: Source, windows: Windows, /) -> Frame: ...


def of_call(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Return what a function call is worth; raises `NotModelled`, naming it, for one that is not computed."""
    name = call.name
    if name in _NESTED and any(isinstance(argument, Grouping) for argument in call.arguments):
        return _nested(call, source, windows, compute)
    if name in _ELEMENTWISE:
        return compute(_query(call), source, windows).mapped(_ELEMENTWISE[name](*_numbers(call)))
    if name in _ACROSS_BUCKETS:
        return _across_buckets(call, source, windows, compute)
    function = _top if _TOP.fullmatch(name) else _OTHERS.get(name)
    if function is None:
        raise NotModelled(f"the function {name}() is not modelled")
    return function(call, source, windows, compute)


# --- arguments ----------------------------------------------------------------------------------------


def _query(call: Call) -> Expression:
    first = call.arguments[0] if call.arguments else None
    if first is None or isinstance(first, Text | Word | Grouping) or not isinstance(first, Expression):
        raise NotModelled(f"{call.name}() without a query as its first argument")
    return first


def _number(argument: Argument) -> float | None:
    if isinstance(argument, Unary) and isinstance(argument.operand, Number):
        return -argument.operand.value if argument.sign == "-" else argument.operand.value
    return argument.value if isinstance(argument, Number) else None


def _numbers(call: Call) -> list[float]:
    """Return the arguments behind the query, which are numbers; as many as the function takes."""
    found = [_number(argument) for argument in call.arguments[1:]]
    numbers = [number for number in found if number is not None]
    wanted = _ARITY.get(call.name, 0)
    if call.name == "round" and not found:
        return []
    if len(numbers) < len(found) or len(numbers) != wanted:
        raise NotModelled(f"{call.name}() with anything but a query and {wanted} number" + "s" * (wanted != 1))
    if call.name == "round" and not numbers[0].is_integer():
        raise NotModelled("round() to anything but a whole number of digits")
    return numbers


def _texts(call: Call) -> list[str]:
    return [argument.value for argument in call.arguments if isinstance(argument, Text)]


def _refuse_whole(name: str, windows: Windows) -> None:
    if windows.whole:
        raise NotModelled(
            f"{name}() looks from bucket to bucket, where the window is reduced first: in arithmetic with as_count()"
            " and in formulas over searches"
        )


# --- value by value [ARITH, EXCL, NESTED] -------------------------------------------------------------

Elementwise = Callable[[Floats], Floats]


def _cutoff(keeps: np.ufunc, limit: float) -> Elementwise:
    return lambda values: np.where(keeps(values, limit), values, np.nan)


def _remap(keeps: Callable[..., object]) -> Elementwise:
    return lambda values: np.where(np.isnan(values), np.nan, np.asarray(keeps(values), dtype=np.float64))


_ELEMENTWISE: dict[str, Callable[..., Elementwise]] = {
    "abs": lambda: np.abs,
    "ceil": lambda: np.ceil,
    "exp": lambda: np.exp,
    "floor": lambda: np.floor,
    "pow": lambda power: lambda values: np.power(values, power),
    "round": lambda digits=0: lambda values: np.round(values, int(digits)),
    "sqrt": lambda: np.sqrt,
    "log2": lambda: np.log2,
    "log10": lambda: np.log10,
    "clamp_min": lambda limit: partial(np.maximum, limit),
    "clamp_max": lambda limit: partial(np.minimum, limit),
    "cutoff_min": lambda limit: _cutoff(np.greater_equal, limit),
    "cutoff_max": lambda limit: _cutoff(np.less_equal, limit),
    "is_greater": lambda limit: _remap(lambda values: values > limit),
    "is_less": lambda limit: _remap(lambda values: values < limit),
    "is_between": lambda low, high: _remap(lambda values: (values > low) & (values < high)),
}
_ARITY = {
    "clamp_min": 1,
    "clamp_max": 1,
    "cutoff_min": 1,
    "cutoff_max": 1,
    "is_greater": 1,
    "is_less": 1,
    "is_between": 2,
    "pow": 1,
    "round": 1,
    "timeshift": 1,
    "default": 1,
}


# --- in time [SHIFT, INTERP, RATE, SMOOTH, ROLLUP] ----------------------------------------------------

_SHIFTS = {
    "hour_before": timedelta(hours=1),
    "day_before": timedelta(days=1),
    "week_before": timedelta(weeks=1),
    "month_before": timedelta(days=28),
}


def _shifted(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    if call.name == "timeshift":
        (seconds,) = _numbers(call)
        if seconds > 0:
            raise NotModelled("timeshift() into the future")
        seconds = -seconds
    else:
        _numbers(call)
        seconds = _SHIFTS[call.name].total_seconds()
    return compute(_query(call), source, windows.earlier(seconds))


def _default(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Fill every empty bucket; a gauge's value is first carried for five minutes [INTERP]."""
    value = _numbers(call)[0] if call.name == "default" else 0.0
    query = _query(call)
    if windows.whole and source.default_fills_buckets:
        return _default_in_buckets(query, value, source, windows, compute)
    is_gauge = isinstance(query, MetricQuery) and source.select(query).kind is MetricType.GAUGE
    counted = isinstance(query, MetricQuery) and is_zero_aligned(query) and not is_gauge
    # A formula's query is computed already, without the minutes before the windows from which to carry.
    ready = isinstance(query, Reference)
    carries = call.name == "default_zero" and not counted and not ready and not windows.whole
    wider = windows.with_lead(300.0) if carries else windows
    found = compute(query, source, wider)
    values = found.settled
    if carries:
        values = carried(values, windows.step)[:, :, wider.lead - windows.lead :]
    values = np.where(np.isnan(values), value, values)
    return Frame(found.by, found.groups, values, np.ones(values.shape, dtype=bool), value)


def _default_in_buckets(query: Expression, value: float, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Add up the buckets of windows that are reduced as a whole, the empty ones being ``value``."""
    found = compute(query, source, windows)
    values = np.full(found.values.shape, value)
    rollup = query.modifier("rollup") if isinstance(query, MetricQuery) else None
    steps = np.array([step_of(rollup, default_step(each)) for each in (windows.ends - windows.starts).tolist()])
    for step in sorted(set(steps.tolist())):
        alike = np.flatnonzero(steps == step)
        for where, portion in windows.at(alike).in_buckets(step).portions(len(found.groups)):
            buckets = compute(query, source, portion).settled
            values[:, alike[where], 0] = np.where(np.isnan(buckets), value, buckets).sum(axis=-1)
    return Frame(found.by, found.groups, values, np.ones(values.shape, dtype=bool), value)


def _across_buckets(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Apply a function along the buckets; the rates of change are those of each series, not of the group [RATE]."""
    _refuse_whole(call.name, windows)
    _numbers(call)
    function, per_series = _ACROSS_BUCKETS[call.name]
    query = _query(call)

    def apply(cells: Floats, times: Floats) -> Floats:
        lead = windows.lead
        result = np.full(cells.shape, np.nan)
        with np.errstate(all="ignore"):
            result[:, :, lead:] = finite(function(cells[:, :, lead:], times[None, :, lead:], windows.step))
        return result

    if per_series and isinstance(query, MetricQuery):
        return operand(query, source, windows, per_series=apply)
    found = compute(query, source, windows)
    return found.replaced(apply(found.settled, windows.times))


_ACROSS_BUCKETS: dict[str, tuple[smoothing.AcrossBuckets, bool]] = {
    "cumsum": (smoothing.cumsum, False),
    "integral": (smoothing.integral, False),
    "diff": (smoothing.diff, True),
    "monotonic_diff": (smoothing.monotonic_diff, True),
    "dt": (smoothing.elapsed, True),
    "derivative": (smoothing.derivative(1), True),
    "per_second": (smoothing.derivative(1), True),
    "per_minute": (smoothing.derivative(60), True),
    "per_hour": (smoothing.derivative(3600), True),
    "throughput": (smoothing.throughput, False),
    **{f"ewma_{span}": (smoothing.ewma(span), False) for span in (3, 5, 7, 10, 20)},
    **{f"median_{span}": (smoothing.median(span), False) for span in (3, 5, 7, 9)},
}


def _moving_rollup(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Reduce, at each bucket, the seconds up to its end [ROLLUP]."""
    _refuse_whole(call.name, windows)
    texts, spans = _texts(call), [_number(argument) for argument in call.arguments[1:2]]
    seconds = spans[0] if spans else None
    wanted = len(call.arguments) == 2 + len(texts[:1]) and seconds is not None and 0 < seconds <= LONGEST_REACH
    if seconds is None or not wanted or seconds % windows.step:
        raise NotModelled(
            f"moving_rollup() with anything but a query, a multiple of the rollup interval ({windows.step:g} s), at"
            " most a month, and a method in quotes"
        )
    how = texts[0] if texts else "avg"
    if how not in TIME_AGGREGATORS:
        raise NotModelled(f"moving_rollup(.., {how!r}){nearest(how, TIME_AGGREGATORS)}")
    wider = windows.with_lead(seconds)
    found = compute(_query(call), source, wider)
    values = smoothing.moving(how, found.settled, int(seconds // windows.step))
    return found.replaced(values[:, :, wider.lead - windows.lead :])


def looks_back(expression: Expression, longest_fill: float) -> float:
    """Return how many seconds before a window the fills and moving rollups of an expression look, all together."""
    fills = (
        fill_of(node, longest_fill) for node in walk(expression) if isinstance(node, Modifier) and node.name == "fill"
    )
    calls = (node for node in walk(expression) if isinstance(node, Call) and node.name == "moving_rollup")
    spans = (_number(call.arguments[1]) or 0.0 for call in calls)
    return sum(fill[1] for fill in fills if fill) + sum(spans)


def modified(expression: Modified, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Apply the modifiers behind a parenthesis or a call: ``.fill(..)`` and ``.rollup(..)`` [NESTED, FILL]."""
    name = next((each.name for each in expression.modifiers if each.name not in {"fill", "rollup"}), None)
    if name is not None:
        raise NotModelled(f".{name}() behind a parenthesis is not modelled")
    for modifier in expression.modifiers:
        _refuse_whole(f".{modifier.name}", windows)
    fills = [fill_of(each, source.longest_fill) if each.name == "fill" else None for each in expression.modifiers]
    wider = windows.with_lead(sum(fill[1] for fill in fills if fill))
    found = compute(expression.operand, source, wider)
    for modifier, fill in zip(expression.modifiers, fills, strict=True):
        values = found.settled
        changed = filled(fill[0], values, wider.step, fill[1]) if fill else _rolled_up_again(modifier, values, wider)
        found = found.replaced(changed)
    added = wider.lead - windows.lead
    # A constant has one bucket, however wide the windows are.
    return found.replaced(found.settled[:, :, added:]) if found.values.shape[-1] > added else found


def _rolled_up_again(modifier: Modifier, values: Floats, windows: Windows) -> Floats:
    words = [argument.text for argument in modifier.arguments if isinstance(argument, Word)] or ["avg"]
    step = step_of(modifier, windows.step)
    if step % windows.step or words[0] not in TIME_AGGREGATORS:
        raise NotModelled(f".rollup({words[0]}, {step:g}) of buckets of {windows.step:g} s")
    return smoothing.coarser(words[0], values, windows.times, step, windows.lead)


# --- across groups [COUNT, RANK, NESTED] --------------------------------------------------------------

_NESTED = ("sum", "avg", "min", "max", "stddev", "count")


def _counted(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Count the groups that have a value, or one other than 0, in each bucket [COUNT]."""
    _numbers(call)
    frame = compute(_query(call), source, windows)
    values = frame.settled
    known = np.isfinite(values)
    counts = ((values != 0) & known if call.name == "count_nonzero" else known).sum(axis=0, dtype=np.float64)
    return replace(frame, by=(), groups=((),)).replaced(np.where(known.any(axis=0), counts, np.nan)[None])


def _same(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Return the query: a group that lacks a tag is none in a monitor [NODATA], so that exclude_null() drops none."""
    return compute(_query(call), source, windows)


def _nested(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Aggregate a grouped query again, into coarser groups [NESTED]."""
    found = compute(_query(call), source, windows)
    groupings = [argument for argument in call.arguments if isinstance(argument, Grouping)]
    by = tuple(sorted(set(groupings[0].tags)))
    if len(call.arguments) != 2 or not set(by) <= set(found.by):
        raise NotModelled(f"{call.name}(.., {{{','.join(by)}}}) over a query that groups by {{{','.join(found.by)}}}")
    gathered: dict[Group, list[int]] = {}
    for number, group in enumerate(found.groups):
        gathered.setdefault(tuple(tag for tag in group if tag.key in by), []).append(number)
    groups = tuple(sorted(gathered))
    if not groups:
        return replace(found, by=by).replaced(found.settled)
    order = [number for group in groups for number in gathered[group]]
    values = space_aggregated(call.name, found.settled[order], [len(gathered[group]) for group in groups])
    return replace(found, by=by, groups=groups).replaced(values)


_TOP = re.compile(r"(top|bottom)([0-9]+)(?:_(mean|min|max|sum|last|area|l2norm|norm))?")


def _top(call: Call, source: Source, windows: Windows, compute: _Compute) -> Frame:
    """Keep the groups that rank first, at each evaluation anew [RANK]."""
    found = compute(_query(call), source, windows)
    short = _TOP.fullmatch(call.name)
    if short:
        _numbers(call)
        limit, how, descending = int(short[2]), short[3] or "mean", short[1] == "top"
    else:
        texts, limits = _texts(call), [_number(argument) for argument in call.arguments[1:2]]
        wanted = len(call.arguments) == 4 and len(texts) == 2 and texts[1] in {"asc", "desc"}
        if not wanted or limits[0] is None or limits[0] < 1 or not limits[0].is_integer():
            raise NotModelled("top() with anything but a query, a whole number, a method and 'asc' or 'desc'")
        limit, how, descending = int(limits[0]), texts[0], texts[1] == "desc"
    return found.replaced(ranked(found.settled, windows.lead, limit, how, descending=descending))


_OTHERS = {
    "count_nonzero": _counted,
    "count_not_null": _counted,
    "default": _default,
    "default_zero": _default,
    "exclude_null": _same,
    "moving_rollup": _moving_rollup,
    "timeshift": _shifted,
    "top": _top,
    **dict.fromkeys(_SHIFTS, _shifted),
}
#: The functions that look from bucket to bucket.
LOOKS_ALONG = frozenset(_ACROSS_BUCKETS)
#: The names of all functions that are computed, but for those such as ``top5_mean``.
FUNCTIONS = tuple(sorted({*_ELEMENTWISE, *_ACROSS_BUCKETS, *_OTHERS}))
