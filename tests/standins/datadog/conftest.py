# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
from __future__ import annotations

import json
import os
import socket
import ssl
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, TypeVar
from urllib.parse import urlsplit

import httpx
import pytest
import trustme
from datadog_api_client import ApiClient, Configuration
from tests.standins.doors import BEARER, TOKEN, ask_door

from alertproof.clock import ENVIRONMENT_KEY, Anchor, ScaledClock, SystemClock, wait_until
from alertproof.requirements import CONTROL_TOKEN

T = TypeVar("T")


@dataclass(frozen=True)
class Running:
    """A stand-in in a process of its own, and the ways to reach it."""

    process: subprocess.Popen[str]
    endpoints: Mapping[str, str]
    clock: ScaledClock

    def control(self, path: str) -> Any:
        return ask_door(self.endpoints["control"], path)

    def history(self, *series: Mapping[str, Any]) -> httpx.Response:
        body = {"ends": self.clock.now().timestamp(), "series": series}
        return httpx.post(f"{self.endpoints['control']}/history", json=body, headers=BEARER)

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

    def eventually(self, look: Callable[[], T], *, sending: Sequence[str] = (), within: float = 10.0) -> T:
        """Wait (real seconds) until ``look`` returns something true, sending the lines before each look."""
        clock = SystemClock()

        def once() -> T | None:
            if sending:
                self.send(*sending)
            return look() or None

        found = wait_until(
            once,
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
        env={**os.environ, ENVIRONMENT_KEY: json.dumps(anchor.encode()), CONTROL_TOKEN: TOKEN},
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


@dataclass
class Pager:
    """A TLS server that keeps what it is sent and answers 202, or the statuses in ``answers`` first."""

    url: str
    ca_file: Path
    received: list[dict[str, Any]] = field(default_factory=list)
    answers: list[int] = field(default_factory=list)

    def arguments(self) -> list[str]:
        return ["--pagerduty-url", self.url, "--ca-file", str(self.ca_file)]


@pytest.fixture
def pager(tmp_path: Path) -> Iterator[Pager]:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(str(tmp_path / "ca.pem"))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert("127.0.0.1").configure_cert(context)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            kept.received.append(body | {"path": self.path})
            self.send_response(kept.answers.pop(0) if kept.answers else 202)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Stay quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    kept = Pager(f"https://127.0.0.1:{server.server_port}", tmp_path / "ca.pem")
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    try:
        yield kept
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.fixture(scope="module")
def standin() -> Iterator[Running]:
    """A stand-in at factor 60 that a whole file shares: what it asserts must not depend on an empty account."""
    with running(60) as started:
        yield started


@pytest.fixture
def start() -> Any:
    """Start a stand-in of one's own: ``with start(factor=600, arguments=[...]) as standin``."""
    return running
