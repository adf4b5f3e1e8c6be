"""Statistics by outcome: what was accepted, and the only view of what was not.

Source: docs.sentry.io/api/organizations/retrieve-event-counts-for-an-organization-v2.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, final

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.errors import NotModelled
from alertproof.standins.sentry.outcomes import Count
from alertproof.standins.sentry.web.asking import RANGE, Asking, answer, guarded
from alertproof.standins.sentry.web.paging import BadRequestError, between, only

__all__ = ["Stats"]

_FIELDS = ("sum(quantity)", "sum(times_seen)")
_GROUPS: dict[str, Callable[[Count], object]] = {
    "category": lambda count: count.key.category,
    "outcome": lambda count: count.key.outcome,
    "project": lambda count: int(count.key.project_id) if count.key.project_id.isdigit() else count.key.project_id,
    "reason": lambda count: count.key.reason or "none",
}
_FILTERS = ("category", "outcome", "reason")
_INTERVAL = re.compile(r"(\d{1,3})([mhd])")
_UNITS = {"m": timedelta(minutes=1), "h": timedelta(hours=1), "d": timedelta(days=1)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MOST_INTERVALS = 10_000


@final
class Stats:
    """The route of statistics."""

    def __init__(self, asking: Asking) -> None:
        self._asking = asking

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        return [guarded("/api/0/organizations/{org}/stats_v2/", self._stats)]

    async def _stats(self, request: Request) -> Response:
        only(request, "field", "groupBy", "interval", "project", *_FILTERS, *RANGE)
        parameters = request.query_params
        fields, groups = parameters.getlist("field"), parameters.getlist("groupBy")
        if not fields or set(fields) - set(_FIELDS):
            raise BadRequestError(f"Invalid field: one of {', '.join(_FIELDS)}, got {fields}")
        if set(groups) - _GROUPS.keys():
            raise NotModelled(f"groupBy: {min(set(groups) - _GROUPS.keys())!r} is not one of {sorted(_GROUPS)}")
        start, end, step = self._grid(request)
        intervals = [start + number * step for number in range(max(1, -((start - end) // step)))]
        found: dict[tuple[object, ...], list[int]] = {} if groups else {(): [0] * len(intervals)}
        for count in self._counts(request, start, end):
            by = tuple(_GROUPS[name](count) for name in groups)
            series = found.setdefault(by, [0] * len(intervals))
            series[min((count.minute - start) // step, len(intervals) - 1)] += count.quantity
        rows = [_group(dict(zip(groups, by, strict=True)), fields, series) for by, series in found.items()]
        return answer({"start": start, "end": end, "intervals": intervals, "groups": sorted(rows, key=str)})

    def _counts(self, request: Request, start: datetime, end: datetime) -> list[Count]:
        self._asking.store.settle()
        chosen = {project.project_id for project in self._asking.chosen(request)}
        wanted = {name: set(request.query_params.getlist(name)) for name in _FILTERS}
        return [
            count
            for count in self._asking.store.outcomes.between(start, end)
            if count.key.project_id in chosen
            and all(not values or getattr(count.key, name) in values for name, values in wanted.items())
        ]

    def _grid(self, request: Request) -> tuple[datetime, datetime, timedelta]:
        parameters = request.query_params
        if not parameters.keys() & set(RANGE):
            raise BadRequestError("a range is required: statsPeriod, or start and end")
        match = _INTERVAL.fullmatch(parameters.get("interval", "1h"))
        if match is None or not int(match[1]):
            raise BadRequestError(f"Invalid interval: {parameters['interval']!r}; use a number and m, h or d")
        step = int(match[1]) * _UNITS[match[2]]
        start, end = between(request, self._asking.clock.now())
        start -= (start - _EPOCH) % step
        if (end - start) / step > _MOST_INTERVALS:
            raise BadRequestError("Your interval and date range would create too many results.")
        return start, end, step


def _group(by: dict[str, object], fields: list[str], series: list[int]) -> dict[str, Any]:
    totals = {field: sum(series) for field in fields}
    return {"by": by, "totals": totals, "series": dict.fromkeys(fields, series)}
