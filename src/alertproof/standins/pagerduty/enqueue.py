"""Events API v2: ``/v2/enqueue`` and ``/v2/change/enqueue``, with and without the slash that Sentry adds.

Source: developer.pagerduty.com/docs/events-api-v2.
"""

from __future__ import annotations

import contextlib
from dataclasses import replace
from datetime import datetime
from typing import final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.pagerduty import Desk, EventRefused, parse_change, parse_event
from alertproof.pagerduty.event import MAX_BODY, ChangeEvent, Event
from alertproof.standins.control.later import Later
from alertproof.standins.pagerduty.asking import bounded
from alertproof.standins.pagerduty.limits import Limits

__all__ = ["Enqueue"]


@final
class Enqueue:
    """The side that senders speak to."""

    def __init__(self, desk: Desk, clock: Clock, limits: Limits, later: Later | None = None) -> None:
        self._later = later or Later()
        self._desk = desk
        self._clock = clock
        self._limits = limits

    def routes(self) -> list[Route]:
        """Return the routes to mount."""
        table = {"/v2/enqueue": self._event, "/v2/change/enqueue": self._change}
        return [
            Route(path + slash, handler, methods=["POST"]) for path, handler in table.items() for slash in ("", "/")
        ]

    async def _event(self, request: Request) -> Response:
        at = self._clock.now()
        try:
            event = parse_event(await bounded(request, MAX_BODY))
            refused = self._limits.refused_event(event.routing_key)
            if refused is not None:
                return refused
            key = self._accept(event, at)
        except EventRefused as error:
            return _refusal(error)
        body = {"status": "success", "message": "Event processed", "dedup_key": key}
        return JSONResponse(body, 202)

    async def _change(self, request: Request) -> Response:
        at = self._clock.now()
        try:
            change = parse_change(await bounded(request, MAX_BODY))
            refused = self._limits.refused_event(change.routing_key)
            if refused is not None:
                return refused
            self._record(change, at)
        except EventRefused as error:
            return _refusal(error)
        return JSONResponse({"status": "success", "message": "Change event processed"}, 202)

    def _accept(self, event: Event, at: datetime) -> str:
        if not self._later.active:
            return self._desk.accept(event, at).dedup_key
        # Refused or with its key it is now; what the key belongs to comes of it when its time has come.
        self._desk.door(event.routing_key)
        key = event.dedup_key or self._desk.fresh_key()
        self._later.do(lambda: self._process(replace(event, dedup_key=key)), _size(event))
        return key

    def _record(self, change: ChangeEvent, at: datetime) -> None:
        if self._later.active:
            self._desk.door(change.routing_key)
            self._later.do(lambda: self._process(change), _size(change))
        else:
            self._desk.record_change(change, at)

    def _process(self, late: Event | ChangeEvent) -> None:
        # It was acknowledged: nobody is there any more to be refused.
        with contextlib.suppress(EventRefused):
            if isinstance(late, Event):
                self._desk.accept(late, self._clock.now())
            else:
                self._desk.record_change(late, self._clock.now())


def _refusal(refused: EventRefused) -> JSONResponse:
    body = {"status": refused.status, "message": refused.message, "errors": list(refused.errors)}
    return JSONResponse(body, 400)


def _size(late: Event | ChangeEvent) -> int:
    """Return about how many bytes of memory something takes that waits."""
    return len(repr(late))
