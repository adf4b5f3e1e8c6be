from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

PROGRAM = """
import ddtrace
with ddtrace.tracer.trace("job.run", service="crm-worker", resource="send mail", span_type="worker") as span:
    span.set_tag("tenant", "acme")
    span.set_metric("mails", 3)
    with ddtrace.tracer.trace("job.step"):
        pass
ddtrace.tracer.flush()
"""


def spans(standin: Running, service: str) -> list[dict[str, Any]]:
    return [span for span in standin.control("spans")["spans"] if span["service"] == service]


@pytest.mark.parametrize("version", ["v0.4", "v0.5"])
def test_an_unmodified_tracer_delivers_its_spans_and_asks_for_nothing_unknown(standin: Running, version: str) -> None:
    service = f"crm-{version}"
    subprocess.run(
        [sys.executable, "-c", PROGRAM.replace("crm-worker", service)],
        env={
            **os.environ,
            "DD_TRACE_AGENT_URL": standin.endpoints["datadog_agent"],
            "DD_TRACE_API_VERSION": version,
            "DD_INSTRUMENTATION_TELEMETRY_ENABLED": "true",
        },
        check=True,
        timeout=60,
        capture_output=True,
    )
    step, run = sorted(spans(standin, service), key=lambda span: span["name"], reverse=True)
    assert (run["name"], run["resource"], run["type"]) == ("job.run", "send mail", "worker")
    assert (run["meta"]["tenant"], run["metrics"]["mails"]) == ("acme", 3)
    assert step["parent_id"] == run["span_id"]
    now = standin.clock.now().timestamp()
    assert now - 60 * 60 < run["start"] <= now  # stack time: a real minute is an hour
    assert 0 < run["duration"] < 1  # real time
    assert standin.control("unknown")["requests"] == []


def test_a_span_keeps_its_duration_and_its_start_is_mapped(standin: Running) -> None:
    real = datetime.now(UTC).timestamp()
    span = {
        "name": "n",
        "service": "mapped",
        "resource": "r",
        "trace_id": 2**64 - 1,
        "span_id": 2,
        "duration": 250_000_000,
    }
    body = msgspec.msgpack.encode([[span | {"start": int(real * 1e9)}]])
    answer = httpx.put(f"{standin.endpoints['datadog_agent']}/v0.3/traces", content=body)
    assert answer.status_code == 200
    (kept,) = spans(standin, "mapped")
    expected = standin.clock.anchor.to_stack(datetime.fromtimestamp(real, UTC)).timestamp()
    assert kept["start"] == pytest.approx(expected, abs=0.01)
    assert kept["duration"] == pytest.approx(0.25)


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v0.4/traces", b"\xc1"),
        ("/v0.4/traces", msgspec.msgpack.encode([[{"name": "no ids"}]])),
        ("/v0.5/traces", msgspec.msgpack.encode([["a"], [[[0, 0, 5, 1, 1, 0, 1, 1, 0, {}, {}, 0]]]])),
        ("/v0.5/traces", msgspec.msgpack.encode([["a"], [[[0, 0]]]])),
    ],
)
def test_a_payload_that_cannot_be_read_is_refused(standin: Running, path: str, body: bytes) -> None:
    before = standin.control("health")["spans"]
    answer = httpx.post(f"{standin.endpoints['datadog_agent']}{path}", content=body)
    assert answer.status_code == 400
    assert standin.control("health")["spans"] == before


def test_info_lists_what_is_there_and_keeps_every_trace(standin: Running) -> None:
    info = httpx.get(f"{standin.endpoints['datadog_agent']}/info").json()
    assert "/v0.5/traces" in info["endpoints"]
    assert info["client_drop_p0s"] is False
    for path in info["endpoints"]:
        assert httpx.post(f"{standin.endpoints['datadog_agent']}{path}", content=b"").status_code != 404
