"""Spans of the trace agent as records: searched and aggregated as logs are, in the wrapping that their API has."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import ScaledClock
from alertproof.standins.datadog.agent.traces import Span, SpanLog
from alertproof.standins.datadog.eventplatform.aggregate import AggregateRequest, aggregated
from alertproof.standins.datadog.eventplatform.search import META, Filter, SearchRequest, answer, search_of, when
from alertproof.standins.datadog.eventplatform.store import Kept, RecordLog, flat
from alertproof.standins.datadog.metrics.naming import tag_set
from alertproof.standins.datadog.wire import decode, read_body
from alertproof.telemetry.records import Record

__all__ = ["KIND", "SpanRecords", "span_routes"]

KIND = "spans"


class _SearchData(msgspec.Struct):
    attributes: SearchRequest
    type: str = "search_request"


class _Search(msgspec.Struct):
    data: _SearchData


class _AggregateData(msgspec.Struct):
    attributes: AggregateRequest
    type: str = "aggregate_request"


class _Aggregate(msgspec.Struct):
    data: _AggregateData


_SEARCH = msgspec.json.Decoder(_Search)
#: The ends of the calendar: a stack's clock stretches a span that claims to last for decades beyond them.
_FIRST = datetime.min.replace(tzinfo=UTC).timestamp()
_LAST = datetime.max.replace(tzinfo=UTC, microsecond=0).timestamp()
_AGGREGATE = msgspec.json.Decoder(_Aggregate)


class SpanRecords:
    """Spans as records, made when they are asked for: most are never looked at."""

    def __init__(self, log: SpanLog) -> None:
        self._log = log

    def __call__(self, start: float, end: float) -> Iterator[Kept]:
        """Yield the spans that ended within ``[start, end]`` (stack, epoch seconds), by the time of their end."""
        found = [span for span in self._log.spans if start <= span.end <= end]
        for span in sorted(found, key=lambda span: span.end):
            yield _kept(span)


def _kept(span: Span) -> Kept:
    custom = nested({**span.meta, **{name: value for name, value in span.metrics.items() if not name.startswith("_")}})
    env, host = span.meta.get("env", "none"), span.meta.get("_dd.hostname", "")
    custom["duration"] = int(span.duration * 1e9)
    own = {
        "service": span.service,
        "resource_name": span.resource,
        "operation_name": span.name,
        "env": env,
        "host": host,
        "status": "error" if span.error else "ok",
        "type": span.type,
        "trace_id": str(span.trace_id),
        "span_id": str(span.span_id),
        # What every monitor of trace analytics names [APM].
        "index": "trace-search",
    }
    tags = tag_set([f"env:{env}", f"service:{span.service}", *_version(span.meta)])
    shown = {
        "custom": custom,
        "env": env,
        "host": host,
        "start_timestamp": _text(min(max(span.start, _FIRST), _LAST)),
        "end_timestamp": _text(span.end),
        "ingestion_reason": "auto",
        "retained_by": "retention_filter",
        "parent_id": str(span.parent_id),
        "resource_hash": hashlib.sha256(span.resource.encode()).hexdigest()[:16],
        "resource_name": span.resource,
        "operation_name": span.name,
        "service": span.service,
        "single_span": False,
        "span_id": str(span.span_id),
        "trace_id": str(span.trace_id),
        "tags": sorted(str(tag) for tag in tags),
        "type": span.type,
    }
    name = f"AY{span.trace_id:032x}{span.span_id:016x}"
    record = Record(at=span.end, attributes=flat(custom) | own, tags=tags)
    return Kept(id=name, record=record, shown={"id": name, "type": "spans", "attributes": shown})


def _version(meta: Mapping[str, str]) -> Sequence[str]:
    return [f"version:{meta['version']}"] if "version" in meta else []


def _text(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def nested(values: Mapping[str, Any]) -> dict[str, Any]:
    """Return values by dotted names as nested objects; a name that is also the beginning of others stays whole."""
    found: dict[str, Any] = {}
    for name, value in sorted(values.items()):
        *path, last = name.split(".")
        at = found
        for part in path:
            inner = at.setdefault(part, {})
            if not isinstance(inner, dict):
                found[name] = value
                break
            at = inner
        else:
            at[last] = value
    return found


def span_routes(log: RecordLog, clock: ScaledClock) -> list[Route]:
    """Return the routes under /api/v2/spans."""
    link = "/api/v2/spans/events"

    async def search(request: Request) -> Response:
        return _searched(request, decode(_SEARCH, await read_body(request)).data.attributes)

    async def listing(request: Request) -> Response:
        return _searched(request, search_of(request))

    def _searched(request: Request, wanted: SearchRequest) -> Response:
        wrong = _backwards(wanted.filter, clock.now())
        return wrong or JSONResponse(answer(log, KIND, wanted, clock.now(), f"{request.base_url}{link[1:]}"))

    async def aggregate(request: Request) -> Response:
        asked = decode(_AGGREGATE, await read_body(request)).data.attributes
        wrong = _backwards(asked.filter, clock.now())
        if wrong is not None:
            return wrong
        buckets = [
            {"id": str(uuid4()), "type": "bucket", "attributes": {"by": bucket.by, "compute": bucket.computes}}
            for bucket in aggregated(log, KIND, asked, clock.now())
        ]
        return JSONResponse({"data": buckets, "meta": dict(META)})

    return [
        Route(f"{link}/search", search, methods=["POST"]),
        Route(link, listing, methods=["GET"]),
        Route("/api/v2/spans/analytics/aggregate", aggregate, methods=["POST"]),
    ]


def _backwards(wanted: Filter, now: datetime) -> Response | None:
    """Return the recorded refusal of a span of time that ends before it begins [CASS]."""
    if when(str(wanted.to), now) >= when(str(wanted.from_), now):
        return None
    detail = "invalid_argument(Field 'filter.from,to' is invalid: 'from' should be anterior to 'to')"
    return JSONResponse({"errors": [{"title": "Generic Error", "detail": detail}]}, status_code=422)
