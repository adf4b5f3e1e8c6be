"""Stand-ins in this process, on a clock that stands where a test puts it, and on what a folder holds."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
from starlette.types import ASGIApp

from alertproof.clock import Anchor, ScaledClock, standing_at
from alertproof.pagerduty import Desk, Directory
from alertproof.standins.datadog.account import Account
from alertproof.standins.datadog.serve import api_app
from alertproof.standins.journal.journal import Journal
from alertproof.standins.journal.requests import Requests
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.pagerduty.serve import Standin as PagerDuty
from alertproof.standins.process import UnknownRequests
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.serve import Standin as Sentry
from alertproof.standins.sentry.store import Store

ANCHOR = Anchor.at_now(1)
HOOK = "http://127.0.0.1:9/"
KEY = "a" * 32
HEADERS = {
    "DD-API-KEY": "k",
    "DD-APPLICATION-KEY": "a",
    "From": "ada@example.com",
}


@dataclass
class World:
    """One stand-in's app in this process, on a clock that stands where the test puts it."""

    journal: Journal
    app: ASGIApp
    own: Any
    token: str
    now: datetime = field(default=ANCHOR.stack)

    async def ask(self, method: str, path: str, body: Any = None, **options: Any) -> Any:
        transport = httpx.ASGITransport(app=self.app)
        headers = {**HEADERS, "Authorization": self.token, **options.pop("headers", {})}
        given = {"json": body} if body is not None else {}
        async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1:1", headers=headers) as client:
            with standing_at(self.now):
                answer = await client.request(method, path, **given, **options)
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}"
        return answer.json() if answer.content else None


def datadog(folder: Path | None) -> World:
    clock = ScaledClock(ANCHOR)
    journal = Journal(clock, folder)
    account = Account(clock, journal=journal)
    app = Requests(journal).before("datadog", api_app(account, UnknownRequests()))
    return World(journal, app, account, "")


def pagerduty(folder: Path | None) -> World:
    clock = ScaledClock(ANCHOR)
    journal = Journal(clock, folder)
    desk = Desk(Directory())
    standin = PagerDuty(desk, clock, Courier(clock, journal=journal), journal=journal)
    return World(journal, standin.app, desk, "Token token=t")


def sentry(folder: Path | None) -> World:
    clock = ScaledClock(ANCHOR)
    journal = Journal(clock, folder)
    store = Store([Project(org="acme", slug="api", public_key=KEY, project_id="1")], ANCHOR)
    standin = Sentry(store, clock, journal=journal)
    return World(journal, standin.app, store, "Bearer t")


@asynccontextmanager
async def running(make: Callable[[Path | None], World], folder: Path, now: datetime) -> AsyncIterator[World]:
    """Start a world on what a folder holds, at an instant."""
    world = make(folder)
    world.now = now
    try:
        async with world.journal.serving():
            yield world
    finally:
        world.journal.close()


def finish(journal: Journal) -> None:
    """Wait until a snapshot is written."""
    assert journal.ledger is not None
    assert journal._folding is not None
    while journal._folding is not None:
        journal._finish(journal.ledger)
        time.sleep(0.002)


def fold(world: World) -> None:
    ledger = world.journal.ledger
    assert ledger is not None
    with standing_at(world.now):
        world.journal._fold(ledger)
    finish(world.journal)


def envelope(identity: str, message: str) -> bytes:
    event = json.dumps({"event_id": identity, "message": message, "release": f"of {message}"})
    return f'{{"event_id": "{identity}"}}\n{{"type": "event"}}\n{event}\n'.encode()


async def send(world: World, identity: str, message: str = "it broke") -> None:
    auth = {"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=7,sentry_client=t/1"}
    await world.ask("POST", "/api/1/envelope/", content=envelope(identity, message), headers=auth)


async def alerts(world: World) -> None:
    """Make a PagerDuty service, a rule that tells of every event within its frequency, and a metric alert."""
    ask = world.ask
    table = {"service_table": [{"service": "api", "integration_key": "k" * 32, "id": ""}]}
    await ask("POST", "/api/0/organizations/acme/integrations/1/", table)
    page = "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction"
    rule = {
        "name": "r",
        "actionMatch": "any",
        "filterMatch": "all",
        "frequency": 60,
        "conditions": [{"id": "sentry.rules.conditions.every_event.EveryEventCondition"}],
        "actions": [{"id": page, "account": "1", "service": "1"}],
    }
    await ask("POST", "/api/0/projects/acme/api/rules/", rule)
    metric = {"name": "m", "aggregate": "count()", "dataset": "events", "query": "", "timeWindow": 5}
    action = {"type": "pagerduty", "targetType": "specific", "targetIdentifier": "1", "integrationId": "1"}
    triggers = [{"label": "critical", "alertThreshold": 1, "actions": [action]}]
    given = {**metric, "thresholdType": 0, "triggers": triggers, "projects": ["api"]}
    await ask("POST", "/api/0/organizations/acme/alert-rules/", given)


async def show_sentry(world: World) -> dict[str, Any]:
    paths = {
        "events": "/api/0/projects/acme/api/events/",
        "issues": "/api/0/organizations/acme/issues/",
        "rules": "/api/0/projects/acme/api/rules/",
        "metric alerts": "/api/0/organizations/acme/alert-rules/",
        "incidents": "/api/0/organizations/acme/incidents/",
        "releases": "/api/0/organizations/acme/releases/",
        "services": "/api/0/organizations/acme/integrations/1/",
        "project": "/api/0/projects/acme/api/",
        "outcomes": "/api/0/organizations/acme/stats_v2/?field=sum(quantity)&groupBy=outcome&statsPeriod=1d",
    }
    return {name: await world.ask("GET", path) for name, path in paths.items()}
