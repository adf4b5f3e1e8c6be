"""``python -m alertproof.standins sentry --projects JSON``."""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Anchor, Clock, ScaledClock
from alertproof.errors import ConfigError
from alertproof.standins.process import Site, UnknownRequests, run
from alertproof.standins.sentry.intake.auth import Gate
from alertproof.standins.sentry.intake.envelopes import Intake
from alertproof.standins.sentry.intake.limits import Limits
from alertproof.standins.sentry.intake.others import Others
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.web.account import AccountRoutes
from alertproof.standins.sentry.web.asking import Asking
from alertproof.standins.sentry.web.events import Events
from alertproof.standins.sentry.web.issues import IssueRoutes
from alertproof.standins.sentry.web.monitors import Monitors
from alertproof.standins.sentry.web.releases import Releases
from alertproof.standins.sentry.web.render import item_row
from alertproof.standins.sentry.web.stats import Stats
from alertproof.standins.sentry.web.table import Table
from alertproof.standins.sentry.web.uploads import Uploads

__all__ = ["application", "main"]

#: Items that one answer of ``/_items`` shows.
_SHOWN = 1000


class _ProjectOption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    org: str
    project: str
    public_key: str
    project_id: str | int


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end; raises `ConfigError` for projects that cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m alertproof.standins sentry")
    parser.add_argument(
        "--projects",
        required=True,
        help='JSON: [{"org": "acme", "project": "api", "public_key": "<32 hex>", "project_id": "1"}, ..]',
    )
    anchor = Anchor.from_environment()
    store = Store(_projects(parser.parse_args(arguments).projects), anchor)
    first = store.projects[0]

    def endpoints(addresses: Mapping[str, str]) -> dict[str, str]:
        address = addresses["sentry_api"]
        host = urlsplit(address).netloc
        return {"sentry_api": address, "sentry_dsn": f"http://{first.public_key}@{host}/{first.project_id}"}

    app = application(store, ScaledClock(anchor))
    return run([Site(name="sentry_api", app=app)], endpoints=endpoints)


def application(store: Store, clock: Clock, *, strict: bool = False) -> Starlette:
    """Return the app: intake, the web API, and doors of its own.

    ``/_unknown`` lists requests that no route took, ``/_dropped`` what was answered with 200 and not stored,
    ``/_envelopes/{event_id}`` gives the bytes of an envelope as they came (after content decoding), ``/_items?type=..``
    the newest items of a type as JSON, and ``/_limits`` the rate limits in force, which PUT replaces.
    """
    unknown, limits = UnknownRequests(), Limits()

    async def dropped(_request: Request) -> Response:
        rows = store.drops()
        return JSONResponse({"count": len(rows), "events": rows})

    async def envelope(request: Request) -> Response:
        wanted = request.path_params["event_id"]
        found = (each.data for each in store.received if each.event_id == wanted)
        data = next(found, None)
        if data is None:
            return JSONResponse({"detail": f"no envelope with event_id {wanted}"}, 404)
        return Response(data, media_type="application/x-sentry-envelope")

    async def items(request: Request) -> Response:
        kinds = set(request.query_params.getlist("type"))
        rows = [kept for kept in store.items(store.projects) if not kinds or kept.item.type in kinds]
        shown = [item_row(kept) for kept in rows[-_SHOWN:]]
        return Response(msgspec.json.encode({"count": len(rows), "items": shown}), media_type="application/json")

    own = [
        Route("/_items", items),
        Route("/_dropped", dropped),
        Route("/_limits", limits.door, methods=["GET", "PUT"]),
        Route("/_envelopes/{event_id}", envelope),
        Route("/_unknown", unknown.listing),
    ]
    intake = Intake(store, clock, Gate(store, strict=strict), limits)
    routes = [*intake.routes(), *Others(intake).routes(), *api_routes(Asking(store, clock)), *own, unknown.route()]
    return Starlette(routes=routes)


def api_routes(asking: Asking) -> list[Route]:
    """Return the routes of the web API."""
    parts = (
        AccountRoutes(asking),
        Events(asking),
        IssueRoutes(asking),
        Table(asking),
        Stats(asking),
        Monitors(asking),
        Releases(asking),
        Uploads(asking),
    )
    return [route for part in parts for route in part.routes()]


def _projects(text: str) -> list[Project]:
    try:
        options = msgspec.json.decode(text, type=list[_ProjectOption])
    except msgspec.DecodeError as error:
        expected = '[{"org", "project", "public_key", "project_id"}]'
        raise ConfigError(f"--projects cannot be read: {error}; expected JSON {expected}") from error
    return [
        Project(
            org=option.org,
            slug=option.project,
            public_key=option.public_key,
            project_id=str(option.project_id),
        )
        for option in options
    ]
