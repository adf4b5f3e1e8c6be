"""What a service check's query says: consecutive statuses of each group, or a share of all of them [SVC]."""

from __future__ import annotations

from datetime import timedelta
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from alertproof.datadog.evaluation.selection import Selection
from alertproof.datadog.monitor.observation import State, verdict_of
from alertproof.datadog.query.tree import CheckMonitor
from alertproof.errors import NotModelled
from alertproof.tags import EVERYTHING, Group, Tag, Tags, parse_tag

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog.monitor.definition import Thresholds
    from alertproof.telemetry.series import Floats, Series, SeriesStore

__all__ = ["CHECK_WINDOW", "check_by", "check_selection", "check_verdicts", "require_modelled_check"]

#: A check that has not reported for so long decides nothing; our own reading, Datadog does not say.
CHECK_WINDOW = timedelta(minutes=5)
#: Statuses as numbers [DSD].
_OK, _WARNING, _CRITICAL, _UNKNOWN = range(4)
_CALLS = ("by", "count_by_status", "exclude", "last", "over", "pct_by_status")

Verdicts = NDArray[np.int8]


def check_by(tree: CheckMonitor) -> tuple[str, ...]:
    """Return the tags that the check is grouped by, sorted; ``*`` stands for one group of all."""
    return tuple(sorted({tag for text in tree.texts("by") for tag in text.split(",") if tag != "*"}))


def require_modelled_check(tree: CheckMonitor) -> None:
    """Raise `NotModelled`, naming the call, for a query that is not evaluated."""
    unknown = next((call.name for call in tree.calls if call.name not in _CALLS), None)
    if unknown is not None:
        raise NotModelled(f".{unknown}() of a service check is not modelled")


def check_selection(tree: CheckMonitor, store: SeriesStore) -> Selection:
    """Return the check's statuses by group: those with all tags of ``over`` and none of ``exclude``."""
    wanted = [parse_tag(text) for text in tree.texts("over") if text != "*"]
    excluded = [parse_tag(text) for text in tree.texts("exclude")]
    by = check_by(tree)
    found: dict[Group, list[Series]] = {}
    for series in store.select(tree.check.value):
        if all(tag in series.tags for tag in wanted) and not any(tag in series.tags for tag in excluded):
            group = _group(by, series.tags)
            if group is not None:
                found.setdefault(group, []).append(series)
    return Selection(found)


def _group(by: tuple[str, ...], tags: Tags) -> Group | None:
    values = {key: sorted(tag.value for tag in tags if tag.key == key) for key in by}
    if not all(values.values()):
        return None
    return tuple(Tag(key, values[key][0]) for key in by) if by else EVERYTHING


def check_verdicts(
    tree: CheckMonitor, selection: Selection, ends: Floats, thresholds: Thresholds, *, worse_count: bool = False
) -> Mapping[Group, Verdicts]:
    """Return the verdict on each group at each instant, -1 where nothing decides.

    ``worse_count`` says that a critical status is one of a run of warnings too.
    """
    of_group = _shares if tree.percent else partial(_runs, worse_count=worse_count)
    return {group: of_group(selection, number, ends, thresholds) for number, group in enumerate(selection.groups)}


def _runs(selection: Selection, number: int, ends: Floats, thresholds: Thresholds, *, worse_count: bool) -> Verdicts:
    """Count the last statuses that are alike: so many of a kind lead to its state, fewer leave things as they are."""
    pool = selection.pool(number)
    verdicts: Verdicts = np.full(len(ends), -1, dtype=np.int8)
    if not len(pool.times):
        return verdicts
    run = _lengths(pool.values)
    last = np.searchsorted(pool.times, ends) - 1
    known = (last >= 0) & (pool.times[last] >= ends - CHECK_WINDOW.total_seconds())
    status, length = pool.values[last], run[last]
    for kind, limit, state in (
        (_OK, thresholds.ok or 1, State.OK),
        (_WARNING, thresholds.warning or 1, State.WARN),
        (_CRITICAL, thresholds.critical, State.ALERT),
        (_UNKNOWN, thresholds.unknown or 1, State.UNKNOWN),
    ):
        verdicts[known & (status == kind) & (length >= limit)] = verdict_of(state)
    if worse_count:
        bad = np.isin(status, (_WARNING, _CRITICAL)) & (verdicts < 0)
        trailing = _lengths(np.where(pool.values == _CRITICAL, _WARNING, pool.values))[last]
        verdicts[known & bad & (trailing >= (thresholds.warning or 1))] = verdict_of(State.WARN)
    return verdicts


def _lengths(statuses: Floats) -> NDArray[np.intp]:
    """Return for each status how many alike it ends."""
    fresh = np.concatenate(([True], statuses[1:] != statuses[:-1]))
    places = np.arange(len(statuses))
    lengths: NDArray[np.intp] = places - np.maximum.accumulate(np.where(fresh, places, 0)) + 1
    return lengths


def _shares(selection: Selection, number: int, ends: Floats, thresholds: Thresholds) -> Verdicts:
    """Compare the percentage of the latest statuses, one for each combination of tags, with the thresholds."""
    members = [selection.series[row] for row in selection.members[number]]
    rows = []
    for series in members:
        last = np.searchsorted(series.times, ends) - 1
        known = (last >= 0) & (series.times[last] >= ends - CHECK_WINDOW.total_seconds())
        rows.append(np.where(known, series.values[last], np.nan))
    latest = np.array(rows)
    reporting = np.isfinite(latest).sum(axis=0)
    with np.errstate(all="ignore"):
        critical = 100 * (latest == _CRITICAL).sum(axis=0) / reporting
        warning = 100 * (latest == _WARNING).sum(axis=0) / reporting
    verdicts: Verdicts = np.where(reporting > 0, verdict_of(State.OK), -1).astype(np.int8)
    if thresholds.warning is not None:
        verdicts[warning >= thresholds.warning] = verdict_of(State.WARN)
    verdicts[critical >= thresholds.critical] = verdict_of(State.ALERT)
    return verdicts
