"""Metric-based SLOs: kept for burn-rate monitors, read back as the API shows them."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.datadog import Slo
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.monitors import CREATOR
from alertproof.standins.datadog.wire import ApiError, decode, read_body, whole_number

__all__ = ["SloBook", "slo_routes"]

_TIMEFRAMES = ("7d", "30d", "90d")
_PAGE = 1000


class _Threshold(msgspec.Struct):
    timeframe: str
    target: float
    warning: float | None = None


class _Query(msgspec.Struct):
    numerator: str
    denominator: str


class _Request(msgspec.Struct):
    name: str
    type: str
    thresholds: list[_Threshold]
    query: _Query | None = None
    description: str | None = None
    tags: list[str] = []
    groups: list[str] = []


_REQUEST = msgspec.json.Decoder(_Request)


@dataclass(frozen=True, slots=True)
class _Kept:
    slo: Slo
    request: _Request
    created: datetime


class SloBook:
    """SLOs by id, in the order of creation."""

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}

    def __iter__(self) -> Iterator[_Kept]:
        return iter(tuple(self._kept.values()))

    def as_mapping(self) -> dict[str, Slo]:
        """Return the SLOs by id, as monitors look them up."""
        return {key: kept.slo for key, kept in self._kept.items()}

    def create(self, request: _Request, now: datetime) -> _Kept:
        """Add an SLO; raises `ApiError` 400 for what is wrong with it or not modelled."""
        if request.type != "metric" or request.query is None:
            raise ApiError(400, f"the stand-in models SLOs of type 'metric' with a query, not {request.type!r}")
        if len(request.thresholds) != 1:
            raise ApiError(400, "the stand-in models SLOs with exactly one threshold")
        threshold = request.thresholds[0]
        if threshold.timeframe not in _TIMEFRAMES:
            raise ApiError(400, f"unknown timeframe {threshold.timeframe!r}; known: {', '.join(_TIMEFRAMES)}")
        try:
            slo = Slo(
                id=uuid.uuid4().hex,
                name=request.name,
                numerator=request.query.numerator,
                denominator=request.query.denominator,
                target=threshold.target,
                timeframe=threshold.timeframe,
            )
        except AlertproofError as error:
            raise ApiError(400, str(error)) from error
        kept = self._kept[slo.id] = _Kept(slo, request, now)
        return kept

    def get(self, key: str) -> _Kept:
        """Return one; raises `ApiError` 404."""
        if key not in self._kept:
            raise ApiError(404, "SLO not found")
        return self._kept[key]

    def delete(self, key: str) -> None:
        """Forget one; raises `ApiError` 404."""
        self.get(key)
        del self._kept[key]


def slo_routes(book: SloBook, clock: Clock) -> list[Route]:
    """Return the routes under /api/v1/slo."""

    async def create(request: Request) -> JSONResponse:
        kept = book.create(decode(_REQUEST, await read_body(request)), clock.now())
        return JSONResponse({"data": [_shown(kept)], "error": None})

    async def listing(request: Request) -> JSONResponse:
        unknown = sorted(set(request.query_params) - {"ids", "limit", "offset", "tags_query"})
        if unknown:
            raise ApiError(400, f"the stand-in does not filter SLOs by: {', '.join(unknown)}")
        ids = {key for key in request.query_params.get("ids", "").split(",") if key}
        tag = request.query_params.get("tags_query")  # a single tag [OPENAPI list_slos]
        found = [kept for kept in book if (not ids or kept.slo.id in ids) and (not tag or tag in kept.request.tags)]
        first = whole_number(request.query_params.get("offset", "0"), "offset")
        size = whole_number(request.query_params.get("limit", str(_PAGE)), "limit")
        page = found[first : first + size]
        counts = {"total_count": len(found), "total_filtered_count": len(found)}
        return JSONResponse({"data": [_shown(kept) for kept in page], "error": None, "metadata": {"page": counts}})

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"data": _shown(book.get(request.path_params["slo_id"])), "error": None})

    async def delete(request: Request) -> JSONResponse:
        key = request.path_params["slo_id"]
        book.delete(key)
        return JSONResponse({"data": [key], "error": None})

    return [
        Route("/api/v1/slo", create, methods=["POST"]),
        Route("/api/v1/slo", listing, methods=["GET"]),
        Route("/api/v1/slo/{slo_id}", get, methods=["GET"]),
        Route("/api/v1/slo/{slo_id}", delete, methods=["DELETE"]),
    ]


def _shown(kept: _Kept) -> dict[str, Any]:
    """Return the SLO as the API shows it [CASS]."""
    request, slo = kept.request, kept.slo
    threshold: dict[str, Any] = {
        "timeframe": slo.timeframe,
        "target": float(slo.target),
        "target_display": f"{slo.target:g}",
    }
    warning = request.thresholds[0].warning
    if warning is not None:
        threshold |= {"warning": warning, "warning_display": f"{warning:g}"}
    shown: dict[str, Any] = {
        "id": slo.id,
        "name": slo.name,
        "description": request.description or "",
        "tags": request.tags,
        "monitor_tags": [],
        "groups": request.groups,
        "type": "metric",
        "type_id": 1,
        "query": {"numerator": slo.numerator, "denominator": slo.denominator},
        "thresholds": [threshold],
        "timeframe": slo.timeframe,
        "target_threshold": float(slo.target),
        "creator": {name: CREATOR[name] for name in ("name", "handle", "email")},
        "created_at": int(kept.created.timestamp()),
        "modified_at": int(kept.created.timestamp()),
    }
    return shown if warning is None else shown | {"warning_threshold": warning}
