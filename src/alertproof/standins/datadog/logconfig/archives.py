"""The account's log archives: created, read, listed, replaced, ordered and deleted. Nothing is written to any.

Source: docs.datadoghq.com/api/latest/logs-archives.
"""

from __future__ import annotations

from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from alertproof.standins.datadog.jsonapi import read_attributes, resource
from alertproof.standins.datadog.logconfig.ordered import Kept, OrderedBook, Wire, ordered_routes
from alertproof.standins.datadog.wire import ApiError, decode
from alertproof.standins.journal import drawn

__all__ = ["ArchiveBook", "archive_routes"]

_TYPE = "archives"
_ROOT = "/api/v2/logs/config/archives"
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


class ArchiveBook(OrderedBook):
    """Archives by id, in the order in which they are listed."""

    SIZE = 4 * 1024 * 1024
    what = "archive"
    missing = "Archive {!r} not found"

    def put(self, attributes: dict[str, Any], name: str | None = None) -> Kept:
        """Add one at the end, or replace the one called ``name``; raises `ApiError` 400."""
        try:
            read = msgspec.convert(attributes, _Archive)
        except msgspec.ValidationError as error:
            raise ApiError(400, f"archive: {error}") from error
        _require_destination(read.destination)
        name = name or drawn.token(_ID_LENGTH // 2)
        defaults = {"include_tags": False, "rehydration_tags": []}
        return self.keep(name, resource(_TYPE, name, {**defaults, **msgspec.to_builtins(read), "state": "UNKNOWN"}))


def _require_destination(destination: dict[str, Any]) -> None:
    kind = destination.get("type")
    if kind not in _DESTINATIONS:
        raise ApiError(400, f"destination.type: {kind!r} is not one of {', '.join(sorted(_DESTINATIONS))}")
    for name in _DESTINATIONS[kind]:
        if not destination.get(name):
            raise ApiError(400, f"destination.{name} is required of {kind}")


def archive_routes(book: ArchiveBook) -> list[Route]:
    """Return the routes under /api/v2/logs/config/archives, and that of their order."""

    async def put(request: Request, name: str | None) -> Kept:
        return book.put(await read_attributes(request, _TYPE, _WRITABLE), name)

    wire = Wire(
        root=_ROOT,
        order_root=_ORDER,
        put=put,
        one=lambda kept: {"data": kept},
        all=lambda kept: {"data": kept},
        order=lambda names: {"data": {"type": "archive_order", "attributes": {"archive_ids": names}}},
        read_order=lambda body: decode(_ORDERED, body).data.attributes.archive_ids,
        deleted=204,
    )
    return ordered_routes(book, wire)
