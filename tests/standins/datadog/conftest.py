# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from datadog_api_client import ApiClient, Configuration

from alertproof.clock import ENVIRONMENT_KEY, Anchor, ScaledClock, SystemClock, wait_until


@dataclass(frozen=True)
class Running:
    """A stand-in in a process of its own, and the ways to reach it."""

    process: subprocess.Popen[str]
    endpoints: Mapping[str, str]
    clock: ScaledClock

    def control(self, path: str) -> Any:
        return httpx.get(f"{self.endpoints['control']}/{path}").raise_for_status().json()

    def history(self, *series: Mapping[str, Any]) -> httpx.Response:
        body = {"ends": self.clock.now().timestamp(), "series": series}
        return httpx.post(f"{self.endpoints['control']}/history", json=body)

    def send(self, *lines: str) -> None:
        address = urlsplit(self.endpoints["dogstatsd"])
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.sendto("\n".join(lines).encode(), (address.hostname, address.port))

    @contextmanager
    def client(self, **options: Any) -> Iterator[ApiClient]:
        configuration = Configuration(host=self.endpoints["datadog"], **options)
        configuration.api_key["apiKeyAuth"] = "an-api-key"
        configuration.api_key["appKeyAuth"] = "an-application-key"
        with ApiClient(configuration) as client:
            yield client

    def eventually(self, look: Any, within: float = 10.0) -> Any:
        """Wait (real seconds) until ``look`` returns something true."""
        clock = SystemClock()
        found = wait_until(
            lambda: look() or None,
            clock=clock,
            deadline=clock.now() + timedelta(seconds=within),
            every=timedelta(milliseconds=20),
        )
        assert found is not None, f"nothing within {within} s; health: {self.control('health')}"
        return found


@contextmanager
def running(factor: float, arguments: Sequence[str] = ()) -> Iterator[Running]:
    anchor = Anchor(real=datetime.now(UTC), stack=datetime(2026, 3, 1, 12, tzinfo=UTC), factor=factor)
    process = subprocess.Popen(
        [sys.executable, "-m", "alertproof.standins", "datadog", *arguments],
        env={**os.environ, ENVIRONMENT_KEY: json.dumps(anchor.encode())},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        endpoints = json.loads(process.stdout.readline())["endpoints"]
        yield Running(process, endpoints, ScaledClock(anchor))
    finally:
        process.terminate()
        process.communicate(timeout=10)


@pytest.fixture(scope="module")
def standin() -> Iterator[Running]:
    """A stand-in at factor 60 that a whole file shares: what it asserts must not depend on an empty account."""
    with running(60) as started:
        yield started


@pytest.fixture
def start() -> Any:
    """Start a stand-in of one's own: ``with start(factor=600, arguments=[...]) as standin``."""
    return running
