"""``python -m alertproof.standins pagerduty --cert FILE --key FILE``."""

from __future__ import annotations

import argparse
import asyncio
import contextlib
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from alertproof.clock import Clock, SystemClock
from alertproof.errors import ConfigError
from alertproof.pagerduty import Assumptions, Desk, Directory
from alertproof.standins.control.door import ROOT
from alertproof.standins.control.later import Later
from alertproof.standins.control.manners import pagerduty_refusal
from alertproof.standins.control.reset import Reset, until_ended
from alertproof.standins.generation import Generation, add_options
from alertproof.standins.journal.journal import Journal
from alertproof.standins.journal.requests import Requests
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.pagerduty.doors import Doors
from alertproof.standins.pagerduty.enqueue import Enqueue
from alertproof.standins.pagerduty.grouping_settings import GroupingSettings
from alertproof.standins.pagerduty.history import History
from alertproof.standins.pagerduty.incidents import Incidents
from alertproof.standins.pagerduty.limits import Limits
from alertproof.standins.pagerduty.maintenance import Maintenance
from alertproof.standins.pagerduty.oncalls import OnCalls
from alertproof.standins.pagerduty.orchestrations import Orchestrations
from alertproof.standins.pagerduty.overview import overview
from alertproof.standins.pagerduty.policies import Policies
from alertproof.standins.pagerduty.responding import Responding
from alertproof.standins.pagerduty.schedules import Schedules
from alertproof.standins.pagerduty.services import Services
from alertproof.standins.pagerduty.subscriptions import Subscriptions
from alertproof.standins.pagerduty.users import Users
from alertproof.standins.process import Certificate, Site, UnknownRequests

__all__ = ["Standin", "main"]

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
#: Bytes of a body that is read at all; the app refuses smaller ones in its own words.
_LARGEST = 16 * 1024 * 1024


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end; raises `ConfigError` for a certificate that is not there."""
    options = _parser().parse_args(arguments)
    for file in (options.cert, options.key):
        if not file.is_file():
            raise ConfigError(f"{file} is not a file; the PagerDuty client speaks https only, so it is needed")
    return until_ended(lambda reset: _generation(options, reset))


def _generation(options: argparse.Namespace, reset: Reset) -> int:
    generation = Generation("pagerduty", options, reset)
    clock, journal = generation.clock, generation.journal
    assumptions = Assumptions(
        unknown_routing_key=options.unknown_routing_key,
        layer_precedence=options.layer_precedence,
        snooze_acknowledges=options.snooze_acknowledges,
    )
    desk = Desk(Directory(), assumptions)
    courier = Courier(clock, journal=journal)
    certificate = Certificate(chain=options.cert, key=options.key)
    later = Later(clock.anchor.factor)
    standin = Standin(desk, clock, courier, later=later, journal=journal)
    control = generation.control(("pagerduty",), pagerduty_refusal, later, standin.unknown, overview=standin.overview)
    sites = [
        Site(name="pagerduty", app=control.around(standin.app, "pagerduty"), certificate=certificate),
        Site(name="pagerduty_control", app=control.app(standin.doors), local=True),
    ]

    @contextlib.asynccontextmanager
    async def escalating() -> AsyncIterator[Mapping[str, str]]:
        async with asyncio.TaskGroup() as group:
            task = group.create_task(_escalate(desk, clock))
            yield {}
            task.cancel()

    return generation.run(
        sites,
        beside=[escalating, courier.serving],
        endpoints=lambda found: {**found, "pagerduty_control": f"{found['pagerduty_control']}{ROOT}"},
    )


@final
class Standin:
    """The app: Events API v2 and REST API v2; and the routes of its control door. Limits count by ``real``."""

    def __init__(
        self,
        desk: Desk,
        clock: Clock,
        courier: Courier,
        *,
        real: Clock | None = None,
        later: Later | None = None,
        journal: Journal | None = None,
    ) -> None:
        journal, later = journal or Journal(clock), later or Later()
        limits, unknown = Limits(real or SystemClock()), UnknownRequests(_not_found)
        subscriptions = Subscriptions(desk, clock, courier)
        parts = (Enqueue(desk, clock, limits, later), subscriptions, *(part(desk, clock) for part in _PARTS))
        routes = [*(route for part in parts for route in part.routes()), unknown.route()]
        app = limits.around(Starlette(routes=routes))
        self.app = Requests(journal, refusal=_not_kept, largest=_LARGEST).before("pagerduty", app)
        _keep(journal, desk, parts, limits=limits, later=later)
        journal.first(lambda: desk.advance(clock.now()))
        self.doors = Doors(desk, limits, subscriptions).routes()
        self.unknown = unknown
        self.overview = partial(overview, desk)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m alertproof.standins pagerduty")
    parser.add_argument("--cert", type=Path, required=True, help="PEM file of the certificate chain")
    parser.add_argument("--key", type=Path, required=True, help="PEM file of its private key")
    add_options(parser)
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


def _keep(journal: Journal, desk: Desk, parts: Iterable[object], *, limits: Limits, later: Later) -> None:
    """Say what the account's state is made of."""
    journal.know("limits", limits)
    journal.know("later", later)
    journal.not_while(lambda: later.waiting > 0)
    journal.keep("desk", desk, without=("assumptions",))
    journal.keep("directory", desk.directory)
    journal.keep("records", desk.records)
    journal.keep("life", desk.life, without=("_observers",))
    for part in parts:
        journal.keep(type(part).__name__, part)


async def _escalate(desk: Desk, clock: Clock) -> None:
    while True:
        desk.advance(clock.now())
        await asyncio.sleep(_NAP)


def _not_kept(status: int, reason: str) -> Response:
    return JSONResponse({"error": {"message": "Internal Error", "code": 2000, "errors": [reason]}}, status)


def _not_found(request: Request) -> Response:
    detail = f"the stand-in has no route for {request.method} {request.url.path}"
    return JSONResponse({"error": {"message": "Not Found", "code": 2100, "errors": [detail]}}, 404)
