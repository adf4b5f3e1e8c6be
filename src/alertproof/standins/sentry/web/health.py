"""How releases do: sessions counted by release, environment and status.

Source: docs.sentry.io/api/releases/retrieve-release-health-session-statistics; getsentry/sentry (snuba/sessions_v2).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import product
from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.errors import NotModelled, nearest
from alertproof.sentry.search import Term, parse_search
from alertproof.sentry.sessions import SessionCount
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.web.asking import RANGE, Asking, answer, guarded
from alertproof.standins.sentry.web.paging import BadRequestError, between, only

__all__ = ["Health"]

_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_INTERVAL = re.compile(r"(\d{1,2})([hd])")
_BAD = ("abnormal", "crashed", "errored", "unhandled")
_STATUSES = ("healthy", *_BAD)
_GROUPS = ("project", "release", "environment", "session.status")
_MOST_POINTS = 10_000
_Counts = Sequence[SessionCount]


def _sessions(counts: _Counts, status: str) -> int:
    total = sum(count.total for count in counts)
    bad = {name: sum(getattr(count, name) for count in counts) for name in _BAD}
    return bad[status] if status in bad else max(0, total - sum(bad.values())) if status else total


def _users(counts: _Counts, status: str) -> int:
    names = _BAD if status == "healthy" else (status,) if status else ("total", *_BAD)
    met = {each.user for each in counts if each.user and any(getattr(each, name) for name in names)}
    return _users(counts, "") - len(met) if status == "healthy" else len(met)


def _crashed_share(how_many: Callable[[_Counts, str], int]) -> Callable[[_Counts, str], float | None]:
    def share(counts: _Counts, _status: str) -> float | None:
        total = how_many(counts, "")
        return how_many(counts, "crashed") / total if total else None

    return share


def _rest(share: Callable[[_Counts, str], float | None]) -> Callable[[_Counts, str], float | None]:
    def rest(counts: _Counts, status: str) -> float | None:
        found = share(counts, status)
        return None if found is None else 1 - found

    return rest


_FIELDS: dict[str, Callable[[_Counts, str], float | None]] = {
    "sum(session)": _sessions,
    "count_unique(user)": _users,
    "crash_rate(session)": _crashed_share(_sessions),
    "crash_rate(user)": _crashed_share(_users),
    "crash_free_rate(session)": _rest(_crashed_share(_sessions)),
    "crash_free_rate(user)": _rest(_crashed_share(_users)),
}


@final
class Health:
    """The route of release health."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [guarded("/api/0/organizations/{org}/sessions/", self._sessions)]

    async def _sessions(self, request: Request) -> Response:
        only(request, "field", "groupBy", "interval", "project", "environment", "query", *RANGE)
        parameters = request.query_params
        fields, groups = parameters.getlist("field"), parameters.getlist("groupBy")
        _known(fields, _FIELDS, "field")
        _known(groups, _GROUPS, "groupBy")
        if not fields:
            raise BadRequestError('Request is missing a "field"')
        if "session.status" in groups and any("rate" in field for field in fields):
            raise BadRequestError("Cannot group by session.status when the metric is crash_free_rate or crash_rate")
        intervals, step = self._grid(request)
        end = intervals[-1] + step
        found = self._found(request, intervals[0], end)
        rows = [
            _row(by, fields, counts, intervals, step)
            for by, counts in _grouped(found, groups, self._asking.chosen(request))
        ]
        if len(rows) * (len(intervals) + 1) > _MOST_POINTS:
            raise BadRequestError("Requested data set would create too many data points.")
        shown = {"start": intervals[0], "end": end, "query": parameters.get("query", ""), "intervals": intervals}
        return answer(shown | {"groups": rows})

    def _found(self, request: Request, start: datetime, end: datetime) -> list[tuple[str, SessionCount]]:
        self._asking.store.settle()
        chosen = {project.project_id for project in self._asking.chosen(request)}
        environments = set(request.query_params.getlist("environment"))
        wanted = [_term(term) for term in parse_search(request.query_params.get("query", ""))]
        return [
            (project, count)
            for project, count in self._asking.store.sessions.between(start, end)
            if project in chosen
            and (not environments or count.environment in environments)
            and all(getattr(count, key) == value for key, value in wanted)
        ]

    def _grid(self, request: Request) -> tuple[list[datetime], timedelta]:
        parameters = request.query_params
        match = _INTERVAL.fullmatch(parameters.get("interval", "1h"))
        step = int(match[1]) * (_HOUR if match[2] == "h" else _DAY) if match else timedelta(0)
        if not step or step > _DAY or _DAY % step:
            raise BadRequestError(
                f"the interval {parameters.get('interval')!r} is not from one hour to one day and a divisor of one day"
            )
        now = self._asking.clock.now()
        start, end = between(request, now) if parameters.keys() & set(RANGE) else (now - _DAY, now)
        first = start - (start - _EPOCH) % step
        number = max(1, -((first - end) // step))
        if number > _MOST_POINTS:
            raise BadRequestError("Your interval and date range would create too many results.")
        return [first + place * step for place in range(number)], step


def _known(given: Iterable[str], known: Iterable[str], what: str) -> None:
    for name in given:
        if name not in known:
            raise NotModelled(f"the {what} {name!r} is not modelled{nearest(name, known)}")


def _term(term: object) -> tuple[str, str]:
    if isinstance(term, Term) and term.key in {"release", "environment"} and not (term.negated or term.others):
        return term.key, term.value
    raise NotModelled("a search of sessions is modelled for release:VALUE and environment:VALUE")


def _grouped(
    found: list[tuple[str, SessionCount]], groups: Sequence[str], projects: Iterable[Project]
) -> list[tuple[dict[str, Any], list[SessionCount]]]:
    """Return the groups by their keys; without a group there is one, also of nothing."""
    if not groups:
        return [({}, [count for _, count in found])]
    numbers = {each.project_id: int(each.project_id) if each.project_id.isdigit() else each.slug for each in projects}
    by_key: dict[tuple[Any, ...], list[SessionCount]] = {}
    for project, count in found:
        values: dict[str, list[Any]] = {
            "project": [numbers[project]],
            "release": [count.release],
            "environment": [count.environment],
            "session.status": list(_STATUSES),
        }
        for key in product(*[values[name] for name in groups]):
            by_key.setdefault(key, []).append(count)
    return [(dict(zip(groups, key, strict=True)), counts) for key, counts in sorted(by_key.items(), key=str)]


def _row(
    by: dict[str, Any],
    fields: Sequence[str],
    counts: list[SessionCount],
    intervals: Sequence[datetime],
    step: timedelta,
) -> dict[str, Any]:
    status = str(by.get("session.status", ""))
    slots: list[list[SessionCount]] = [[] for _ in intervals]
    for count in counts:
        slots[(count.started - intervals[0]) // step].append(count)
    return {
        "by": by,
        "totals": {field: _FIELDS[field](counts, status) for field in fields},
        "series": {field: [_FIELDS[field](slot, status) for slot in slots] for field in fields},
    }
