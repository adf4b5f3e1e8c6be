"""What the control door of the stack's Sentry offers: what arrived, what did not, what was told.

Below ``/control``: ``dropped`` lists what was answered with 200 and not stored, ``envelopes/{event_id}`` gives the
bytes of an envelope (after content decoding), ``items?type=..`` the newest items of a type as JSON, ``notifications``
what alerts told whom and what became of it, and ``limits`` the rate limits in force, which PUT replaces.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import final

import msgspec
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.standins.control.door import ROOT
from alertproof.standins.sentry.alerts.outbox import Outbox
from alertproof.standins.sentry.intake.limits import Limits
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.web.render import item_row

__all__ = ["Doors"]

#: Items that one answer of ``/_items`` shows.
_SHOWN = 1000


@final
class Doors:
    """The routes of the doors; ``settle`` reads and evaluates what is due."""

    def __init__(self, store: Store, limits: Limits, outbox: Outbox, settle: Callable[[], None]) -> None:
        self._store = store
        self._limits = limits
        self._outbox = outbox
        self._settle = settle

    def routes(self) -> list[Route]:
        """Return the routes of the door."""
        return [
            Route(f"{ROOT}/items", self._items),
            Route(f"{ROOT}/dropped", self._dropped),
            Route(f"{ROOT}/limits", self._limits.door, methods=["GET", "PUT"]),
            Route(f"{ROOT}/notifications", self._notifications),
            Route(f"{ROOT}/envelopes/{{event_id}}", self._envelope),
        ]

    async def _dropped(self, _request: Request) -> Response:
        rows = self._store.drops()
        return JSONResponse({"count": len(rows), "events": rows})

    async def _envelope(self, request: Request) -> Response:
        wanted = request.path_params["event_id"]
        data = next((each.data for each in self._store.received if each.event_id == wanted), None)
        if data is None:
            return JSONResponse({"detail": f"no envelope with event_id {wanted}"}, 404)
        return Response(data, media_type="application/x-sentry-envelope")

    async def _items(self, request: Request) -> Response:
        kinds = set(request.query_params.getlist("type"))
        rows = [kept for kept in self._store.items(self._store.projects) if not kinds or kept.item.type in kinds]
        return _json({"count": len(rows), "items": [item_row(kept) for kept in rows[-_SHOWN:]]})

    async def _notifications(self, _request: Request) -> Response:
        self._settle()
        rows = list(self._outbox.sent)
        return _json({"count": len(rows), "notifications": rows})


def _json(content: object) -> Response:
    return Response(msgspec.json.encode(content), media_type="application/json")
