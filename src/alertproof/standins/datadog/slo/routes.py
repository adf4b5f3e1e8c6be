"""The SLO API: create, read, list, search, replace and delete."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.standins.datadog.monitoring.monitors import CREATOR, MonitorBook
from alertproof.standins.datadog.slo.book import KeptSlo, SloBook, slo_shown
from alertproof.standins.datadog.wire import ApiError, decode, page_of, read_body, whole_number

__all__ = ["slo_routes"]

_ROOT = "/api/v1/slo"
_ONE = f"{_ROOT}/{{slo_id}}"
_PAGE = 1000
_BODY = msgspec.json.Decoder(dict[str, Any])
_BULK = msgspec.json.Decoder(dict[str, list[str]])
_FILTERS = {"ids", "query", "tags_query", "metrics_query", "limit", "offset"}


def slo_routes(book: SloBook, monitors: MonitorBook, clock: Clock) -> list[Route]:
    """Return the routes under /api/v1/slo; what is fixed comes before what is named."""
    return [*_many_routes(book, monitors), *_single_routes(book, monitors, clock)]


def _single_routes(book: SloBook, monitors: MonitorBook, clock: Clock) -> list[Route]:
    async def create(request: Request) -> JSONResponse:
        kept = book.create(decode(_BODY, await read_body(request)), clock.now())
        return JSONResponse({"data": [slo_shown(kept)], "error": None})

    async def update(request: Request) -> JSONResponse:
        given = decode(_BODY, await read_body(request))
        if given.get("type") is None:
            raise ApiError(400, "Invalid payload: Required parameter 'type' is missing")
        kept = book.get(request.path_params["slo_id"])
        book.update(kept, given, clock.now())
        return JSONResponse({"data": [slo_shown(kept)], "error": None})

    async def get(request: Request) -> JSONResponse:
        kept = book.get(request.path_params["slo_id"])
        shown = slo_shown(kept)
        if request.query_params.get("with_configured_alert_ids") == "true":
            shown["configured_alert_ids"] = _alerts(kept.slo.id, monitors)
        return JSONResponse({"data": shown, "error": None})

    async def delete(request: Request) -> JSONResponse:
        key = request.path_params["slo_id"]
        if request.query_params.get("force") != "true" and _alerts(book.get(key).slo.id, monitors):
            raise ApiError(409, f"SLO {key} is used by monitors; delete with force=true")
        book.delete(key)
        return JSONResponse({"data": [key], "error": None})

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ONE, get, methods=["GET"]),
        Route(_ONE, update, methods=["PUT"]),
        Route(_ONE, delete, methods=["DELETE"]),
    ]


def _many_routes(book: SloBook, monitors: MonitorBook) -> list[Route]:
    async def listing(request: Request) -> JSONResponse:
        given = request.query_params
        unknown = sorted(set(given) - _FILTERS)
        if unknown:
            raise ApiError(400, f"the stand-in does not filter SLOs by: {', '.join(unknown)}")
        matches = _matcher(given)
        found = [kept for kept in book if matches(kept)]
        page = page_of(found, given, size="limit", offset="offset", default=_PAGE)
        counts = {"total_count": len(found), "total_filtered_count": len(found)}
        return JSONResponse({"data": [slo_shown(kept) for kept in page], "error": None, "metadata": {"page": counts}})

    async def search(request: Request) -> JSONResponse:
        return JSONResponse(_searched(book, request.query_params))

    async def can_delete(request: Request) -> JSONResponse:
        keys = [key for key in request.query_params.get("ids", "").split(",") if key]
        used = {key: ids for key in keys if (ids := _alerts(book.get(key).slo.id, monitors))}
        data = {"ok": [key for key in keys if key not in used]}
        errors = {key: f"used by the monitors {', '.join(map(str, ids))}" for key, ids in used.items()}
        return JSONResponse({"data": data, "errors": errors or None}, status_code=409 if used else 200)

    async def bulk_delete(request: Request) -> JSONResponse:
        return JSONResponse({"data": _shortened(book, decode(_BULK, await read_body(request))), "errors": []})

    return [
        Route(_ROOT, listing, methods=["GET"]),
        Route(f"{_ROOT}/search", search, methods=["GET"]),
        Route(f"{_ROOT}/can_delete", can_delete, methods=["GET"]),
        Route(f"{_ROOT}/bulk_delete", bulk_delete, methods=["POST"]),
    ]


def _shortened(book: SloBook, asked: dict[str, list[str]]) -> dict[str, list[str]]:
    """Take timeframes away from SLOs; one that has none left is deleted. Returns which were and which are changed."""
    deleted, updated = [], []
    for key, timeframes in asked.items():
        kept = book.get(key)
        left = [each for each in kept.body.thresholds if each.timeframe not in timeframes]
        if left:
            body = {**msgspec.to_builtins(kept.body), "thresholds": msgspec.to_builtins(left)}
            book.update(kept, body, kept.modified)
            updated.append(key)
        else:
            book.delete(key)
            deleted.append(key)
    return {"deleted": deleted, "updated": updated}


def _alerts(key: str, monitors: MonitorBook) -> list[int]:
    """Return the monitors whose queries name an SLO."""
    return [monitor.id for monitor in monitors if f'"{key}"' in monitor.definition.query]


def _matcher(given: QueryParams) -> Callable[[KeptSlo], bool]:
    ids = {key for key in given.get("ids", "").split(",") if key}
    tag = given.get("tags_query")  # a single tag [OPENAPI list_slos]
    name, metric = given.get("query", "").lower(), given.get("metrics_query", "")

    def matches(kept: KeptSlo) -> bool:
        queries = " ".join((kept.body.query or {}).values())
        return (
            (not ids or kept.slo.id in ids)
            and (not tag or tag in (kept.body.tags or []))
            and name in kept.body.name.lower()
            and metric in queries
        )

    return matches


def _searched(book: SloBook, given: QueryParams) -> dict[str, Any]:
    words = given.get("query", "").lower().split()
    found = [kept for kept in book if all(_holds(word, kept) for word in words)]
    size = whole_number(given.get("page[size]", "10"), "page[size]")
    number = whole_number(given.get("page[number]", "0"), "page[number]")
    shown = [{"data": _row(kept)} for kept in found[number * size : (number + 1) * size]]
    last = max(0, -(-len(found) // size) - 1) if size else 0
    pages = {
        "type": "number_size",
        "size": size,
        "number": number,
        "total": len(found),
        "first_number": 0,
        "prev_number": max(0, number - 1),
        "next_number": number + 1,
        "last_number": last,
    }
    data = {"type": "service_level_objective_search_results", "attributes": {"slos": shown}}
    return {"data": data, "meta": {"pagination": pages}}


def _holds(word: str, kept: KeptSlo) -> bool:
    tags = [tag.lower() for tag in kept.body.tags or []]
    return word in tags if ":" in word else word in kept.body.name.lower()


def _row(kept: KeptSlo) -> dict[str, Any]:
    body, shown = kept.body, slo_shown(kept)
    tags = body.tags or []
    query = {"metrics": None, **body.query} if body.query else None
    attributes = {
        "name": body.name,
        "description": body.description,
        "all_tags": tags,
        **{f"{key}_tags": [tag for tag in tags if tag.startswith(f"{key}:")] for key in ("env", "service", "team")},
        "groups": body.groups,
        "monitor_ids": body.monitor_ids,
        "slo_type": body.type,
        "thresholds": shown["thresholds"],
        "creator": {name: CREATOR[name] for name in ("id", "name", "email")},
        "created_at": shown["created_at"],
        "modified_at": shown["modified_at"],
    }
    return {"type": "slo", "id": kept.slo.id, "attributes": attributes | ({"query": query} if query else {})}
