"""Status corrections: spans of time that an SLO leaves out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog.downtime_payload import zone_called
from alertproof.datadog.recurrence import read_recurrence
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.jsonapi import USER, read_attributes, resource
from alertproof.standins.datadog.slo.book import Correction, SloBook
from alertproof.standins.datadog.wire import ApiError, page_of
from alertproof.standins.journal import drawn

__all__ = ["correction_routes"]

_KIND = "correction"
_ROOT = "/api/v1/slo/correction"
_ONE = f"{_ROOT}/{{correction_id}}"
_WRITABLE = ("category", "description", "duration", "end", "rrule", "slo_id", "start", "timezone")
_PAGE = 25


class _Attributes(msgspec.Struct):
    category: Literal["Scheduled Maintenance", "Outside Business Hours", "Deployment", "Other"]
    slo_id: str
    start: int
    end: int | None = None
    duration: int | None = None
    rrule: str | None = None
    description: str = ""
    timezone: str = "UTC"


def correction_routes(book: SloBook, clock: Clock) -> list[Route]:
    """Return the routes of corrections, which come before those of single SLOs."""
    return [*_single_routes(book, clock), *_many_routes(book)]


def _single_routes(book: SloBook, clock: Clock) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        attributes = _read(await read_attributes(request, _KIND, _WRITABLE), book)
        stamps = {"created_at": int(clock.now().timestamp()), "modified_at": None}
        made = Correction(id=str(drawn.uuid4()), slo_id=attributes["slo_id"], attributes=attributes | stamps)
        book.put_correction(made)
        return JSONResponse({"data": _shown(made)})

    async def update(request: Request) -> JSONResponse:
        kept = _found(book, request)
        given = await read_attributes(request, _KIND, _WRITABLE)
        old = {name: kept.attributes[name] for name in _WRITABLE}
        attributes = _read({**old, **given}, book)
        stamps = {"created_at": kept.attributes["created_at"], "modified_at": int(clock.now().timestamp())}
        book.put_correction(replace(kept, slo_id=attributes["slo_id"], attributes=attributes | stamps))
        return JSONResponse({"data": _shown(book.corrections[kept.id])})

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"data": _shown(_found(book, request))})

    async def delete(request: Request) -> Response:
        book.drop_correction(_found(book, request).id)
        return Response(status_code=204)

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ONE, get, methods=["GET"]),
        Route(_ONE, update, methods=["PATCH"]),
        Route(_ONE, delete, methods=["DELETE"]),
    ]


def _many_routes(book: SloBook) -> list[Route]:
    async def listing(request: Request) -> JSONResponse:
        found = list(book.corrections.values())
        page = page_of(found, request.query_params, size="limit", offset="offset", default=_PAGE)
        return JSONResponse(_list(page, len(found)))

    async def of_slo(request: Request) -> JSONResponse:
        found = book.corrections_of(book.get(request.path_params["slo_id"]).slo.id)
        return JSONResponse(_list(found, len(found)))

    return [
        Route(_ROOT, listing, methods=["GET"]),
        Route("/api/v1/slo/{slo_id}/corrections", of_slo, methods=["GET"]),
    ]


def _read(given: Mapping[str, Any], book: SloBook) -> dict[str, Any]:
    try:
        read = msgspec.convert(given, _Attributes)
        zone = zone_called(read.timezone)
        if read.rrule:
            read_recurrence(read.rrule, zone)
        datetime.fromtimestamp(read.start, UTC)
    except (msgspec.ValidationError, AlertproofError, ValueError, OverflowError, OSError) as error:
        raise ApiError(400, str(error)) from error
    if read.rrule and not read.duration:
        raise ApiError(400, "a correction that recurs has a duration in seconds")
    if not read.rrule and read.end is not None and read.end <= read.start:
        raise ApiError(400, f"the correction ends at {read.end}, before it starts")
    book.get(read.slo_id)
    attributes: dict[str, Any] = msgspec.to_builtins(read)
    return attributes


def _found(book: SloBook, request: Request) -> Correction:
    name = request.path_params["correction_id"]
    if name not in book.corrections:
        raise ApiError(404, "SLO correction not found")
    return book.corrections[name]


def _list(found: Any, count: int) -> dict[str, Any]:
    return {
        "data": [_shown(each) for each in found],
        "meta": {"page": {"total_count": count, "total_filtered_count": count}},
    }


def _shown(correction: Correction) -> dict[str, Any]:
    creator = {"type": USER["type"], "id": USER["id"], "attributes": USER["attributes"]}
    return resource(_KIND, correction.id, {**correction.attributes, "creator": {"data": creator}, "modifier": None})
