"""What a monitor's query is worth for each group, at one instant or at all those of a timeline at once."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeVar

import numpy as np
from msgspec.structs import replace

from alertproof.datadog.evaluation.expression import evaluate, evaluate_formula, metric_queries
from alertproof.datadog.evaluation.frame import Frame, arithmetic, finite, projected, settled
from alertproof.datadog.evaluation.functions import looks_back
from alertproof.datadog.evaluation.ranges import mean_within
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.monitor.check_query import check_selection, check_verdicts
from alertproof.datadog.monitor.definition import evaluation_window
from alertproof.datadog.monitor.event_query import EventQuery, Found, events_by_group, processes_once
from alertproof.datadog.monitor.observation import Observation, Observations
from alertproof.datadog.monitor.slo_alert import slo_queries, slo_values
from alertproof.datadog.monitor.spans import reduction_of, windows_of
from alertproof.datadog.query.grouping import unequal_sides
from alertproof.datadog.query.tree import (
    Call,
    Change,
    CheckMonitor,
    CompositeMonitor,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    MetricQuery,
    SloAlert,
    walk,
)
from alertproof.errors import NotModelled
from alertproof.tags import EVERYTHING, Group
from alertproof.telemetry.evidence import GIVEN, GIVEN_RECOVERY
from alertproof.telemetry.series import SeriesStore

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable
    from datetime import datetime

    from alertproof.datadog.evaluation.frame import Flags
    from alertproof.datadog.evaluation.selection import Selection
    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.slo import Slos
    from alertproof.telemetry.evidence import Evidence
    from alertproof.telemetry.series import Floats, Series

__all__ = ["observe", "observe_timeline", "queries_of", "takes_given"]

_Array = TypeVar("_Array", "Floats", "Flags")
_DAY = 86400.0
#: Aggregators that make of a single bucket what it holds.
_OF_ONE = frozenset({"avg", "max", "min", "sum"})
_GIVEN_CALLS = ("anomalies", "forecast", "outliers")
# The buckets of require_full_window by the unit of the window, in seconds [METRIC].
_FULL_WINDOW_BUCKET = {"m": 60.0, "h": 600.0, "d": 3600.0, "w": 3600.0, "mo": 4 * 3600.0}


def observe(
    definition: Definition,
    store: SeriesStore,
    at: datetime,
    *,
    slos: Slos,
    assumptions: Assumptions,
    evidence: Evidence | None = None,
) -> dict[Group, Observation]:
    """Evaluate a monitor once: :func:`observe_timeline` of a single instant, by group."""
    instants = np.array([at.timestamp()])
    found = observe_timeline(definition, store, instants, slos=slos, assumptions=assumptions, evidence=evidence)
    return {group: found.of(number, 0) for number, group in enumerate(found.groups)}


@np.errstate(all="ignore")  # what is beyond all numbers is no value, which the answer says
def observe_timeline(
    definition: Definition,
    store: SeriesStore,
    instants: Floats,
    *,
    slos: Slos,
    assumptions: Assumptions,
    evidence: Evidence | None = None,
) -> Observations:
    """Evaluate a monitor at each instant t over the points with ``t - delay - window <= time < t - delay`` [CFG].

    ``instants`` are sorted epoch seconds. Each group that ever has a point is in the answer; the group of a simple
    alert always is. What is found at an instant does not depend on the others. Raises `NotModelled` for a query or
    an option that is not evaluated, whatever the store holds, and for a query that the metric's type has no answer
    to, which only its points tell.
    """
    given = evidence.given if evidence is not None and takes_given(definition) else None
    for option in definition.options.not_modelled:
        if given is None or option != "threshold_windows":
            raise NotModelled(f"the option {option!r} is not modelled")
    ends = instants - definition.options.evaluation_delay.total_seconds()
    longest = assumptions.longest_fill
    source = Source(
        store,
        sketch_accuracy=assumptions.sketch_accuracy,
        longest_fill=longest.total_seconds() if longest else np.inf,
        default_fills_buckets=assumptions.default_fills_count_buckets,
    )
    tree = definition.tree
    if given is not None:
        return _observe_given(definition, given, instants, ends)
    if isinstance(tree, EventMonitor | FormulaMonitor):
        return _observe_events(definition, evidence, instants, ends, assumptions)
    if isinstance(tree, CheckMonitor):
        worse = assumptions.checks_count_worse_statuses
        return _observe_checks(definition, tree, evidence, instants, ends, worse_count=worse)
    if isinstance(tree, CompositeMonitor):
        raise NotModelled("composite monitors are not evaluated here: the states of others are not at hand")
    if isinstance(tree, SloAlert):
        computed = {EVERYTHING: slo_values(tree, source, ends, slos)}
    else:
        computed = _metric_values(tree, source, ends, definition, assumptions)
    by = definition.group_by
    selections = [source.select(query) for query in queries_of(definition, slos) if set(by) <= set(query.by)]
    seen = ends + 1 if assumptions.window_includes_end else ends
    last = _per_group(selections, by, lambda times: _newest(times, seen), np.fmax)
    first = _per_group(selections, by, lambda times: _oldest(times, ends - _DAY, ends), np.fmin)
    groups = tuple(sorted(last.keys() | ({EVERYTHING} if not definition.group_by else set())))
    values = _rows(computed, groups, ends)
    if definition.options.require_full_window and isinstance(tree, MetricMonitor):
        full = _per_group(selections, by, lambda times: _filled(times, ends, tree), np.logical_or)
        empty = np.zeros((len(ends), 1), dtype=bool)
        is_full = np.array([_is_full(full.get(group, empty)) for group in groups], dtype=bool)
        values = np.where(is_full.reshape(values.shape), values, np.nan)
    return Observations(
        instants=instants,
        groups=groups,
        values=values,
        last_points=_rows(last, groups, ends),
        first_recent=_rows(first, groups, ends),
    )


def _rows(found: dict[Group, Floats], groups: tuple[Group, ...], ends: Floats) -> Floats:
    nothing = np.full(len(ends), np.nan)
    rows = [found.get(group, nothing) for group in groups]
    if rows and all(row is rows[0] for row in rows):
        return np.broadcast_to(rows[0], (len(rows), len(ends)))
    return np.array(rows).reshape(len(groups), len(ends))


def _observe_events(
    definition: Definition, evidence: Evidence | None, instants: Floats, ends: Floats, assumptions: Assumptions
) -> Observations:
    """Count or aggregate the records of each window; a group is there as long as its records are kept."""
    if evidence is None:
        raise NotModelled(f"{definition.type} monitors are not evaluated here: there are no records to search")
    windows = Windows(ends - evaluation_window(definition).total_seconds(), ends)
    once = assumptions.processes_are_counted_once
    searches = [(name, processes_once(query) if once else query) for name, query in definition.searches]
    found = {name: events_by_group(query, evidence.records) for name, query in searches}
    frames = {name: _event_frame(query, found[name], windows) for name, query in searches}
    tree = definition.tree
    frame = _formula(tree, frames, windows) if isinstance(tree, FormulaMonitor) else frames[""]
    last: dict[Group, Floats] = {}
    first: dict[Group, Floats] = {}
    by = definition.group_by
    grouped = [name for name, query in definition.searches if set(by) <= set(query.by)]
    for whole, each in ((group, each) for name in grouped for group, each in found[name].items()):
        group = projected(whole, by)
        last[group] = np.fmax(last.get(group, np.nan), _newest(each.times, ends))
        first[group] = np.fmin(first.get(group, np.nan), _oldest(each.times, ends - _DAY, ends))
    groups = tuple(sorted(last.keys() | ({EVERYTHING} if not definition.group_by else set())))
    return Observations(
        instants=instants,
        groups=groups,
        values=_rows(dict(zip(frame.groups, frame.settled[:, :, 0], strict=True)), groups, ends),
        last_points=_rows(last, groups, ends),
        first_recent=_rows(first, groups, ends),
    )


def _observe_checks(
    definition: Definition,
    tree: CheckMonitor,
    evidence: Evidence | None,
    instants: Floats,
    ends: Floats,
    *,
    worse_count: bool,
) -> Observations:
    if evidence is None:
        raise NotModelled("service check monitors are not evaluated here: there are no statuses")
    selection = check_selection(tree, evidence.checks)
    verdicts = check_verdicts(tree, selection, ends, definition.options.thresholds, worse_count=worse_count)
    by = definition.group_by
    last = _per_group([selection], by, lambda times: _newest(times, ends), np.fmax)
    first = _per_group([selection], by, lambda times: _oldest(times, ends - _DAY, ends), np.fmin)
    groups = tuple(sorted(last.keys() | ({EVERYTHING} if not definition.group_by else set())))
    nothing = np.full(len(ends), -1, dtype=np.int8)
    rows = np.array([verdicts.get(group, nothing) for group in groups], dtype=np.int8)
    return Observations(
        instants=instants,
        groups=groups,
        values=np.full((len(groups), len(ends)), np.nan),
        last_points=_rows(last, groups, ends),
        first_recent=_rows(first, groups, ends),
        verdicts=rows.reshape(len(groups), len(ends)),
    )


def takes_given(definition: Definition) -> bool:
    """Tell whether only Datadog knows the query's numbers, so that a test has to give them [ANOM, OUTL, FCST]."""
    tree = definition.tree
    return isinstance(tree, MetricMonitor) and any(
        isinstance(node, Call) and node.name in _GIVEN_CALLS for node in walk(tree.expression)
    )


def _observe_given(definition: Definition, given: SeriesStore, instants: Floats, ends: Floats) -> Observations:
    """Take each group's value from the last point before the evaluation's end, for as long as a window is."""
    found = {tuple(sorted(series.tags)): series for series in given.select(GIVEN)}
    recovering = {tuple(sorted(series.tags)): series for series in given.select(GIVEN_RECOVERY)}
    groups = tuple(sorted(found.keys() | ({EVERYTHING} if not definition.group_by else set())))
    last = {group: _newest(series.times, ends) for group, series in found.items()}
    since = ends - evaluation_window(definition).total_seconds()
    values = _rows({group: _latest(series, since, ends) for group, series in found.items()}, groups, ends)
    other = _rows({group: _latest(series, since, ends) for group, series in recovering.items()}, groups, ends)
    first = {group: _oldest(series.times, ends - _DAY, ends) for group, series in found.items()}
    return Observations(
        instants=instants,
        groups=groups,
        values=values,
        last_points=_rows(last, groups, ends),
        first_recent=_rows(first, groups, ends),
        recovering=np.where(np.isnan(other), values, other) if recovering else None,
    )


def _latest(series: Series, since: Floats, ends: Floats) -> Floats:
    value: Floats = np.append(series.values, np.nan)[np.searchsorted(series.times, ends) - 1]
    return np.where(_newest(series.times, ends) >= since, value, np.nan)


def _event_frame(query: EventQuery, found: dict[Group, Found], windows: Windows) -> Frame:
    """Return a search's value in each window; where a formula's other query has one, no record counts 0."""
    groups = tuple(sorted(found))
    rows = [found[group].values(windows.starts, windows.ends) for group in groups]
    values = np.array(rows).reshape(len(groups), len(windows.ends), 1)
    present = np.isfinite(values)
    absent = 0.0 if query.counts else np.nan
    return Frame(query.by, groups, np.where(present, values, absent), present, absent)


def _formula(tree: FormulaMonitor, frames: dict[str, Frame], windows: Windows) -> Frame:
    return evaluate_formula(tree.formula.expression, Source(SeriesStore(), frames), windows)


def queries_of(definition: Definition, slos: Slos) -> tuple[MetricQuery, ...]:
    """Return the metric queries that a monitor reads, those of its SLO included."""
    tree = definition.tree
    if isinstance(tree, EventMonitor | FormulaMonitor | CheckMonitor | CompositeMonitor):
        return ()
    return slo_queries(tree, slos) if isinstance(tree, SloAlert) else metric_queries(tree.expression)


# --- what the points tell -----------------------------------------------------------------------------


def _per_group(
    selections: Iterable[Selection], by: tuple[str, ...], of_times: Callable[[Floats], _Array], merge: np.ufunc
) -> dict[Group, _Array]:
    """Compute something from the times of the series behind each group of ``by``, those of all its queries together."""
    found: dict[Group, _Array] = {}
    once: dict[int, _Array] = {}

    def of_known(times: Floats) -> _Array:
        """Compute it once for the times that several series have, which are then one array."""
        if id(times) not in once:
            once[id(times)] = of_times(times)
        return once[id(times)]

    for selection in selections:
        for whole, computed in zip(selection.groups, selection.by_group(of_known, merge), strict=True):
            group = projected(whole, by)
            known = found.setdefault(group, computed)
            if known is not computed:
                found[group] = merge(known, computed)
    return found


def _newest(times: Floats, ends: Floats) -> Floats:
    places = np.searchsorted(times, ends)
    return np.where(places > 0, np.append(times, np.nan)[places - 1], np.nan)


def _oldest(times: Floats, starts: Floats, ends: Floats) -> Floats:
    low, high = np.searchsorted(times, starts), np.searchsorted(times, ends)
    return np.where(low < high, np.append(times, np.nan)[low], np.nan)


def _filled(times: Floats, ends: Floats, tree: MetricMonitor) -> Flags:
    """Tell which buckets of each window hold a point, counted from its start [METRIC]."""
    window = tree.head.window
    length, size = window.length.total_seconds(), _FULL_WINDOW_BUCKET[window.unit]
    offsets = np.minimum(size * np.arange(math.ceil(length / size) + 1), length)
    places = np.searchsorted(times, (ends - length)[:, None] + offsets)
    filled: Flags = np.diff(places, axis=1) > 0
    return filled


def _is_full(filled: Flags) -> Flags:
    """Tell which windows have data in their first bucket and in all but 3 of the others [METRIC]."""
    full: Flags = filled[:, 0] & (filled.shape[1] - filled.sum(axis=1) <= 3)
    return full


# --- metric monitors ----------------------------------------------------------------------------------


def _metric_values(
    tree: MetricMonitor, source: Source, ends: Floats, definition: Definition, assumptions: Assumptions
) -> dict[Group, Floats]:
    if not assumptions.unequal_groups_meet and any(all(sides) for sides in unequal_sides(tree.expression)):
        raise NotModelled("arithmetic on queries that group by different tags")
    windows = windows_of(tree, source, ends, definition, assumptions)
    if assumptions.window_includes_end:
        windows = replace(windows, ends=windows.ends + 1)
    aggregator = reduction_of(tree).aggregator
    # A percentile's single bucket holds a single value.
    how = "max" if aggregator == "percentile" else aggregator
    series = sum(len(source.select(query).series) for query in metric_queries(tree.expression))
    found: dict[Group, Floats] = {}
    reach = looks_back(tree.expression, source.longest_fill)
    for where, portion in windows.portions(series, reach):
        frame = _frame(tree, source, portion)
        reduced = zip(frame.groups, _reduced(how, frame, len(where)), strict=True)
        if len(where) == len(ends):
            return dict(reduced)
        for group, values in reduced:
            found.setdefault(group, np.full(len(ends), np.nan))[where] = values
    return found


def _frame(tree: MetricMonitor, source: Source, windows: Windows) -> Frame:
    """Compute the expression, and for a change its difference to the same one earlier, bucket by bucket [CHANGE]."""
    now = evaluate(tree.expression, source, windows)
    if not isinstance(tree.head, Change):
        return now
    earlier = evaluate(tree.expression, source, windows.earlier(tree.head.distance.total_seconds()))
    return arithmetic(np.subtract if tree.head.kind == "change" else _percent, settled(now), settled(earlier))


def _percent(now: Floats, before: Floats) -> Floats:
    return (now - before) / before * 100


def _reduced(how: str, frame: Frame, instants: int) -> Floats:
    """Reduce the buckets of each window to ``(groups, instants)``; NaN where none has a value."""
    values = frame.settled
    if values.shape[-1] == 1 and how in _OF_ONE:
        return np.broadcast_to(finite(values[..., 0]), (len(frame.groups), instants))
    known = np.isfinite(values)
    match how:
        case "avg":
            found = mean_within(values, known)
        case "sum":
            found = np.where(known, values, 0.0).sum(axis=-1)
        case "min":
            found = np.where(known, values, np.inf).min(axis=-1, initial=np.inf)
        case "max":
            found = np.where(known, values, -np.inf).max(axis=-1, initial=-np.inf)
        case _:
            raise NotModelled(f"the aggregator {how!r}")
    found = np.where(known.any(axis=-1), found, np.nan)
    return np.broadcast_to(found, (len(frame.groups), instants))
