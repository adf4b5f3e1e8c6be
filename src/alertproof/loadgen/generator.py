"""The traffic generator's process: open-loop requests at a fixed rate, reported one line each.

Latency counts from the intended start, so a platform that stalls does not slow its own measurement down.
Threads with kept connections cost a fifth of what an asynchronous client does, and a drill shares its
machine with the platform. Reads its plan from the environment; ends when its standard input closes.
"""

from __future__ import annotations

import itertools
import json
import os
import sys
import threading
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

import msgspec
import urllib3
from datadog.dogstatsd import DogStatsd

from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError, Broken
from alertproof.loadgen.carrying import Carried, Carry
from alertproof.loadgen.traffic import Answered, TrafficPlan

_TIMEOUT = 10.0
_THREADS = 64  # more requests than that under way wait for a thread; their latency counts the wait
# Pages through a list, searches, and now and then a new lead: what a sales team does all day.
_READS = ("/api/leads?limit=20", "/api/leads/search?q=an", "/api/leads?limit=20&offset=40", "/api/leads/search?q=co")
_NEW_LEAD = b'{"name": "Synthetic Lead", "email": "lead@synthetic.example", "company": "Synthetic"}'
_MIX: tuple[tuple[str, str, bytes | None], ...] = (
    *(("GET", _READS[index % len(_READS)], None) for index in range(19)),
    ("POST", "/api/leads", _NEW_LEAD),
)


class _Sender(NamedTuple):
    """Whose a request is, and what it carries besides."""

    tenant: str
    token: str
    extra: dict[str, str]


class _Generator:
    def __init__(self, plan: TrafficPlan) -> None:
        self._plan = plan
        self._clock = SystemClock()
        self._writing = threading.Lock()
        self._ended = threading.Event()
        self._http = urllib3.PoolManager(
            maxsize=_THREADS,
            retries=False,
            timeout=urllib3.Timeout(total=_TIMEOUT),
            headers={"Accept": "application/json"},
        )
        self._base = plan.base_url.rstrip("/")
        self._threads = ThreadPoolExecutor(_THREADS)
        self._carried: Carried | None = None

    def login(self, tenant: str) -> str:
        """Return a token of the tenant's agent."""
        body = {"tenant": tenant, "email": f"agent@{tenant}.example", "password": self._plan.password}
        answer = self._http.request("POST", f"{self._base}/api/login", json=body)
        if answer.status != 200:
            raise Broken(f"no login for {tenant}: {answer.status} {answer.data[:200]!r}")
        return str(json.loads(answer.data)["token"])

    def run(self) -> None:
        """Send until the standard input closes."""
        tokens = [self.login(tenant) for tenant in self._plan.tenants]
        self._write(b'{"traffic": "ready"}')
        loops = [threading.Thread(target=self._dispatch, args=(tokens,)), threading.Thread(target=self._probes)]
        for loop in loops:
            loop.start()
        for line in iter(sys.stdin.buffer.readline, b""):
            carry = msgspec.json.decode(line, type=Carry | None)
            self._carried = Carried(carry, began=self._clock.monotonic()) if carry is not None else None
        self._ended.set()
        for loop in loops:
            loop.join()
        self._threads.shutdown(wait=False, cancel_futures=True)

    def _write(self, line: bytes) -> None:
        with self._writing:
            os.write(sys.stdout.fileno(), line + b"\n")

    def _each(self, step: timedelta, act: Callable[[timedelta, int], object]) -> None:
        """Call ``act`` with each due instant and its number until the end; never skips one that is late."""
        began = self._clock.monotonic()
        for index in itertools.count():
            due = began + index * step
            if self._ended.wait(max(0.0, (due - self._clock.monotonic()).total_seconds())):
                return
            act(due, index)

    def _dispatch(self, tokens: list[str]) -> None:
        def act(due: timedelta, index: int) -> None:
            tenant = index % len(tokens)
            lag = self._clock.monotonic() - due
            request = _MIX[index // len(tokens) % len(_MIX)]
            name, carried = self._plan.tenants[tenant], self._carried
            extra = carried.header(name, now=self._clock.monotonic()) if carried is not None else {}
            self._threads.submit(self._send, due, lag, _Sender(name, tokens[tenant], extra), request)

        self._each(timedelta(seconds=1 / self._plan.rate), act)

    def _send(self, due: timedelta, lag: timedelta, sender: _Sender, request: tuple[str, str, bytes | None]) -> None:
        method, path, body = request
        start = self._clock.now() - (self._clock.monotonic() - due)
        correlation_id = uuid.uuid4().hex
        headers = {
            "Authorization": f"Bearer {sender.token}",
            "X-Correlation-Id": correlation_id,
            "Content-Type": "application/json",
            **sender.extra,
        }
        try:
            status = self._http.request(method, self._base + path, body=body, headers=headers).status
        except urllib3.exceptions.HTTPError:
            status = 0  # no answer: counted as failed
        answered = Answered(
            start=start.timestamp(),
            seconds=(self._clock.monotonic() - due).total_seconds(),
            lag=lag.total_seconds(),
            status=status,
            tenant=sender.tenant,
            correlation_id=correlation_id,
            carried=bool(sender.extra),
        )
        self._write(msgspec.json.encode(answered))

    def _probes(self) -> None:
        """Probe the platform's health on a fixed beat and report each run to the Agent."""
        if not self._plan.dogstatsd:
            return
        host, _, port = self._plan.dogstatsd.removeprefix("udp://").rpartition(":")
        tags = [f"env:{self._plan.environment}", "service:m3core-api"]  # those of the availability indicator
        statsd = DogStatsd(
            host=host, port=int(port), disable_buffering=True, disable_telemetry=True, constant_tags=tags
        )

        def act(_due: timedelta, _index: int) -> None:
            try:
                good = self._http.request("GET", f"{self._base}/healthz").status == 200
            except urllib3.exceptions.HTTPError:
                good = False
            statsd.increment("synthetics.probe.runs")
            statsd.increment("synthetics.probe.failed", 0 if good else 1)

        self._each(timedelta(seconds=self._plan.probe_every), act)


def main() -> int:
    """Run until the standard input closes; 3 when the platform could not be used at all."""
    plan = msgspec.json.decode(os.environ["ALERTPROOF_TRAFFIC"], type=TrafficPlan)
    try:
        _Generator(plan).run()
    except (AlertproofError, urllib3.exceptions.HTTPError) as error:
        sys.stderr.write(f"traffic: {error!r}\n")
        return 3
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
