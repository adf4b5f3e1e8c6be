"""OpenTelemetry's own exporter, and its JSON, against the Sentry stand-in."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest
from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor

KEY = "a" * 32
AUTH = {"X-Sentry-Auth": f"Sentry sentry_key={KEY}"}
PROJECTS = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"}])
TABLE = "/organizations/acme/events/"


def test_spans_of_the_official_exporter_are_rows(start_stand_in: Callable[..., Any]) -> None:
    address = start_stand_in("sentry", "--projects", PROJECTS).endpoints["sentry_api"]
    resource = Resource({"service.name": "api", "deployment.environment": "drill", "service.version": "r1"})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(f"{address}/api/1/integration/otlp/v1/traces", headers=AUTH)
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    with provider.get_tracer("test").start_as_current_span("GET /leads", attributes={"http.status": 200}):
        pass
    provider.shutdown()
    fields = ["span.description", "span.status", "http.status", "environment", "release", "is_transaction"]
    parameters = {"dataset": "spans", "field": fields}
    found = httpx.get(f"{address}/api/0{TABLE}", params=parameters, headers={"Authorization": "Bearer t"}).json()
    assert found["data"] == [
        {
            "span.description": "GET /leads",
            "span.status": "ok",
            "http.status": 200.0,
            "environment": "drill",
            "release": "r1",
            "is_transaction": True,
        }
    ]


@pytest.mark.parametrize("slash", ["", "/"])
def test_logs_in_json_are_rows(sentry: Any, slash: str) -> None:
    record = {
        "timeUnixNano": "1767225602000000000",
        "severityNumber": 17,
        "body": {"stringValue": "Payment failed"},
        "traceId": "f" * 32,
        "attributes": [{"key": "tenant", "value": {"stringValue": "acme"}}],
    }
    body = {"resourceLogs": [{"scopeLogs": [{"logRecords": [record]}]}]}
    answer = sentry.client.post(f"/api/1/integration/otlp/v1/logs{slash}", json=body, headers=AUTH)
    assert (answer.status_code, answer.json()) == (200, {})
    fields = ["message", "severity", "trace", "tenant", "timestamp"]
    assert sentry.get(TABLE, dataset="logs", field=fields)["data"] == [
        {
            "message": "Payment failed",
            "severity": "error",
            "trace": "f" * 32,
            "tenant": "acme",
            "timestamp": "2026-03-01T00:02:00Z",
        }
    ]


@pytest.mark.parametrize(
    ("content_type", "body", "headers", "status"),
    [
        ("application/json", b"{}", {}, 401),
        ("text/plain", b"{}", AUTH, 415),
        ("application/json", b"no json", AUTH, 400),
        ("application/x-protobuf", b"\xff\xff", AUTH, 400),
        ("application/x-protobuf", b"", AUTH, 200),
    ],
)
def test_what_is_no_otlp_is_refused(
    sentry: Any, content_type: str, body: bytes, headers: dict[str, str], status: int
) -> None:
    path = "/api/1/otlp/v1/traces"
    answer = sentry.client.post(path, content=body, headers=headers | {"Content-Type": content_type})
    assert answer.status_code == status
