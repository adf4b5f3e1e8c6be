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
from alertproof.standins.sentry.api import Api
from alertproof.standins.sentry.ingest import Ingest
from alertproof.standins.sentry.store import Project, Store

__all__ = ["application", "main"]


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


def application(store: Store, clock: Clock) -> Starlette:
    """Return the app: ingest, the web API, and three doors of its own.

    ``/_unknown`` lists requests that no route took, ``/_dropped`` what was answered with 200 and not stored,
    ``/_envelopes/{event_id}`` gives the bytes of an envelope as they came (after content decoding).
    """
    unknown = UnknownRequests()

    async def dropped(_request: Request) -> Response:
        rows = store.drops()
        return JSONResponse({"count": len(rows), "events": rows})

    async def envelope(request: Request) -> Response:
        wanted = request.path_params["event_id"]
        found = (each.data for each in store.received if each.envelope.event_id == wanted)
        data = next(found, None)
        if data is None:
            return JSONResponse({"detail": f"no envelope with event_id {wanted}"}, 404)
        return Response(data, media_type="application/x-sentry-envelope")

    own = [
        Route("/_dropped", dropped),
        Route("/_envelopes/{event_id}", envelope),
        Route("/_unknown", unknown.listing),
    ]
    routes = [*Ingest(store, clock).routes(), *Api(store, clock).routes(), *own, unknown.route()]
    return Starlette(routes=routes)


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
