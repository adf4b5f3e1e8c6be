"""How often may be asked and sent: headers on every answer of REST API v2, and 429 where a limit was set by hand.

``PUT /control/limits`` with ``{"requests": 960, "events": 120}`` (a minute) turns limits on; null turns one off, as
both are at first. They count in real time, for that is how clients wait. The shape of the Events API's 429 is not
documented; senders read its status alone. Source: developer.pagerduty.com/docs (REST API rate limits, Events API v2).
"""

from __future__ import annotations

from collections import deque
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, final

from starlette.datastructures import MutableHeaders
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from alertproof.clock import Clock
from alertproof.standins.pagerduty.asking import RefusedError, document_of
from alertproof.standins.pagerduty.fields import whole

__all__ = ["Limits"]

_DOCUMENTED = 960
_MINUTE = timedelta(minutes=1)
#: So many keys and tokens are told apart; beyond these all counts begin anew.
_KEYS = 1000
_MOST = 100_000
_REFUSED = {
    "status": "throttle exceeded",
    "message": "Requests for this service are arriving too quickly. Please retry later.",
}


@final
class Limits:
    """Counts requests by token and events by routing key over the last minute of ``clock``."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._requests: int | None = None
        self._events: int | None = None
        self._seen: dict[tuple[str, str], deque[timedelta]] = {}

    def routes(self, root: str) -> list[Route]:
        """Return the control door's routes to the limits."""
        return [
            Route(f"{root}/limits", self._get, methods=["GET"]),
            Route(f"{root}/limits", self._put, methods=["PUT"]),
        ]

    def refused_event(self, routing_key: str) -> Response | None:
        """Count an event; return the answer to one too many, or None."""
        if self._events is None or self._count("event", routing_key, self._events)[0]:
            return None
        return JSONResponse(_REFUSED, 429)

    def around(self, app: ASGIApp) -> ASGIApp:
        """Return the app with limits on what is asked with a token."""

        async def limited(scope: Scope, receive: Receive, send: Send) -> None:
            headers = dict(scope.get("headers") or ())
            token = headers.get(b"authorization", b"").decode("latin-1")
            if scope["type"] != "http" or not token:
                await app(scope, receive, send)
                return
            most = _DOCUMENTED if self._requests is None else self._requests
            taken, left, reset = self._count("request", token, most)
            shown = {
                "ratelimit-limit": str(most),
                "ratelimit-remaining": str(left),
                "ratelimit-reset": str(reset),
            }

            async def sent(message: Message) -> None:
                if message["type"] == "http.response.start":
                    _add(message, shown)
                await send(message)

            if taken or self._requests is None:
                await app(scope, receive, sent)
            else:
                body = {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
                await JSONResponse(body, 429)(scope, receive, sent)

        return limited

    def _count(self, what: str, key: str, most: int) -> tuple[bool, int, int]:
        """Count one; return whether it is within the limit, how many are left, and in how many seconds one more is."""
        now = self._clock.monotonic()
        if (what, key) not in self._seen and len(self._seen) >= _KEYS:
            self._seen.clear()
        seen = self._seen.setdefault((what, key), deque(maxlen=_MOST))
        while seen and seen[0] <= now - _MINUTE:
            seen.popleft()
        taken = len(seen) < most
        if taken:
            seen.append(now)
        reset = _MINUTE - (now - seen[0]) if seen else _MINUTE
        return taken, max(0, most - len(seen)), -(-reset // timedelta(seconds=1))

    async def _get(self, _request: Request) -> Response:
        return JSONResponse({"requests": self._requests, "events": self._events})

    async def _put(self, request: Request) -> Response:
        try:
            given = await document_of(request)
            requests, events = (_limit(given, name) for name in ("requests", "events"))
        except RefusedError as refused:
            return JSONResponse(refused.body, refused.status)
        self._requests, self._events = requests, events
        self._seen.clear()
        return await self._get(request)


def _limit(given: Mapping[str, Any], name: str) -> int | None:
    return None if given.get(name) is None else whole(given[name], name, most=_MOST)


def _add(message: Message, shown: dict[str, str]) -> None:
    headers = MutableHeaders(scope=message)
    for name, value in shown.items():
        headers[name] = value
