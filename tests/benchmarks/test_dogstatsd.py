"""DogStatsD on UDP: how many datagrams and metrics a second are received and aggregated, and that no loss is silent."""

from __future__ import annotations

import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from tests.benchmarks.servers import LOAD_CORE, Server, standin, tool

from alertproof.clock import SystemClock

pytestmark = [pytest.mark.bench, pytest.mark.timeout(300)]
FLOOD = Path(__file__).parent / "flood.py"
SECONDS = 4


def health(server: Server) -> dict[str, Any]:
    headers = {"Authorization": "Bearer bench"}
    answer = httpx.get(f"{server.endpoints['control']}/health", headers=headers, timeout=30).raise_for_status()
    found: dict[str, Any] = answer.json()
    return found


def flood(server: Server, per_second: int, lines: int) -> int:
    """Send for some seconds; returns how many datagrams went out."""
    address = urlsplit(server.endpoints["dogstatsd"])
    arguments = [str(address.hostname), str(address.port), str(per_second), str(SECONDS), str(lines)]
    command = [tool("taskset"), "-c", LOAD_CORE, sys.executable, str(FLOOD), *arguments]
    sent, took = subprocess.run(command, check=True, capture_output=True, text=True).stdout.split()
    assert float(took) < SECONDS + 0.5
    return int(sent)


@pytest.mark.parametrize(
    ("per_second", "lines", "datagrams", "metrics"),
    [(105_000, 1, 100_000, 100_000), (42_000, 10, 40_000, 400_000)],
    ids=["one metric each", "ten metrics each"],
)
def test_so_many_are_received_and_aggregated(
    per_second: int, lines: int, datagrams: int, metrics: int, capsys: pytest.CaptureFixture[str]
) -> None:
    clock = SystemClock()
    with standin("datadog") as server:
        flood(server, 1000, lines)  # every form of line is known afterwards, and Python is warm
        before, spent = health(server), server.cpu()
        sent = flood(server, per_second, lines)
        ended = clock.monotonic()
        after = health(server)  # answers when all that came is aggregated
        took = SECONDS + (clock.monotonic() - ended) / timedelta(seconds=1)
        cpu = server.cpu() - spent
    received, lost, samples = (after[name] - before[name] for name in ("datagrams", "dropped_datagrams", "samples"))
    with capsys.disabled():
        print(  # noqa: T201 - the benchmark's table
            f"\n  {lines:2} a datagram {received / took:10,.0f} datagrams/s {samples / took:10,.0f} metrics/s"
            f" {100 * cpu / took:4.0f} % of a core, {lost} of {sent} lost"
        )
    assert received + lost == sent, "what is lost is counted"
    assert samples == lines * received
    assert after["parse_errors"] == 0
    # What still waits when the flood ends takes its time, too: else a buffer would pass for speed.
    assert received / took >= datagrams
    assert samples / took >= metrics


def test_a_flood_beyond_all_measure_is_counted_to_the_last_datagram(capsys: pytest.CaptureFixture[str]) -> None:
    with standin("datadog") as server:
        before = health(server)
        sent = flood(server, 0, 20)
        after = health(server)
    received, lost = (after[name] - before[name] for name in ("datagrams", "dropped_datagrams"))
    with capsys.disabled():
        print(f"\n  as fast as it goes: {received} of {sent} received, {lost} counted as lost")  # noqa: T201
    assert received + lost == sent
