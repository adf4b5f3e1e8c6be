"""The account's log archives: created, read, listed, replaced, ordered and deleted. Nothing is written to any.

Source: docs.datadoghq.com/api/latest/logs-archives.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.standins.bounded import Weights
from alertproof.standins.datadog.jsonapi import read_attributes, resource
from alertproof.standins.datadog.logconfig.pipelines import reordered
from alertproof.standins.datadog.wire import ApiError, decode, read_body, weigh
from alertproof.standins.journal import drawn

__all__ = ["ArchiveBook", "archive_routes"]

_TYPE = "archives"
_ROOT = "/api/v2/logs/config/archives"
_ONE = f"{_ROOT}/{{name}}"
_ORDER = "/api/v2/logs/config/archive-order"
_ID_LENGTH = 22
#: What each kind of destination must say; ``integration`` is the account's leave to write there.
_DESTINATIONS = {
    "azure": ("container", "integration", "storage_account"),
    "gcs": ("bucket", "integration"),
    "s3": ("bucket", "integration"),
}


class _Archive(msgspec.Struct, omit_defaults=True):
    name: str
    query: str
    destination: dict[str, Any]
    include_tags: bool = False
    rehydration_tags: list[str] = []
    rehydration_max_scan_size_in_gb: int | None = None
    compression_method: str | None = None
    lookup_attributes: list[str] | None = None
    partitioning_attributes: list[str] | None = None


class _OrderAttributes(msgspec.Struct):
    archive_ids: list[str]


class _OrderData(msgspec.Struct):
    attributes: _OrderAttributes


class _Order(msgspec.Struct):
    data: _OrderData


_ORDERED = msgspec.json.Decoder(_Order)
_WRITABLE = _Archive.__struct_fields__


class ArchiveBook:
    """Archives by id, in the order in which they are listed."""

    KEPT = 1_000
    SIZE = 4 * 1024 * 1024

    def __init__(self) -> None:
        self._kept: dict[str, dict[str, Any]] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)

    def listed(self) -> list[dict[str, Any]]:
        """Return all of them, in order."""
        return list(self._kept.values())

    def get(self, name: str) -> dict[str, Any]:
        """Return one; raises `ApiError` 404."""
        if name not in self._kept:
            raise ApiError(404, f"Archive {name!r} not found")
        return self._kept[name]

    def put(self, attributes: dict[str, Any], name: str | None = None) -> dict[str, Any]:
        """Add one at the end, or replace the one called ``name``; raises `ApiError` 400."""
        try:
            read = msgspec.convert(attributes, _Archive)
        except msgspec.ValidationError as error:
            raise ApiError(400, f"archive: {error}") from error
        _require_destination(read.destination)
        name = name or drawn.token(_ID_LENGTH // 2)
        defaults = {"include_tags": False, "rehydration_tags": []}
        made = resource(_TYPE, name, {**defaults, **msgspec.to_builtins(read), "state": "UNKNOWN"})
        weigh(self._weights, name, made)
        self._kept[name] = made
        return made

    def delete(self, name: str) -> None:
        """Forget one; raises `ApiError` 404."""
        self.get(name)
        del self._kept[name]
        self._weights.drop(name)

    def order(self, names: list[str]) -> None:
        """Put them in an order, which has to name each once; raises `ApiError` 422."""
        self._kept = reordered(self._kept, names, "archive")


def _require_destination(destination: dict[str, Any]) -> None:
    kind = destination.get("type")
    if kind not in _DESTINATIONS:
        raise ApiError(400, f"destination.type: {kind!r} is not one of {', '.join(sorted(_DESTINATIONS))}")
    for name in _DESTINATIONS[kind]:
        if not destination.get(name):
            raise ApiError(400, f"destination.{name} is required of {kind}")


def archive_routes(book: ArchiveBook) -> list[Route]:
    """Return the routes under /api/v2/logs/config/archives, and that of their order."""

    async def create(request: Request) -> JSONResponse:
        return JSONResponse({"data": book.put(await read_attributes(request, _TYPE, _WRITABLE))})

    async def listing(_request: Request) -> JSONResponse:
        return JSONResponse({"data": book.listed()})

    async def get(request: Request) -> JSONResponse:
        return JSONResponse({"data": book.get(request.path_params["name"])})

    async def update(request: Request) -> JSONResponse:
        name = str(book.get(request.path_params["name"])["id"])
        return JSONResponse({"data": book.put(await read_attributes(request, _TYPE, _WRITABLE), name)})

    async def delete(request: Request) -> Response:
        book.delete(request.path_params["name"])
        return Response(status_code=204)

    async def order(request: Request) -> JSONResponse:
        if request.method == "PUT":
            book.order(decode(_ORDERED, await read_body(request)).data.attributes.archive_ids)
        ids = [each["id"] for each in book.listed()]
        return JSONResponse({"data": {"type": "archive_order", "attributes": {"archive_ids": ids}}})

    return [
        Route(_ROOT, create, methods=["POST"]),
        Route(_ROOT, listing, methods=["GET"]),
        Route(_ONE, get, methods=["GET"]),
        Route(_ONE, update, methods=["PUT"]),
        Route(_ONE, delete, methods=["DELETE"]),
        Route(_ORDER, order, methods=["GET", "PUT"]),
    ]
