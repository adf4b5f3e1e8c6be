"""What the control door of the stack's PagerDuty offers beside what each vendor's does.

Below ``/control``: ``dropped`` lists the events that were accepted and did nothing, ``webhooks`` what became of them,
each with the reason; ``limits`` sets limits.
"""

from __future__ import annotations

from typing import final

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.pagerduty import Desk
from alertproof.standins.control.door import ROOT
from alertproof.standins.pagerduty.limits import Limits
from alertproof.standins.pagerduty.links import wire_instant
from alertproof.standins.pagerduty.subscriptions import Subscriptions

__all__ = ["Doors"]


@final
class Doors:
    """The routes of the door."""

    def __init__(self, desk: Desk, limits: Limits, subscriptions: Subscriptions) -> None:
        self._desk = desk
        self._limits = limits
        self._subscriptions = subscriptions

    def routes(self) -> list[Route]:
        """Return the routes of the door."""
        return [
            Route(f"{ROOT}/dropped", self._dropped),
            Route(f"{ROOT}/webhooks", self._subscriptions.deliveries),
            *self._limits.routes(ROOT),
        ]

    async def _dropped(self, _request: Request) -> Response:
        rows = [
            {"at": wire_instant(each.at), "reason": each.reason, "event": dict(each.event.body)}
            for each in self._desk.dropped
        ]
        return JSONResponse({"count": len(rows), "events": rows})
