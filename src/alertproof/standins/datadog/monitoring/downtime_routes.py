"""Version 2 of the downtime API: schedule, read, change, cancel, and which monitors are muted."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.standins.datadog.jsonapi import USER, author, read_attributes, resource
from alertproof.standins.datadog.monitoring.downtimes import WRITABLE, DowntimeBook, Kept, Status, muted_groups
from alertproof.standins.datadog.monitoring.monitors import MonitorBook
from alertproof.standins.datadog.wire import ApiError, page_of
from alertproof.tags import Group, group_label

__all__ = ["downtime_routes"]

_KIND = "downtime"
_ASSUMPTIONS = Assumptions()


def downtime_routes(book: DowntimeBook, monitors: MonitorBook, clock: Clock) -> list[Route]:
    """Return the routes under /api/v2/downtime, and that of a monitor's downtimes."""
    return [*_single_routes(book, clock), *_many_routes(book, monitors, clock)]


def _single_routes(book: DowntimeBook, clock: Clock) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        kept = book.create(await read_attributes(request, _KIND, WRITABLE), clock.now())
        return JSONResponse(_one(kept, clock.now()))

    async def update(request: Request) -> JSONResponse:
        kept = book.get(request.path_params["downtime_id"])
        mismatch = (kept.id, 400, "the id in the body does not match that in the URL")
        book.update(kept, await read_attributes(request, _KIND, WRITABLE, about=mismatch), clock.now())
        return JSONResponse(_one(kept, clock.now()))

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(_one(book.get(request.path_params["downtime_id"]), clock.now()))

    async def cancel(request: Request) -> Response:
        book.cancel(book.get(request.path_params["downtime_id"]), clock.now())
        return Response(status_code=204)

    one = "/api/v2/downtime/{downtime_id}"
    return [
        Route("/api/v2/downtime", create, methods=["POST"]),
        Route(one, get, methods=["GET"]),
        Route(one, update, methods=["PATCH"]),
        Route(one, cancel, methods=["DELETE"]),
    ]


def _many_routes(book: DowntimeBook, monitors: MonitorBook, clock: Clock) -> list[Route]:
    async def listing(request: Request) -> JSONResponse:
        now, only = clock.now(), request.query_params.get("current_only", "false") == "true"
        found = [kept for kept in book if not only or kept.status(now) is Status.ACTIVE]
        page = page_of(found, request.query_params, size="page[limit]", offset="page[offset]", default=30)
        return JSONResponse({"data": [_shown(kept, now) for kept in page], "meta": _meta(found)})

    async def matching(request: Request) -> JSONResponse:
        monitor = monitors.get(request.path_params["monitor_id"])
        if monitor is None:
            raise ApiError(404, "Monitor not found")
        now = clock.now()
        found = [(kept, groups) for kept in book if (groups := muted_groups(kept, monitor, now))]
        page = page_of(found, request.query_params, size="page[limit]", offset="page[offset]", default=30)
        return JSONResponse({"data": [_match(kept, groups, now) for kept, groups in page], "meta": _meta(found)})

    return [
        Route("/api/v2/downtime", listing, methods=["GET"]),
        Route("/api/v2/monitor/{monitor_id:int}/downtime_matches", matching, methods=["GET"]),
    ]


def _meta(found: Sequence[object]) -> dict[str, Any]:
    return {"page": {"total_filtered_count": len(found)}}


def _one(kept: Kept, now: datetime) -> dict[str, Any]:
    monitor = kept.downtime.monitor_id
    about = None if monitor is None else {"type": "monitors", "id": str(monitor)}
    relationships = {"created_by": author(), "monitor": {"data": about}}
    return {"data": {**_shown(kept, now), "relationships": relationships}, "included": [dict(USER)]}


def _shown(kept: Kept, now: datetime) -> dict[str, Any]:
    shown = {
        **kept.attributes,
        "canceled": _text(kept.canceled),
        "created": _text(kept.created),
        "modified": _text(kept.modified),
        "status": str(kept.status(now)),
    }
    span = kept.next(now)
    if "recurrences" in kept.attributes["schedule"] and span is not None:
        current = {"start": _text(span.start), "end": _text(span.end)}
        shown["schedule"] = {**kept.attributes["schedule"], "current_downtime": current}
    return resource(_KIND, kept.id, shown)


def _match(kept: Kept, groups: Sequence[Group], now: datetime) -> dict[str, Any]:
    span = kept.next(now)
    return resource(
        "downtime_match",
        kept.id,
        {
            "start": _text(span.start) if span else None,
            "end": _text(span.end) if span else None,
            "groups": [group_label(group) for group in groups],
            "scope": kept.attributes["scope"],
        },
    )


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat(timespec="microseconds")
