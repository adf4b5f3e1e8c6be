"""``python -m alertproof.standins pagerduty --cert FILE --key FILE``."""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Anchor, Clock, ScaledClock
from alertproof.errors import ConfigError
from alertproof.pagerduty import Assumptions, Desk, Directory
from alertproof.standins.pagerduty.accounts import Accounts
from alertproof.standins.pagerduty.enqueue import Enqueue
from alertproof.standins.pagerduty.incidents import Incidents
from alertproof.standins.pagerduty.render import wire_instant
from alertproof.standins.process import Certificate, Site, UnknownRequests, run

__all__ = ["application", "main"]


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end; raises `ConfigError` for a certificate that is not there."""
    parser = argparse.ArgumentParser(prog="python -m alertproof.standins pagerduty")
    parser.add_argument("--cert", type=Path, required=True, help="PEM file of the certificate chain")
    parser.add_argument("--key", type=Path, required=True, help="PEM file of its private key")
    parser.add_argument(
        "--unknown-routing-key",
        choices=("drop", "refuse"),
        default="drop",
        help="what to do with an event whose well-formed routing key no integration has",
    )
    options = parser.parse_args(arguments)
    for file in (options.cert, options.key):
        if not file.is_file():
            raise ConfigError(f"{file} is not a file; the PagerDuty client speaks https only, so it is needed")
    clock = ScaledClock(Anchor.from_environment())
    desk = Desk(Directory(), Assumptions(unknown_routing_key=options.unknown_routing_key))
    certificate = Certificate(chain=options.cert, key=options.key)
    return run([Site(name="pagerduty", app=application(desk, clock), certificate=certificate)])


def application(desk: Desk, clock: Clock) -> Starlette:
    """Return the app: Events API v2, REST API v2, and two doors of its own.

    ``/_unknown`` lists requests that no route took, ``/_dropped`` the events that were accepted and did
    nothing, with the reason.
    """
    unknown = UnknownRequests(_not_found)

    async def dropped(_request: Request) -> Response:
        rows = [
            {"at": wire_instant(each.at), "reason": each.reason, "event": dict(each.event.body)}
            for each in desk.dropped
        ]
        return JSONResponse({"count": len(rows), "events": rows})

    own = [Route("/_dropped", dropped), Route("/_unknown", unknown.listing), unknown.route()]
    parts = (Enqueue(desk, clock), Accounts(desk, clock), Incidents(desk, clock))
    return Starlette(routes=[*(route for part in parts for route in part.routes()), *own])


def _not_found(request: Request) -> Response:
    detail = f"the stand-in has no route for {request.method} {request.url.path}"
    return JSONResponse({"error": {"message": "Not Found", "code": 2100, "errors": [detail]}}, 404)
