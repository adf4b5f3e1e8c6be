"""Searching monitors and their groups, with counts by status, type, tag and whether they are muted."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog import GroupStatus, State
from alertproof.standins.datadog.monitoring.downtimes import DowntimeBook, Kept, muted_groups
from alertproof.standins.datadog.monitoring.monitors import CREATOR, ORG_ID, Monitor, MonitorBook
from alertproof.standins.datadog.wire import ApiError, page_of, whole_number
from alertproof.tags import Group, group_label

__all__ = ["matching_downtimes", "search_routes"]

_PAGE = 30
_CLASSES = {
    "ci-pipelines alert": "ci-pipelines",
    "ci-tests alert": "ci-tests",
    "composite": "composite",
    "error-tracking alert": "error-tracking",
    "event-v2 alert": "event-v2",
    "log alert": "log",
    "process alert": "process",
    "rum alert": "rum",
    "service check": "service check",
    "slo alert": "slo",
    "trace-analytics alert": "trace-analytics",
}
_STATES = {str(state).lower() for state in State}


@dataclass(frozen=True, slots=True)
class _Row:
    """A monitor or one group of it, as it is searched."""

    monitor: Monitor
    status: State
    tags: tuple[str, ...]
    muted: bool
    group: Group | None = None


def search_routes(book: MonitorBook, downtimes: DowntimeBook, clock: Clock) -> list[Route]:
    """Return the routes that search, which come before those of single monitors."""

    async def search(request: Request) -> JSONResponse:
        now = clock.now()
        rows = [_Row(one, one.overall, tuple(one.definition.tags), bool(_muting(one, downtimes, now))) for one in book]
        return JSONResponse(_answer(rows, request.query_params, "monitors", _monitor_shown))

    async def groups(request: Request) -> JSONResponse:
        now, rows = clock.now(), []
        for one in book:
            muted = {group for kept in downtimes for group in muted_groups(kept, one, now)}
            rows += [
                _Row(one, status.state, (*one.definition.tags, *map(str, group)), group in muted, group)
                for group, status in sorted(one.statuses.items())
            ]
        return JSONResponse(_answer(rows, request.query_params, "groups", _group_shown))

    return [
        Route("/api/v1/monitor/search", search, methods=["GET"]),
        Route("/api/v1/monitor/groups/search", groups, methods=["GET"]),
    ]


def matching_downtimes(monitor: Monitor, downtimes: DowntimeBook, now: datetime) -> list[dict[str, Any]]:
    """Return the active downtimes that mute groups of a monitor, as it shows them [CASS]."""
    shown = []
    for kept in _muting(monitor, downtimes, now):
        span = kept.next(now)
        if span is not None:
            shown.append(
                {
                    "id": kept.number,
                    "active": True,
                    "monitor_id": kept.downtime.monitor_id,
                    "start": int(span.start.timestamp()),
                    "end": int(span.end.timestamp()) if span.end else None,
                    "scope": kept.attributes["scope"].split(" AND "),
                    "groups": [group_label(group) for group in muted_groups(kept, monitor, now)],
                }
            )
    return shown


def _muting(monitor: Monitor, downtimes: DowntimeBook, now: datetime) -> list[Kept]:
    return [kept for kept in downtimes if muted_groups(kept, monitor, now)]


def _answer(
    rows: Sequence[_Row], given: QueryParams, name: str, shown: Callable[[_Row], dict[str, Any]]
) -> dict[str, Any]:
    matches = _matcher(given.get("query", ""))
    found = _sorted([row for row in rows if matches(row)], given.get("sort", ""))
    size = whole_number(given.get("per_page", str(_PAGE)), "per_page")
    page = page_of(found, given, size="per_page", page="page", default=_PAGE)
    return {
        "counts": {
            "status": _counts(str(row.status) for row in found),
            "muted": _counts(row.muted for row in found),
            "tag": _counts(tag for row in found for tag in row.tags),
            "type": _counts(_class(row.monitor) for row in found),
        },
        name: [shown(row) for row in page],
        "metadata": {
            "page": whole_number(given.get("page", "0"), "page"),
            "page_count": -(-len(found) // size) if size else 0,
            "per_page": size,
            "total_count": len(found),
        },
    }


def _sorted(rows: list[_Row], text: str) -> list[_Row]:
    """Order rows as ``name,asc`` says [OPENAPI search_monitors]."""
    if not text:
        return rows
    keys: dict[str, Callable[[_Row], Any]] = {
        "name": lambda row: row.monitor.definition.name,
        "status": lambda row: str(row.status),
        "tags": lambda row: row.tags,
    }
    field, _, order = text.partition(",")
    if field not in keys or order not in {"", "asc", "desc"}:
        raise ApiError(400, f"sort is {', '.join(keys)} with asc or desc, such as name,asc, got {text[:100]!r}")
    return sorted(rows, key=keys[field], reverse=order == "desc")


def _matcher(query: str) -> Callable[[_Row], bool]:
    """Read a search: words of the name, and ``status: tag: id: type: muted: group:`` terms, all of which must hold."""
    try:
        terms = shlex.split(query)
    except ValueError as error:
        raise ApiError(400, f"Query parsing error: {error}") from error
    tests = [_term(term) for term in terms]
    return lambda row: all(test(row) for test in tests)


def _term(term: str) -> Callable[[_Row], bool]:
    key, colon, value = term.partition(":")
    if not colon:
        return lambda row: term.lower() in row.monitor.definition.name.lower()
    if key in {"status", "group_status"} and value.lower() not in _STATES:
        raise ApiError(400, f"Query parsing error: '{value}' is not a valid monitor status")
    tests: dict[str, Callable[[_Row], bool]] = {
        "status": lambda row: str(row.status).lower() == value.lower(),
        "group_status": lambda row: str(row.status).lower() == value.lower(),
        "tag": lambda row: value in row.tags,
        "id": lambda row: str(row.monitor.id) == value,
        "type": lambda row: _class(row.monitor) == value,
        "muted": lambda row: str(row.muted).lower() == value.lower(),
        "group": lambda row: row.group is not None and value in map(str, row.group),
    }
    if key not in tests:
        raise ApiError(400, f"Query parsing error: the stand-in does not search monitors by {key!r}")
    return tests[key]


def _counts(names: Iterable[Any]) -> list[dict[str, Any]]:
    return [{"count": count, "name": name} for name, count in Counter(names).most_common()]


def _class(monitor: Monitor) -> str:
    return _CLASSES.get(monitor.body["type"], "metric")


def _last(statuses: Iterable[GroupStatus]) -> int | None:
    triggered = [status.last_triggered_at for status in statuses if status.last_triggered_at]
    return int(max(triggered).timestamp()) if triggered else None


def _monitor_shown(row: _Row) -> dict[str, Any]:
    monitor = row.monitor
    return {
        "id": monitor.id,
        "org_id": ORG_ID,
        "name": monitor.definition.name,
        "type": monitor.body["type"],
        "query": monitor.body["query"],
        "classification": _class(monitor),
        "status": str(row.status),
        "tags": list(monitor.definition.tags),
        "metrics": sorted({query.metric for query in monitor.queries}),
        "creator": dict(CREATOR),
        "last_triggered_ts": _last(monitor.statuses.values()),
        "priority": monitor.body["priority"],
        "muted": row.muted,
        "muted_until_ts": None,
    }


def _group_shown(row: _Row) -> dict[str, Any]:
    monitor, group = row.monitor, row.group or ()
    status = monitor.statuses[group]
    nodata = status.last_nodata_at
    return {
        "monitor_id": monitor.id,
        "monitor_name": monitor.definition.name,
        "group": group_label(group) if group else "total",
        "group_tags": [str(tag) for tag in group] or ["total"],
        "all_tags": list(row.tags),
        "status": str(row.status),
        "last_triggered_ts": _last([status]) or 0,
        "last_nodata_ts": int(nodata.timestamp()) if nodata else 0,
        "priority": monitor.body["priority"],
        "muted": row.muted,
    }
