"""Points through the API: v1 and v2 series, distribution points, and the query that reads them back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from alertproof.datadog import interval_of, query_points
from alertproof.errors import AlertproofError, Broken
from alertproof.standins.datadog.metrics.ingest import Ingest
from alertproof.standins.datadog.metrics.naming import metric_name, tag_set
from alertproof.standins.datadog.wire import ApiError, decode, instant, read_body
from alertproof.tags import Tags
from alertproof.telemetry.series import MetricType

__all__ = ["point_routes", "query_interval"]

#: The API's default rollup by the length of the query, up to and including it. [ROLLUP]
_ROLLUPS = (
    (timedelta(hours=1), timedelta(seconds=20)),
    (timedelta(hours=4), timedelta(seconds=60)),
    (timedelta(days=1), timedelta(seconds=300)),
    (timedelta(days=2), timedelta(seconds=600)),
    (timedelta(weeks=1), timedelta(hours=1)),
)
_LONGEST_ROLLUP = timedelta(hours=4)
#: The JSON enum of v2 series (the Agent's protobuf numbers differ); 0 is "unspecified", taken as a gauge.
_V2_KINDS = (MetricType.GAUGE, MetricType.COUNT, MetricType.RATE, MetricType.GAUGE)


class _V1Series(msgspec.Struct):
    metric: str
    points: list[tuple[float, float]]
    #: A gauge where it is left out, or null as the shell of the datadog library says it.
    type: str | None = None
    interval: int | None = None
    host: str | None = None
    tags: list[str] | None = None


class _V1Payload(msgspec.Struct):
    series: list[_V1Series]


class _V2Point(msgspec.Struct):
    timestamp: float
    value: float


class _V2Resource(msgspec.Struct):
    name: str = ""
    type: str = ""


class _V2Series(msgspec.Struct):
    metric: str
    points: list[_V2Point]
    type: int = 0
    interval: int | None = None
    resources: list[_V2Resource] | None = None
    tags: list[str] | None = None


class _V2Payload(msgspec.Struct):
    series: list[_V2Series]


class _Distribution(msgspec.Struct):
    metric: str
    points: list[tuple[float, list[float]]]
    host: str | None = None
    tags: list[str] | None = None


class _Distributions(msgspec.Struct):
    series: list[_Distribution]


_V1 = msgspec.json.Decoder(_V1Payload)
_V2 = msgspec.json.Decoder(_V2Payload)
_DISTRIBUTIONS = msgspec.json.Decoder(_Distributions)


def point_routes(ingest: Ingest, settle: Callable[[float], None]) -> list[Route]:
    """Return the routes of the metrics intake and of ``GET /api/v1/query``.

    ``settle`` stores the DogStatsD points of every bucket that has ended by an instant (epoch seconds, stack).
    """

    async def v1_series(request: Request) -> JSONResponse:
        for series in decode(_V1, await read_body(request)).series:
            tags, kind = _tags(series.tags, series.host), _v1_kind(series.type)
            _take(ingest, series.metric, kind, series.points, tags=tags, interval=series.interval)
        return JSONResponse({"status": "ok"}, status_code=202)

    async def v2_series(request: Request) -> JSONResponse:
        for series in decode(_V2, await read_body(request)).series:
            hosts = [resource.name for resource in series.resources or () if resource.type == "host"]
            tags, kind = _tags(series.tags, *hosts[:1]), _v2_kind(series.type)
            points = [(point.timestamp, point.value) for point in series.points]
            _take(ingest, series.metric, kind, points, tags=tags, interval=series.interval)
        return JSONResponse({"errors": []}, status_code=202)

    async def distributions(request: Request) -> JSONResponse:
        for series in decode(_DISTRIBUTIONS, await read_body(request)).series:
            points = [(time, value) for time, values in series.points for value in values]
            tags = _tags(series.tags, series.host)
            _take(ingest, series.metric, MetricType.DISTRIBUTION, points, tags=tags)
        return JSONResponse({"status": "ok"}, status_code=202)

    async def query(request: Request) -> JSONResponse:
        settle(ingest.clock.now().timestamp())
        return JSONResponse(_answer(ingest, request))

    return [
        Route("/api/v1/series", v1_series, methods=["POST"]),
        Route("/api/v2/series", v2_series, methods=["POST"]),
        Route("/api/v1/distribution_points", distributions, methods=["POST"]),
        Route("/api/v1/query", query, methods=["GET"]),
    ]


def _v1_kind(text: str | None) -> MetricType:
    text = "gauge" if text is None else text
    if text not in ("count", "rate", "gauge"):
        raise ApiError(400, f"unknown type {text!r}; known: count, gauge, rate")
    return MetricType(text)


def _v2_kind(number: int) -> MetricType:
    if not 0 <= number < len(_V2_KINDS):
        raise ApiError(400, f"unknown type {number}; known: 0 unspecified, 1 count, 2 rate, 3 gauge")
    return _V2_KINDS[number]


def _tags(tags: list[str] | None, host: str | None = None) -> Tags:
    return tag_set([*(tags or ()), *([f"host:{host}"] if host else ())])


def _take(
    ingest: Ingest,
    name: str,
    kind: MetricType,
    points: list[tuple[float, float]],
    *,
    tags: Tags,
    interval: int | None = None,
) -> None:
    stored = metric_name(name)
    if stored is None:
        raise ApiError(400, f"the metric name {name!r} does not start with a letter")
    if interval is not None and interval < 1:
        raise ApiError(400, f"{stored}: an interval is 1 second or more, got {interval}")
    times, values = [time for time, _ in points], [value for _, value in points]
    try:
        ingest.real(stored, tags, kind, times, values, interval=interval)
    except Broken as error:
        raise ApiError(400, str(error)) from error


def query_interval(length: timedelta) -> timedelta:
    """Return the spacing of a query's points by the length of its span [ROLLUP]."""
    return next((interval for longest, interval in _ROLLUPS if length <= longest), _LONGEST_ROLLUP)


def _answer(ingest: Ingest, request: Request) -> dict[str, Any]:
    """Return the body of ``GET /api/v1/query``; ``from`` and ``to`` are epoch seconds in stack time."""
    asked = request.query_params
    start, end = (instant(asked.get(name, ""), name) for name in ("from", "to"))
    text = asked.get("query", "")
    if not text:
        raise ApiError(400, "The parameter 'query' is required")
    if end <= start:
        raise ApiError(400, f"The parameter 'to' ({asked['to']}) must be after 'from' ({asked['from']})")
    default = query_interval(end - start)
    try:
        interval = interval_of(text, default)
        groups = query_points(text, ingest.store, start, end, default)
    except AlertproofError as error:
        raise ApiError(400, f"Error parsing query: {error}") from error
    return {
        "status": "ok",
        "resp_version": 1,
        "res_type": "time_series",
        "query": text,
        "from_date": int(start.timestamp()) * 1000,
        "to_date": int(end.timestamp()) * 1000,
        "group_by": sorted({tag.key for group, _, _ in groups for tag in group}),
        "message": "",
        "series": [
            _series(text, [str(tag) for tag in group], list(times), list(values), interval)
            for group, times, values in groups
            if len(times)
        ],
    }


def _series(
    text: str, group: list[str], times: list[float], values: list[float], interval: timedelta
) -> dict[str, Any]:
    seconds = int(interval.total_seconds())
    points = [[int(time) * 1000, float(value)] for time, value in zip(times, values, strict=True)]
    return {
        "metric": text,
        "scope": ",".join(group) or "*",
        "tag_set": group,
        "expression": text,
        "query_index": 0,
        "aggr": None,
        "unit": None,
        "interval": seconds,
        "length": len(points),
        "start": points[0][0],
        # As recorded: the start of the last bucket plus the interval less one second.
        "end": points[-1][0] + (seconds - 1) * 1000,
        "pointlist": points,
    }
