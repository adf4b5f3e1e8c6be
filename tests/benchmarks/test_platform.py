"""M3CoreCRM on two cores: 150 requests a second with all its instruments on, and what the instruments cost."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import numpy as np
import psutil
import pytest
from tests.benchmarks.steady import at_rate

from alertproof.requirements import Target, load_specification
from alertproof.stack.supervisor import StackPlan, Supervisor

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
RATE, SECONDS, MOST_P95 = 150, 15, 0.2
#: With and without instruments in turn, so that what else the machine does falls on both.
ROUNDS = 2
#: What is not measured, before each round: statements are prepared and texts seen for the first time.
WARM_UP = 4
#: So many requests may be on their way; one that has to wait for another is late from its intended start on.
IN_FLIGHT = 100
MONITORING = Path(__file__).parents[2] / "monitoring"
#: What is switched off for comparison. DogStatsD stays: its client has no switch, and sends to a port nobody reads.
INSTRUMENTS = ("SENTRY_DSN", "DD_TRACE_AGENT_URL")
NEW = {"name": "Bea Bench", "company": "Bench", "email": "bea@bench.example"}


@dataclass
class Run:
    """What was found at a fixed rate: latencies in seconds from the intended start, and the API's processor time."""

    latencies: list[float] = field(default_factory=list)
    failed: int = 0
    processor: float = 0.0

    def p95(self) -> float:
        return float(np.percentile(self.latencies, 95))

    def milliseconds(self) -> float:
        """Processor time a request."""
        return 1e3 * self.processor / len(self.latencies)


@pytest.fixture(scope="module")
def target() -> Iterator[Target]:
    with Supervisor(StackPlan(specification=load_specification(MONITORING))) as supervisor:
        yield supervisor.start()


@pytest.fixture(scope="module")
def api(target: Target) -> psutil.Process:
    """The stack's API process."""
    [found] = [
        each
        for each in psutil.Process().children(recursive=True)
        if each.cmdline()[1:4] == ["-m", "m3core", "api"] and each.status() != psutil.STATUS_ZOMBIE
    ]
    return found


def request(number: int, host: str, token: str) -> bytes:
    """Twelve lists, five leads, two searches and a new lead of twenty, with the headers that a client sends."""
    kind, body = number % 20, b""
    if kind < 12:
        line = f"GET /api/leads?offset={number % 200}"
    elif kind < 17:
        line = f"GET /api/leads/{1 + number % 1000}"
    elif kind < 19:
        line = "GET /api/leads/search?q=berg"
    else:
        line, body = "POST /api/leads", json.dumps(NEW).encode()
    head = [
        f"{line} HTTP/1.1",
        f"Host: {host}",
        "Accept: */*",
        "Accept-Encoding: gzip, deflate",
        "Connection: keep-alive",
        "User-Agent: steady",
        f"Authorization: Bearer {token}",
        *([f"Content-Length: {len(body)}", "Content-Type: application/json"] if body else []),
    ]
    return "\r\n".join(head).encode() + b"\r\n\r\n" + body


def run(url: str, process: psutil.Process, password: str, into: Run) -> None:
    """Send one round, after the warm-up at the same rate, and add what is found."""
    body = {"tenant": "acme", "email": "agent@acme.example", "password": password}
    token = httpx.post(f"{url}/api/login", json=body, trust_env=False).raise_for_status().json()["token"]
    requests = [request(number, urlsplit(url).netloc, token) for number in range(RATE * SECONDS)]
    asyncio.run(at_rate(url, requests[: RATE * WARM_UP], rate=RATE, in_flight=IN_FLIGHT))
    before = process.cpu_times()
    answered = asyncio.run(at_rate(url, requests, rate=RATE, in_flight=IN_FLIGHT))
    after = process.cpu_times()
    into.latencies += answered.latencies
    into.failed += answered.failed
    into.processor += after.user + after.system - before.user - before.system


@contextmanager
def without_instruments(api: psutil.Process) -> Iterator[tuple[str, psutil.Process]]:
    """Start the API again beside the stack's, of the same code and settings; yields its address and process."""
    kept = {name: value for name, value in api.environ().items() if name not in INSTRUMENTS}
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as nobody:
        nobody.bind(("127.0.0.1", 0))
        environment = {**kept, "DD_AGENT_HOST": "127.0.0.1", "DD_DOGSTATSD_PORT": str(nobody.getsockname()[1])}
        with subprocess.Popen(
            [sys.executable, "-m", "m3core", "api", "--port", "0"],
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        ) as process:
            assert process.stdout is not None
            try:
                yield json.loads(process.stdout.readline())["m3core"], psutil.Process(process.pid)
            finally:
                process.terminate()


@pytest.mark.xfail(strict=True, reason="not reached: one process of the API is full at about 110 requests a second")
def test_the_platform_holds_its_rate_with_its_instruments_and_they_cost_what_is_stated(
    target: Target, api: psutil.Process
) -> None:
    password, on, off = target.env["M3CORE_SEED_PASSWORD"], Run(), Run()
    with without_instruments(api) as (url, bare):
        for _ in range(ROUNDS):
            run(target.endpoints.m3core, api, password, on)
            run(url, bare, password, off)
    print(  # noqa: T201 - what the benchmark is for
        f"M3CoreCRM at {RATE} requests/s for {ROUNDS} times {SECONDS} s, the whole stack beside it, "
        f"load {os.getloadavg()[0]:.1f}: p95 {on.p95() * 1e3:.0f} ms, {on.milliseconds():.2f} ms of processor time a "
        f"request with its instruments, {off.milliseconds():.2f} ms without traces and Sentry "
        f"(p95 {off.p95() * 1e3:.0f} ms): they cost {100 * (on.milliseconds() / off.milliseconds() - 1):.0f} %"
    )
    assert (on.failed, off.failed) == (0, 0)
    assert on.p95() < MOST_P95
