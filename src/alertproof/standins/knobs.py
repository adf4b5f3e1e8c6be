"""Faults of a vendor, for local use: answers of any status, slow ones, and ones that break off.

A knob is turned through the control door and counts exactly: it takes the next so many requests that it matches, or
every n-th of them, so that no test depends on chance.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Annotated, Any

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

__all__ = ["Knobs"]

_LONGEST = 300.0


class _Knob(msgspec.Struct, forbid_unknown_fields=True):
    """What to do to requests whose path begins with ``path``, and whose method is ``method``, if that is said.

    ``status`` is answered in the vendor's place, with ``headers`` and ``body``; ``delay`` are real seconds before the
    answer; ``breaks_off`` ends the connection within the answer. ``times`` is how many requests it takes, None all;
    ``every`` takes each n-th only.
    """

    path: str = "/"
    method: str | None = None
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    headers: dict[str, str] = {}
    body: Any = None
    delay: Annotated[float, msgspec.Meta(ge=0, le=_LONGEST)] = 0.0
    breaks_off: bool = False
    times: Annotated[int, msgspec.Meta(ge=1)] | None = None
    every: Annotated[int, msgspec.Meta(ge=1)] = 1
    seen: int = 0
    taken: int = 0

    def takes(self, scope: Scope) -> bool:
        """Tell whether this request is one to take; counts it."""
        matches = scope["path"].startswith(self.path) and self.method in (None, scope["method"])
        if not matches or (self.times is not None and self.taken >= self.times):
            return False
        self.seen += 1
        taken = self.seen % self.every == 0
        self.taken += taken
        return taken


_KNOB = msgspec.json.Decoder(_Knob)


class Knobs:
    """The knobs that are turned, of one vendor. Each request is taken by the first that takes it."""

    def __init__(self) -> None:
        self._turned: list[_Knob] = []

    def wrap(self, app: ASGIApp) -> ASGIApp:
        """Return an app whose requests go by the knobs first."""

        async def wrapped(scope: Scope, receive: Receive, send: Send) -> None:
            knob = self._of(scope) if scope["type"] == "http" else None
            if knob is None:
                await app(scope, receive, send)
                return
            if knob.delay:
                await asyncio.sleep(knob.delay)
            if knob.breaks_off:
                await _break_off(send)
            elif knob.status is None:
                await app(scope, receive, send)
            else:
                body = knob.body if knob.body is not None else {"errors": [f"a knob answers {knob.status}"]}
                await JSONResponse(body, status_code=knob.status, headers=knob.headers)(scope, receive, send)

        return wrapped

    def routes(self, root: str) -> list[Route]:
        """Return the routes of the control door under which the knobs are turned."""

        async def turn(request: Request) -> JSONResponse:
            try:
                knob = _KNOB.decode(await request.body())
            except msgspec.DecodeError as error:
                return JSONResponse({"errors": [f"the body is no knob: {error}"]}, status_code=400)
            if knob.status is None and not knob.delay and not knob.breaks_off:
                return JSONResponse({"errors": ["a knob has a status, a delay or breaks_off"]}, status_code=400)
            self._turned.append(knob)
            return JSONResponse(self._shown(), status_code=201)

        async def listing(_request: Request) -> JSONResponse:
            return JSONResponse(self._shown())

        async def reset(_request: Request) -> JSONResponse:
            self._turned.clear()
            return JSONResponse(self._shown())

        path = f"{root}/knobs"
        return [
            Route(path, turn, methods=["POST"]),
            Route(path, listing, methods=["GET"]),
            Route(path, reset, methods=["DELETE"]),
        ]

    def _of(self, scope: Scope) -> _Knob | None:
        return next((knob for knob in self._turned if knob.takes(scope)), None)

    def _shown(self) -> Mapping[str, Any]:
        return {"knobs": msgspec.to_builtins(self._turned)}


async def _break_off(send: Send) -> None:
    """Promise more than is sent: the server then closes the connection within the answer."""
    start: Message = {
        "type": "http.response.start",
        "status": 200,
        "headers": [(b"content-type", b"application/json"), (b"content-length", b"1000")],
    }
    await send(start)
    await send({"type": "http.response.body", "body": b'{"', "more_body": True})
    raise ConnectionResetError("a knob breaks the answer off")
