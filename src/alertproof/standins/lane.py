"""A short way from the socket to an app, for requests that come by the thousand: no task, no events, one write.

uvicorn's own way costs some 80 microseconds a request before an app sees it. A request that is small, whole and alone
on its connection needs nothing of that: here the app is called when the body is there, and has to answer without
waiting for anything. Every other request goes uvicorn's way.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, ClassVar, cast

from starlette.types import Message
from uvicorn.protocols.http.httptools_impl import (
    HEADER_RE,
    HEADER_VALUE_RE,
    STATUS_LINE,
    HttpToolsProtocol,
    RequestResponseCycle,
)

__all__ = ["Lane", "with_lane"]

#: Larger bodies are not gathered before the app is asked.
_LARGEST = 1024 * 1024
_FAILED = b"Internal Server Error"


@dataclass(frozen=True, slots=True, kw_only=True)
class Lane:
    """Who may take it: POST to ``urls``, a pattern of the whole of path and query in plain ASCII, while ``is_open``."""

    urls: re.Pattern[bytes]
    is_open: Callable[[], bool]


class _Turn:
    """One request and its answer."""

    __slots__ = ("answer", "body", "keep_alive", "start")

    def __init__(self, body: bytes) -> None:
        self.body: bytes | None = body
        self.start: Message | None = None
        self.answer = b""
        self.keep_alive = True

    async def receive(self) -> Message:
        body, self.body = self.body, None
        if body is None:
            raise RuntimeError("what takes the lane reads its body once, and waits for nothing else")
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.start = message
        elif self.start is None or self.answer or message.get("more_body"):
            raise RuntimeError("what takes the lane answers in one piece")
        else:
            self.answer = self._encoded(self.start, message.get("body", b""))

    def fail(self) -> None:
        """Answer as uvicorn does for an app that failed."""
        headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", b"%d" % len(_FAILED))]
        self.answer = self._encoded({"status": 500, "headers": [*headers, (b"connection", b"close")]}, _FAILED)

    def _encoded(self, start: Message, body: bytes) -> bytes:
        parts = [STATUS_LINE[start["status"]]]
        for name, value in start["headers"]:
            if HEADER_RE.search(name) or HEADER_VALUE_RE.search(value):
                raise RuntimeError(f"not a header: {name!r}: {value!r}")
            if name == b"connection" and value == b"close":
                self.keep_alive = False
            parts += (name, b": ", value, b"\r\n")
        parts += (b"\r\n", body)
        return b"".join(parts)


class _Laned(HttpToolsProtocol):
    """uvicorn's protocol for httptools, with a lane."""

    lane: ClassVar[Lane]
    _parts: list[bytes] | None = None

    def on_headers_complete(self) -> None:
        if not self.lane.urls.fullmatch(self.url) or not self._is_simple() or not self.lane.is_open():
            super().on_headers_complete()
            return
        path, _, query = self.url.partition(b"?")
        scope = self.scope
        scope["method"], scope["path"] = "POST", path.decode("ascii")
        scope["raw_path"], scope["query_string"] = path, query
        self._parts = []

    def on_body(self, body: bytes) -> None:
        if self._parts is None:
            super().on_body(body)
        else:
            self._parts.append(body)

    def on_message_complete(self) -> None:
        if self._parts is None:
            super().on_message_complete()
            return
        parts, self._parts = self._parts, None
        turn = _Turn(parts[0] if len(parts) == 1 else b"".join(parts))
        try:
            self._ask(turn)
        # Broad on purpose, as in uvicorn: whatever an app fails on, the server goes on.
        except Exception:
            self.logger.exception("Exception in ASGI application")
            turn.fail()
        self.transport.write(turn.answer)
        if not turn.keep_alive:
            self.transport.close()
        self.on_response_complete()

    def _is_simple(self) -> bool:
        """Tell whether nothing else goes on on the connection, and the request says how small it is."""
        parser = self.parser
        if parser.get_method() != b"POST" or parser.get_http_version() != "1.1" or not parser.should_keep_alive():
            return False
        if self.expect_100_continue or parser.should_upgrade() or self.flow.write_paused:
            return False
        before: RequestResponseCycle | None = self.cycle
        if before is not None and not before.response_complete:
            return False
        length = next((value for name, value in self.headers if name == b"content-length"), b"")
        return length.isdigit() and len(length) < 8 and int(length) <= _LARGEST

    def _ask(self, turn: _Turn) -> None:
        coroutine = cast("Coroutine[Any, Any, None]", self.app(self.scope, turn.receive, turn.send))
        try:
            coroutine.send(None)
        except StopIteration:
            if not turn.answer:
                raise RuntimeError("what takes the lane has to answer") from None
        else:
            coroutine.close()
            raise RuntimeError("what takes the lane must not wait")


def with_lane(protocol: type[asyncio.Protocol], lane: Lane) -> type[asyncio.Protocol]:
    """Return uvicorn's protocol for httptools with a lane; any other as it is."""
    return type("Laned", (_Laned,), {"lane": lane}) if protocol is HttpToolsProtocol else protocol
