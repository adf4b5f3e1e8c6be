"""A short way from the socket to an answer, for requests that come by the thousand: no task, no events, one write.

uvicorn's own way costs some 80 microseconds a request before an app sees it. A request that is small, whole and alone
on its connection needs nothing of that: a plain function is called when the body is there, and returns the answer.
Every other request goes uvicorn's way to the app, which answers the same.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import ClassVar, TypeAlias

from starlette.types import Scope
from uvicorn.protocols.http.httptools_impl import STATUS_LINE, RequestResponseCycle

from alertproof.standins.hosts import is_at_home
from alertproof.standins.protocol import HttpProtocol

__all__ = ["Answer", "Lane", "Take", "with_lane"]

#: Larger bodies are not gathered before the app is asked.
_LARGEST = 1024 * 1024
_FAILED = b"Internal Server Error"
_FAILURE = (
    (b"content-type", b"text/plain; charset=utf-8"),
    (b"content-length", b"%d" % len(_FAILED)),
    (b"connection", b"close"),
)


#: Status, headers with names in lower case, body.
Answer: TypeAlias = tuple[int, Sequence[tuple[bytes, bytes]], bytes]
#: Takes what of a request's ASGI scope is its own (not whose connection it is), and its body.
Take: TypeAlias = Callable[[Scope, bytes], Answer]


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Who may take it: POST to ``urls``, a pattern of the whole of path and query in plain ASCII, while ``is_open``."""

    urls: re.Pattern[bytes]
    is_open: Callable[[], bool]
    take: Take


class _Laned(HttpProtocol):
    """The protocol with a lane."""

    lane: ClassVar[Lane]
    names: ClassVar[frozenset[str]]
    _parts: list[bytes] | None = None
    #: Whether the connection is given up: what else came on it is read by nobody.
    _over = False

    def on_message_begin(self) -> None:
        # Each head on a connection counts by itself.
        self._head = 0
        # The scope is made by who needs it: see below.
        self.url = b""
        self.headers = []
        self.expect_100_continue = False

    def on_headers_complete(self) -> None:
        if self._over:
            return
        if self.lane.urls.fullmatch(self.url) and self._is_simple() and self.lane.is_open():
            self._head = None
            self._parts = []
            return
        self._hand_over()

    def _hand_over(self) -> None:
        """Let uvicorn begin with the request whose head is there."""
        url, headers, expects = self.url, self.headers, self.expect_100_continue
        super().on_message_begin()
        self.url = url
        self.headers.extend(headers)
        self.expect_100_continue = expects
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        if self._over:
            return
        if self._parts is None:
            super().on_body(body)
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._over:
            return
        if self._parts is None:
            super().on_message_complete()
            return
        parts, self._parts = self._parts, None
        path, _, query = self.url.partition(b"?")
        scope: Scope = {
            "type": "http",
            "method": "POST",
            "path": path.decode("ascii"),
            "raw_path": path,
            "query_string": query,
            "headers": self.headers,
        }
        try:
            answer = _encoded(*self.lane.take(scope, parts[0] if len(parts) == 1 else b"".join(parts)))
        # Broad on purpose, as in uvicorn: whatever an app fails on, the server goes on.
        except Exception:
            self.logger.exception("Exception in ASGI application")
            self.transport.write(_encoded(500, _FAILURE, _FAILED))
            self.transport.close()
            self._over = True
        else:
            self.transport.write(answer)
        self.on_response_complete()

    def connection_lost(self, exc: Exception | None) -> None:
        self._leave()
        super().connection_lost(exc)

    def shutdown(self) -> None:
        self._leave()
        super().shutdown()

    def _leave(self) -> None:
        """Go uvicorn's way with a request whose body is not whole yet: it is waited for, or seen to be missing."""
        parts, self._parts = self._parts, None
        if parts is not None:
            self._hand_over()
            for part in parts:
                super().on_body(part)

    def _is_simple(self) -> bool:
        """Tell whether nothing else goes on on the connection, and the request asks here and says how small it is."""
        parser = self.parser
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return False
        if self.expect_100_continue or parser.should_upgrade() or self.flow.write_paused:
            return False
        before: RequestResponseCycle | None = self.cycle
        if before is not None and not before.response_complete:
            return False
        is_small = False
        for name, value in self.headers:
            if name == b"content-length":
                is_small = value.isdigit() and len(value) < 8 and int(value) <= _LARGEST
            elif name == b"host" and not is_at_home(value, self.names):
                return False
        return is_small


def _encoded(status: int, headers: Sequence[tuple[bytes, bytes]], body: bytes) -> bytes:
    head = b"".join([b"%b: %b\r\n" % header for header in headers])
    if head.count(b"\n") != len(headers) or head.count(b"\r") != len(headers):
        raise RuntimeError(f"a header with a line break in it: {head!r}")
    return b"%b%b\r\n%b" % (STATUS_LINE[status], head, body)


def with_lane(lane: Lane, names: Collection[str] = ()) -> type[HttpProtocol]:
    """Return the protocol with a lane, for who asks for a name of this machine or of ``names``."""
    return type("Laned", (_Laned,), {"lane": lane, "names": frozenset(names)})
