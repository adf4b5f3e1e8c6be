"""The trace agent's intake: what ddtrace asks of port 8126."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Sequence
from functools import partial
from math import isfinite
from typing import Any

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.standins.control.later import Later
from alertproof.standins.datadog.wire import UNREADABLE, ApiError, answer_error, read_body
from alertproof.standins.process import UnknownRequests

__all__ = ["Span", "SpanLog", "trace_app"]

_NANO = 1e-9
#: Listed in /info: a tracer asks for nothing else.
_ENDPOINTS = (
    "/v0.3/traces",
    "/v0.4/traces",
    "/v0.5/traces",
    "/v0.6/stats",
    "/v0.7/config",
    "/telemetry/proxy/",
)


#: What Go reads as false; whatever is neither is true to the Agent [DataDog/datadog-agent, pkg/trace/api].
_FALSE = frozenset({"", "0", "f", "F", "false", "FALSE", "False"})


class Span(msgspec.Struct, frozen=True, gc=False, kw_only=True):
    """One span; ``start`` and ``end`` are stack time in epoch seconds, ``duration`` real seconds."""

    service: str
    name: str
    resource: str
    trace_id: int
    span_id: int
    parent_id: int
    start: float
    end: float
    duration: float
    error: int
    type: str
    meta: dict[str, str]
    metrics: dict[str, float]


class _WireSpan(msgspec.Struct):
    """A span of v0.3 and v0.4; times in nanoseconds."""

    trace_id: int
    span_id: int
    start: int
    duration: int
    name: str
    service: str | None = None
    resource: str | None = None
    parent_id: int | None = None
    error: int = 0
    type: str | None = None
    meta: dict[str, str] | None = None
    metrics: dict[str, float] | None = None


#: A span of v0.5: service, name, resource (string numbers), trace, span, parent, start, duration, error, meta,
#: metrics, type. Every text is its number in the payload's table.
_TableSpan = tuple[int, int, int, int, int, int, int, int, int, dict[int, int], dict[int, float], int]
_MAPS = msgspec.msgpack.Decoder(list[list[_WireSpan]])
_TABLES = msgspec.msgpack.Decoder(tuple[list[str], list[list[_TableSpan]]])


class SpanLog:
    """The spans that came in last, of payloads of so many bytes; each trace is also given to ``told``."""

    LIMIT = 50_000
    SIZE = 64 * 1024 * 1024

    def __init__(
        self,
        to_stack: Callable[[float], float],
        told: Callable[[Sequence[Span]], None],
        later: Later | None = None,
    ) -> None:
        self._later = later or Later()
        self.spans: deque[Span] = deque()
        #: Of each trace in it the number of spans, and the bytes.
        self._traces: deque[tuple[int, int]] = deque()
        self._weight = 0
        self.count = 0
        self._to_stack = to_stack
        self._told = told

    def take_maps(self, body: bytes, *, counted: bool = False) -> None:
        """Keep a payload of v0.3 or v0.4; raises one of `UNREADABLE`."""
        traces = _MAPS.decode(body)
        for trace in traces:
            self.keep([self._from_map(span) for span in trace], len(body) // len(traces), counted=counted)

    def take_tables(self, body: bytes, *, counted: bool = False) -> None:
        """Keep a payload of v0.5; raises one of `UNREADABLE`, or `ApiError` 400 for a string that is not there."""
        texts, traces = _TABLES.decode(body)
        try:
            read = [[self._from_table(span, texts) for span in trace] for trace in traces]
        except (IndexError, KeyError) as error:
            raise ApiError(400, "a span names a string that is not in the payload's table") from error
        for trace in read:
            self.keep(trace, len(body) // len(read), counted=counted)

    def keep(self, spans: Sequence[Span], size: int, *, counted: bool = False) -> None:
        """Keep the spans of one trace, of ``size`` bytes; those that their tracer ``counted`` itself are not told."""
        self._later.do(partial(self._show, spans, size), size)
        self.count += len(spans)
        if not counted:
            self._told(spans)

    def _show(self, spans: Sequence[Span], size: int) -> None:
        self.spans.extend(spans)
        self._traces.append((len(spans), size))
        self._weight += size
        while len(self._traces) > 1 and (len(self.spans) > self.LIMIT or self._weight > self.SIZE):
            number, oldest = self._traces.popleft()
            self._weight -= oldest
            for _ in range(number):
                self.spans.popleft()

    def _from_map(self, span: _WireSpan) -> Span:
        return Span(
            service=span.service or "",
            name=span.name,
            resource=span.resource or "",
            trace_id=span.trace_id,
            span_id=span.span_id,
            parent_id=span.parent_id or 0,
            start=self._to_stack(span.start * _NANO),
            end=self._to_stack((span.start + span.duration) * _NANO),
            duration=span.duration * _NANO,
            error=span.error,
            type=span.type or "",
            meta=span.meta or {},
            metrics=_finite(span.metrics or {}),
        )

    def _from_table(self, span: _TableSpan, texts: list[str]) -> Span:
        service, name, resource, trace_id, span_id, parent_id, start, duration, error, meta, metrics, kind = span
        return Span(
            service=texts[service],
            name=texts[name],
            resource=texts[resource],
            trace_id=trace_id,
            span_id=span_id,
            parent_id=parent_id,
            start=self._to_stack(start * _NANO),
            end=self._to_stack((start + duration) * _NANO),
            duration=duration * _NANO,
            error=error,
            type=texts[kind],
            meta={texts[key]: texts[value] for key, value in meta.items()},
            metrics=_finite({texts[key]: value for key, value in metrics.items()}),
        )


def _finite(metrics: dict[str, float]) -> dict[str, float]:
    """Return metrics without those that no answer in JSON can hold."""
    if all(map(isfinite, metrics.values())):
        return metrics
    return {name: value for name, value in metrics.items() if isfinite(value)}


def trace_app(log: SpanLog, unknown: UnknownRequests, count: Callable[[bytes], None]) -> Starlette:
    """Return the agent's app; it wants no key, as the Agent. ``count`` takes what tracers have counted themselves."""

    async def info(_request: Request) -> JSONResponse:
        return JSONResponse(_INFO)

    async def v3(request: Request) -> Response:
        await _take(request, partial(log.take_maps, counted=_is_counted(request)))
        return Response("OK\n", media_type="text/plain")

    async def v4(request: Request) -> Response:
        await _take(request, partial(log.take_maps, counted=_is_counted(request)))
        return Response(_RATES, media_type="application/json")

    async def v5(request: Request) -> Response:
        await _take(request, partial(log.take_tables, counted=_is_counted(request)))
        return Response(_RATES, media_type="application/json")

    async def accepted(request: Request) -> JSONResponse:
        await read_body(request)
        return JSONResponse({}, status_code=202)

    async def stats(request: Request) -> Response:
        await _take(request, count)
        return JSONResponse({})

    async def nothing(request: Request) -> JSONResponse:
        await read_body(request)
        return JSONResponse({})

    both = ["POST", "PUT"]
    return Starlette(
        routes=[
            Route("/info", info),
            Route("/v0.3/traces", v3, methods=both),
            Route("/v0.4/traces", v4, methods=both),
            Route("/v0.5/traces", v5, methods=both),
            Route("/v0.6/stats", stats, methods=both),
            Route("/v0.7/config", nothing, methods=["POST"]),
            Route("/telemetry/proxy/{path:path}", accepted, methods=["POST"]),
            unknown.route(),
        ],
        exception_handlers={ApiError: answer_error},
    )


def _is_counted(request: Request) -> bool:
    """Tell whether the tracer sends metrics of these spans itself, as the Agent reads a truth value."""
    return request.headers.get("datadog-client-computed-stats", "") not in _FALSE


async def _take(request: Request, take: Callable[[bytes], None]) -> None:
    try:
        take(await read_body(request))
    except UNREADABLE as error:
        raise ApiError(400, f"the payload cannot be read: {error}") from error


#: Every trace is wanted: the tracer must neither sample nor drop what has no priority.
_RATES = b'{"rate_by_service":{"service:,env:":1.0}}'
_INFO: dict[str, Any] = {
    "version": "7.60.0",
    "endpoints": list(_ENDPOINTS),
    "feature_flags": [],
    "client_drop_p0s": False,
    "span_meta_structs": True,
    "long_running_spans": False,
    "config": {"default_env": "none", "receiver_port": 8126, "statsd_port": 8125},
}
