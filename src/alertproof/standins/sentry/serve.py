"""``python -m alertproof.standins sentry --projects JSON``."""

from __future__ import annotations

import argparse
import re
from collections.abc import Iterable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import Protocol, final
from urllib.parse import urlsplit

import msgspec
from starlette.applications import Starlette
from starlette.routing import Route

from alertproof.clock import Clock
from alertproof.errors import ConfigError
from alertproof.standins.control.door import ROOT
from alertproof.standins.control.later import Later
from alertproof.standins.control.manners import sentry_refusal
from alertproof.standins.control.reset import Reset, until_ended
from alertproof.standins.generation import Generation, add_options
from alertproof.standins.journal.journal import Journal
from alertproof.standins.journal.requests import Requests
from alertproof.standins.lane import Lane
from alertproof.standins.process import Beside, Site, UnknownRequests
from alertproof.standins.sentry.alerts.integrations import Integrations
from alertproof.standins.sentry.alerts.issue_alerts import IssueAlerts
from alertproof.standins.sentry.alerts.metric_alerts import MetricAlerts
from alertproof.standins.sentry.alerts.outbox import Outbox
from alertproof.standins.sentry.alerts.watching import Watching
from alertproof.standins.sentry.doors import Doors
from alertproof.standins.sentry.intake.auth import Gate
from alertproof.standins.sentry.intake.direct import ENVELOPES
from alertproof.standins.sentry.intake.envelopes import Intake
from alertproof.standins.sentry.intake.limits import Limits
from alertproof.standins.sentry.intake.others import Others
from alertproof.standins.sentry.intake.otlp import Otlp
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.overview import overview
from alertproof.standins.sentry.slices import settled_before
from alertproof.standins.sentry.store import Store
from alertproof.standins.sentry.waiting import MARK
from alertproof.standins.sentry.web.account import AccountRoutes
from alertproof.standins.sentry.web.asking import Asking
from alertproof.standins.sentry.web.events import Events
from alertproof.standins.sentry.web.health import Health
from alertproof.standins.sentry.web.issues import IssueRoutes
from alertproof.standins.sentry.web.monitors import Monitors
from alertproof.standins.sentry.web.releases import Releases
from alertproof.standins.sentry.web.scrubbing import Scrubbing
from alertproof.standins.sentry.web.settings import ProjectSettings
from alertproof.standins.sentry.web.stats import Stats
from alertproof.standins.sentry.web.table import Table
from alertproof.standins.sentry.web.uploads import Uploads

__all__ = ["Standin", "main"]

#: What may ask for all that arrived: the web API, and the doors of their own.
_READING = re.compile(rf"/api/0/|{ROOT}/(?:items|dropped|notifications)\b")


class _Part(Protocol):
    def routes(self) -> list[Route]: ...


class _ProjectOption(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    org: str
    project: str
    public_key: str
    project_id: str | int


def main(arguments: Sequence[str]) -> int:
    """Serve until told to end; raises `ConfigError` for options that cannot be read."""
    parser = argparse.ArgumentParser(prog="python -m alertproof.standins sentry")
    parser.add_argument(
        "--projects",
        required=True,
        help='JSON: [{"org": "acme", "project": "api", "public_key": "<32 hex>", "project_id": "1"}, ..]',
    )
    parser.add_argument("--strict", action="store_true", help="refuse keys and project ids that Relay cannot read")
    parser.add_argument("--no-scrubbing", action="store_true", help="keep events as they were sent")
    add_options(parser)
    parser.add_argument("--pagerduty-url", help="where PagerDuty's Events API answers, https://host:port")
    parser.add_argument("--ca-file", type=Path, help="PEM file that PagerDuty's certificate is checked against")
    options = parser.parse_args(arguments)
    if options.ca_file is not None and not options.ca_file.is_file():
        raise ConfigError(f"--ca-file {options.ca_file}: no such file; give the PEM file of the stack's authority")
    return until_ended(lambda reset: _generation(options, reset))


def _generation(options: argparse.Namespace, reset: Reset) -> int:
    generation = Generation("sentry", options, reset)
    clock, journal = generation.clock, generation.journal
    store = Store(_projects(options.projects), clock.anchor)
    standin = Standin(
        store,
        clock,
        strict=options.strict,
        scrubbing=not options.no_scrubbing,
        pagerduty_url=options.pagerduty_url,
        ca_file=str(options.ca_file) if options.ca_file else None,
        journal=journal,
    )
    later = Later(clock.anchor.factor)
    store.later = later.do
    journal.not_while(lambda: later.waiting > 0)
    control = generation.control(("sentry_api",), sentry_refusal, later, standin.unknown, overview=standin.overview)
    sites = [
        Site(
            name="sentry_api",
            app=control.around(standin.app, "sentry_api"),
            lane=Lane(
                urls=ENVELOPES,
                is_open=control.is_out_of_the_way,
                take=control.around_lane(standin.door.answer, "sentry_api"),
            ),
        ),
        Site(name="sentry_control", app=settled_before(control.app(standin.doors), store, _READING), local=True),
    ]
    told = partial(_endpoints, project=store.projects[0])
    return generation.run(sites, beside=standin.beside, endpoints=told)


def _endpoints(addresses: Mapping[str, str], project: Project) -> dict[str, str]:
    address = addresses["sentry_api"]
    host = urlsplit(address).netloc
    return {
        "sentry_api": address,
        "sentry_dsn": f"http://{project.public_key}@{host}/{project.project_id}",
        "sentry_control": f"{addresses['sentry_control']}{ROOT}",
    }


@final
class Standin:
    """The app (intake, the web API, doors of its own), and what runs beside it: delivery and the watch of alerts.

    The app also answers without what runs beside: it reads and evaluates when asked, and delivers nothing.
    """

    def __init__(
        self,
        store: Store,
        clock: Clock,
        *,
        strict: bool = False,
        scrubbing: bool = True,
        pagerduty_url: str | None = None,
        ca_file: str | None = None,
        journal: Journal | None = None,
    ) -> None:
        journal = journal or Journal(clock)
        asking, limits, unknown = Asking(store, clock), Limits(), UnknownRequests()
        settings = Scrubbing(store.projects, wanted=scrubbing)
        store.scrub = settings.scrub
        integrations = Integrations(asking)
        outbox = Outbox(integrations, clock, url=pagerduty_url, ca_file=ca_file, journal=journal)
        issue_alerts = IssueAlerts(asking, integrations, outbox)
        metric_alerts = MetricAlerts(asking, integrations, outbox, journal)
        watching = Watching(store, issue_alerts, metric_alerts)
        intake = Intake(store, clock, Gate(store, strict=strict), limits)
        api = _api(asking, settings)
        routes = [
            *intake.routes(),
            *Others(intake).routes(),
            *Otlp(intake).routes(),
            *(route for part in api for route in part.routes()),
            *integrations.routes(),
            *issue_alerts.routes(),
            *metric_alerts.routes(),
            unknown.route(),
        ]
        app = Requests(journal).before("sentry_api", Starlette(routes=routes), when=_changes)
        self.door = intake.door
        self.app = self.door.first_of(settled_before(app, store, _READING))
        _keep(journal, store, [integrations, issue_alerts, metric_alerts, *api])
        journal.know("asking", asking)
        journal.keep("scrubbing", settings, without=("on", "_orgs", "_scrubbers"), after=lambda _: settings.remake())
        # What was read before a record had its consequences before it.
        journal.first(watching.read)
        self.doors = [settings.route(), *Doors(store, limits, outbox, watching.settle).routes()]
        self.unknown = unknown
        self.overview = partial(overview, store, outbox, scrubbed=settings.on)
        self.beside: list[Beside] = [outbox.serving, watching.serving]


def _changes(path: str) -> bool:
    """Tell whether a path is of the web API: what comes in by the others is written down as envelopes."""
    return path.startswith("/api/0/") and not path.endswith(("/envelope/", "/store/"))


def _keep(journal: Journal, store: Store, parts: Iterable[_Part]) -> None:
    """Say what the state is made of."""
    if journal.ledger is not None:
        store.keep_in(journal.ledger)
    journal.on_whole(MARK, store.accept_again)
    journal.still_needs(store.waiting.oldest_file)
    journal.keep("store", store, without=("projects", "anchor", "watchers", "scrub", "later"))
    journal.keep("waiting", store.waiting, without=("_projects", "_ledger", "_reader"), after=store.waiting.take_up)
    for part in parts:
        journal.keep(type(part).__name__, part)


def _api(asking: Asking, scrubbing: Scrubbing) -> tuple[_Part, ...]:
    settings = ProjectSettings(asking, asking.store.projects)
    return (
        settings,
        AccountRoutes(asking, scrubbing, settings),
        Events(asking),
        IssueRoutes(asking),
        Table(asking),
        Stats(asking),
        Health(asking),
        Monitors(asking),
        Releases(asking),
        Uploads(asking),
    )


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
