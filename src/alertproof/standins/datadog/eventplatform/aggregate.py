"""Aggregates of records: counts and measures of what a search finds, by facets, in all or over time."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

import msgspec
import numpy as np
from msgspec.structs import replace

from alertproof.datadog.monitor.event_query import EventQuery, Found, events_by_group
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.eventplatform.search import Filter, found, when
from alertproof.standins.datadog.eventplatform.store import RecordLog
from alertproof.standins.datadog.wire import ApiError
from alertproof.tags import Group
from alertproof.telemetry.records import RecordStore

__all__ = ["AggregateRequest", "Bucket", "aggregated"]

_UNITS = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_INTERVAL = re.compile(r"(\d{1,9})([smhdw]?)")
#: A series over time has about so many points where no interval is given [OPENAPI LogsCompute].
_POINTS = 150
_MOST_POINTS = 10_000
_MOST_BUCKETS = 10_000


class Compute(msgspec.Struct):
    """One thing to compute of each bucket."""

    aggregation: str
    metric: str | None = None
    type: Literal["timeseries", "total"] = "total"
    interval: str | None = None


class _Sort(msgspec.Struct):
    type: Literal["alphabetical", "measure"] = "alphabetical"
    order: Literal["asc", "desc"] = "asc"
    aggregation: str | None = None
    metric: str | None = None


class _GroupBy(msgspec.Struct):
    facet: str
    limit: int = 10
    sort: _Sort | None = None
    missing: str | float | None = None
    histogram: Any = None
    total: Any = None


class AggregateRequest(msgspec.Struct):
    """The body of an aggregation."""

    compute: list[Compute] = []
    filter: Filter = msgspec.field(default_factory=Filter)
    group_by: list[_GroupBy] = []


class Bucket(msgspec.Struct):
    """The values of one group: ``by`` are its facets, ``computes`` are called c0, c1 and so on."""

    by: dict[str, str]
    computes: dict[str, Any]


def aggregated(log: RecordLog, kind: str, asked: AggregateRequest, now: datetime) -> list[Bucket]:
    """Return the buckets that are asked for; raises `ApiError` 400 for what cannot be read or is not modelled."""
    start, end = when(str(asked.filter.from_), now), when(str(asked.filter.to), now)
    for group in asked.group_by:
        if group.histogram is not None or group.total not in (None, False):
            raise ApiError(400, "group_by by histogram or with a total is not modelled")
    store = RecordStore()
    for kept in found(log, kind, asked.filter, now):
        filled = {group.facet.removeprefix("@"): group.missing for group in asked.group_by if group.missing is not None}
        attributes = {**filled, **kept.record.attributes} if filled else kept.record.attributes
        store.write(kind, replace(kept.record, attributes=attributes))
    by = tuple(group.facet for group in asked.group_by)
    computes = asked.compute or [Compute(aggregation="count")]
    tables = [_by_group(store, kind, by, each.aggregation, each.metric) for each in computes]
    groups = list(dict.fromkeys(group for table in tables for group in table))
    kept_groups = _ordered(groups, asked.group_by, store, kind)
    return [
        Bucket(
            by={facet: _value(group, facet) for facet in by},
            computes=dict(_computed(computes, [table.get(group) for table in tables], start, end)),
        )
        for group in kept_groups
    ]


def _by_group(store: RecordStore, kind: str, by: tuple[str, ...], how: str, metric: str | None) -> dict[Group, Found]:
    measure = None if how == "count" else metric
    try:
        query = EventQuery(kind=kind, search=None, how=how, measure=measure, by=tuple(sorted(set(by))))
        return events_by_group(query, store)
    except AlertproofError as error:
        raise ApiError(400, str(error)) from error


def _value(group: Group, facet: str) -> str:
    return next(tag.value for tag in group if tag.key == facet)


def _computed(
    computes: Sequence[Compute], values: Sequence[Found | None], start: datetime, end: datetime
) -> Iterator[tuple[str, Any]]:
    for number, (compute, each) in enumerate(zip(computes, values, strict=True)):
        if compute.type == "total":
            # The end of a search is part of it, that of a window is not.
            total = _window(each, start.timestamp(), end.timestamp() + 1e-3)
            if total is not None:
                yield f"c{number}", total
        else:
            yield f"c{number}", list(_over_time(compute, each, start, end))


def _window(values: Found | None, low: float, high: float) -> float | None:
    value = np.nan if values is None else values.values(np.array([low]), np.array([high]))[0]
    return float(value) if np.isfinite(value) else None


def _over_time(compute: Compute, values: Found | None, start: datetime, end: datetime) -> Iterator[dict[str, Any]]:
    """Yield the values of intervals that are aligned to UNIX time; an empty one is left out [CASS]."""
    step = _interval(compute.interval, end - start)
    first = np.floor(start.timestamp() / step) * step
    starts = np.arange(first, end.timestamp() + 1e-3, step)
    if len(starts) > _MOST_POINTS:
        raise ApiError(400, f"an interval of {compute.interval} gives {len(starts)} points, more than {_MOST_POINTS}")
    found_values = np.full(len(starts), np.nan) if values is None else values.values(starts, starts + step)
    for at, value in zip(starts.tolist(), found_values.tolist(), strict=True):
        if np.isfinite(value):
            stamp = datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
            yield {"time": stamp, "value": value}


def _interval(text: str | None, span: timedelta) -> float:
    if text is None:
        return max(1.0, float(np.ceil(span.total_seconds() / _POINTS)))
    match = _INTERVAL.fullmatch(text)
    if match is None or not int(match[1]):
        raise ApiError(400, f"an interval is written as 5m, got {text[:100]!r}")
    # Without a unit it is in milliseconds, as instants are.
    return int(match[1]) * _UNITS[match[2]] if match[2] else max(0.001, int(match[1]) / 1000)


def _worth(table: dict[Group, Found], facet: str) -> Callable[[str], float]:
    worth = {_value(group, facet): _window(values, -np.inf, np.inf) for group, values in table.items()}

    def of(name: str) -> float:
        value = worth.get(name)
        return -np.inf if value is None else value

    return of


def _ordered(groups: Sequence[Group], wanted: Sequence[_GroupBy], store: RecordStore, kind: str) -> list[Group]:
    """Return the groups in the order of their facets, each facet's values as many as its limit."""
    kept = list(groups)
    for group in reversed(wanted):
        sort = group.sort or _Sort()
        table = _by_group(store, kind, (group.facet,), sort.aggregation or "count", sort.metric)
        names = sorted({_value(each, group.facet) for each in groups})
        if sort.type == "measure":
            names.sort(key=_worth(table, group.facet))
        if sort.order == "desc":
            names.reverse()
        rank = {name: number for number, name in enumerate(names[: group.limit])}
        kept = [each for each in kept if _value(each, group.facet) in rank]
        kept.sort(key=lambda each: rank[_value(each, group.facet)])
    return kept[:_MOST_BUCKETS]
