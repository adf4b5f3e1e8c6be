"""v0.4 payloads of ten spans a second: ours, which makes trace metrics of them, against Datadog's own test agent."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from tests.benchmarks.servers import Server, best, free_port, peer, shown, standin, tool, wrk

from alertproof.clock import SystemClock

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
PATH = "/v0.4/traces"
HEADERS = {
    "Content-Type": "application/msgpack",
    "Datadog-Meta-Lang": "python",
    "Datadog-Meta-Tracer-Version": "4.0.0",
    "X-Datadog-Trace-Count": "1",
}
ROUNDS, TIMES_PEER = 3, 2


def payload() -> bytes:
    """Return one trace of a web request: its entry, and calls of a database, a cache and two services."""
    now = int(SystemClock().now().timestamp() * 1e9)
    services = ("m3core-api", "m3core-api", "postgres", "postgres", "redis", "redis", "billing", "mail", "mail", "mail")
    names = (
        "web.request",
        "web.handler",
        "pg.query",
        "pg.query",
        "redis.get",
        "redis.set",
        "http",
        "http",
        "job",
        "job",
    )
    spans: list[dict[str, Any]] = [
        {
            "service": service,
            "name": name,
            "resource": f"GET /leads/{number}",
            "trace_id": 2**62 + 1,
            "span_id": 2**61 + number,
            "parent_id": 2**61 + number - 1 if number else 0,
            "start": now,
            "duration": 1_000_000 * (10 - number),
            "error": int(number == 7),
            "type": "web" if number < 2 else "db",
            "meta": {
                "env": "prod",
                "version": "1.2.3",
                "http.status_code": "200",
                "span.kind": "server",
                "http.url": f"http://127.0.0.1/leads/{number}",
                "tenant": "acme",
            },
            "metrics": {"_dd.top_level": 1.0, "_sampling_priority_v1": 1.0, "system.pid": 4711.0},
        }
        for number, (service, name) in enumerate(zip(services, names, strict=True))
    ]
    return msgspec.msgpack.encode([spans])


def spans_of(server: Server) -> int:
    headers = {"Authorization": "Bearer bench"}
    answer = httpx.get(f"{server.endpoints['control']}/health", headers=headers, timeout=30).raise_for_status()
    spans: int = answer.json()["spans"]
    return spans


def test_payloads_become_metrics_twice_as_fast_as_the_test_agent_takes_them(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    body = tmp_path / "trace.msgpack"
    body.write_bytes(payload())
    port, *others = free_port(), free_port(), free_port()
    with (
        standin("datadog") as ours,
        peer(
            "ddapm-test-agent",
            port,
            tool("ddapm-test-agent"),
            f"--port={port}",
            f"--otlp-http-port={others[0]}",
            f"--otlp-grpc-port={others[1]}",
        ) as agent,
    ):
        ours.url = ours.endpoints["datadog_agent"]
        for _ in range(ROUNDS):
            for server in (ours, agent):
                wrk(server, PATH, body, HEADERS)
        with capsys.disabled():
            print(shown((ours, agent)))  # noqa: T201 - the benchmark's table
            print(f"  {best(ours) / best(agent):.1f} times the test agent")  # noqa: T201
        taken = spans_of(ours)
    assert taken >= 10 * 2 * sum(load.per_second for load in ours.loads)
    assert best(ours) >= TIMES_PEER * best(agent)
