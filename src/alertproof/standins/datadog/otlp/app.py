"""The Agent's OTLP receiver over HTTP: ``/v1/traces``, ``/v1/metrics`` and ``/v1/logs``, in protobuf and JSON."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import TYPE_CHECKING, Any, TypeVar

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from alertproof.errors import Broken
from alertproof.standins.datadog.agent.aggregation import Points
from alertproof.standins.datadog.agent.datagram import Kind, Malformed, Sample
from alertproof.standins.datadog.otlp.attributes import origin
from alertproof.standins.datadog.otlp.spans import traces_of
from alertproof.standins.datadog.wire import ApiError, answer_error, read_body
from alertproof.standins.otlp import JSON, PROTOBUF, parse, plain, text, value
from alertproof.standins.process import UnknownRequests
from alertproof.telemetry.series import MetricType

if TYPE_CHECKING:
    from google.protobuf.message import Message
    from opentelemetry.proto.collector.logs.v1.logs_service_pb2 import ExportLogsServiceRequest

    from alertproof.standins.datadog.account import Account

__all__ = ["otlp_app"]

_M = TypeVar("_M", bound="Message")
_NANO = 1e-9


def otlp_app(account: Account, unknown: UnknownRequests) -> Starlette:
    """Return the receiver's app; it wants no key, as the Agent."""

    async def traces(request: Request) -> Response:
        from opentelemetry.proto.collector.trace.v1 import trace_service_pb2 as service  # noqa: PLC0415 - few stacks use OTLP

        read = await _read(request, service.ExportTraceServiceRequest())
        found = list(traces_of(read, account.ingest.to_stack))
        for trace in found:
            account.spans.keep(trace, read.ByteSize() // len(found))
        return _answer(request, service.ExportTraceServiceResponse())

    async def points(request: Request) -> Response:
        from opentelemetry.proto.collector.metrics.v1 import metrics_service_pb2 as service  # noqa: PLC0415 - as above

        read = await _read(request, service.ExportMetricsServiceRequest())
        for each in account.otlp_metrics.points_of(read):
            _keep(account, each)
        return _answer(request, service.ExportMetricsServiceResponse())

    async def logs(request: Request) -> Response:
        from opentelemetry.proto.collector.logs.v1 import logs_service_pb2 as service  # noqa: PLC0415 - as above

        read = await _read(request, service.ExportLogsServiceRequest())
        account.logs.take(_logs(read), "")
        return _answer(request, service.ExportLogsServiceResponse())

    return Starlette(
        routes=[
            Route("/v1/traces", traces, methods=["POST"]),
            Route("/v1/metrics", points, methods=["POST"]),
            Route("/v1/logs", logs, methods=["POST"]),
            unknown.route(),
        ],
        exception_handlers={ApiError: answer_error},
    )


def _keep(account: Account, points: Points) -> None:
    """Keep points of one real instant: a gauge as it is, the rest summed up with what else comes in 10 seconds.

    What cannot be costs its neighbours nothing.
    """
    if not all(map(isfinite, points.values)):
        account.ingest.refuse(Malformed(line=points.metric, reason="a value is not a finite number"))
    elif points.kind is MetricType.GAUGE:
        try:
            account.ingest.real(points.metric, points.tags, points.kind, [points.at], points.values)
        except Broken as refused:
            account.ingest.refuse(Malformed(line=points.metric, reason=str(refused)))
    elif account.ingest.takes(points.at):
        kind = Kind.COUNT if points.kind is MetricType.COUNT else Kind.DISTRIBUTION
        sample = Sample(name=points.metric, kind=kind, values=tuple(points.values), tags=points.tags)
        account.counting.add(sample, account.ingest.to_stack(points.at))


async def _read(request: Request, message: _M) -> _M:
    kind = request.headers.get("content-type", "").partition(";")[0]
    if kind not in {PROTOBUF, JSON}:
        raise ApiError(415, f"OTLP over HTTP is {PROTOBUF} or {JSON}, got {kind!r}")
    body = await read_body(request, protobuf=True)
    try:
        return parse(body, message, as_json=kind == JSON)
    except ValueError as error:
        raise ApiError(400, f"the body cannot be read: {error}") from error


def _answer(request: Request, message: Message) -> Response:
    if request.headers.get("content-type", "").startswith(JSON):
        return Response("{}", media_type=JSON)
    return Response(message.SerializeToString(), media_type=PROTOBUF)


def _logs(request: ExportLogsServiceRequest) -> list[dict[str, Any]]:
    """Return logs as the intake takes them, their time among their attributes."""
    found = []
    for group in request.resource_logs:
        where = origin(group.resource)
        for scope in group.scope_logs:
            for record in scope.log_records:
                nanoseconds = record.time_unix_nano or record.observed_time_unix_nano
                item: dict[str, Any] = {
                    **where.rest,
                    **plain(record.attributes),
                    "message": text(value(record.body)),
                    "ddtags": ",".join(where.tags),
                    "hostname": where.host,
                    "service": where.service,
                    "status": record.severity_text or _severity(record.severity_number),
                }
                if record.trace_id:
                    item |= {"otel.trace_id": record.trace_id.hex(), "otel.span_id": record.span_id.hex()}
                    item |= {"dd.trace_id": str(int.from_bytes(record.trace_id[-8:], "big"))}
                if nanoseconds:
                    item["@timestamp"] = datetime.fromtimestamp(nanoseconds * _NANO, UTC).isoformat()
                found.append(item)
    return found


def _severity(number: int) -> str:
    """Return the name of a severity [opentelemetry.io/docs/specs/otel/logs/data-model, SeverityNumber]."""
    names = ("debug", "debug", "info", "warn", "error", "emergency")
    return names[min((number - 1) // 4, len(names) - 1)] if number > 0 else "info"
