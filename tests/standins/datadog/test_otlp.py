# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""The unmodified OpenTelemetry SDK sends traces, metrics and logs over OTLP; they are found as Datadog shows them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from datadog_api_client.v1.api.metrics_api import MetricsApi
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.spans_api import SpansApi
from opentelemetry._logs import SeverityNumber
from opentelemetry.exporter.otlp.proto.http._log_exporter import OTLPLogExporter
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk._logs import LoggerProvider
from opentelemetry.sdk._logs.export import SimpleLogRecordProcessor
from opentelemetry.sdk.metrics import Counter, Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import AggregationTemporality, PeriodicExportingMetricReader
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.trace import SpanKind, Status, StatusCode

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

RESOURCE = Resource.create(
    {"service.name": "otel-api", "service.version": "1.2", "deployment.environment.name": "test", "host.name": "web-1"}
)
DELTA = AggregationTemporality.DELTA


@pytest.fixture
def client(standin: Running) -> Iterator[ApiClient]:
    with standin.client() as client:
        yield client


def test_spans_are_named_by_what_they_did(standin: Running, client: ApiClient) -> None:
    provider = TracerProvider(resource=RESOURCE)
    provider.add_span_processor(SimpleSpanProcessor(OTLPSpanExporter(f"{standin.endpoints['otlp']}/v1/traces")))
    tracer = provider.get_tracer("test")
    served: dict[str, str | int] = {
        "http.request.method": "GET",
        "http.route": "/leads/{id}",
        "http.response.status_code": 500,
    }
    asked = {"db.system.name": "postgresql", "db.query.text": "SELECT * FROM leads"}
    with tracer.start_as_current_span("GET", kind=SpanKind.SERVER, attributes=served) as outer:
        with tracer.start_as_current_span("select", kind=SpanKind.CLIENT, attributes=asked):
            pass
        outer.set_status(Status(StatusCode.ERROR, "no such lead"))
    provider.shutdown()

    found = {
        each.attributes.type: each.attributes
        for each in SpansApi(client).list_spans_get(filter_query="service:otel-api", filter_from="now-2h").data
    }
    assert set(found) == {"web", "db"}
    assert (found["web"].resource_name, found["web"].env, found["web"].host) == ("GET /leads/{id}", "test", "web-1")
    assert found["db"].resource_name == "SELECT * FROM leads"
    assert found["db"].parent_id == found["web"].span_id
    assert found["web"].trace_id == str(outer.get_span_context().trace_id & (2**64 - 1))
    query = "operation_name:http.server.request status:error @http.status_code:500 @http.route:*leads*"
    assert len(SpansApi(client).list_spans_get(filter_query=query, filter_from="now-2h").data) == 1


def points(client: ApiClient, standin: Running, query: str) -> list[float]:
    now = int(standin.clock.now().timestamp())
    series = MetricsApi(client).query_metrics(_from=now - 3000, to=now + 600, query=query).series
    return [point.value[1] for one in series for point in one.pointlist]


@pytest.mark.parametrize("temporality", ["delta", "cumulative"])
def test_counters_gauges_and_histograms_are_counts_gauges_and_distributions(
    standin: Running, client: ApiClient, temporality: str
) -> None:
    preferred: Any = {Counter: DELTA, Histogram: DELTA} if temporality == "delta" else {}
    exporter = OTLPMetricExporter(f"{standin.endpoints['otlp']}/v1/metrics", preferred_temporality=preferred)
    provider = MeterProvider([PeriodicExportingMetricReader(exporter, 3_600_000)], resource=RESOURCE)
    meter, tags = provider.get_meter("test"), {"way": temporality}
    requests, took, open_now = (
        meter.create_counter("otel.requests"),
        meter.create_histogram("otel.took", explicit_bucket_boundaries_advisory=[0.1, 1.0, 10.0]),
        meter.create_up_down_counter("otel.open"),
    )
    for more in (1, 2, 4):
        requests.add(more, tags)
        took.record(0.5, tags)
        took.record(5.0, tags)
        open_now.add(1, tags)
        provider.force_flush()
    provider.shutdown()

    scope = f"{{way:{temporality},service:otel-api,env:test}}"
    came = [2, 4] if temporality == "cumulative" else [1, 2, 4]
    standin.eventually(lambda: sum(points(client, standin, f"sum:otel.requests{scope}.as_count()")) == sum(came))
    assert max(points(client, standin, f"max:otel.open{scope}.rollup(max, 20)")) == 3.0
    assert sum(points(client, standin, f"count:otel.took{scope}.as_count()")) == 2 * len(came)
    assert 1.0 < max(points(client, standin, f"p100:otel.took{scope}")) <= 5.0


def test_logs_carry_their_trace_and_severity(standin: Running, client: ApiClient) -> None:
    provider = LoggerProvider(resource=RESOURCE)
    provider.add_log_record_processor(SimpleLogRecordProcessor(OTLPLogExporter(f"{standin.endpoints['otlp']}/v1/logs")))
    with TracerProvider(resource=RESOURCE).get_tracer("t").start_as_current_span("s") as span:
        provider.get_logger("test").emit(
            body="no route to host", severity_number=SeverityNumber.ERROR, attributes={"http.method": "GET"}
        )
    provider.shutdown()

    query = "service:otel-api status:error env:test @http.method:GET"
    (found,) = LogsApi(client).list_logs_get(filter_query=query).data
    assert found.attributes.message == "no route to host"
    assert found.attributes.attributes["dd.trace_id"] == str(span.get_span_context().trace_id & (2**64 - 1))


def test_json_is_read_as_protobuf_is(standin: Running, client: ApiClient) -> None:
    now = int(datetime.now(UTC).timestamp() * 1e9)
    span = {
        "traceId": "5b8efff798038103d269b633813fc60c",
        "spanId": "eee19b7ec3c1b174",
        "name": "by json",
        "kind": 1,
        "startTimeUnixNano": str(now - 5_000_000),
        "endTimeUnixNano": str(now),
        "attributes": [{"key": "tries", "value": {"intValue": "3"}}],
    }
    resource = {"attributes": [{"key": "service.name", "value": {"stringValue": "json-api"}}]}
    body = {"resourceSpans": [{"resource": resource, "scopeSpans": [{"spans": [span]}]}]}
    answer = httpx.post(f"{standin.endpoints['otlp']}/v1/traces", json=body)
    assert (answer.status_code, answer.json()) == (200, {})
    (found,) = SpansApi(client).list_spans_get(filter_query="service:json-api @tries:3", filter_from="now-2h").data
    assert found.attributes.span_id == str(0xEEE19B7EC3C1B174)


@pytest.mark.parametrize(
    ("kind", "body", "status"),
    [
        ("application/x-protobuf", b"\xff\xff", 400),
        ("application/json", b"{", 400),
        ("application/json", b'{"resourceSpans": 1}', 400),
        ("application/json", b'{"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"zz"}]}]}]}', 400),
        ("text/plain", b"", 415),
    ],
)
def test_what_is_no_otlp_is_refused(standin: Running, kind: str, body: bytes, status: int) -> None:
    answer = httpx.post(f"{standin.endpoints['otlp']}/v1/traces", headers={"Content-Type": kind}, content=body)
    assert answer.status_code == status
    assert answer.json()["errors"]


# -- numbers that JSON has no digits for ---------------------------------------------------------------------


def send(standin: Running, path: str, body: object) -> None:
    headers = {"Content-Type": "application/json"}
    answer = httpx.post(standin.endpoints["otlp"] + path, content=msgspec.json.encode(body), headers=headers)
    assert answer.status_code == 200, answer.text


def nanoseconds(standin: Running) -> str:
    return str(int(standin.clock.anchor.to_real(standin.clock.now()).timestamp() * 1e9))


def test_an_infinite_value_costs_its_neighbours_nothing(standin: Running, client: ApiClient) -> None:
    before = standin.control("health")["parse_errors"]
    at = {"timeUnixNano": nanoseconds(standin)}
    histogram = {"count": "3", "explicitBounds": [1], "bucketCounts": ["1", "1", "1"], **at}
    metrics = [
        {"name": "numbers.bad", "gauge": {"dataPoints": [{"asDouble": "Infinity", **at}]}},
        {"name": "numbers.sum", "sum": {"isMonotonic": True, "dataPoints": [{"asDouble": "NaN", **at}]}},
        # One bucket more than it has bounds for.
        {"name": "numbers.spread", "histogram": {"aggregationTemporality": 1, "dataPoints": [histogram]}},
        {"name": "numbers.good", "gauge": {"dataPoints": [{"asDouble": 7, **at}]}},
        {
            "name": "numbers.good",
            "sum": {"isMonotonic": True, "aggregationTemporality": 1, "dataPoints": [{"asInt": "1", **at}]},
        },
    ]
    send(standin, "/v1/metrics", {"resourceMetrics": [{"scopeMetrics": [{"metrics": metrics}]}]})
    assert points(client, standin, "avg:numbers.good{*}") == [7]
    assert standin.control("health")["parse_errors"] >= before + 2


def test_a_gauge_that_was_a_count_is_counted_and_no_error_of_the_server(standin: Running) -> None:
    before = standin.control("health")["parse_errors"]
    now = standin.clock.now().timestamp()
    standin.history({"metric": "numbers.kind", "type": "count", "times": [now - 60], "values": [1], "interval": 10})
    gauge = {"dataPoints": [{"asDouble": 7, "timeUnixNano": nanoseconds(standin)}]}
    body = {"resourceMetrics": [{"scopeMetrics": [{"metrics": [{"name": "numbers.kind", "gauge": gauge}]}]}]}
    send(standin, "/v1/metrics", body)
    # At least: what a test before this one sent under two types is counted when its bucket is closed.
    assert standin.control("health")["parse_errors"] >= before + 1


def test_a_log_and_a_span_with_an_infinite_attribute_are_found(standin: Running, client: ApiClient) -> None:
    at = nanoseconds(standin)
    attributes = [{"key": name, "value": {"doubleValue": name}} for name in ("NaN", "Infinity", "-Infinity")]
    record = {"timeUnixNano": at, "body": {"stringValue": "no number"}, "attributes": attributes}
    send(standin, "/v1/logs", {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]})
    span = {
        "traceId": "1" * 32,
        "spanId": "2" * 16,
        "name": "no number",
        "startTimeUnixNano": at,
        "endTimeUnixNano": at,
        "attributes": attributes,
    }
    send(standin, "/v1/traces", {"resourceSpans": [{"scopeSpans": [{"spans": [span]}]}]})
    (log,) = LogsApi(client).list_logs_get(filter_query='"no number"').data
    assert {name: log.attributes.attributes[name] for name in ("NaN", "Infinity", "-Infinity")} == {
        name: name for name in ("NaN", "Infinity", "-Infinity")
    }
    found = SpansApi(client).list_spans_get(filter_query="@NaN:NaN").data
    assert [each.attributes.custom["-Infinity"] for each in found] == ["-Infinity"]


def test_a_tracers_metrics_that_are_no_numbers_are_left_out(standin: Running, client: ApiClient) -> None:
    start = int(nanoseconds(standin))
    metrics = {"good": 1.5, "bad": float("nan"), "worse": float("inf")}
    span = {"trace_id": 5, "span_id": 6, "start": start, "duration": 9, "name": "n", "service": "no-numbers"}
    content = msgspec.msgpack.encode([[{**span, "metrics": metrics}]])
    assert httpx.put(standin.endpoints["datadog_agent"] + "/v0.4/traces", content=content).status_code == 200
    (found,) = SpansApi(client).list_spans_get(filter_query="service:no-numbers").data
    assert found.attributes.custom["good"] == 1.5
    assert standin.control("spans")["spans"][-1]["metrics"] == {"good": 1.5}
