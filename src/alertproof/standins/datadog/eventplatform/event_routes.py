"""The event APIs: version 1 and version 2 create, read, list; version 2 searches. Times answered are stack time."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import ScaledClock
from alertproof.standins.datadog.eventplatform.event_stream import KIND, event_shown
from alertproof.standins.datadog.eventplatform.events import EventLog, Kept
from alertproof.standins.datadog.eventplatform.search import SearchRequest, answer, search_of
from alertproof.standins.datadog.eventplatform.store import RecordLog
from alertproof.standins.datadog.metrics.naming import tag_set
from alertproof.standins.datadog.wire import ApiError, decode, instant, read_body

__all__ = ["event_routes"]

_MOST = 1000
#: What is older is refused. [OPENAPI EventCreateRequest]
_PAST = timedelta(hours=18)
_SEARCH = msgspec.json.Decoder(SearchRequest)


class _Old(msgspec.Struct):
    title: str
    text: str
    aggregation_key: str = ""
    alert_type: Literal["error", "warning", "info", "success", "user_update", "recommendation", "snapshot"] = "info"
    date_happened: int | None = None
    host: str = ""
    priority: Literal["normal", "low"] | None = None
    source_type_name: str = "my_apps"
    tags: list[str] | None = None


class _New(msgspec.Struct):
    title: str
    category: str
    attributes: dict[str, Any]
    aggregation_key: str = ""
    host: str = ""
    integration_id: str = "custom-events"
    message: str = ""
    tags: list[str] | None = None
    timestamp: datetime | None = None


class _NewData(msgspec.Struct):
    type: Literal["event"]
    attributes: _New


class _NewBody(msgspec.Struct):
    data: _NewData


_OLD = msgspec.json.Decoder(_Old)
_NEW = msgspec.json.Decoder(_NewBody)


def event_routes(log: EventLog, records: RecordLog, clock: ScaledClock) -> list[Route]:
    """Return the routes of events."""
    return [*_old_routes(log, clock), *_new_routes(log, records, clock)]


# --- version 1 ----------------------------------------------------------------------------------------


def _old_routes(log: EventLog, clock: ScaledClock) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        given = decode(_OLD, await read_body(request))
        kept = log.add(
            at=clock.now() if given.date_happened is None else _real(clock, given.date_happened),
            title=given.title,
            text=given.text,
            status=given.alert_type,
            source=given.source_type_name,
            tags=tuple(sorted(str(tag) for tag in tag_set(given.tags or []))),
            host=given.host,
            aggregation_key=given.aggregation_key,
            priority=given.priority or "normal",
        )
        shown = {**_old_event(kept), "handle": None, "related_event_id": None, "priority": given.priority}
        return JSONResponse({"status": "ok", "event": shown}, status_code=202)

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"event": _old_event(_found(log, request.path_params["event_id"]))})

    async def listing(request: Request) -> JSONResponse:
        return JSONResponse({"events": _old_events(log, request)})

    return [
        Route("/api/v1/events", create, methods=["POST"]),
        Route("/api/v1/events", listing, methods=["GET"]),
        Route("/api/v1/events/{event_id:int}", get, methods=["GET"]),
    ]


def _real(clock: ScaledClock, seconds: float) -> datetime:
    """Return the stack instant of a real one; raises `ApiError` 400 for one too long ago, in the recorded words."""
    real = instant(str(int(seconds)), "date_happened")
    if real < clock.anchor.to_real(clock.now()) - _PAST:
        raise ApiError(400, "Event too far in the past")
    try:
        return clock.anchor.to_stack(real)
    except OverflowError as error:
        raise ApiError(400, f"the stack's calendar does not reach as far as {real.isoformat()}") from error


def _found(log: EventLog, number: int) -> Kept:
    # Version 1 shows a number that JSON can carry, which is not quite the event's own.
    kept = log.get(number) or next((one for one in log if int(float(one.id)) == number), None)
    if kept is None:
        raise ApiError(404, f"No event matches that event_id: {number}")
    return kept


def _old_events(log: EventLog, request: Request) -> list[dict[str, Any]]:
    given = request.query_params
    sources = {text for text in given.get("sources", "").split(",") if text}
    tags = {text for text in given.get("tags", "").split(",") if text}
    start, end = (instant(given.get(name, ""), name) for name in ("start", "end"))
    return [
        _old_event(kept)
        for kept in reversed(log.between(start, end))
        if (not sources or kept.source in sources)
        and tags <= set(kept.tags)
        and given.get("priority", kept.priority) == kept.priority
    ][:_MOST]


def _old_event(kept: Kept) -> dict[str, Any]:
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


# --- version 2 ----------------------------------------------------------------------------------------


def _new_routes(log: EventLog, records: RecordLog, clock: ScaledClock) -> list[Route]:
    link = "api/v2/events"

    async def create(request: Request) -> Response:
        given = decode(_NEW, await read_body(request)).data.attributes
        if given.category not in {"alert", "change"}:
            said = 'JSON validation failed at $.data.attributes.category: value must be one of: ["alert", "change"].'
            return JSONResponse(
                {"errors": [{"status": "400", "title": "Bad Request", "detail": said}]}, status_code=400
            )
        kept = _added(log, given, clock)
        event = {"id": str(kept.id), "uid": f"AZ{kept.id}"}
        data = {"id": "_", "type": "event", "attributes": {"attributes": {"evt": event}}}
        shown = {"data": data, "links": {"self": f"/event/event?uid={event['uid']}"}}
        return JSONResponse(shown, status_code=202)

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"data": event_shown(_found(log, request.path_params["event_id"]))})

    async def search(request: Request) -> JSONResponse:
        wanted = decode(_SEARCH, await read_body(request) or b"{}")
        return JSONResponse(answer(records, KIND, wanted, clock.now(), f"{request.base_url}{link}"))

    async def listing(request: Request) -> JSONResponse:
        return JSONResponse(answer(records, KIND, search_of(request), clock.now(), f"{request.base_url}{link}"))

    return [
        Route(f"/{link}", create, methods=["POST"]),
        Route(f"/{link}/search", search, methods=["POST"]),
        Route(f"/{link}", listing, methods=["GET"]),
        Route(f"/{link}/{{event_id:int}}", get, methods=["GET"]),
    ]


def _added(log: EventLog, given: _New, clock: ScaledClock) -> Kept:
    return log.add(
        at=clock.now() if given.timestamp is None else _real(clock, given.timestamp.timestamp()),
        title=given.title,
        text=given.message,
        status=str(given.attributes.get("status", "info")),
        source=given.integration_id,
        tags=tuple(sorted(str(tag) for tag in tag_set(given.tags or []))),
        host=given.host,
        aggregation_key=given.aggregation_key,
        category=given.category,
        attributes=given.attributes,
    )
