"""Reading what arrived in slices: all of it, in order, with others answered in between."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime
from itertools import pairwise

from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send

from alertproof.clock import Anchor
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.slices import read_in_slices, settled_before
from alertproof.standins.sentry.store import Received, Store

AT = datetime(2026, 3, 1, tzinfo=UTC)
API = Project(org="acme", slug="api", public_key="a" * 32, project_id="1")
MANY = 205


def add(store: Store, number: int) -> None:
    raw = b'{"event_id":"%032x"}\n{"type":"event"}\n{"message":"m"}\n' % number
    store.accept(Received(project=API, raw=raw, event_id=f"{number:032x}", at=AT))


def filled(read: list[str]) -> Store:
    store = Store([API], Anchor(real=AT, stack=AT, factor=1))
    store.watchers.append(lambda stored: read.append(stored.event.event_id))
    for number in range(MANY):
        add(store, number)
    return store


def test_all_that_is_there_is_read_in_order_and_others_have_their_turn_between_the_slices() -> None:
    read: list[str] = []
    store = filled(read)

    async def both() -> list[int]:
        seen = []
        task = asyncio.create_task(read_in_slices(store))
        while not task.done():
            await asyncio.sleep(0)
            seen.append(len(read))
        return seen

    seen = asyncio.run(both())
    assert read == [f"{number:032x}" for number in range(MANY)]
    assert len(set(seen)) > 5
    assert max(after - before for before, after in pairwise(seen)) <= 20


def test_who_sends_all_the_time_keeps_nobody_from_an_answer() -> None:
    read: list[str] = []
    store = filled(read)

    async def both() -> None:
        task = asyncio.create_task(read_in_slices(store))
        number = MANY
        while not task.done():
            for _ in range(30):
                add(store, number)
                number += 1
            await asyncio.sleep(0)

    asyncio.run(both())
    assert MANY <= len(read) <= MANY + 30 + 20


def test_only_who_asks_for_it_has_it_read() -> None:
    read: list[str] = []
    store = filled(read)
    reading = re.compile("/api/0/")

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        await PlainTextResponse(str(len(read)))(scope, receive, send)

    async def asked(path: str) -> bytes:
        sent: list[Message] = []

        async def send(message: Message) -> None:
            sent.append(message)

        scope: Scope = {"type": "http", "method": "GET", "path": path, "headers": []}
        await settled_before(app, store, reading)(scope, None, send)  # type: ignore[arg-type]
        return bytes(sent[-1]["body"])

    assert asyncio.run(asked("/other")) == b"0"
    assert asyncio.run(asked("/api/0/issues/")) == b"%d" % MANY
