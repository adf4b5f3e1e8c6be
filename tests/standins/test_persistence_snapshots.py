"""A state that was written as a whole is the state: for every kind of thing that a stand-in keeps."""

from __future__ import annotations

import asyncio
import json
import tempfile
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
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


async def compared(
    make: Callable[[Path | None], World],
    folder: Path,
    populate: Callable[[World], Any],
    show: Callable[[World], Any],
) -> None:
    """Populate a world, fold it, change a little more, and compare what it shows with what the next one does."""
    async with running(make, folder, ANCHOR.stack) as first:
        await populate(first)
        shown = await show(first)
        fold(first)
        now = first.now
    async with running(make, folder, now) as second:
        assert (second.journal.ledger and second.journal.ledger.oldest) == 2
        for name, answer in (await show(second)).items():
            assert answer == shown[name], name
        fold(second)
    # And once more, by way of a state that was itself taken over.
    async with running(make, folder, now) as third:
        assert await show(third) == shown


async def populate_datadog(world: World) -> None:
    ask, account = world.ask, world.own
    await ask(
        "POST", "/api/v1/integration/webhooks/configuration/webhooks", {"name": "w", "url": "http://127.0.0.1:9/"}
    )
    query = "max(last_5m):max:queue.depth{*} by {host} > 5"
    monitor = {"name": "m", "type": "query alert", "query": query, "message": "@webhook-w @slack-x {{value}}"}
    number = (await ask("POST", "/api/v1/monitor", monitor))["id"]
    recurrence = {"recurrences": [{"duration": "1h", "rrule": "FREQ=DAILY;INTERVAL=1"}], "timezone": "Europe/Berlin"}
    attributes = {"scope": "env:x", "monitor_identifier": {"monitor_tags": ["*"]}, "schedule": recurrence}
    await ask("POST", "/api/v2/downtime", {"data": {"type": "downtime", "attributes": attributes}})
    thresholds = [{"timeframe": "7d", "target": 99.0}]
    await ask(
        "POST", "/api/v1/slo", {"name": "s", "type": "monitor", "monitor_ids": [number], "thresholds": thresholds}
    )
    rule = {"name": "r", "recipients": ["slack-x"], "filter": {"tags": ["team:crm"]}}
    await ask(
        "POST",
        "/api/v2/monitor/notification_rule",
        {"data": {"type": "monitor-notification-rule", "attributes": rule}},
    )
    await ask("POST", "/api/v1/dashboard", {"title": "d", "layout_type": "ordered", "widgets": []})
    await ask("POST", "/api/v2/logs", [{"message": "a log", "a": {"b": 1}}])
    await ask("POST", "/api/v1/events", {"title": "an event", "text": "t"})
    await ask("POST", "/api/v1/check_run", [{"check": "c", "status": 2, "host_name": "h", "tags": []}])
    for minute in range(8):
        stamp = world.now.timestamp()
        points = {"metric": "queue.depth", "type": 3, "points": [{"timestamp": stamp, "value": 9.0}]}
        await ask("POST", "/api/v2/series", {"series": [{**points, "resources": [{"type": "host", "name": "h"}]}]})
        distribution = {"metric": "sizes", "points": [[int(stamp), [1, 2, minute]]]}
        await ask("POST", "/api/v1/distribution_points", {"series": [distribution]})
        world.now += timedelta(minutes=1)
        with standing_at(world.now):
            await account.clockwork._evaluate_all(world.now.replace(second=0, microsecond=0))
    assert str(account.monitors.get(number).overall) == "Alert"
    assert len(account.outbox._jobs) == 1


async def show_datadog(world: World) -> dict[str, Any]:
    account, now = world.own, int(world.now.timestamp())
    paths = {
        "monitors": "/api/v1/monitor?group_states=all",
        "downtimes": "/api/v2/downtime",
        "slos": "/api/v1/slo",
        "rules": "/api/v2/monitor/notification_rule",
        "dashboards": "/api/v1/dashboard",
        "logs": "/api/v2/logs/events",
        "events": "/api/v2/events",
        "webhook": "/api/v1/integration/webhooks/configuration/webhooks/w",
        "gauge": f"/api/v1/query?from={now - 3600}&to={now}&query=max:queue.depth{{*}}",
        "distribution": f"/api/v1/query?from={now - 3600}&to={now}&query=p95:sizes{{*}}",
        "metrics": f"/api/v1/metrics?from={now - 3600}",
    }
    shown = {name: await world.ask("GET", path) for name, path in paths.items()}
    jobs = [(job.number, job.url, job.content, job.delivery) for job in account.outbox._jobs]
    # The delivery that waits is the one that is shown, and not a copy of it.
    listed = [delivery for sent in account.outbox.sent for delivery in sent.deliveries]
    assert all(any(job.delivery is each for each in listed) for job in account.outbox._jobs)
    return {
        **shown,
        "jobs": jobs,
        "sent": list(account.outbox.sent),
        "minute": account.clockwork._minute,
        "checks": account.ingest.received,
    }


async def populate_pagerduty(world: World) -> None:
    ask = world.ask
    user = (await ask("POST", "/users", {"user": {"type": "user", "name": "ada", "email": "ada@example.com"}}))["user"]
    rules = [{"escalation_delay_in_minutes": 5, "targets": [{"id": user["id"], "type": "user_reference"}]}] * 2
    policy = await ask("POST", "/escalation_policies", {"escalation_policy": {"name": "p", "escalation_rules": rules}})
    reference = {"id": policy["escalation_policy"]["id"], "type": "escalation_policy_reference"}
    service = (await ask("POST", "/services", {"service": {"name": "s", "escalation_policy": reference}}))["service"]
    integration = {"type": "events_api_v2_inbound_integration", "name": "i"}
    made = await ask("POST", f"/services/{service['id']}/integrations", {"integration": integration})
    subscription = {
        "type": "webhook_subscription",
        "delivery_method": {"type": "http_delivery_method", "url": "http://127.0.0.1:9/"},
        "events": ["incident.triggered"],
        "filter": {"type": "account_reference"},
    }
    await ask("POST", "/webhook_subscriptions", {"webhook_subscription": subscription})
    event = {"routing_key": made["integration"]["integration_key"], "event_action": "trigger"}
    for name in ("one", "two", "three"):
        payload = {"summary": name, "source": "t", "severity": "error"}
        await ask("POST", "/v2/enqueue", {**event, "dedup_key": name, "payload": payload})
        world.now += timedelta(minutes=1)
    incident = (await ask("GET", "/incidents"))["incidents"][0]["id"]
    await ask("POST", f"/incidents/{incident}/notes", {"note": {"content": "looking"}})
    await ask("POST", f"/incidents/{incident}/snooze", {"duration": 3600})
    await ask("POST", "/v2/enqueue", {**event, "event_action": "resolve", "dedup_key": "three"})
    world.now += timedelta(minutes=5)


async def show_pagerduty(world: World) -> dict[str, Any]:
    names = ("users", "escalation_policies", "services", "webhook_subscriptions", "incidents", "log_entries", "oncalls")
    shown = {name: await world.ask("GET", f"/{name}?limit=100") for name in names}
    assert len(shown["incidents"]["incidents"]) == 3
    courier = world.journal._parts["courier"].thing
    assert isinstance(courier, Courier)
    waiting = courier.waiting()
    assert len(waiting) == 3
    return {**shown, "webhooks": [(each.id, each.body, each.receiver.url) for each in waiting]}


def envelope(identity: str, message: str) -> bytes:
    event = json.dumps({"event_id": identity, "message": message, "release": f"of {message}"})
    return f'{{"event_id": "{identity}"}}\n{{"type": "event"}}\n{event}\n'.encode()


async def send(world: World, identity: str, message: str = "it broke") -> None:
    auth = {"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=7,sentry_client=t/1"}
    await world.ask("POST", "/api/1/envelope/", content=envelope(identity, message), headers=auth)


async def populate_sentry(world: World) -> None:
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
    for number in range(3):
        await send(world, f"{number:032x}", f"message {number % 2}")
    world.now += timedelta(minutes=1)
    issue = (await ask("GET", "/api/0/organizations/acme/issues/"))[0]["id"]
    await ask("PUT", f"/api/0/organizations/acme/issues/{issue}/", {"status": "ignored"})
    await ask("POST", "/api/0/organizations/acme/releases/", {"version": "v", "projects": ["api"]})
    await ask("PUT", "/api/0/projects/acme/api/", {"sensitiveFields": ["badge"]})
    await ask("GET", "/api/0/organizations/acme/incidents/")


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


@pytest.mark.parametrize(
    ("make", "populate", "show"),
    [
        (datadog, populate_datadog, show_datadog),
        (pagerduty, populate_pagerduty, show_pagerduty),
        (sentry, populate_sentry, show_sentry),
    ],
    ids=["datadog", "pagerduty", "sentry"],
)
def test_a_state_that_was_folded_is_the_same(make: Any, populate: Any, show: Any, tmp_path: Path) -> None:
    asyncio.run(compared(make, tmp_path, populate, show))


def test_envelopes_that_nobody_has_read_outlive_a_snapshot(tmp_path: Path) -> None:
    async def run() -> None:
        async with running(sentry, tmp_path, ANCHOR.stack) as first:
            await send(first, "1" * 32)
            assert await first.ask("GET", "/api/0/projects/acme/api/events/")
            await send(first, "2" * 32)
            await send(first, "3" * 32)
            # Two are unread; the file that holds them stays.
            fold(first)
            await send(first, "4" * 32)
        async with running(sentry, tmp_path, ANCHOR.stack) as second:
            ledger = second.journal.ledger
            assert ledger is not None
            assert ledger.oldest == 1
            found = [each["eventID"][0] for each in await second.ask("GET", "/api/0/projects/acme/api/events/")]
            assert found == ["4", "3", "2", "1"]
            fold(second)
            assert ledger.oldest > 1
        async with running(sentry, tmp_path, ANCHOR.stack) as third:
            again = [each["eventID"][0] for each in await third.ask("GET", "/api/0/projects/acme/api/events/")]
            assert again == found

    asyncio.run(run())


STEPS = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["trigger", "acknowledge", "resolve"]), st.integers(0, 3)),
        st.tuples(st.sampled_from(["wait"]), st.sampled_from([1, 4, 5, 6, 29, 31, 241])),
        st.tuples(st.sampled_from(["note", "kill", "fold", "look"]), st.just(0)),
    ),
    max_size=25,
)


async def act(world: World, key: str, kind: str, number: int) -> None:
    if kind in ("trigger", "acknowledge", "resolve"):
        event = {"routing_key": key, "event_action": kind, "dedup_key": str(number)}
        payload = {"summary": f"s{number}", "source": "t", "severity": "error"}
        await world.ask("POST", "/v2/enqueue", {**event, "payload": payload} if kind == "trigger" else event)
    elif kind == "wait":
        world.now += timedelta(minutes=number)
    elif kind == "look":
        await world.ask("GET", "/incidents")
    elif kind == "note":
        for incident in (await world.ask("GET", "/incidents"))["incidents"][:1]:
            await world.ask("POST", f"/incidents/{incident['id']}/notes", {"note": {"content": "n"}})


async def killed_and_started(world: World, make: Callable[[Path | None], World], folder: Path) -> World:
    world.journal.close()
    again = make(folder)
    again.now = world.now
    async with again.journal.serving():
        return again


@given(steps=STEPS)
def test_an_account_that_is_killed_anywhere_is_as_one_that_never_was(steps: list[tuple[str, int]]) -> None:
    async def run(folder: Path) -> None:
        twin, killed = pagerduty(None), pagerduty(folder)
        key = await door(twin)
        assert await door(killed) == key
        for kind, number in steps:
            if kind == "fold":
                fold(killed)
            elif kind == "kill":
                killed = await killed_and_started(killed, pagerduty, folder)
            for world in (twin, killed):
                await act(world, key, kind, number)
        for path in ("/incidents?limit=100", "/log_entries?limit=100"):
            assert await killed.ask("GET", path) == await twin.ask("GET", path)
        killed.journal.close()

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run(Path(name)))


async def door(world: World) -> str:
    ask = world.ask
    people = []
    for name in ("ada", "bob"):
        body = {"user": {"type": "user", "name": name, "email": f"{name}@example.com"}}
        people.append((await ask("POST", "/users", body))["user"]["id"])
    rules = [
        {"escalation_delay_in_minutes": 5, "targets": [{"id": person, "type": "user_reference"}]} for person in people
    ]
    policy = {"escalation_policy": {"name": "p", "escalation_rules": rules}}
    made = (await ask("POST", "/escalation_policies", policy))["escalation_policy"]["id"]
    reference = {"id": made, "type": "escalation_policy_reference"}
    service = (await ask("POST", "/services", {"service": {"name": "s", "escalation_policy": reference}}))["service"]
    integration = {"type": "events_api_v2_inbound_integration", "name": "i"}
    answer = await ask("POST", f"/services/{service['id']}/integrations", {"integration": integration})
    return str(answer["integration"]["integration_key"])


WATCHED = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["minutes"]), st.integers(1, 7)),
        st.tuples(st.sampled_from(["deep", "flat", "other"]), st.just(0)),
        st.tuples(st.sampled_from(["create", "change", "delete", "told", "kill", "fold"]), st.just(0)),
    ),
    max_size=25,
)


async def watch(world: World, kind: str, number: int) -> None:
    """Do one thing to a Datadog account: time, a value, a change of its monitors, or a delivery that came."""
    account = world.own
    monitor = {"name": "m", "type": "query alert", "message": "@webhook-w @slack-x", "options": {"new_host_delay": 0}}
    listed = [each["id"] for each in await world.ask("GET", "/api/v1/monitor")]
    if kind == "minutes":
        for _ in range(number):
            world.now += timedelta(minutes=1)
            with standing_at(world.now):
                await account.clockwork._evaluate_all(world.now)
    elif kind in ("deep", "flat", "other"):
        point = {"timestamp": world.now.timestamp(), "value": {"deep": 9.0, "flat": 1.0, "other": 7.0}[kind]}
        queue = "b" if kind == "other" else "a"
        series = {"metric": "queue.depth", "type": 3, "points": [point], "tags": [f"queue:{queue}"]}
        await world.ask("POST", "/api/v2/series", {"series": [series]})
    elif kind == "create" and len(listed) < 3:
        query = "max(last_5m):max:queue.depth{*} by {queue} > 5"
        await world.ask("POST", "/api/v1/monitor", {**monitor, "query": query})
    elif kind == "change" and listed:
        options = {"options": {"notify_no_data": True, "no_data_timeframe": 10, "renotify_interval": 10}}
        await world.ask("PUT", f"/api/v1/monitor/{listed[0]}", options)
    elif kind == "delete" and listed:
        await world.ask("DELETE", f"/api/v1/monitor/{listed[-1]}")
    elif kind == "told" and account.outbox._jobs:
        job = account.outbox._jobs[0]
        with standing_at(world.now):
            world.journal.write(b"o", msgspec.msgpack.encode((job.number, "")))
            account.outbox._over(job, "")


@given(steps=WATCHED)
@example(steps=[("minutes", 3), ("told", 0), ("kill", 0)])
@example(steps=[("minutes", 3), ("told", 0), ("fold", 0), ("flat", 0), ("minutes", 7), ("kill", 0), ("told", 0)])
def test_monitors_that_are_killed_anywhere_are_as_those_that_never_were(steps: list[tuple[str, int]]) -> None:
    async def run(folder: Path) -> None:
        twin, killed = datadog(None), datadog(folder)
        start = ANCHOR.stack.replace(second=0, microsecond=0)
        for world in (twin, killed):
            world.now = start
            await world.ask("POST", "/api/v1/integration/webhooks/configuration/webhooks", {"name": "w", "url": HOOK})
        for kind, number in [("create", 0), ("deep", 0), *steps, ("minutes", 2)]:
            if kind == "fold":
                fold(killed)
            elif kind == "kill":
                killed = await killed_and_started(killed, datadog, folder)
            for world in (twin, killed):
                await watch(world, kind, number)
        for path in ("/api/v1/monitor?group_states=all", "/api/v2/events?page[limit]=1000"):
            assert await killed.ask("GET", path) == await twin.ask("GET", path)
        assert list(killed.own.outbox.sent) == list(twin.own.outbox.sent)
        assert [job.content for job in killed.own.outbox._jobs] == [job.content for job in twin.own.outbox._jobs]
        assert not killed.own.clockwork.failures
        killed.journal.close()

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run(Path(name)))
