"""The v1 monitor API: create, read, change, delete, validate, search."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog import DefinitionError, State
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.monitoring.governance import PolicyBook
from alertproof.standins.datadog.monitoring.monitors import CREATOR, ORG_ID, Monitor, MonitorBook, check
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
_SEARCH_PAGE = 30


_ROOT = "/api/v1/monitor"
_ONE = f"{_ROOT}/{{monitor_id:int}}"


def monitor_routes(book: MonitorBook, slos: SloBook, policies: PolicyBook, clock: Clock) -> list[Route]:
    """Return the routes under /api/v1/monitor."""
    return [*_checking_routes(book, slos), *_reading_routes(book), *_writing_routes(book, slos, policies, clock)]


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
        book.delete(monitor.id)
        return JSONResponse({"deleted_monitor_id": monitor.id})

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ONE, update, methods=["PUT"]),
        Route(_ONE, delete, methods=["DELETE"]),
    ]


def _checking_routes(book: MonitorBook, slos: SloBook) -> list[Route]:
    async def validate(request: Request) -> JSONResponse:
        body = await _body(request)
        with _server_messages():
            check(body, slos.as_mapping())
        return JSONResponse({})

    async def validate_existing(request: Request) -> JSONResponse:
        monitor, body = _found(book, request), await _body(request)
        with _server_messages():
            check({**monitor.body, **body}, slos.as_mapping())
        return JSONResponse({})

    async def can_delete(request: Request) -> JSONResponse:
        numbers = [whole_number(text, "monitor_ids") for text in request.query_params.get("monitor_ids", "").split(",")]
        if any(book.get(number) is None for number in numbers):
            raise ApiError(404, "Monitor not found")
        return JSONResponse({"data": {"ok": numbers}, "errors": None})

    return [
        Route(f"{_ROOT}/validate", validate, methods=["POST"]),
        Route(f"{_ROOT}/can_delete", can_delete, methods=["GET"]),
        Route(f"{_ONE}/validate", validate_existing, methods=["POST"]),
    ]


def _reading_routes(book: MonitorBook) -> list[Route]:
    async def get(request: Request) -> JSONResponse:
        return JSONResponse(_found(book, request).shown(_group_states(request.query_params)))

    async def listing(request: Request) -> JSONResponse:
        states = _group_states(request.query_params)
        return JSONResponse([monitor.shown(states) for monitor in _listed(book, request.query_params)])

    async def search(request: Request) -> JSONResponse:
        return JSONResponse(_search(book, request.query_params))

    return [
        Route(f"{_ROOT}/search", search, methods=["GET"]),
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


def _search(book: MonitorBook, parameters: QueryParams) -> dict[str, Any]:
    matches = _matcher(parameters.get("query", ""))
    found = [monitor for monitor in book if matches(monitor)]
    page = whole_number(parameters.get("page", "0"), "page")
    size = whole_number(parameters.get("per_page", str(_SEARCH_PAGE)), "per_page")
    return {
        "counts": {
            "status": _counts(str(monitor.overall) for monitor in found),
            "muted": _counts(False for _ in found),
            "tag": _counts(tag for monitor in found for tag in monitor.definition.tags),
            "type": _counts(_classification(monitor) for monitor in found),
        },
        "monitors": [_row(monitor) for monitor in found[page * size : (page + 1) * size]],
        "metadata": {
            "page": page,
            "page_count": -(-len(found) // size) if size else 0,
            "per_page": size,
            "total_count": len(found),
        },
    }


def _matcher(query: str) -> Callable[[Monitor], bool]:
    """Read a search: words of the name, and ``status: tag: id: type:`` terms, all of which must hold."""
    try:
        terms = shlex.split(query)
    except ValueError as error:
        raise ApiError(400, f"Query parsing error: {error}") from error
    tests = [_term(term) for term in terms]
    return lambda monitor: all(test(monitor) for test in tests)


def _term(term: str) -> Callable[[Monitor], bool]:
    key, colon, value = term.partition(":")
    if not colon:
        return lambda monitor: term.lower() in monitor.definition.name.lower()
    if key == "status":
        if value.lower() not in {str(state).lower() for state in State}:
            raise ApiError(400, f"Query parsing error: '{value}' is not a valid monitor status")
        return lambda monitor: str(monitor.overall).lower() == value.lower()
    if key == "tag":
        return lambda monitor: value in monitor.definition.tags
    if key == "id":
        return lambda monitor: str(monitor.id) == value
    if key == "type":
        return lambda monitor: _classification(monitor) == value
    raise ApiError(400, f"Query parsing error: the stand-in does not search monitors by {key!r}")


def _counts(names: Iterator[Any]) -> list[dict[str, Any]]:
    return [{"count": count, "name": name} for name, count in Counter(names).most_common()]


def _classification(monitor: Monitor) -> str:
    return "slo" if monitor.body["type"] == "slo alert" else "metric"


def _row(monitor: Monitor) -> Mapping[str, Any]:
    triggered = [status.last_triggered_at for status in monitor.statuses.values() if status.last_triggered_at]
    return {
        "id": monitor.id,
        "org_id": ORG_ID,
        "name": monitor.definition.name,
        "type": monitor.body["type"],
        "query": monitor.body["query"],
        "classification": _classification(monitor),
        "status": str(monitor.overall),
        "tags": list(monitor.definition.tags),
        "metrics": sorted({query.metric for query in monitor.queries}),
        "creator": dict(CREATOR),
        "last_triggered_ts": int(max(triggered).timestamp()) if triggered else None,
        "priority": monitor.body["priority"],
        "muted_until_ts": None,
    }
