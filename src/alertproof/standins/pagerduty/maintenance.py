"""REST API v2: maintenance windows. One that has begun is not deleted but ended; one that is over stays as it was.

Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime
from typing import final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.errors import nearest
from alertproof.pagerduty import MaintenanceWindow
from alertproof.standins.pagerduty.asking import (
    Handler,
    RefusedError,
    body_of,
    invalid,
    only,
    page,
    requester,
)
from alertproof.standins.pagerduty.fields import moment, optional_text, references, unmodelled
from alertproof.standins.pagerduty.part import Part, found

__all__ = ["Maintenance"]

_FILTERS: dict[str, Callable[[MaintenanceWindow, datetime], bool]] = {
    "past": lambda window, now: window.end <= now,
    "future": lambda window, now: window.start > now,
    "ongoing": lambda window, now: window.covers(now),
    "open": lambda window, now: window.end > now,
    "all": lambda _window, _now: True,
}


@final
class Maintenance(Part):
    """When alerts of a service open nothing."""

    def _table(self) -> Iterable[tuple[str, str, Handler]]:
        one = "/maintenance_windows/{window_id}"
        return [
            ("GET", "/maintenance_windows", self._list),
            ("POST", "/maintenance_windows", self._create),
            ("GET", one, self._get),
            ("PUT", one, self._update),
            ("DELETE", one, self._delete),
        ]

    async def _list(self, request: Request) -> Response:
        only(request, "query", "service_ids[]", "filter")
        parameters = request.query_params
        kind = parameters.get("filter", "all")
        if kind not in _FILTERS:
            raise invalid(f"filter has no value {kind!r}{nearest(kind, _FILTERS)}")
        services, wanted = set(parameters.getlist("service_ids[]")), parameters.get("query", "").lower()
        now = self._clock.now()
        rows = [
            window
            for window in self._directory.windows.values()
            if _FILTERS[kind](window, now)
            and wanted in window.description.lower()
            and (not services or services.intersection(window.services))
        ]
        return page(request, "maintenance_windows", rows, self._account(request).window)

    async def _create(self, request: Request) -> Response:
        user = requester(request, self._directory)
        body = await body_of(request, "maintenance_window")
        unmodelled(body, "maintenance window", ["teams"])
        start, end = moment(body, "start_time"), moment(body, "end_time")
        now = self._clock.now()
        if end <= now:
            raise invalid("End time must be in the future")
        # One that begins in the past begins now.
        window = self._directory.add_window(
            max(start, now), end, references(body, "services"), user.id, optional_text(body, "description")
        )
        return JSONResponse({"maintenance_window": self._account(request).window(window)}, 201)

    async def _get(self, request: Request) -> Response:
        only(request)
        return JSONResponse({"maintenance_window": self._account(request).window(self._find(request))})

    async def _update(self, request: Request) -> Response:
        before = self._find(request)
        now = self._clock.now()
        if before.end <= now:
            raise invalid("Maintenance window is over and cannot be changed")
        body = await body_of(request, "maintenance_window")
        start = moment(body, "start_time") if "start_time" in body else before.start
        end = moment(body, "end_time") if "end_time" in body else before.end
        changed = replace(
            before,
            # When it began cannot be changed afterwards.
            start=before.start if before.start <= now else max(start, now),
            end=max(end, now) if before.start <= now else end,
            services=references(body, "services") if "services" in body else before.services,
            description=optional_text(body, "description", before.description),
        )
        window = self._directory.put_window(changed)
        return JSONResponse({"maintenance_window": self._account(request).window(window)})

    async def _delete(self, request: Request) -> Response:
        window = self._find(request)
        now = self._clock.now()
        if window.end <= now:
            raise RefusedError(405, 2001, "Method Not Allowed", "a maintenance window that is over cannot be deleted")
        if window.start < now:
            self._directory.put_window(replace(window, end=now))
        else:
            self._directory.remove_window(window.id)
        return Response(status_code=204)

    def _find(self, request: Request) -> MaintenanceWindow:
        return found(self._directory.windows, request.path_params["window_id"], "Maintenance window")
