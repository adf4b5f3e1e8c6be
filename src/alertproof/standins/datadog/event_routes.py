"""The event APIs: v2 search and list, v1 list. Times asked and answered are stack time."""

from __future__ import annotations

from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.standins.datadog.events import EventLog, Kept, event_search, page, when
from alertproof.standins.datadog.wire import ApiError, decode, instant, read_body

__all__ = ["event_routes"]

_MOST = 1000


class _Filter(msgspec.Struct):
    query: str = "*"
    from_: str = msgspec.field(name="from", default="now-15m")
    to: str = "now"


class _Page(msgspec.Struct):
    limit: int = 10
    cursor: str | None = None


class _Search(msgspec.Struct):
    filter: _Filter = msgspec.field(default_factory=_Filter)
    page: _Page = msgspec.field(default_factory=_Page)
    sort: Literal["timestamp", "-timestamp"] = "-timestamp"


_SEARCH = msgspec.json.Decoder(_Search)


def event_routes(log: EventLog, clock: Clock) -> list[Route]:
    """Return the routes of events."""

    async def search(request: Request) -> JSONResponse:
        return JSONResponse(_v2_answer(log, clock, decode(_SEARCH, await read_body(request) or b"{}")))

    async def listing(request: Request) -> JSONResponse:
        return JSONResponse(_v2_answer(log, clock, _search_of(request)))

    async def v1_listing(request: Request) -> JSONResponse:
        return JSONResponse({"events": _v1_events(log, request)})

    return [
        Route("/api/v2/events/search", search, methods=["POST"]),
        Route("/api/v2/events", listing, methods=["GET"]),
        Route("/api/v1/events", v1_listing, methods=["GET"]),
    ]


def _search_of(request: Request) -> _Search:
    given = request.query_params
    asked: dict[str, Any] = {
        "filter": {name: given[f"filter[{name}]"] for name in ("query", "from", "to") if f"filter[{name}]" in given},
        "page": {name: given[f"page[{name}]"] for name in ("limit", "cursor") if f"page[{name}]" in given},
    }
    if "sort" in given:
        asked["sort"] = given["sort"]
    try:
        return msgspec.convert(asked, _Search, strict=False)
    except msgspec.ValidationError as error:
        raise ApiError(400, str(error)) from error


def _v2_answer(log: EventLog, clock: Clock, search: _Search) -> dict[str, Any]:
    if not 1 <= search.page.limit <= _MOST:
        raise ApiError(400, f"page limit must be 1 to {_MOST}, got {search.page.limit}")
    now = clock.now()
    matches = event_search(search.filter.query)
    found = [kept for kept in log.between(when(search.filter.from_, now), when(search.filter.to, now)) if matches(kept)]
    if search.sort == "-timestamp":
        found.reverse()
    cursor = search.page.cursor
    if cursor is not None and not cursor.isdigit():
        raise ApiError(400, "Invalid cursor")
    shown, after = page(found, after=int(cursor) if cursor else None, limit=search.page.limit)
    meta: dict[str, Any] = {"elapsed": 0, "request_id": "alertproof", "status": "done", "warnings": []}
    if after is not None:
        meta["page"] = {"after": str(after)}
    return {"data": [_v2_event(kept) for kept in shown], "meta": meta}


def _v2_event(kept: Kept) -> dict[str, Any]:
    attributes: dict[str, Any] = {
        "aggregation_key": kept.aggregation_key,
        "date_happened": int(kept.at.timestamp()),
        "evt": {"id": str(kept.id), "name": kept.title},
        "hostname": kept.host,
        "priority": kept.priority,
        "source_type_name": kept.source,
        "sourcecategory": "monitor_alert" if kept.monitor else "api",
        "status": kept.status,
        "tags": list(kept.tags),
        "timestamp": int(kept.at.timestamp() * 1000),
        "title": kept.title,
    }
    if kept.monitor is not None:
        attributes |= {
            "monitor": dict(kept.monitor),
            "monitor_id": kept.monitor["id"],
            "monitor_groups": kept.monitor["groups"],
        }
    return {
        "id": str(kept.id),
        "type": "event",
        "attributes": {
            "attributes": attributes,
            "message": kept.text,
            "tags": [f"source:{kept.source}", *kept.tags],
            "timestamp": kept.at.isoformat(timespec="milliseconds"),
        },
    }


def _v1_events(log: EventLog, request: Request) -> list[dict[str, Any]]:
    given = request.query_params
    sources = {text for text in given.get("sources", "").split(",") if text}
    tags = {text for text in given.get("tags", "").split(",") if text}
    start, end = (instant(given.get(name, ""), name) for name in ("start", "end"))
    return [
        _v1_event(kept)
        for kept in reversed(log.between(start, end))
        if (not sources or kept.source in sources)
        and tags <= set(kept.tags)
        and given.get("priority", kept.priority) == kept.priority
    ][:_MOST]


def _v1_event(kept: Kept) -> dict[str, Any]:
    return {
        # The number is rounded to one that JSON can carry; id_str is exact. [CASS]
        "id": int(float(kept.id)),
        "id_str": str(kept.id),
        "title": kept.title,
        "text": kept.text,
        "date_happened": int(kept.at.timestamp()),
        "alert_type": kept.status,
        "priority": kept.priority,
        "source_type_name": kept.source,
        "tags": list(kept.tags),
        "host": kept.host,
        "url": f"/event/event?id={kept.id}",
    }
