"""The account's log pipelines: created, read, listed, replaced, ordered and deleted.

Source: docs.datadoghq.com/api/latest/logs-pipelines.
"""

from __future__ import annotations

import string
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.routing import Route

from alertproof.standins.datadog.logconfig.ordered import Kept, OrderedBook, Wire, ordered_routes
from alertproof.standins.datadog.logconfig.processors import require_processors
from alertproof.standins.datadog.wire import ApiError, decode, read_body
from alertproof.standins.journal import drawn

__all__ = ["PipelineBook", "pipeline_routes"]

_ROOT = "/api/v1/logs/config/pipelines"
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


class PipelineBook(OrderedBook):
    """Pipelines by id, in the order in which logs go through them."""

    what = "pipeline"
    missing = "Non existing pipeline {!r}"

    def put(self, body: bytes, name: str | None = None) -> Kept:
        """Add one at the end, or replace the one called ``name``; raises `ApiError` 400."""
        read = decode(_PIPELINE, body)
        if not read.name.strip():
            raise ApiError(400, "Invalid pipeline: a name is required")
        require_processors(read.processors)
        name = name or "".join(drawn.choice(_ALPHABET) for _ in range(_ID_LENGTH))
        return self.keep(name, {**msgspec.to_builtins(read), "id": name, "type": "pipeline", "is_read_only": False})


def pipeline_routes(book: PipelineBook) -> list[Route]:
    """Return the routes under /api/v1/logs/config/pipelines, and that of their order."""

    async def put(request: Request, name: str | None) -> Kept:
        return book.put(await read_body(request), name)

    wire = Wire(
        root=_ROOT,
        order_root=_ORDER,
        put=put,
        one=lambda kept: kept,
        all=lambda kept: kept,
        order=lambda names: {"pipeline_ids": names},
        read_order=lambda body: decode(_ORDERED, body).pipeline_ids,
    )
    return ordered_routes(book, wire)
