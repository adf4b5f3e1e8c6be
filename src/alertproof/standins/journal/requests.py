"""Requests that change something are written down before the app sees them, and answered after it has acted.

What is written is the whole request: keys and tokens too, for with others it would be answered otherwise. The folder
is its account's own.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias, final

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertproof.standins.journal.drawn import drawing_from, new_seed
from alertproof.standins.journal.journal import Journal
from alertproof.standins.ledger import LedgerError

__all__ = ["Requests"]

_KIND = b"r"
_READS = frozenset({"GET", "HEAD", "OPTIONS"})
#: Above what any vendor takes; a body is held whole before it is written.
_LARGEST = 256 * 1024 * 1024
_TOO_MANY = 429
#: Answers in the vendor's shape that nothing was kept.
Refusal: TypeAlias = Callable[[int, str], Response]


class _Request(msgspec.Struct, array_like=True, frozen=True):
    site: str
    method: str
    scheme: str
    server: tuple[str, int] | None
    path: str
    raw_path: bytes
    query: bytes
    headers: list[tuple[bytes, bytes]]
    body: bytes
    seed: bytes


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Request)


@final
class Requests:
    """Puts the journal before the apps of a stand-in's sites, and does their requests again.

    Bodies above ``largest`` bytes are refused with 413: no more than the apps themselves take is held and written.
    """

    def __init__(self, journal: Journal, *, refusal: Refusal | None = None, largest: int = _LARGEST) -> None:
        self._journal = journal
        self._largest = largest
        self._refusal = refusal or _refused
        self._apps: dict[str, ASGIApp] = {}
        journal.on(_KIND, self._redo)

    def before(self, site: str, app: ASGIApp, *, when: Callable[[str], bool] = bool) -> ASGIApp:
        """Return a site's app with the journal before it, where a path may change something."""
        if self._journal.ledger is None:
            return app
        self._apps[site] = app

        async def recorded(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["method"] in _READS or not when(scope["path"]):
                await app(scope, receive, send)
                return
            body = await _whole(receive, self._largest)
            if body is None:
                return
            if len(body) > self._largest:
                await self._refusal(413, f"the body is larger than {self._largest} bytes")(scope, receive, send)
                return
            await self._act(site, scope, body, send)

        return recorded

    async def _act(self, site: str, scope: Scope, body: bytes, send: Send) -> None:
        request = _Request(
            site=site,
            method=scope["method"],
            scheme=scope["scheme"],
            server=scope.get("server"),
            path=scope["path"],
            raw_path=scope.get("raw_path") or scope["path"].encode(),
            query=scope["query_string"],
            headers=[(name, value) for name, value in scope["headers"]],
            body=body,
            seed=new_seed(),
        )
        failure: Exception | None = None
        async with self._journal.turn:
            messages: list[Message] = []
            try:
                with self._journal.doing(_KIND, _ENCODER.encode(request)):
                    failure = await _run(self._apps[site], {**scope}, request, messages)
                if messages and messages[0].get("status") == _TOO_MANY:
                    # A limit counts by what is no input, such as requests that only read.
                    self._journal.void()
            except LedgerError as error:
                await self._refusal(503, str(error))(scope, _nothing, send)
                return
        for message in messages:
            await send(message)
        if failure is not None:
            raise failure

    async def _redo(self, content: bytes) -> None:
        request = _DECODER.decode(content)
        scope: Scope = {
            "type": "http",
            "asgi": {"version": "3.0"},
            "http_version": "1.1",
            "client": ("127.0.0.1", 0),
            "root_path": "",
            "method": request.method,
            "scheme": request.scheme,
            "server": request.server,
            "path": request.path,
            "raw_path": request.raw_path,
            "query_string": request.query,
            "headers": request.headers,
            "state": {},
        }
        await _run(self._apps[request.site], scope, request, [])


async def _run(app: ASGIApp, scope: Scope, request: _Request, messages: list[Message]) -> Exception | None:
    """Let the app answer; returns what it failed on, if it did."""
    given = iter([{"type": "http.request", "body": request.body, "more_body": False}])

    async def receive() -> Message:
        return next(given, {"type": "http.disconnect"})

    async def send(message: Message) -> None:
        messages.append(message)

    with drawing_from(request.seed):
        try:
            await app(scope, receive, send)
        # Broad on purpose: whatever a handler fails on, it fails on again, and the server goes on both times.
        except Exception as error:  # noqa: BLE001
            return error
    return None


async def _whole(receive: Receive, most: int) -> bytes | None:
    """Return a request's body, a little more than ``most`` bytes of it; None if the client went away."""
    parts: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            return None
        parts.append(message.get("body", b""))
        size += len(parts[-1])
        if not message.get("more_body", False) or size > most:
            return b"".join(parts)


async def _nothing() -> Message:
    return {"type": "http.disconnect"}


def _refused(status: int, reason: str) -> Response:
    return JSONResponse({"errors": [reason]}, status_code=status)
