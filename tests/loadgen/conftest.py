"""A server that does as the test says and writes down what it was asked, and the load that is sent to it."""

from __future__ import annotations

import asyncio
import itertools
import ssl
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from alertproof.clock import SystemClock
from alertproof.journal import LoadJournal
from alertproof.loadgen import read_profile, run_load
from alertproof.requirements import ClockWire, Endpoints, Target

CLOCK = SystemClock()


@dataclass(frozen=True, slots=True)
class Asked:
    """A request: its number in the address (``?n=7``), and when it came."""

    method: str
    path: str
    number: int
    correlation_id: str
    at: timedelta
    cookie: str = ""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a server does; without a status it closes the connection. ``drips``, ``stalls``: it never ends."""

    status: int | None = 200
    after: timedelta = timedelta(milliseconds=5)
    location: str = ""
    cookie: str = ""
    drips: bool = False
    stalls: bool = False


@dataclass
class Server:
    """Serves on a port of its own until it is closed."""

    behave: Callable[[Asked], Answer] = field(default=lambda _: Answer())
    tls: ssl.SSLContext | None = None
    asked: list[tuple[Asked, Answer]] = field(default_factory=list)
    url: str = ""

    def start(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._serving = threading.Event()
        self._thread = threading.Thread(target=lambda: self._loop.run_until_complete(self._serve()), daemon=True)
        self._thread.start()
        assert self._serving.wait(5)

    def close(self) -> None:
        self._loop.call_soon_threadsafe(self._closing.set)
        self._thread.join(5)
        self._loop.close()

    async def _serve(self) -> None:
        self._closing = asyncio.Event()
        server = await asyncio.start_server(self._connection, "127.0.0.1", 0, ssl=self.tls, backlog=1000)
        self.url = f"http{'s' if self.tls else ''}://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        self._serving.set()
        await self._closing.wait()
        server.close()
        others = asyncio.all_tasks() - {asyncio.current_task()}
        for task in others:
            task.cancel()
        await asyncio.gather(*others, return_exceptions=True)

    async def _connection(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while head := await reader.readuntil(b"\r\n\r\n"):
                asked, length = self._read(head.decode())
                await reader.readexactly(length)
                answer = self.behave(asked)
                self.asked.append((asked, answer))
                await asyncio.sleep(answer.after.total_seconds())
                if answer.status is None:
                    return
                if answer.drips or answer.stalls:
                    writer.write(b"HTTP/1.1 200 Said\r\nContent-Length: 1000\r\n\r\n")
                if answer.stalls:
                    await self._closing.wait()
                while answer.drips:
                    writer.write(b".")
                    await writer.drain()
                    await asyncio.sleep(0.2)
                location = f"Location: {answer.location}\r\n" if answer.location else ""
                more = location + (f"Set-Cookie: {answer.cookie}\r\n" if answer.cookie else "")
                writer.write(f"HTTP/1.1 {answer.status} Said\r\nContent-Length: 2\r\n{more}\r\n{{}}".encode())
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()

    @staticmethod
    def _read(head: str) -> tuple[Asked, int]:
        first, *lines = head.split("\r\n")
        method, address, _ = first.split(" ")
        headers = {name.lower(): value for name, _, value in (line.partition(": ") for line in lines)}
        parts = urlsplit(address)
        number = int(parse_qs(parts.query).get("n", ["-1"])[0])
        named = headers.get("x-correlation-id", ""), CLOCK.monotonic(), headers.get("cookie", "")
        return Asked(method, parts.path, number, *named), int(headers.get("content-length", 0))


@pytest.fixture(scope="module")
def serve() -> Iterator[Callable[..., Server]]:
    """Return a function that starts a server which behaves as its argument says."""
    servers: list[Server] = []

    def start(behave: Callable[[Asked], Answer] = lambda _: Answer(), *, tls: ssl.SSLContext | None = None) -> Server:
        servers.append(Server(behave, tls))
        servers[-1].start()
        return servers[-1]

    yield start
    for server in servers:
        server.close()


def target_at(url: str) -> Target:
    now = CLOCK.now().timestamp()
    return Target(clock=ClockWire(real=now, stack=now, factor=1.0), endpoints=Endpoints(m3core=url))


SCENARIO = """
import itertools
from locust import FastHttpUser, tag, task

NUMBERS = itertools.count()

class Numbered(FastHttpUser):
    @task
    def ask(self):
        self.client.get(f"/thing?n={next(NUMBERS)}", name="/thing")
"""
PROFILE = """
scenario = "own.py"
[thresholds]
latency = ["p(95)<800"]
failed = ["rate<0.01"]
minimum_samples = 10
"""

Write = Callable[..., Path]


@pytest.fixture(scope="module")
def write_profile(tmp_path_factory: pytest.TempPathFactory) -> Write:
    """Return a function that writes a profile with its scenario; keywords are keys of the profile."""
    numbers = itertools.count()

    def write(scenario: str = SCENARIO, **keys: str | float | bool) -> Path:
        folder = tmp_path_factory.mktemp(f"profile{next(numbers)}")
        (folder / "own.py").write_text(scenario, encoding="utf-8")
        shown = {key: str(value).lower() if isinstance(value, bool) else repr(value) for key, value in keys.items()}
        lines = [f"{key} = {value}" for key, value in shown.items()]
        (folder / "own.toml").write_text("\n".join([*lines, PROFILE]), encoding="utf-8")
        return folder / "own.toml"

    return write


Send = Callable[..., LoadJournal]


@pytest.fixture(scope="module")
def send(write_profile: Write) -> Send:
    """Return a function that sends the load of a profile to an address."""

    def run(url: str, scenario: str = SCENARIO, **keys: str | float | bool) -> LoadJournal:
        profile = read_profile(write_profile(scenario, **keys))
        return run_load(profile, target_at(url), check="a test", target_name="own")

    return run
