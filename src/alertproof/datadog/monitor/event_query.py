"""What an event-platform query is worth: records of a window counted, or a measure of them aggregated [LOG, EVENT]."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from itertools import product
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from alertproof.datadog.evaluation.processes import found_processes, require_process_search
from alertproof.datadog.evaluation.ranges import Ranks, aggregate_ranges
from alertproof.datadog.evaluation.search import facet_values, found_by, shown
from alertproof.datadog.query.tree import EventMonitor, FormulaMonitor, SearchExpression, Window
from alertproof.errors import NotModelled
from alertproof.tags import EVERYTHING, Group, Tag, parse_tag

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.frame import Flags
    from alertproof.datadog.evaluation.ranges import Indices
    from alertproof.telemetry.records import Records, RecordStore
    from alertproof.telemetry.series import Floats

__all__ = ["DATA_SOURCES", "EventQuery", "Found", "event_query", "events_by_group", "processes_once", "window_of"]

#: Which kind of record each source searches. Error tracking of one product searches its records [ERRT].
_KINDS = {
    "logs": "logs",
    "events": "events",
    "rum": "rum",
    "trace-analytics": "spans",
    "audits": "audits",
    "ci-pipelines": "ci-pipelines",
    "ci-tests": "ci-tests",
    "database-monitoring": "database-monitoring",
    "network-performance": "network-performance",
    "network-path": "network-path",
    "llm-observability": "llm-observability",
    "processes": "processes",
    "error-tracking": "error-tracking",
    "error-tracking-logs": "logs",
    "error-tracking-rum": "rum",
    "error-tracking-traces": "spans",
}
#: Which kind of record each data source of a formula's variable searches [OPENAPI].
DATA_SOURCES = {
    "audit": "audits",
    "ci_pipelines": "ci-pipelines",
    "ci_tests": "ci-tests",
    "database_queries": "database-monitoring",
    "events": "events",
    "logs": "logs",
    "network": "network-performance",
    "network_path": "network-path",
    "rum": "rum",
    "spans": "spans",
}
#: A value that an attribute may have: this text; any; or none at all.
_ANY, _NONE = "*", ""
#: The states of an issue of which a monitor tells: where a record says none, it is still to be reviewed [ERRT].
_STATES = {
    "new": ("issue.state", ("For Review", _NONE)),
    "impact": ("issue.state", ("For Review", "Reviewed", _NONE)),
}
_CALLS = ("by", "impact", "index", "last", "new", "over", "rollup", "source")
_PERCENTILES = {"median": 50.0, "pc75": 75.0, "pc90": 90.0, "pc95": 95.0, "pc98": 98.0, "pc99": 99.0}
_MEASURES = ("avg", "max", "min", "sum")

_Values = Callable[["Indices", "Indices"], "Floats"]


class Found(Struct, frozen=True, eq=False):
    """The records of one group that a search finds: their times, sorted, and what a range of them is worth.

    ``rows`` are their numbers among all records of their kind.
    """

    times: Floats
    of_ranges: _Values
    rows: Indices

    def values(self, starts: Floats, ends: Floats) -> Floats:
        """Return the value of each window ``[start, end)``; NaN where it holds no record."""
        low, high = np.searchsorted(self.times, starts), np.searchsorted(self.times, ends)
        return np.where(high > low, self.of_ranges(low, high), np.nan)


class EventQuery(Struct, frozen=True, kw_only=True):
    """One search and what is made of its records: ``how`` they are aggregated, over which ``measure``."""

    kind: str
    search: SearchExpression | None
    how: str
    measure: str | None
    by: tuple[str, ...]
    indexes: tuple[str, ...] = ()
    over: tuple[str, ...] = ()
    """Tags that a record must have, all of them."""
    among: tuple[tuple[str, tuple[str, ...]], ...] = ()
    """The values that attributes may have."""
    identity: tuple[str, ...] = ()
    """Attributes that say which records are the same thing, counted once."""

    def __post_init__(self) -> None:
        known = self.how in {"count", "cardinality", *_MEASURES, *_PERCENTILES}
        if not known or (self.measure is None and self.how != "count"):
            said = self.how if self.measure is None else f"{self.how} of {self.measure}"
            raise NotModelled(f"the aggregation {said} over {self.kind} is not modelled")

    @property
    def counts(self) -> bool:
        """Tell whether it counts records, so that none of them is 0."""
        return self.how == "count"


def window_of(tree: EventMonitor | FormulaMonitor) -> timedelta:
    """Return the evaluation window, of ``last("5m")``."""
    (text,) = tree.texts("last")
    return Window("last", int(text[: -2 if text.endswith("mo") else -1]), text.lstrip("0123456789")).length


def event_query(tree: EventMonitor) -> EventQuery:
    """Return what the monitor searches; raises `NotModelled`, naming the form, for what is not evaluated."""
    if tree.source not in _KINDS:
        raise NotModelled(f"{tree.source}(..) monitor queries are not modelled")
    unknown = next((call.name for call in tree.calls if call.name not in _CALLS), None)
    if unknown is not None:
        raise NotModelled(f".{unknown}() of a {tree.source}(..) query is not modelled")
    how, *measures = tree.texts("rollup") or ("count",)
    if len(measures) > 1:
        raise NotModelled(f".rollup() of a {tree.source}(..) query with {len(measures)} measures")
    if tree.source == "processes":
        require_process_search(tree.search.expression)
    return EventQuery(
        kind=_KINDS[tree.source],
        search=tree.search.expression,
        how=how,
        measure=measures[0] if measures else None,
        by=tuple(sorted(set(tree.by))),
        indexes=tree.texts("index"),
        over=tuple(tag.strip() for text in tree.texts("over") for tag in text.split(",") if tag.strip() != "*"),
        among=tuple(_among(tree)),
    )


def _among(tree: EventMonitor) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what error tracking asks of a record beyond the search: an issue, of a source, in some states [ERRT]."""
    if not tree.source.startswith("error-tracking"):
        return
    yield "issue.id", (_ANY,)
    sources = tree.texts("source")
    if sources and sources != ("all",):
        yield "issue.source", sources
    yield from (_STATES[call.name] for call in tree.calls if call.name in _STATES)


def processes_once(query: EventQuery) -> EventQuery:
    """Return a search of processes that counts each process once, not each time that it was seen."""
    return replace(query, identity=("host", "pid")) if query.kind == "processes" else query


def events_by_group(query: EventQuery, store: RecordStore) -> dict[Group, Found]:
    """Return what the search finds, by group: a record without a value for a facet is in none."""
    records = store.select(query.kind)
    find = found_processes if query.kind == "processes" else found_by
    rows = np.flatnonzero(find(query.search, records) & _in_index(query, records) & _narrowed(query, records))
    facets = [facet_values(name, records) for name in query.by]
    members: dict[Group, list[int]] = {} if facets else {EVERYTHING: rows.tolist()}
    if facets:
        for row in rows.tolist():
            for values in product(*(facet[row] for facet in facets)):
                group = tuple(Tag(name, value) for name, value in zip(query.by, values, strict=True))
                members.setdefault(group, []).append(row)
    return {group: _found(query, records, np.array(each, dtype=np.intp)) for group, each in members.items()}


def _in_index(query: EventQuery, records: Records) -> Flags:
    if not query.indexes or "*" in query.indexes:
        return np.ones(len(records), dtype=bool)
    column = records.attribute("index")
    return column.where(each in query.indexes for each in column.distinct)


def _narrowed(query: EventQuery, records: Records) -> Flags:
    """Tell which records have all tags of ``over``, and the values of ``among``."""
    kept = np.ones(len(records), dtype=bool)
    for text in query.over:
        tag = parse_tag(text)
        own = records.attribute(tag.key)
        kept &= records.tags.where(tag in tags for tags in records.tags.distinct) | own.where(  # type: ignore[operator]  # tags
            shown(value) == tag.value for value in own.distinct
        )
    for name, allowed in query.among:
        column = records.attribute(name)
        known = column.where(_ANY in allowed or shown(value) in allowed for value in column.distinct)
        kept &= known | ((column.codes < 0) & (_NONE in allowed))
    return kept


def _found(query: EventQuery, records: Records, rows: Indices) -> Found:
    times, name = records.times[rows], query.measure
    if query.identity:
        return Found(times, _distinct(_identities(query.identity, records)[rows]), rows)
    if name is None:
        return Found(times, _size, rows)
    if query.how in {"count", "cardinality"}:
        codes = _codes(name, records)[rows]
        known = codes >= 0
        return Found(times[known], _distinct(codes[known]) if query.how == "cardinality" else _size, rows[known])
    column = records.attribute(name.removeprefix("@"))
    values = _measured(column.distinct)[column.codes[rows]]
    known = np.isfinite(values)
    times, values, rows = times[known], values[known], rows[known]
    if query.how in _PERCENTILES:
        ranks, percent = Ranks(values), _PERCENTILES[query.how]
        return Found(times, lambda low, high: ranks.quantile(low, high, percent), rows)
    return Found(times, lambda low, high: aggregate_ranges(query.how, values[None], low, high)[0], rows)


def _size(low: Indices, high: Indices) -> Floats:
    return (high - low).astype(np.float64)


def _codes(name: str, records: Records) -> Indices:
    numbers: dict[tuple[str, ...], int] = {(): -1}
    return np.array([numbers.setdefault(each, len(numbers) - 1) for each in facet_values(name, records)], dtype=np.intp)


def _identities(names: tuple[str, ...], records: Records) -> Indices:
    """Number the records by all of these attributes; one that lacks any of them is like no other."""
    columns = np.array([records.attribute(name).codes for name in names])
    numbers: dict[tuple[int, ...], int] = {}
    size = columns.shape[1]
    keys = [tuple(each) if min(each) >= 0 else (-1, number) for number, each in enumerate(columns.T.tolist())]
    return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.intp).reshape(size)


def _measured(distinct: tuple[object, ...]) -> Floats:
    """Return the distinct values as numbers, and NaN behind them for none; text that is no number is none."""

    def number(value: object) -> float:
        try:
            return np.nan if isinstance(value, bool) else float(shown(value))
        except ValueError:
            return np.nan

    return np.array([*map(number, distinct), np.nan], dtype=np.float64)


def _distinct(codes: Indices) -> _Values:
    """Count the distinct values of ranges: those whose previous occurrence lies before the range."""
    last: dict[int, int] = {}
    previous = np.empty(len(codes), dtype=np.float64)
    for place, code in enumerate(codes.tolist()):
        previous[place] = last.get(code, -1)
        last[code] = place
    ranks = Ranks(previous)
    return lambda low, high: ranks.below(low, high, low.astype(np.float64)).astype(np.float64)
