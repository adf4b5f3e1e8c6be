"""M3CoreCRM on two cores: 150 requests a second with all its instruments on, and what the instruments cost."""

from __future__ import annotations

import asyncio
import json
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import numpy as np
import psutil
import pytest

from alertproof.requirements import Target, load_specification
from alertproof.stack.supervisor import StackPlan, Supervisor

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
RATE, SECONDS, MOST_P95 = 150, 30, 0.2
#: So many requests may be on their way; one that has to wait for another is late from its intended start on.
IN_FLIGHT = 100
MONITORING = Path(__file__).parents[2] / "monitoring"
#: What is switched off for comparison. DogStatsD stays: its client has no switch, and sends to a closed port.
INSTRUMENTS = ("SENTRY_DSN", "DD_TRACE_AGENT_URL")
NEW = {"name": "Bea Bench", "company": "Bench", "email": "bea@bench.example"}


@dataclass
class Run:
    """What a run at a fixed rate found: latencies in seconds from the intended start, and the API's processor time."""

    latencies: list[float]
    failed: int
    processor: float

    @property
    def p95(self) -> float:
        return float(np.percentile(self.latencies, 95))

    @property
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


async def at_rate(url: str, token: str) -> tuple[list[float], int]:
    """Send 150 requests a second at their times, whether or not the ones before are answered."""
    latencies, failed = list[float](), 0
    limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT, keepalive_expiry=2)
    headers = {"Authorization": f"Bearer {token}"}
    async with httpx.AsyncClient(base_url=url, headers=headers, trust_env=False, limits=limits, timeout=10) as client:
        loop = asyncio.get_running_loop()
        begin = loop.time() + 0.1

        numbers = iter(range(RATE * SECONDS))

        async def one_after_another() -> None:
            nonlocal failed
            for number in numbers:
                due = begin + number / RATE
                await asyncio.sleep(due - loop.time())
                answer = await ask(client, number)
                latencies.append(loop.time() - due)
                failed += answer.status_code >= 400

        await asyncio.gather(*(one_after_another() for _ in range(IN_FLIGHT)))
    return latencies, failed


async def ask(client: httpx.AsyncClient, number: int) -> httpx.Response:
    """Twelve lists, five leads, two searches and a new lead of twenty."""
    kind = number % 20
    if kind < 12:
        return await client.get("/api/leads", params={"offset": number % 200})
    if kind < 17:
        return await client.get(f"/api/leads/{1 + number % 1000}")
    if kind < 19:
        return await client.get("/api/leads/search", params={"q": "berg"})
    return await client.post("/api/leads", json=NEW)


def run(url: str, process: psutil.Process, password: str) -> Run:
    body = {"tenant": "acme", "email": "agent@acme.example", "password": password}
    token = httpx.post(f"{url}/api/login", json=body, trust_env=False).raise_for_status().json()["token"]
    before = process.cpu_times()
    latencies, failed = asyncio.run(at_rate(url, token))
    after = process.cpu_times()
    return Run(latencies, failed, after.user + after.system - before.user - before.system)


def without_instruments(api: psutil.Process) -> dict[str, str]:
    kept = {name: value for name, value in api.environ().items() if name not in INSTRUMENTS}
    return {**kept, "DD_DOGSTATSD_PORT": "9"}


@pytest.mark.xfail(strict=True, reason="not reached: one process of the API is full at about 110 requests a second")
def test_the_platform_holds_its_rate_with_its_instruments_and_they_cost_what_is_stated(
    target: Target, api: psutil.Process
) -> None:
    password = target.env["M3CORE_SEED_PASSWORD"]
    on = run(target.endpoints.m3core, api, password)
    command = [sys.executable, "-m", "m3core", "api", "--port", "0"]
    with subprocess.Popen(
        command, env=without_instruments(api), stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdout is not None
        bare = json.loads(process.stdout.readline())
        off = run(bare["m3core"], psutil.Process(process.pid), password)
        process.terminate()
    print(  # noqa: T201 - what the benchmark is for
        f"M3CoreCRM at {RATE} requests/s for {SECONDS} s, the whole stack beside it: "
        f"p95 {on.p95 * 1e3:.0f} ms, {on.milliseconds:.2f} ms of processor time a request with its instruments, "
        f"{off.milliseconds:.2f} ms without traces and Sentry (p95 {off.p95 * 1e3:.0f} ms): "
        f"they cost {100 * (on.milliseconds / off.milliseconds - 1):.0f} %"
    )
    assert (on.failed, off.failed) == (0, 0)
    assert on.p95 < MOST_P95
