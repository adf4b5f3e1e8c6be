"""Faults of a vendor by requests: other answers, late ones, and connections that break.

A knob counts exactly: it takes the next so many requests that it matches, or every n-th of them, so that no test
depends on chance.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from typing import Annotated, Any, Literal, TypeAlias, final

import msgspec
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from alertproof.standins.control.connections import close, gone, reset
from alertproof.standins.control.manners import Manners
from alertproof.standins.control.overview import short

__all__ = ["Knob", "KnobError", "Knobs"]

_LONGEST = 300.0
_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VALUE = re.compile(r"[\x20-\x7e\x80-\xff\t]*")
#: The server writes these itself.
_FRAMING = frozenset({"connection", "content-length", "date", "transfer-encoding"})
_Seconds: TypeAlias = Annotated[float, msgspec.Meta(ge=0, le=_LONGEST)]
_Count: TypeAlias = Annotated[int, msgspec.Meta(ge=1)]


class KnobError(Exception):
    """What was given is no knob."""


class Knob(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to do to requests to ``site`` whose path begins with ``path`` and whose method is ``method``, where said.

    Attributes:
        status: answered in the vendor's place: its own headers and body, unless ``headers`` and ``body`` say others.
        retry_after_s: how long a 429 tells clients to wait, in real seconds.
        delay_s: real seconds before the answer, the vendor's or that of ``status``.
        breaks: ends the connection: ``reset`` (RST) or ``truncated`` within an answer, ``closed`` without any,
            ``silent`` without any after ``hold_s`` real seconds.
        times: how many requests it takes; None all.
        every: takes each n-th only.
    """

    site: str | None = None
    path: str = "/"
    method: str | None = None
    status: Annotated[int, msgspec.Meta(ge=200, le=599)] | None = None
    headers: dict[str, str] | None = None
    body: Any = None
    retry_after_s: Annotated[int, msgspec.Meta(ge=0, le=86_400)] = 60
    delay_s: _Seconds = 0.0
    breaks: Literal["closed", "reset", "silent", "truncated"] | None = None
    hold_s: _Seconds = 60.0
    times: _Count | None = None
    every: _Count = 1


class _Turned(msgspec.Struct):
    """A knob and its counts: requests that it matched while it was to take some, and those it took."""

    knob: Knob
    seen: int = 0
    taken: int = 0

    def takes(self, site: str, scope: Scope) -> bool:
        """Tell whether this request is one to take; counts it."""
        knob = self.knob
        matches = (
            knob.site in (None, site) and scope["path"].startswith(knob.path) and knob.method in (None, scope["method"])
        )
        if not matches or (knob.times is not None and self.taken >= knob.times):
            return False
        self.seen += 1
        taken = self.seen % knob.every == 0
        self.taken += taken
        return taken


_KNOB = msgspec.json.Decoder(Knob)


@final
class Knobs:
    """The knobs that are turned, of one vendor. Each request is taken by the first that takes it."""

    MOST = 100

    def __init__(self, sites: tuple[str, ...], manners: Manners) -> None:
        self._sites = sites
        self._manners = manners
        self._turned: list[_Turned] = []

    def __bool__(self) -> bool:
        return bool(self._turned)

    def turn(self, given: bytes) -> None:
        """Turn one more; raises `KnobError` that says why it is none."""
        try:
            knob = _KNOB.decode(given)
        except (msgspec.DecodeError, RecursionError) as error:
            raise KnobError(f"the body is no knob: {error}") from error
        if knob.status is None and not knob.delay_s and knob.breaks is None:
            raise KnobError("a knob has a status, a delay_s or breaks")
        if knob.site is not None and knob.site not in self._sites:
            raise KnobError(f"there is no site {knob.site[:100]!r} here; one of: {', '.join(self._sites)}")
        for name, value in (knob.headers or {}).items():
            _check_header(name, value)
        if len(self._turned) >= self.MOST:
            raise KnobError(f"{self.MOST} knobs are turned already; DELETE turns all back")
        self._turned.append(_Turned(knob))

    def turn_back(self) -> None:
        """Turn all of them back."""
        self._turned.clear()

    def shown(self) -> list[Mapping[str, Any]]:
        """Return what is turned, with counts."""
        return [
            {**msgspec.to_builtins(turned.knob), "seen": turned.seen, "taken": turned.taken} for turned in self._turned
        ]

    def glance(self) -> list[dict[str, Any]]:
        """Return what is turned, in short and without what is answered."""
        return [
            {
                name: short(value) if isinstance(value, str) else value
                for name, value in knob.items()
                if name not in ("headers", "body")
            }
            for knob in self.shown()
        ]

    def taking(self, site: str, scope: Scope) -> Knob | None:
        """Return the knob that takes a request, if one does."""
        return next((turned.knob for turned in self._turned if turned.takes(site, scope)), None)

    async def act(self, knob: Knob, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or break, in the vendor's place; a knob with neither a status nor a break is not for this."""
        await _read(receive)
        if knob.breaks is not None:
            await _break(knob, scope, receive, send)
            return
        assert knob.status is not None  # noqa: S101 - the caller has looked
        own = self._manners(scope["path"], knob.status, knob.retry_after_s)
        headers = own.headers if knob.headers is None else knob.headers
        body = own.body if knob.body is None else knob.body
        answer = Response(status_code=knob.status, headers=headers)
        if knob.status not in (204, 304):
            answer = JSONResponse(body, knob.status, headers=headers)
        await answer(scope, receive, send)


def _check_header(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise KnobError(f"the header {name[:100]!r} cannot be sent: its name or value has what no header has")
    if name.lower() in _FRAMING:
        raise KnobError(f"the header {name!r} is the server's own")


async def _read(receive: Receive) -> None:
    """Read what is sent, as a vendor does before it fails; the rest of a body without end is the server's to drop."""
    left = 256 * 1024 * 1024
    while left > 0:
        message = await receive()
        left -= len(message.get("body", b""))
        if not message.get("more_body", False):
            return


async def _break(knob: Knob, scope: Scope, receive: Receive, send: Send) -> None:
    if knob.breaks in ("reset", "truncated"):
        promised = [(b"content-type", b"application/json"), (b"content-length", b"1000")]
        await send({"type": "http.response.start", "status": 200, "headers": promised})
        await send({"type": "http.response.body", "body": b'{"', "more_body": True})
    if knob.breaks == "silent":
        try:
            await asyncio.wait_for(gone(receive), knob.hold_s)
        except TimeoutError:
            close(scope)
    elif knob.breaks == "reset":
        reset(scope)
    else:
        close(scope)
    await gone(receive)
