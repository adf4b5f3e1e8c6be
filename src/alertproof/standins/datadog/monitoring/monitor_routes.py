"""The v1 monitor API: create, read, change, delete, validate, search."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog import DefinitionError
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.monitoring.downtimes import DowntimeBook
from alertproof.standins.datadog.monitoring.governance import PolicyBook
from alertproof.standins.datadog.monitoring.monitor_search import matching_downtimes
from alertproof.standins.datadog.monitoring.monitors import Monitor, MonitorBook
from alertproof.standins.datadog.slo.book import SloBook
from alertproof.standins.datadog.wire import ApiError, decode, read_body, whole_number

__all__ = ["monitor_routes"]

_BODY = msgspec.json.Decoder(dict[str, Any])
_STATES = {"all", "alert", "warn", "no data", "ok"}
_LIST_PARAMETERS = {
    "group_states",
    "name",
    "monitor_tags",
    "id_offset",
    "page",
    "page_size",
    "with_downtimes",
}
_PAGE = 100


_ROOT = "/api/v1/monitor"
_ONE = f"{_ROOT}/{{monitor_id:int}}"


def monitor_routes(
    book: MonitorBook, slos: SloBook, policies: PolicyBook, downtimes: DowntimeBook, clock: Clock
) -> list[Route]:
    """Return the routes under /api/v1/monitor but those that search."""
    return [
        *_checking_routes(book, slos, clock),
        *_reading_routes(book, downtimes, clock),
        *_writing_routes(book, slos, policies, clock),
    ]


def _writing_routes(book: MonitorBook, slos: SloBook, policies: PolicyBook, clock: Clock) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        body = await _body(request)
        with _server_messages():
            made = book.create(body, clock.now(), slos.as_mapping(), policies.meanings)
        return JSONResponse(made.shown())

    async def update(request: Request) -> JSONResponse:
        monitor, body = _found(book, request), await _body(request)
        with _server_messages():
            book.update(monitor, body, clock.now(), slos.as_mapping(), policies.meanings)
        return JSONResponse(monitor.shown())

    async def delete(request: Request) -> JSONResponse:
        monitor = _found(book, request)
        users = book.composites_of(monitor.id)
        if users and request.query_params.get("force") != "true":
            numbers = ", ".join(str(each.id) for each in users)
            raise ApiError(400, f"monitor {monitor.id} is part of the composites {numbers}; delete with force=true")
        book.delete(monitor.id)
        return JSONResponse({"deleted_monitor_id": monitor.id})

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ONE, update, methods=["PUT"]),
        Route(_ONE, delete, methods=["DELETE"]),
    ]


def _checking_routes(book: MonitorBook, slos: SloBook, clock: Clock) -> list[Route]:
    async def validate(request: Request) -> JSONResponse:
        body = await _body(request)
        with _server_messages():
            book.check(body, clock.now(), slos.as_mapping())
        return JSONResponse({})

    async def validate_existing(request: Request) -> JSONResponse:
        monitor, body = _found(book, request), await _body(request)
        with _server_messages():
            book.check({**monitor.body, **body}, clock.now(), slos.as_mapping())
        return JSONResponse({})

    async def can_delete(request: Request) -> JSONResponse:
        numbers = [whole_number(text, "monitor_ids") for text in request.query_params.get("monitor_ids", "").split(",")]
        if any(book.get(number) is None for number in numbers):
            raise ApiError(404, "Monitor not found")
        used = {number: [each.id for each in book.composites_of(number)] for number in numbers}
        errors = {
            str(number): [f"is part of composite {each}" for each in users] for number, users in used.items() if users
        }
        data = {"ok": [number for number in numbers if not used[number]]}
        return JSONResponse({"data": data, "errors": errors or None}, status_code=409 if errors else 200)

    return [
        Route(f"{_ROOT}/validate", validate, methods=["POST"]),
        Route(f"{_ROOT}/can_delete", can_delete, methods=["GET"]),
        Route(f"{_ONE}/validate", validate_existing, methods=["POST"]),
    ]


def _reading_routes(book: MonitorBook, downtimes: DowntimeBook, clock: Clock) -> list[Route]:
    def shown(monitor: Monitor, given: QueryParams) -> dict[str, Any]:
        body = monitor.shown(_group_states(given))
        if given.get("with_downtimes", "false") == "true":
            body["matching_downtimes"] = matching_downtimes(monitor, downtimes, clock.now())
        return body

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(shown(_found(book, request), request.query_params))

    async def listing(request: Request) -> JSONResponse:
        given = request.query_params
        return JSONResponse([shown(monitor, given) for monitor in _listed(book, given)])

    return [
        Route(_ROOT, listing, methods=["GET"]),
        Route(_ONE, get, methods=["GET"]),
    ]


async def _body(request: Request) -> dict[str, Any]:
    return decode(_BODY, await read_body(request))


@contextmanager
def _server_messages() -> Iterator[None]:
    """Answer 400 with the server's own messages, or with what is not modelled."""
    try:
        yield
    except DefinitionError as error:
        raise ApiError(400, *error.errors) from error
    except AlertproofError as error:
        raise ApiError(400, str(error)) from error
    except OverflowError as error:
        # Any number may stand where seconds or days are meant; no calendar holds them all.
        raise ApiError(400, f"a span of time of the monitor is too long: {error}") from error


def _found(book: MonitorBook, request: Request) -> Monitor:
    monitor = book.get(request.path_params["monitor_id"])
    if monitor is None:
        raise ApiError(404, "Monitor not found")
    return monitor


def _group_states(parameters: QueryParams) -> frozenset[str]:
    texts = frozenset(text.strip().lower() for text in parameters.get("group_states", "").split(",") if text)
    if not texts <= _STATES:
        raise ApiError(400, "Invalid group_state filters.")
    return texts


def _listed(book: MonitorBook, parameters: QueryParams) -> Sequence[Monitor]:
    unknown = sorted(set(parameters) - _LIST_PARAMETERS)
    if unknown:
        raise ApiError(400, f"the stand-in does not filter monitors by: {', '.join(unknown)}")
    name = parameters.get("name", "").lower()
    tags = {tag for tag in parameters.get("monitor_tags", "").split(",") if tag}
    after = whole_number(parameters.get("id_offset", "0"), "id_offset")
    found = [
        monitor
        for monitor in book
        if name in monitor.definition.name.lower() and tags <= set(monitor.definition.tags) and monitor.id > after
    ]
    if "page" not in parameters and "page_size" not in parameters:
        return found
    size = whole_number(parameters.get("page_size", str(_PAGE)), "page_size")
    first = whole_number(parameters.get("page", "0"), "page") * size
    return found[first : first + size]
