"""Spans of OTLP as Datadog's: operation and resource named by semantic conventions.

[docs.datadoghq.com/opentelemetry/mapping/semantic_mapping, "OpenTelemetry to Datadog semantic mapping"]
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import TYPE_CHECKING, Any

from alertproof.standins.datadog.agent.traces import Span
from alertproof.standins.datadog.otlp.attributes import Origin, origin
from alertproof.standins.otlp import plain

if TYPE_CHECKING:
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.trace.v1 import trace_pb2

__all__ = ["traces_of"]

_NANO = 1e-9
#: By the number of the kind: unspecified, internal, server, client, producer, consumer.
_KINDS = ("unspecified", "internal", "server", "client", "producer", "consumer")
_TYPES = {"server": "web", "client": "http"}
_STATUS_ERROR = 2
_METHODS = ("http.request.method", "http.method")
_ROUTES = ("http.route", "url.path", "http.target")
_CODES = ("http.response.status_code", "http.status_code")
_DATABASES = ("db.system.name", "db.system")
_STATEMENTS = ("db.query.summary", "db.query.text", "db.statement")


def traces_of(request: ExportTraceServiceRequest, to_stack: Callable[[float], float]) -> Iterator[list[Span]]:
    """Yield the spans of a request, those of a trace together."""
    traces: dict[bytes, list[Span]] = {}
    for group in request.resource_spans:
        where = origin(group.resource)
        for scope in group.scope_spans:
            for given in scope.spans:
                traces.setdefault(given.trace_id, []).append(_span(given, where, to_stack))
    yield from traces.values()


def _span(given: trace_pb2.Span, where: Origin, to_stack: Callable[[float], float]) -> Span:
    kind = _KINDS[given.kind] if 0 <= given.kind < len(_KINDS) else _KINDS[0]
    attributes = plain(given.attributes)
    start, end = given.start_time_unix_nano * _NANO, given.end_time_unix_nano * _NANO
    said = {**where.rest, **attributes, "span.kind": kind, "otel.trace_id": given.trace_id.hex()}
    own = {"env": where.environment or "none", "version": where.version, "_dd.hostname": where.host}
    code = _first(attributes, _CODES)
    if code:
        own["http.status_code"] = code
    if given.status.message:
        own["error.message"] = given.status.message
    numbers = {key: float(value) for key, value in said.items() if type(value) in (int, float)}
    texts = {key: str(value) for key, value in said.items() if key not in numbers and value is not None}
    return Span(
        service=where.service,
        name=_operation(kind, attributes),
        resource=_resource(given.name, attributes),
        trace_id=int.from_bytes(given.trace_id[-8:], "big"),
        span_id=int.from_bytes(given.span_id, "big"),
        parent_id=int.from_bytes(given.parent_span_id, "big"),
        start=to_stack(start),
        end=to_stack(end),
        duration=max(0.0, end - start),
        error=int(given.status.code == _STATUS_ERROR),
        type=_type(kind, attributes),
        meta=texts | {key: value for key, value in own.items() if value},
        metrics=numbers,
    )


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> str:
    return next((str(attributes[name]) for name in names if attributes.get(name) not in (None, "")), "")


def _operation(kind: str, attributes: Mapping[str, Any]) -> str:
    if _first(attributes, _METHODS) and kind in {"server", "client"}:
        return f"http.{kind}.request"
    database = _first(attributes, _DATABASES)
    if database and kind == "client":
        return f"{database}.query"
    messaging = _first(attributes, ("messaging.system",))
    doing = _first(attributes, ("messaging.operation.name", "messaging.operation"))
    if messaging and doing and kind in {"client", "server", "producer", "consumer"}:
        return f"{messaging}.{doing}"
    remote, service = _first(attributes, ("rpc.system",)), _first(attributes, ("rpc.service",))
    if remote and kind in {"server", "client"}:
        return f"{remote}{'.' + service if remote == 'aws-api' and service else ''}.{kind}.request"
    return kind


def _resource(name: str, attributes: Mapping[str, Any]) -> str:
    method = _first(attributes, _METHODS)
    if method:
        route = _first(attributes, _ROUTES[:1])
        return f"{method} {route}" if route else method
    if _first(attributes, _DATABASES):
        return _first(attributes, _STATEMENTS) or name
    return name


def _type(kind: str, attributes: Mapping[str, Any]) -> str:
    if kind == "client" and _first(attributes, _DATABASES):
        return "db"
    return _TYPES.get(kind, "custom")
