"""A state that was written as a whole is the state: for every kind of thing that a stand-in keeps."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from tests.standins.worlds import ANCHOR, World, alerts, datadog, fold, pagerduty, running, send, sentry, show_sentry

from alertproof.clock import standing_at
from alertproof.standins.datadog.otlp.app import otlp_app
from alertproof.standins.journal.requests import Requests
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.process import UnknownRequests


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
        "checks": list(account.ingest.received),
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


async def populate_sentry(world: World) -> None:
    ask = world.ask
    await alerts(world)
    for number in range(3):
        await send(world, f"{number:032x}", f"message {number % 2}")
    world.now += timedelta(minutes=1)
    issue = (await ask("GET", "/api/0/organizations/acme/issues/"))[0]["id"]
    await ask("PUT", f"/api/0/organizations/acme/issues/{issue}/", {"status": "ignored"})
    await ask("POST", "/api/0/organizations/acme/releases/", {"version": "v", "projects": ["api"]})
    await ask("PUT", "/api/0/projects/acme/api/", {"sensitiveFields": ["badge"]})
    await ask("GET", "/api/0/organizations/acme/incidents/")


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


def otlp(folder: Path | None) -> World:
    world = datadog(folder)
    world.app = Requests(world.journal).before("otlp", otlp_app(world.own, UnknownRequests()))
    return world


async def total(world: World, value: int) -> None:
    """Report what a counter has counted since its start."""
    point = {"timeUnixNano": int(ANCHOR.real.timestamp() * 1e9), "startTimeUnixNano": 1, "asInt": value}
    metric = {"name": "jobs.done", "sum": {"dataPoints": [point], "aggregationTemporality": 2, "isMonotonic": True}}
    await world.ask("POST", "/v1/metrics", {"resourceMetrics": [{"scopeMetrics": [{"metrics": [metric]}]}]})


def test_a_counter_of_otlp_counts_on_from_the_total_before_a_snapshot(tmp_path: Path) -> None:
    async def run() -> list[float]:
        async with running(otlp, tmp_path, ANCHOR.stack) as first:
            await total(first, 10)
            fold(first)
        async with running(otlp, tmp_path, ANCHOR.stack) as second:
            await total(second, 15)
            end = ANCHOR.stack.timestamp() + 100
            second.own.counting.flush(end)
            (series,) = second.own.ingest.store.select("jobs.done")
            counted: list[float] = series.between(0.0, end)[1].tolist()
            return counted

    assert asyncio.run(run()) == [5]
