"""``python -m alertproof.standins pagerduty --cert FILE --key FILE``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Mapping, Sequence
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from alertproof.clock import Anchor, Clock, ScaledClock, SystemClock
from alertproof.errors import ConfigError
from alertproof.pagerduty import Assumptions, Desk, Directory
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.pagerduty.enqueue import Enqueue
from alertproof.standins.pagerduty.grouping_settings import GroupingSettings
from alertproof.standins.pagerduty.history import History
from alertproof.standins.pagerduty.incidents import Incidents
from alertproof.standins.pagerduty.limits import Limits
from alertproof.standins.pagerduty.links import wire_instant
from alertproof.standins.pagerduty.maintenance import Maintenance
from alertproof.standins.pagerduty.oncalls import OnCalls
from alertproof.standins.pagerduty.orchestrations import Orchestrations
from alertproof.standins.pagerduty.policies import Policies
from alertproof.standins.pagerduty.responding import Responding
from alertproof.standins.pagerduty.schedules import Schedules
from alertproof.standins.pagerduty.services import Services
from alertproof.standins.pagerduty.subscriptions import Subscriptions
from alertproof.standins.pagerduty.users import Users
from alertproof.standins.process import Certificate, Site, UnknownRequests, run

__all__ = ["application", "main"]

_PARTS = (
    Orchestrations,
    Users,
    Policies,
    Schedules,
    OnCalls,
    Services,
    GroupingSettings,
    Maintenance,
    Incidents,
    Responding,
    History,
)
#: Real seconds between two looks at what is due, so that webhooks are not late.
_NAP = 0.05


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end; raises `ConfigError` for a certificate that is not there."""
    options = _parser().parse_args(arguments)
    for file in (options.cert, options.key):
        if not file.is_file():
            raise ConfigError(f"{file} is not a file; the PagerDuty client speaks https only, so it is needed")
    clock = ScaledClock(Anchor.from_environment())
    assumptions = Assumptions(
        unknown_routing_key=options.unknown_routing_key,
        layer_precedence=options.layer_precedence,
        snooze_acknowledges=options.snooze_acknowledges,
    )
    desk = Desk(Directory(), assumptions)
    courier = Courier(clock)
    certificate = Certificate(chain=options.cert, key=options.key)
    site = Site(name="pagerduty", app=application(desk, clock, courier), certificate=certificate)

    @contextlib.asynccontextmanager
    async def escalating() -> AsyncIterator[Mapping[str, str]]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_escalate(desk, clock))
            yield {}
            task.cancel()

    return run([site], beside=[escalating, courier.serving])


def application(desk: Desk, clock: Clock, courier: Courier, *, real: Clock | None = None) -> Starlette:
    """Return the app: Events API v2, REST API v2, and doors of its own.

    ``/_unknown`` lists requests that no route took, ``/_dropped`` the events that were accepted and did
    nothing, ``/_webhooks`` what became of webhooks, each with the reason; ``/_limits`` sets limits, which count by
    ``real``.
    """
    unknown = UnknownRequests(_not_found)

    async def dropped(_request: Request) -> Response:
        rows = [
            {"at": wire_instant(each.at), "reason": each.reason, "event": dict(each.event.body)}
            for each in desk.dropped
        ]
        return JSONResponse({"count": len(rows), "events": rows})

    limits = Limits(real or SystemClock())
    subscriptions = Subscriptions(desk, clock, courier)
    parts = (Enqueue(desk, clock, limits), limits, subscriptions, *(part(desk, clock) for part in _PARTS))
    own = [
        Route("/_dropped", dropped),
        Route("/_webhooks", subscriptions.deliveries),
        Route("/_unknown", unknown.listing),
        unknown.route(),
    ]
    routes = [*(route for part in parts for route in part.routes()), *own]
    return Starlette(routes=routes, middleware=[Middleware(limits.around)])


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alertproof.standins pagerduty")
    parser.add_argument("--cert", type=Path, required=True, help="PEM file of the certificate chain")
    parser.add_argument("--key", type=Path, required=True, help="PEM file of its private key")
    parser.add_argument(
        "--unknown-routing-key",
        choices=("drop", "refuse"),
        default="drop",
        help="what to do with an event whose well-formed routing key no integration has",
    )
    parser.add_argument(
        "--layer-precedence",
        choices=("first", "last"),
        default="last",
        help="which layer of a schedule wins where two are on call",
    )
    parser.add_argument(
        "--snooze-acknowledges",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether a triggered incident can be snoozed, which acknowledges it",
    )
    return parser


async def _escalate(desk: Desk, clock: Clock) -> None:
    while True:
        desk.advance(clock.now())
        await asyncio.sleep(_NAP)


def _not_found(request: Request) -> Response:
    detail = f"the stand-in has no route for {request.method} {request.url.path}"
    return JSONResponse({"error": {"message": "Not Found", "code": 2100, "errors": [detail]}}, 404)
