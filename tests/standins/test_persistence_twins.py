"""A stand-in that is killed and folded anywhere is as one that never was: they are told the same and compared."""

from __future__ import annotations

import asyncio
import tempfile
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.standins.worlds import ANCHOR, World, alerts, datadog, fold, pagerduty, send, sentry, show_sentry

from alertproof.clock import standing_at
from alertproof.standins.sentry.alerts.outbox import Outbox

HOOK = "http://127.0.0.1:9/"
#: Each is three lives of two stand-ins and some snapshots.
MANY = max(40, settings().max_examples // 20)
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


@pytest.mark.timeout(900)
@settings(max_examples=MANY)
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


@pytest.mark.timeout(900)
@settings(max_examples=MANY)
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


ARRIVING = st.lists(
    st.one_of(
        st.tuples(st.sampled_from(["minutes"]), st.integers(1, 70)),
        st.tuples(st.sampled_from(["send", "resolve"]), st.integers(0, 2)),
        st.tuples(st.sampled_from(["look", "release", "told", "kill", "fold"]), st.just(0)),
    ),
    max_size=25,
)


async def arrive(world: World, kind: str, number: int, count: int) -> None:
    """Do one thing to a Sentry account: time, an event, a change of an issue, a look, or a delivery that came."""
    outbox = world.journal._parts["outbox"].thing
    assert isinstance(outbox, Outbox)
    if kind == "minutes":
        world.now += timedelta(minutes=number)
    elif kind == "send":
        await send(world, f"{count:032x}", f"message {number}")
    elif kind == "resolve":
        for issue in (await world.ask("GET", "/api/0/organizations/acme/issues/"))[number : number + 1]:
            await world.ask("PUT", f"/api/0/organizations/acme/issues/{issue['id']}/", {"status": "resolved"})
    elif kind == "look":
        await world.ask("GET", "/api/0/organizations/acme/incidents/")
        await world.ask("GET", "/api/0/organizations/acme/releases/")
    elif kind == "release":
        await world.ask("POST", "/api/0/organizations/acme/releases/", {"version": f"v{count}", "projects": ["api"]})
    elif kind == "told" and outbox._jobs:
        job = outbox._jobs[0]
        with standing_at(world.now):
            world.journal.write(b"o", msgspec.msgpack.encode((job.number, "")))
            outbox._over(job, "")


def told(world: World) -> list[Any]:
    outbox = world.journal._parts["outbox"].thing
    assert isinstance(outbox, Outbox)
    return [list(outbox.sent), [job.content for job in outbox._jobs]]


@pytest.mark.timeout(900)
@settings(max_examples=MANY)
@given(steps=ARRIVING)
@example(steps=[("send", 0), ("look", 0), ("minutes", 1), ("kill", 0)])
@example(steps=[("send", 0), ("send", 0), ("minutes", 1), ("look", 0), ("told", 0), ("kill", 0), ("send", 0)])
@example(steps=[("send", 0), ("fold", 0), ("send", 1), ("kill", 0), ("minutes", 9), ("look", 0), ("fold", 0)])
def test_events_of_a_sentry_that_is_killed_anywhere_are_as_if_it_never_was(steps: list[tuple[str, int]]) -> None:
    async def run(folder: Path) -> None:
        twin, killed = sentry(None), sentry(folder)
        for world in (twin, killed):
            world.now = ANCHOR.stack.replace(second=0, microsecond=0)
            await alerts(world)
        for count, (kind, number) in enumerate(steps):
            if kind == "fold":
                fold(killed)
            elif kind == "kill":
                killed = await killed_and_started(killed, sentry, folder)
            for world in (twin, killed):
                await arrive(world, kind, number, count)
        shown = await show_sentry(killed), await show_sentry(twin)
        for name, answer in shown[1].items():
            assert shown[0][name] == answer, name
        assert told(killed) == told(twin)
        killed.journal.close()

    with tempfile.TemporaryDirectory() as name:
        asyncio.run(run(Path(name)))
