"""``POST /api/v2/query/scalar``: one value of a query over a whole span, as a query value widget shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Literal

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.datadog import query_value
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.ingest import Ingest
from alertproof.standins.datadog.wire import ApiError, decode, read_body

__all__ = ["scalar_routes"]


class _Query(msgspec.Struct):
    data_source: str
    query: str
    aggregator: str = "avg"
    name: str = "a"


class _Attributes(msgspec.Struct):
    """Instants in epoch milliseconds: ``start`` is part of the span and ``end`` is not [OPENAPI]."""

    queries: list[_Query]
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    formulas: list[Any] = []


class _Data(msgspec.Struct):
    type: Literal["scalar_request"]
    attributes: _Attributes


class _Payload(msgspec.Struct):
    data: _Data


_PAYLOAD = msgspec.json.Decoder(_Payload)


def scalar_routes(ingest: Ingest, settle: Callable[[float], None]) -> list[Route]:
    """Return the route; ``settle`` stores the DogStatsD points of every bucket that has ended by an instant."""

    async def scalar(request: Request) -> JSONResponse:
        asked = decode(_PAYLOAD, await read_body(request)).data.attributes
        settle(ingest.clock.now().timestamp())
        return JSONResponse({"data": {"type": "scalar_response", "attributes": {"columns": _columns(ingest, asked)}}})

    return [Route("/api/v2/query/scalar", scalar, methods=["POST"])]


def _columns(ingest: Ingest, asked: _Attributes) -> list[dict[str, Any]]:
    """Return a column for each query; without samples it holds no value."""
    if asked.formulas:
        raise ApiError(400, "formulas are not modelled: ask for the queries themselves")
    if asked.end <= asked.start:
        raise ApiError(400, f"'to' ({asked.end}) must be after 'from' ({asked.start})")
    columns = []
    for query in asked.queries:
        if query.data_source != "metrics":
            raise ApiError(400, f"the data source {query.data_source!r} is not modelled, only metrics is")
        value = _value(ingest, query, asked)
        values = [] if value is None else [value]
        columns.append({"name": query.name, "type": "number", "values": values, "meta": {"unit": [None, None]}})
    return columns


def _value(ingest: Ingest, query: _Query, asked: _Attributes) -> float | None:
    start, end = (_instant(stamp) for stamp in (asked.start, asked.end))
    try:
        return query_value(query.query, ingest.store, start, end, query.aggregator)
    except AlertproofError as error:
        raise ApiError(400, f"Error parsing query: {error}") from error


def _instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ApiError(400, f"{milliseconds} is not an instant in epoch milliseconds") from error
