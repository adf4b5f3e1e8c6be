"""The traffic generator's process: open-loop requests at a fixed rate, reported one line each.

Latency counts from the intended start, so a platform that stalls does not slow its own measurement down.
Reads its plan from the environment; ends when its standard input closes.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import sys
import uuid
from collections.abc import Iterator
from datetime import timedelta

import httpx
import msgspec
from datadog.dogstatsd import DogStatsd

from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError, Broken
from alertproof.loadgen.traffic import Answered, TrafficPlan

_TIMEOUT = 10.0
# Searches and pages through a list, and now and then a new lead: what a sales team does all day.
_MIX: tuple[tuple[str, str, dict[str, object] | None], ...] = (
    ("GET", "/api/leads?limit=20", None),
    ("GET", "/api/leads/search?q=an", None),
    ("GET", "/api/leads?limit=20&offset=40", None),
    ("GET", "/api/leads/search?q=co", None),
    ("POST", "/api/leads", {"name": "Synthetic Lead", "email": "lead@synthetic.example", "company": "Synthetic"}),
)


class _Generator:
    def __init__(self, plan: TrafficPlan) -> None:
        self._plan = plan
        self._clock = SystemClock()
        self._out = sys.stdout.buffer
        host, _, port = plan.dogstatsd.removeprefix("udp://").rpartition(":")
        # The tags are those of the specification's availability indicator, which asks about the API.
        self._statsd = (
            DogStatsd(
                host=host,
                port=int(port or 0),
                disable_buffering=True,
                disable_telemetry=True,
                constant_tags=[f"env:{plan.environment}", "service:m3core-api"],
            )
            if plan.dogstatsd
            else None
        )

    async def login(self, client: httpx.AsyncClient, tenant: str) -> str:
        body = {"tenant": tenant, "email": f"agent@{tenant}.example", "password": self._plan.password}
        answer = await client.post("/api/login", json=body)
        if answer.status_code != 200:
            raise Broken(f"no login for {tenant}: {answer.status_code} {answer.text[:200]}")
        return str(answer.json()["token"])

    async def run(self) -> None:
        limits = httpx.Limits(max_connections=200, max_keepalive_connections=20)
        async with httpx.AsyncClient(base_url=self._plan.base_url, timeout=_TIMEOUT, limits=limits) as client:
            tokens = {tenant: await self.login(client, tenant) for tenant in self._plan.tenants}
            self._out.write(b'{"traffic": "ready"}\n')
            self._out.flush()
            async with asyncio.TaskGroup() as tasks:
                dispatch = tasks.create_task(self._dispatch(client, tokens, tasks))
                probes = tasks.create_task(self._probe(client))
                await _input_closed()
                dispatch.cancel()
                probes.cancel()

    async def _dispatch(self, client: httpx.AsyncClient, tokens: dict[str, str], tasks: asyncio.TaskGroup) -> None:
        for due, index in self._schedule(timedelta(seconds=1 / self._plan.rate)):
            await asyncio.sleep(max(0.0, (due - self._clock.monotonic()).total_seconds()))
            tenant = self._plan.tenants[index % len(tokens)]
            method, path, body = _MIX[index // len(tokens) % len(_MIX)]
            tasks.create_task(self._send(client, due, tenant, tokens[tenant], (method, path, body)))

    def _schedule(self, step: timedelta) -> Iterator[tuple[timedelta, int]]:
        began = self._clock.monotonic()
        return ((began + index * step, index) for index in itertools.count())

    async def _send(
        self,
        client: httpx.AsyncClient,
        due: timedelta,
        tenant: str,
        token: str,
        request: tuple[str, str, dict[str, object] | None],
    ) -> None:
        method, path, body = request
        lag = self._clock.monotonic() - due
        start = self._clock.now() - lag
        correlation_id = uuid.uuid4().hex
        headers = {"Authorization": f"Bearer {token}", "X-Correlation-Id": correlation_id}
        try:
            status = (await client.request(method, path, json=body, headers=headers)).status_code
        except httpx.HTTPError:
            status = 0  # no answer: counted as failed
        answered = Answered(
            start=start.timestamp(),
            seconds=(self._clock.monotonic() - due).total_seconds(),
            lag=lag.total_seconds(),
            status=status,
            tenant=tenant,
            correlation_id=correlation_id,
        )
        self._out.write(msgspec.json.encode(answered) + b"\n")
        self._out.flush()

    async def _probe(self, client: httpx.AsyncClient) -> None:
        step = timedelta(seconds=self._plan.probe_every)
        for due, _ in self._schedule(step):
            await asyncio.sleep(max(0.0, (due - self._clock.monotonic()).total_seconds()))
            try:
                good = (await client.get("/healthz")).status_code == 200
            except httpx.HTTPError:
                good = False
            if self._statsd is not None:
                self._statsd.increment("synthetics.probe.runs")
                self._statsd.increment("synthetics.probe.failed", 0 if good else 1)


async def _input_closed() -> None:
    loop = asyncio.get_running_loop()
    reader = asyncio.StreamReader()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()


def main() -> int:
    """Run until the standard input closes; 3 when the platform could not be used at all."""
    plan = msgspec.json.decode(os.environ["ALERTPROOF_TRAFFIC"], type=TrafficPlan)
    try:
        asyncio.run(_Generator(plan).run())
    except (AlertproofError, httpx.HTTPError) as error:
        sys.stderr.write(f"traffic: {error!r}\n")
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
