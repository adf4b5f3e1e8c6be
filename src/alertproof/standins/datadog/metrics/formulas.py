"""Queries of version 2 of the API: formulas over named queries, as series of points and as one value over a span."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypedDict

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.datadog import ScalarQuery, formula_points, formula_values
from alertproof.errors import AlertproofError
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.standins.datadog.metrics.points import query_interval
from alertproof.standins.datadog.wire import ApiError, decode, read_body
from alertproof.tags import Group

__all__ = ["formula_routes"]

_MEDIA = "application/vnd.api+json"


class _Query(msgspec.Struct):
    data_source: str
    query: str = ""
    aggregator: str = "avg"
    name: str | None = None


class _Limit(msgspec.Struct):
    count: int | None = None
    order: Literal["asc", "desc"] = "desc"


class _Formula(msgspec.Struct):
    formula: str
    limit: _Limit | None = None


class _Attributes(msgspec.Struct):
    """Instants in epoch milliseconds: ``start`` is part of the span and ``end`` is not [OPENAPI]."""

    queries: list[_Query]
    start: int = msgspec.field(name="from")
    end: int = msgspec.field(name="to")
    formulas: list[_Formula] = []
    interval: int | None = None


class _Data(msgspec.Struct):
    type: str
    attributes: _Attributes


class _Payload(msgspec.Struct):
    data: _Data


_PAYLOAD = msgspec.json.Decoder(_Payload)


class _Span(TypedDict):
    start: datetime
    end: datetime
    interval: timedelta


class _Asked:
    """What a request asks for: formulas over queries by name, a span, and the spacing of points."""

    def __init__(self, given: _Attributes) -> None:
        if given.end <= given.start:
            raise ApiError(400, f"'to' ({given.end}) must be after 'from' ({given.start})")
        start, end = _instant(given.start), _instant(given.end)
        interval = query_interval(end - start) if given.interval is None else _spacing(given.interval, end - start)
        self.span = _Span(start=start, end=end, interval=interval)
        self.queries = dict(_named(given.queries))
        #: Without formulas each query is asked for itself.
        self.formulas = given.formulas or [_Formula(formula=name) for name in self.queries]


def formula_routes(ingest: Ingest, settle: Callable[[float], None]) -> list[Route]:
    """Return the routes; ``settle`` stores the DogStatsD points of every bucket that has ended by an instant."""

    async def asked(request: Request, kind: str) -> _Asked:
        data = decode(_PAYLOAD, await read_body(request)).data
        if data.type != kind:
            raise ApiError(400, f'API input validation failed: Invalid type. Expected "{kind}".')
        settle(ingest.clock.now().timestamp())
        return _Asked(data.attributes)

    async def scalar(request: Request) -> JSONResponse:
        columns = _columns(ingest, await asked(request, "scalar_request"))
        return JSONResponse({"data": {"type": "scalar_response", "attributes": {"columns": columns}}})

    async def timeseries(request: Request) -> JSONResponse:
        attributes = _series(ingest, await asked(request, "timeseries_request"))
        answer = {"data": {"id": "0", "type": "timeseries_response", "attributes": attributes}}
        return JSONResponse(answer, media_type=_MEDIA)

    return [
        Route("/api/v2/query/scalar", scalar, methods=["POST"]),
        Route("/api/v2/query/timeseries", timeseries, methods=["POST"]),
    ]


def _columns(ingest: Ingest, asked: _Asked) -> list[dict[str, Any]]:
    """Return the columns of groups, if there are any, and one for each formula; a row without value holds null."""
    queries = {name: ScalarQuery(query.query, query.aggregator) for name, query in asked.queries.items()}
    found: list[dict[Group, float]] = []
    for formula in asked.formulas:
        with _parsing():
            values = formula_values(formula.formula, queries, ingest.store, **asked.span)
        found.append({group: values[group] for group in _limited(values, formula.limit)})
    rows = list(dict.fromkeys(group for values in found for group in values))
    keys = sorted({tag.key for group in rows for tag in group})
    return [
        *({"name": key, "type": "group", "values": [_of_key(group, key) for group in rows]} for key in keys),
        *(
            {
                "name": formula.formula,
                "type": "number",
                "values": [values.get(group) for group in rows],
                "meta": {"unit": [None, None]},
            }
            for formula, values in zip(asked.formulas, found, strict=True)
        ),
    ]


def _of_key(group: Group, key: str) -> list[str]:
    return [tag.value for tag in group if tag.key == key]


def _series(ingest: Ingest, asked: _Asked) -> dict[str, Any]:
    """Return the series of each formula's groups, all at the same instants; null is no value."""
    texts = {name: query.query for name, query in asked.queries.items()}
    series, values = [], []
    for index, formula in enumerate(asked.formulas):
        with _parsing():
            found = formula_points(formula.formula, texts, ingest.store, **asked.span)
        by_group = {points.group: points for points in found}
        ranked = {group: float(points.values.mean()) for group, points in by_group.items()}
        for group in _limited(ranked, formula.limit):
            series.append({"group_tags": [str(tag) for tag in group], "query_index": index, "unit": None})
            times = (by_group[group].times * 1000).astype(int).tolist()
            values.append(dict(zip(times, by_group[group].values.tolist(), strict=True)))
    instants = sorted({time for each in values for time in each})
    return {"series": series, "times": instants, "values": [[each.get(time) for time in instants] for each in values]}


def _limited(values: Mapping[Group, float], limit: _Limit | None) -> Sequence[Group]:
    """Return the groups that a formula's limit leaves, the highest or lowest first."""
    if limit is None:
        return list(values)
    ranked = sorted(values, key=lambda group: values[group], reverse=limit.order == "desc")
    return ranked[: limit.count]


def _named(queries: Sequence[_Query]) -> Iterator[tuple[str, _Query]]:
    """Yield the queries by their names; those without are called as the query editor does, query1, query2 .."""
    if not queries:
        raise ApiError(400, "the request has no queries")
    names = [query.name or f"query{number}" for number, query in enumerate(queries, 1)]
    if len(set(names)) < len(names):
        raise ApiError(400, "two queries have the same name")
    for name, query in zip(names, queries, strict=True):
        if query.data_source != "metrics":
            raise ApiError(400, f"the data source {query.data_source!r} is not modelled, only metrics is")
        yield name, query


@contextmanager
def _parsing() -> Iterator[None]:
    try:
        yield
    except AlertproofError as error:
        raise ApiError(400, f"Error parsing query: {error}") from error


def _spacing(milliseconds: int, span: timedelta) -> timedelta:
    """Return the spacing that is asked for; as with a rollup, a query has at most 1500 points [ROLLUP]."""
    if milliseconds < 1000 or milliseconds % 1000:
        raise ApiError(400, f"interval is in milliseconds, of whole seconds, got {milliseconds}")
    interval = timedelta(milliseconds=min(milliseconds, 10**11))
    return interval if span / interval <= 1500 else query_interval(span)


def _instant(milliseconds: int) -> datetime:
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise ApiError(400, f"{milliseconds} is not an instant in epoch milliseconds") from error
