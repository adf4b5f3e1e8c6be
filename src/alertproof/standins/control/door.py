"""The control door of a stand-in: the routes that all vendors' have, the token, and what goes before their sites."""

from __future__ import annotations

import asyncio
import contextlib
import os
import secrets
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from datetime import timedelta
from email.utils import formatdate
from typing import Annotated, Any, final

import msgspec
from starlette.applications import Starlette
from starlette.datastructures import Headers
from starlette.middleware import Middleware
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertproof.clock import ScaledClock, SystemClock
from alertproof.requirements import CONTROL_TOKEN
from alertproof.standins.bodies import TooLargeError, bounded_body
from alertproof.standins.control.connections import close, gone
from alertproof.standins.control.knobs import KnobError, Knobs
from alertproof.standins.control.later import Later
from alertproof.standins.control.manners import Manners
from alertproof.standins.control.overview import Common
from alertproof.standins.control.requests import RawRequests
from alertproof.standins.control.reset import Reset
from alertproof.standins.lane import Answer, Take
from alertproof.standins.process import UnknownRequests

__all__ = ["ROOT", "Control", "control_token"]

ROOT = "/control"
_LARGEST = 1024 * 1024
#: Requests in an overview.
_SHOWN = 20
_WEEK = 7 * 86_400.0


class _Skew(msgspec.Struct, forbid_unknown_fields=True):
    skew_s: Annotated[float, msgspec.Meta(ge=-_WEEK, le=_WEEK)]


class _Visibility(msgspec.Struct, forbid_unknown_fields=True):
    after_s: Annotated[float, msgspec.Meta(ge=0, le=_WEEK)]


_SKEW = msgspec.json.Decoder(_Skew)
_VISIBILITY = msgspec.json.Decoder(_Visibility)


def control_token(environment: Mapping[str, str] = os.environ) -> str:
    """Return the token that the stack gives; a new one, which is said on standard error, without a stack."""
    token = environment.get(CONTROL_TOKEN, "")
    if not token:
        token = secrets.token_hex(16)
        sys.stderr.write(f"the control door's token is {token}; {CONTROL_TOKEN} chooses another\n")
        sys.stderr.flush()
    return token


@final
class Control:
    """What is controlled of one stand-in.

    Args:
        sites: the names of the sites that `around` is put around.
        manners: how the vendor says no.
        clock: the vendor's clock, which can be put wrong.
        later: what delays sight.
        reset: by which the stand-in begins anew.
        token: what the door asks for, as ``Authorization: Bearer``.
        unknown: the requests that no route took.
        overview: shows the stand-in at a glance.
        told: what the door tells of the clock besides.
    """

    def __init__(
        self,
        *,
        sites: tuple[str, ...],
        manners: Manners,
        clock: ScaledClock,
        later: Later,
        reset: Reset,
        token: str,
        unknown: UnknownRequests,
        overview: Callable[[Common], Any],
        told: Callable[[], Mapping[str, Any]] = dict,
    ) -> None:
        self.knobs = Knobs(sites, manners)
        self.requests = RawRequests(clock)
        self._clock = clock
        self._later = later
        self._reset = reset
        self._token = token
        self._unknown = unknown
        self._overview = overview
        self._told = told
        self._date, self._date_until = b"", 0.0

    def around_lane(self, take: Take, site: str) -> Take:
        """Return what answers the same and is recorded, for a lane that is taken while `is_out_of_the_way`."""

        def taken(scope: Scope, body: bytes) -> Answer:
            kept = self.requests.begin(site, scope)
            if body:
                self.requests.add(kept, body)
            kept.status, headers, answer = take(scope, body)
            return kept.status, [*headers, (b"date", self._http_date())], answer

        return taken

    def is_out_of_the_way(self) -> bool:
        """Tell whether requests only pass: nothing makes them wait or fail now."""
        return not self.knobs and not self._reset.pending

    def around(self, app: ASGIApp, site: str) -> ASGIApp:
        """Return the app of a vendor's site: what it receives is recorded, and knobs go before it."""

        async def served(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http":
                await app(scope, receive, send)
                return
            if self._reset.pending:
                # Whatever it is told would be forgotten at once.
                close(scope)
                await gone(receive)
                return
            kept = self.requests.begin(site, scope)

            async def recorded() -> Message:
                message = await receive()
                body = message.get("body")
                if body:
                    self.requests.add(kept, body)
                return message

            def dated(message: Message) -> Awaitable[None]:
                if message["type"] == "http.response.start":
                    kept.status = message["status"]
                    message["headers"] = [*message.get("headers", ()), (b"date", self._http_date())]
                return send(message)

            knob = self.knobs.taking(site, scope) if self.knobs else None
            if knob is not None and knob.delay_s:
                await asyncio.sleep(knob.delay_s)
            if knob is None or (knob.status is None and knob.breaks is None):
                # Who went away in the middle of a body is told nothing, and it is no fault of ours.
                with contextlib.suppress(ClientDisconnect):
                    await app(scope, recorded, dated)
            else:
                await self.knobs.act(knob, scope, recorded, dated)

        return served

    def app(self, doors: Sequence[Route]) -> Starlette:
        """Return the app of the door; ``doors`` are the vendor's own routes, all below `ROOT`."""
        own = [
            Route(f"{ROOT}/knobs", self._listing, methods=["GET"]),
            Route(f"{ROOT}/knobs", self._turn, methods=["POST"]),
            Route(f"{ROOT}/knobs", self._turn_back, methods=["DELETE"]),
            Route(f"{ROOT}/clock", self._time, methods=["GET"]),
            Route(f"{ROOT}/clock", self._put_wrong, methods=["PUT"]),
            Route(f"{ROOT}/visibility", self._sight, methods=["GET"]),
            Route(f"{ROOT}/visibility", self._delay, methods=["PUT"]),
            Route(f"{ROOT}/unknown", self._unknown.listing, methods=["GET"]),
            Route(f"{ROOT}/overview", self._glance, methods=["GET"]),
            Route(f"{ROOT}/reset", self._begin_anew, methods=["POST"]),
            *self.requests.routes(ROOT),
        ]
        paths = sorted({route.path for route in (*own, *doors)})

        async def index(_request: Request) -> Response:
            return JSONResponse({"doors": paths})

        return Starlette(
            routes=[Route(ROOT, index), *own, *doors],
            middleware=[Middleware(_Guard, token=self._token)],
            exception_handlers={TooLargeError: _too_large},
        )

    def _http_date(self) -> bytes:
        """Return the header Date: real time, as far off as the vendor's clock is."""
        now = asyncio.get_running_loop().time()
        if now >= self._date_until:
            stamp = (SystemClock().now() + self._clock.skew).timestamp()
            self._date = formatdate(stamp, usegmt=True).encode()
            self._date_until = now + 1 - stamp % 1
        return self._date

    async def _begin_anew(self, _request: Request) -> Response:
        await self._reset.ask()
        said = "who connects from now on meets the stand-in as at its start"
        return JSONResponse({"reset": said}, 202, headers={"Connection": "close"})

    async def _glance(self, _request: Request) -> Response:
        common = Common(
            now=self._clock.now().timestamp(),
            factor=self._clock.anchor.factor,
            skew_s=self._clock.skew.total_seconds(),
            after_s=self._later.delay.total_seconds(),
            waiting=self._later.waiting,
            knobs=self.knobs.glance(),
            unknown_count=self._unknown.count,
            unknown=self._unknown.newest(_SHOWN),
            request_count=self.requests.count,
            requests=self.requests.newest(_SHOWN),
        )
        return Response(msgspec.json.encode(self._overview(common)), media_type="application/json")

    # -- knobs ------------------------------------------------------------------------------------------

    def _shown(self, status: int = 200) -> Response:
        return JSONResponse({"knobs": self.knobs.shown()}, status)

    async def _listing(self, _request: Request) -> Response:
        return self._shown()

    async def _turn(self, request: Request) -> Response:
        try:
            self.knobs.turn(await bounded_body(request, _LARGEST))
        except KnobError as error:
            return _refused(str(error))
        return self._shown(201)

    async def _turn_back(self, _request: Request) -> Response:
        self.knobs.turn_back()
        return self._shown()

    # -- time -------------------------------------------------------------------------------------------

    async def _time(self, _request: Request) -> Response:
        now, anchor = self._clock.now(), self._clock.anchor
        own = {"now": now.timestamp(), "factor": anchor.factor, "skew_s": self._clock.skew.total_seconds()}
        return JSONResponse({**own, **self._told()})

    async def _put_wrong(self, request: Request) -> Response:
        try:
            wanted = _SKEW.decode(await bounded_body(request, _LARGEST))
        except msgspec.DecodeError as error:
            return _refused(f'{error}; expected {{"skew_s": how far the clock is wrong, in stack seconds}}')
        self._clock.put_wrong(timedelta(seconds=wanted.skew_s))
        self._date_until = 0.0
        return await self._time(request)

    async def _sight(self, _request: Request) -> Response:
        return JSONResponse({"after_s": self._later.delay.total_seconds(), "waiting": self._later.waiting})

    async def _delay(self, request: Request) -> Response:
        try:
            wanted = _VISIBILITY.decode(await bounded_body(request, _LARGEST))
        except msgspec.DecodeError as error:
            return _refused(f'{error}; expected {{"after_s": stack seconds until what was sent is found}}')
        self._later.turn(timedelta(seconds=wanted.after_s))
        return await self._sight(request)


class _Guard:
    """Lets in who has the token; 403 to everybody else."""

    def __init__(self, app: ASGIApp, token: str) -> None:
        self._app = app
        self._wanted = f"Bearer {token}".encode()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            given = Headers(scope=scope).get("authorization", "").encode("latin-1")
            if not secrets.compare_digest(given, self._wanted):
                said = f'the control door wants the stack\'s token: curl -H "Authorization: Bearer ${CONTROL_TOKEN}"'
                await JSONResponse({"errors": [said]}, 403)(scope, receive, send)
                return
        await self._app(scope, receive, send)


def _refused(reason: str) -> Response:
    return JSONResponse({"errors": [reason]}, 400)


async def _too_large(_request: Request, error: Exception) -> Response:
    return JSONResponse({"errors": [str(error)]}, 413)
