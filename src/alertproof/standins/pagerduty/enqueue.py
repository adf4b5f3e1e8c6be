"""Events API v2: ``/v2/enqueue`` and ``/v2/change/enqueue``, with and without the slash that Sentry adds.

Source: developer.pagerduty.com/docs/events-api-v2. Left out: the limit of events per minute (429).
"""

from __future__ import annotations

from typing import final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.pagerduty import Desk, EventRefused, parse_change, parse_event

__all__ = ["Enqueue"]


@final
class Enqueue:
    """The side that senders speak to."""

    def __init__(self, desk: Desk, clock: Clock) -> None:
        self._desk = desk
        self._clock = clock

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        table = {"/v2/enqueue": self._event, "/v2/change/enqueue": self._change}
        return [
            Route(path + slash, handler, methods=["POST"]) for path, handler in table.items() for slash in ("", "/")
        ]

    async def _event(self, request: Request) -> Response:
        at = self._clock.now()
        try:
            accepted = self._desk.accept(parse_event(await request.body()), at)
        except EventRefused as refused:
            return _refusal(refused)
        body = {"status": "success", "message": "Event processed", "dedup_key": accepted.dedup_key}
        return JSONResponse(body, 202)

    async def _change(self, request: Request) -> Response:
        at = self._clock.now()
        try:
            self._desk.record_change(parse_change(await request.body()), at)
        except EventRefused as refused:
            return _refusal(refused)
        return JSONResponse({"status": "success", "message": "Change event processed"}, 202)


def _refusal(refused: EventRefused) -> JSONResponse:
    body = {"status": refused.status, "message": refused.message, "errors": list(refused.errors)}
    return JSONResponse(body, 400)
