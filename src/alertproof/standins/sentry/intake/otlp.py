"""OTLP over HTTP, traces and logs, in protobuf and JSON: each request becomes one container of spans or of logs.

Source: getsentry/relay (endpoints/integrations, otlp); docs.sentry.io/concepts/otlp.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.sentry import Envelope, Item
from alertproof.standins.otlp import JSON, PROTOBUF, parse, plain, text, value
from alertproof.standins.sentry.intake.answers import RefusedError, open_route
from alertproof.standins.sentry.intake.envelopes import Intake

if TYPE_CHECKING:
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
    from opentelemetry.proto.resource.v1.resource_pb2 import Resource

__all__ = ["Otlp"]

_NANO = 1e-9
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
        if content_type not in {PROTOBUF, JSON}:
            raise RefusedError(415, f"OTLP over HTTP is {PROTOBUF} or {JSON}, got {content_type[:100]!r}")
        body = await self._intake.content(request)
        try:
            read = parse(body, message, as_json=content_type == JSON)
        except ValueError as error:
            raise RefusedError(400, "the body cannot be read", str(error)) from error
        rows = _spans(read) if kind == "span" else _log_rows(read)
        headers = {"type": kind, "item_count": len(rows), "content_type": f"application/vnd.sentry.items.{kind}+json"}
        item = Item(headers, msgspec.json.encode({"version": 2, "items": rows}))
        told = self._intake.take(project, Envelope({}, (item,) if rows else ()))
        return Response("{}" if content_type == JSON else b"", headers=told, media_type=content_type)


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
            "body": text(value(record.body)),
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
        name: {"value": said if isinstance(said, str | int | float) else text(said)} for name, said in given.items()
    }


def _level(number: int) -> str:
    """Return the name of a severity [opentelemetry.io/docs/specs/otel/logs/data-model, SeverityNumber]."""
    return _LEVELS[min((number - 1) // 4, len(_LEVELS) - 1)] if number > 0 else "info"
