"""The account's log pipelines: created, read, listed, replaced, ordered and deleted.

Source: docs.datadoghq.com/api/latest/logs-pipelines.
"""

from __future__ import annotations

import string
from collections.abc import Mapping
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.standins.bounded import Weights
from alertproof.standins.datadog.logconfig.processors import require_processors
from alertproof.standins.datadog.wire import ApiError, decode, read_body, weigh
from alertproof.standins.journal import drawn

__all__ = ["PipelineBook", "pipeline_routes"]

_ROOT = "/api/v1/logs/config/pipelines"
_ONE = f"{_ROOT}/{{name}}"
_ORDER = "/api/v1/logs/config/pipeline-order"
_ALPHABET = string.ascii_letters + string.digits + "-_"
_ID_LENGTH = 22


class _Filter(msgspec.Struct):
    query: str = ""


class _Pipeline(msgspec.Struct):
    name: str
    filter: _Filter = msgspec.field(default_factory=_Filter)
    is_enabled: bool = False
    processors: list[Any] = []
    description: str = ""
    tags: list[str] = []


class _Order(msgspec.Struct):
    pipeline_ids: list[str]


_PIPELINE = msgspec.json.Decoder(_Pipeline)
_ORDERED = msgspec.json.Decoder(_Order)
_Kept = dict[str, Any]


class PipelineBook:
    """Pipelines by id, in the order in which logs go through them."""

    KEPT = 1_000
    SIZE = 16 * 1024 * 1024

    def __init__(self) -> None:
        self._kept: dict[str, _Kept] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)

    def listed(self) -> list[_Kept]:
        """Return all of them, in order."""
        return list(self._kept.values())

    def get(self, name: str) -> _Kept:
        """Return one; raises `ApiError` 404."""
        if name not in self._kept:
            raise ApiError(404, f"Non existing pipeline {name!r}")
        return self._kept[name]

    def put(self, body: bytes, name: str | None = None) -> _Kept:
        """Add one at the end, or replace the one called ``name``; raises `ApiError` 400."""
        read = decode(_PIPELINE, body)
        if not read.name.strip():
            raise ApiError(400, "Invalid pipeline: a name is required")
        require_processors(read.processors)
        name = name or "".join(drawn.choice(_ALPHABET) for _ in range(_ID_LENGTH))
        shown = {**msgspec.to_builtins(read), "id": name, "type": "pipeline", "is_read_only": False}
        weigh(self._weights, name, shown)
        self._kept[name] = shown
        return shown

    def delete(self, name: str) -> None:
        """Forget one; raises `ApiError` 404."""
        self.get(name)
        del self._kept[name]
        self._weights.drop(name)

    def order(self, names: list[str]) -> None:
        """Put them in an order, which has to name each once; raises `ApiError` 422."""
        self._kept = reordered(self._kept, names, "pipeline")


def reordered(kept: Mapping[str, _Kept], names: list[str], what: str) -> dict[str, _Kept]:
    """Return what is kept in another order; raises `ApiError` 422 for one that does not name each once."""
    if sorted(names) != sorted(kept):
        raise ApiError(422, f"The order has to name every {what} of the account once, and nothing else")
    return {name: kept[name] for name in names}


def pipeline_routes(book: PipelineBook) -> list[Route]:
    """Return the routes under /api/v1/logs/config/pipelines, and that of their order."""

    async def create(request: Request) -> JSONResponse:
        return JSONResponse(book.put(await read_body(request)))

    async def listing(_request: Request) -> JSONResponse:
        return JSONResponse(book.listed())

    async def get(request: Request) -> JSONResponse:
        return JSONResponse(book.get(request.path_params["name"]))

    async def update(request: Request) -> JSONResponse:
        name = book.get(request.path_params["name"])["id"]
        return JSONResponse(book.put(await read_body(request), name))

    async def delete(request: Request) -> Response:
        book.delete(request.path_params["name"])
        return Response(status_code=200)

    async def order(request: Request) -> JSONResponse:
        if request.method == "PUT":
            book.order(decode(_ORDERED, await read_body(request)).pipeline_ids)
        return JSONResponse({"pipeline_ids": [each["id"] for each in book.listed()]})

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ROOT, listing, methods=["GET"]),
        Route(_ONE, get, methods=["GET"]),
        Route(_ONE, update, methods=["PUT"]),
        Route(_ONE, delete, methods=["DELETE"]),
        Route(_ORDER, order, methods=["GET", "PUT"]),
    ]
