"""A server that does exactly what a test says, on a bare socket, and notes when it really did it."""

from __future__ import annotations

import contextlib
import socket
import ssl
import struct
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, TypeAlias, final

import httpx
import pytest
import trustme

from alertproof.journal import Phases
from alertproof.probes import Answer, Prober, Request


@final
class Link:
    """One connection, seen from the server."""

    def __init__(self, connection: socket.socket, context: ssl.SSLContext | None) -> None:
        self._socket = connection
        self._context = context
        self.marks = {"accepted": time.monotonic()}
        self.received = b""

    def mark(self, name: str) -> None:
        """Note the present instant; the first note of a name counts."""
        self.marks.setdefault(name, time.monotonic())

    def between(self, start: str, end: str) -> timedelta:
        """Return the time between two marks."""
        return timedelta(seconds=self.marks[end] - self.marks[start])

    def handshake(self) -> None:
        """Do the server's part of TLS."""
        assert self._context is not None
        self._socket = self._context.wrap_socket(self._socket, server_side=True)
        self.mark("secured")

    def request(self) -> bytes:
        """Read one request and return it; empty when the client has gone."""
        found = b""
        while b"\r\n\r\n" not in found:
            part = self._socket.recv(65536)
            if not part:
                return b""
            found += part
        head, _, body = found.partition(b"\r\n\r\n")
        length = next(
            (int(line[15:]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")), 0
        )
        while len(body) < length:
            body += self._socket.recv(65536)
        self.mark("asked")
        self.received = head + b"\r\n\r\n" + body
        return self.received

    def read(self) -> bytes:
        """Read what is there, at least a byte; empty when the client has gone."""
        return self._socket.recv(65536)

    def send(self, data: bytes, mark: str = "") -> None:
        """Send, and note when."""
        if mark:
            self.mark(mark)
        self._socket.sendall(data)

    def wait(self, seconds: float) -> None:
        """Do nothing for a while."""
        time.sleep(seconds)

    def half_close(self) -> None:
        """Say that nothing more will come, and go on reading."""
        self._socket.shutdown(socket.SHUT_WR)

    def reset(self) -> None:
        """Break the connection off, with RST instead of FIN."""
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self._socket.close()

    def close(self) -> None:
        """Close the connection."""
        self._socket.close()


Script: TypeAlias = Callable[[Link], None]


@final
class Server:
    """Serves each connection by a script, in a thread of its own."""

    def __init__(self, script: Script, *, context: ssl.SSLContext | None, address: str, port: int) -> None:
        self._script = script
        self._context = context
        self._listener = socket.create_server(
            (address, port), family=socket.AF_INET6 if ":" in address else socket.AF_INET
        )
        self._threads = ThreadPoolExecutor(32)
        self.port: int = self._listener.getsockname()[1]
        self.links: list[Link] = []
        self._threads.submit(self._accept)

    @property
    def url(self) -> str:
        return f"{'https' if self._context else 'http'}://127.0.0.1:{self.port}"

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            link = Link(connection, self._context)
            self.links.append(link)
            self._threads.submit(self._serve, link)

    def _serve(self, link: Link) -> None:
        # The client may be gone at any moment: that is its right, and often the test's point.
        try:
            with contextlib.suppress(OSError):
                self._script(link)
        finally:
            link.close()

    def close(self) -> None:
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for link in self.links:
            with contextlib.suppress(OSError):
                link._socket.shutdown(socket.SHUT_RDWR)
        self._threads.shutdown()
        for link in self.links:
            link.close()  # one that came while the server closed has been served by nobody


@pytest.fixture
def serve() -> Iterator[Callable[..., Server]]:
    """Start servers: ``serve(script)``, also with a TLS context, an address or a port."""
    with contextlib.ExitStack() as stack:

        def start(
            script: Script, *, context: ssl.SSLContext | None = None, address: str = "127.0.0.1", port: int = 0
        ) -> Server:
            server = Server(script, context=context, address=address, port=port)
            stack.callback(server.close)
            return server

        yield start


@pytest.fixture
def probing() -> Iterator[Callable[..., Prober]]:
    """Make probers: ``probing(url, limits=..)``; they are closed at the end."""
    with contextlib.ExitStack() as stack:
        yield lambda url, **options: stack.enter_context(Prober(url, **options))


@pytest.fixture(scope="session")
def authority() -> trustme.CA:
    """An authority that nobody trusts by default."""
    return trustme.CA()


@pytest.fixture(scope="session")
def ca_file(authority: trustme.CA, tmp_path_factory: pytest.TempPathFactory) -> str:
    """The authority's certificate as a file."""
    path: Path = tmp_path_factory.mktemp("authority") / "ca.pem"
    authority.cert_pem.write_to_path(path)
    return str(path)


@pytest.fixture(scope="session")
def secured(authority: trustme.CA) -> ssl.SSLContext:
    """A server's TLS context, for localhost and 127.0.0.1."""
    return _context(authority, "localhost", "127.0.0.1")


@pytest.fixture(scope="session")
def secured_as_another(authority: trustme.CA) -> ssl.SSLContext:
    """A server's TLS context whose certificate is another host's."""
    return _context(authority, "another.example")


def _context(authority: trustme.CA, *names: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(*names).configure_cert(context)
    return context


def answer(body: bytes = b"{}", *headers: str, status: str = "200 OK") -> bytes:
    """Return a whole answer."""
    lines = [f"HTTP/1.1 {status}", "Content-Type: application/json", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


def answers(data: bytes) -> Script:
    """Answer each request of a connection with the same bytes."""

    def script(link: Link) -> None:
        while link.request():
            link.send(data)

    return script


@pytest.fixture
def deaf() -> Iterator[int]:
    """A port at 127.0.0.2 that takes no connection: its queue is full. The same port at 127.0.0.1 is free."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.2", 0), backlog=0))
        address = listener.getsockname()
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.setblocking(False)
            waiting.connect_ex(address)
        yield address[1]


def an_answer(body: bytes = b"{}", **fields: Any) -> Answer:
    """Return an answer without a server: 200, JSON, in 120 ms over a new connection, most of it the first byte."""
    ms = timedelta(milliseconds=1)
    return Answer(
        **{
            "request": Request(method="GET", path="/api/leads", tenant="acme", params={"limit": 5}),
            "url": httpx.URL("http://127.0.0.1:8000/api/leads?limit=5"),
            "at": datetime(2026, 3, 2, 14, 5, 10, 250_000, tzinfo=UTC),
            "total": 120 * ms,
            "phases": Phases(connect=1 * ms, first_byte=110 * ms, transfer=4 * ms),
            "connection": "cold",
            "correlation_id": "c0ffee",
            "status": 200,
            "headers": httpx.Headers({"Content-Type": "application/json"}),
            "body": body,
            "size": len(body),
            "peer": "127.0.0.1:8000",
            "budget": 800 * ms,
            **fields,
        }
    )
