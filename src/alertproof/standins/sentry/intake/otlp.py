"""OTLP over HTTP, traces and logs, in protobuf and JSON: each request becomes one container of spans or of logs.

Source: getsentry/relay (endpoints/integrations, otlp); docs.sentry.io/concepts/otlp.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, TypeVar, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.sentry import Envelope, Item
from alertproof.standins.datadog.otlp.attributes import plain, value
from alertproof.standins.sentry.intake.answers import RefusedError, open_route
from alertproof.standins.sentry.intake.envelopes import Intake

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

__all__ = ["Otlp"]

_M = TypeVar("_M", bound="Message")
_NANO = 1e-9
_PROTOBUF, _JSON = "application/x-protobuf", "application/json"
#: What OTLP/JSON writes in hexadecimal, and protobuf's own JSON in base64. [opentelemetry.io/docs/specs/otlp, "JSON"]
_IDS = ("traceId", "spanId", "parentSpanId")
_STATUS_ERROR = 2
_LEVELS = ("trace", "debug", "info", "warn", "error", "fatal")
#: What a resource says of all that comes from it, under Sentry's names.
_SHARED = {
    "deployment.environment": "sentry.environment",
    "deployment.environment.name": "sentry.environment",
    "service.version": "sentry.release",
}


@final
class Otlp:
    """The endpoints for OpenTelemetry's exporters; they want the same authorization as envelopes."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        root = "/api/{project_id}"
        traces = (f"{root}/integration/otlp/v1/traces", f"{root}/otlp/v1/traces")
        found = [open_route(path + slash, self._traces) for path in traces for slash in ("", "/")]
        logs = f"{root}/integration/otlp/v1/logs"
        return found + [open_route(logs + slash, self._logs) for slash in ("", "/")]

    async def _traces(self, request: Request) -> Response:
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service  # noqa: PLC0415 - few use OTLP

        return await self._taken(request, service.ExportTraceServiceRequest(), "span")

    async def _logs(self, request: Request) -> Response:
        from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as service  # noqa: PLC0415 - as above

        return await self._taken(request, service.ExportLogsServiceRequest(), "log")

    async def _taken(self, request: Request, message: Any, kind: str) -> Response:
        project = self._intake.project(request)
        content_type = request.headers.get("content-type", "").partition(";")[0]
        if content_type not in {_PROTOBUF, _JSON}:
            raise RefusedError(415, f"OTLP over HTTP is {_PROTOBUF} or {_JSON}, got {content_type[:100]!r}")
        read = _read(await self._intake.content(request), message, as_json=content_type == _JSON)
        rows = _spans(read) if kind == "span" else _log_rows(read)
        headers = {"type": kind, "item_count": len(rows), "content_type": f"application/vnd.sentry.items.{kind}+json"}
        item = Item(headers, msgspec.json.encode({"version": 2, "items": rows}))
        told = self._intake.take(project, Envelope({}, (item,) if rows else ()))
        return Response("{}" if content_type == _JSON else b"", headers=told, media_type=content_type)


def _read(body: bytes, message: _M, *, as_json: bool) -> _M:
    from google.protobuf.json_format import ParseDict, ParseError  # noqa: PLC0415 - as above
    from google.protobuf.message import DecodeError  # noqa: PLC0415 - as above

    try:
        if as_json:
            return ParseDict(_hexadecimal(json.loads(body)), message, ignore_unknown_fields=True)
        message.ParseFromString(body)
    except (ParseError, DecodeError, ValueError, RecursionError) as error:
        raise RefusedError(400, "the body cannot be read", str(error)) from error
    return message


def _hexadecimal(part: Any) -> Any:
    """Return JSON with its identifiers in base64, as protobuf's own reader wants them."""
    if isinstance(part, list):
        return [_hexadecimal(each) for each in part]
    if isinstance(part, Mapping):
        return {
            key: base64.b64encode(bytes.fromhex(each)).decode()
            if key in _IDS and isinstance(each, str)
            else _hexadecimal(each)
            for key, each in part.items()
        }
    return part


def _spans(request: ExportTraceServiceRequest) -> list[dict[str, Any]]:
    return [
        {
            "trace_id": span.trace_id.hex(),
            "span_id": span.span_id.hex(),
            "parent_span_id": span.parent_span_id.hex() or None,
            "name": span.name,
            "status": "error" if span.status.code == _STATUS_ERROR else "ok",
            "is_segment": not span.parent_span_id,
            "start_timestamp": span.start_time_unix_nano * _NANO,
            "end_timestamp": span.end_time_unix_nano * _NANO,
            "attributes": _attributes({**_shared(group.resource), **plain(span.attributes)}),
        }
        for group in request.resource_spans
        for scope in group.scope_spans
        for span in scope.spans
    ]


def _log_rows(request: ExportLogsServiceRequest) -> list[dict[str, Any]]:
    return [
        {
            "timestamp": (record.time_unix_nano or record.observed_time_unix_nano) * _NANO or None,
            "trace_id": record.trace_id.hex() or None,
            "level": record.severity_text.lower() or _level(record.severity_number),
            "severity_number": record.severity_number,
            "body": _text(value(record.body)),
            "attributes": _attributes({**_shared(group.resource), **plain(record.attributes)}),
        }
        for group in request.resource_logs
        for scope in group.scope_logs
        for record in scope.log_records
    ]


def _shared(resource: Resource) -> dict[str, Any]:
    given = plain(resource.attributes)
    known = {_SHARED[name]: said for name, said in given.items() if name in _SHARED}
    return {f"resource.{name}": said for name, said in given.items()} | known


def _attributes(given: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
    return {
        name: {"value": said if isinstance(said, str | int | float) else _text(said)} for name, said in given.items()
    }


def _text(given: Any) -> str:
    return given if isinstance(given, str) else json.dumps(given)


def _level(number: int) -> str:
    """Return the name of a severity [opentelemetry.io/docs/specs/otel/logs/data-model, SeverityNumber]."""
    return _LEVELS[min((number - 1) // 4, len(_LEVELS) - 1)] if number > 0 else "info"
