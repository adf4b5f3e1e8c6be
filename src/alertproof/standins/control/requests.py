"""Everything that was received over HTTP as it came, whatever was answered: the newest of it, bounded."""

from __future__ import annotations

import asyncio
import base64
from collections import deque
from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any, final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route
from starlette.types import Scope

from alertproof.clock import ScaledClock
from alertproof.standins.control.overview import Request as Glance
from alertproof.standins.control.overview import short

__all__ = ["RawRequest", "RawRequests"]

_DOWNLOAD = {"X-Content-Type-Options": "nosniff"}
_MOST_ROWS = 1000


@final
class RawRequest:
    """One request. ``parts`` are the body's bytes before any content decoding, without the transfer's chunks.

    ``size`` counts all of the body that was read, ``kept`` what is kept of it, ``head`` the bytes before it; ``began``
    is the event loop's time; ``status`` is 0 while, or because, nothing was answered.
    """

    # One is made of each request of every client: no more work than must be.
    __slots__ = (
        "began",
        "forgotten",
        "head",
        "headers",
        "kept",
        "method",
        "number",
        "parts",
        "path",
        "query",
        "site",
        "size",
        "status",
    )

    def __init__(self, number: int, site: str, scope: Scope, began: float) -> None:
        self.number = number
        self.site = site
        self.began = began
        self.method: str = scope["method"]
        self.path: bytes = scope.get("raw_path") or scope["path"].encode()
        self.query: bytes = scope["query_string"]
        self.headers: list[tuple[bytes, bytes]] = scope["headers"]
        self.head = len(self.path) + len(self.query) + sum([len(name) + len(value) for name, value in self.headers])
        self.status = self.size = self.kept = 0
        self.parts: list[bytes] = []
        self.forgotten = False

    def body(self) -> bytes:
        """Return what is kept of the body."""
        return b"".join(tuple(self.parts))

    def row(self, at: float) -> dict[str, Any]:
        """Return what is shown of it, without the body; the server gives header names in lower case."""
        return {
            "number": self.number,
            "site": self.site,
            "at": at,
            "method": self.method,
            "path": self.path.decode("latin-1"),
            "query": self.query.decode("latin-1"),
            "headers": [[name.decode("latin-1"), value.decode("latin-1")] for name, value in self.headers],
            "size": self.size,
            "truncated": self.kept < self.size,
            "status": self.status,
        }


@final
class RawRequests:
    """The newest requests, in the order in which they began.

    Bounded in number, in bytes of heads and bodies together, and in bytes of each body.
    """

    COUNT = 10_000
    SIZE = 64 * 1024 * 1024
    BODY = 8 * 1024 * 1024

    def __init__(self, clock: ScaledClock) -> None:
        self._clock = clock
        self._kept: deque[RawRequest] = deque()
        self._weight = 0
        self.count = 0

    def begin(self, site: str, scope: Scope) -> RawRequest:
        """Keep a request that begins."""
        self.count += 1
        request = RawRequest(self.count, site, scope, asyncio.get_running_loop().time())
        self._kept.append(request)
        self._weight += request.head
        while len(self._kept) > self.COUNT or self._weight > self.SIZE:
            self._forget()
        return request

    def add(self, request: RawRequest, part: bytes) -> None:
        """Keep a part of its body."""
        request.size += len(part)
        if request.forgotten:
            return
        wanted = part[: self.BODY - request.kept]
        request.parts.append(wanted)
        request.kept += len(wanted)
        self._weight += len(wanted)
        while self._weight > self.SIZE:
            self._forget()

    def newest(self, most: int) -> list[Glance]:
        """Return the newest at a glance, newest first."""
        return [
            Glance(
                number=each.number,
                site=each.site,
                at=self._instant(each),
                method=each.method,
                path=short(each.path.decode("latin-1")),
                size=each.size,
                status=each.status,
            )
            for each in islice(reversed(self._kept), most)
        ]

    def clear(self) -> None:
        """Forget all; the numbers go on."""
        while self._kept:
            self._forget()

    def routes(self, root: str) -> list[Route]:
        """Return the routes under which all of it is listed and downloaded."""
        path = f"{root}/requests"
        return [
            Route(path, self._listing, methods=["GET"]),
            Route(path, self._delete, methods=["DELETE"]),
            Route(f"{path}.jsonl", self._lines, methods=["GET"]),
            Route(f"{path}/{{number:int}}/body", self._body, methods=["GET"]),
        ]

    def _instant(self, request: RawRequest) -> float:
        """Return when a request began, on the vendor's clock as it is now."""
        ago = asyncio.get_running_loop().time() - request.began
        return self._clock.now().timestamp() - ago * self._clock.anchor.factor

    def _forget(self) -> None:
        oldest = self._kept.popleft()
        self._weight -= oldest.head + oldest.kept
        # It may still be received: then nothing more of it is kept.
        oldest.forgotten = True

    async def _listing(self, request: Request) -> Response:
        after, limit = _number(request, "after", 0), _number(request, "limit", 100)
        if after is None or limit is None:
            return JSONResponse({"errors": ["'after' and 'limit' are whole numbers, 0 or more"]}, 400)
        wanted = request.query_params.get("path", "").encode()
        found = (each for each in self._kept if each.number > after and each.path.startswith(wanted))
        shown = [each.row(self._instant(each)) for each in islice(found, min(limit, _MOST_ROWS))]
        return JSONResponse({"count": self.count, "kept": len(self._kept), "requests": shown})

    async def _delete(self, _request: Request) -> Response:
        self.clear()
        return JSONResponse({"count": self.count, "kept": 0, "requests": []})

    async def _body(self, request: Request) -> Response:
        number = request.path_params["number"]
        found = next((each for each in self._kept if each.number == number), None)
        if found is None:
            return JSONResponse({"errors": [f"request {number} is not kept; GET requests lists those that are"]}, 404)
        headers = {**_DOWNLOAD, "Content-Disposition": f'attachment; filename="request-{number}.bin"'}
        return Response(found.body(), media_type="application/octet-stream", headers=headers)

    async def _lines(self, request: Request) -> Response:
        after = _number(request, "after", 0)
        if after is None:
            return JSONResponse({"errors": ["'after' is a whole number, 0 or more"]}, 400)
        headers = {**_DOWNLOAD, "Content-Disposition": 'attachment; filename="requests.jsonl"'}
        # Of a copy: requests go on coming while this is sent.
        rows = [(self._instant(each), each) for each in self._kept if each.number > after]
        return StreamingResponse(_encoded(rows), media_type="application/jsonl", headers=headers)


def _encoded(requests: Iterable[tuple[float, RawRequest]]) -> Iterator[bytes]:
    for at, each in requests:
        yield msgspec.json.encode(each.row(at) | {"body_base64": base64.b64encode(each.body()).decode()}) + b"\n"


def _number(request: Request, name: str, default: int) -> int | None:
    text = request.query_params.get(name, str(default))
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else None
