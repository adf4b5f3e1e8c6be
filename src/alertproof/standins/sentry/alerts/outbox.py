"""What alerts told, and its delivery to PagerDuty, one by one and in order.

In order, because a resolve that overtakes its trigger would leave the incident open.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, final

import httpx
import msgspec

from alertproof.clock import Clock, standing_at
from alertproof.sentry.rules import Action
from alertproof.standins.bounded import Bounded
from alertproof.standins.delivering import delivering
from alertproof.standins.journal.journal import Journal

__all__ = ["Outbox", "Outcome", "Page", "Sent", "Services"]

#: Real seconds to wait before each further try; the Events API asks to try again after 429 and 5xx.
_WAITS = (0.1, 0.4)
#: Sentry's own, in real seconds.
_TIMEOUT = 15.0
_KIND = b"o"
#: Makes the body for the Events API out of routing key and severity.
Page: TypeAlias = Callable[[str, str], dict[str, Any]]


class Services(Protocol):
    """Knows the routing key of a service."""

    def key(self, account: str, service: str) -> str | None:
        """Return the routing key of a service of an integration, or None."""
        ...


class Outcome(StrEnum):
    """What became of one action. *noted* is one that leads to no stand-in, such as an email."""

    QUEUED = "queued"
    NOTED = "noted"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


class Sent(msgspec.Struct, kw_only=True):
    """One action of one alert; ``at`` is the stack instant of the outcome. The body is shown without its key."""

    alert: str
    action: str
    outcome: Outcome
    at: datetime
    reason: str = ""
    body: dict[str, Any] = {}


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One delivery, numbered from the first on."""

    number: int
    sent: Sent
    content: bytes


@final
class Outbox:
    """Keeps what was told and delivers what is for PagerDuty."""

    #: Beyond these the oldest record is dropped, and a new delivery is refused as undelivered.
    KEPT = 2_000
    BYTES = 32 * 1024 * 1024
    QUEUED = 200

    def __init__(
        self,
        services: Services,
        clock: Clock,
        *,
        url: str | None = None,
        ca_file: str | None = None,
        journal: Journal | None = None,
    ) -> None:
        self.sent: Bounded[Sent] = Bounded(count=self.KEPT, size=self.BYTES)
        self._services = services
        self._clock = clock
        self._url = url
        self._ca_file = ca_file
        self._journal = journal or Journal(clock)
        self._jobs: deque[_Job] = deque()
        self._number = 0
        self._arrived = asyncio.Event()
        self._journal.on(_KIND, self._over_again)
        self._journal.keep("outbox", self, without=("_arrived", "_ca_file", "_url"))

    def put(self, alert: str, action: Action, page: Page) -> None:
        """Take one action of an alert that fired; ``page`` makes the body when it is for PagerDuty."""
        sent = Sent(alert=alert, action=action.kind, outcome=Outcome.NOTED, at=self._clock.now())
        key = self._services.key(action.account, action.service) if action.kind == "pagerduty" else None
        body = page(key, action.severity) if key is not None else {}
        content = msgspec.json.encode(body)
        sent.body = {name: value for name, value in body.items() if name != "routing_key"}
        self.sent.add(sent, len(content))
        if action.kind == "pagerduty":
            self._deliver(sent, action, content if body else None)

    def serving(self) -> AbstractAsyncContextManager[Mapping[str, str]]:
        """Deliver until the context is left."""
        return delivering(self._deliver_all, ca_file=self._ca_file, patience=_TIMEOUT)

    def _deliver(self, sent: Sent, action: Action, content: bytes | None) -> None:
        if content is None:
            # The service was there when the rule was made.
            self._settle(sent, f"integration {action.account!r} has no PagerDuty service {action.service!r} any more")
            return
        if self._url is None:
            self._settle(sent, "no PagerDuty address was given (--pagerduty-url)")
            return
        if len(self._jobs) >= self.QUEUED:
            self._settle(sent, f"more than {self.QUEUED} deliveries are waiting")
            return
        sent.outcome = Outcome.QUEUED
        self._number += 1
        self._jobs.append(_Job(self._number, sent, content))
        self._arrived.set()

    async def _deliver_all(self, client: httpx.AsyncClient) -> None:
        while True:
            while not self._jobs:
                self._arrived.clear()
                await self._arrived.wait()
            job = self._jobs[0]
            reason, again = await self._try(client, job.content)
            for wait in _WAITS:
                if not again:
                    break
                await asyncio.sleep(wait)
                reason, again = await self._try(client, job.content)
            # Who was told must not be told again after a kill.
            with standing_at(await self._journal.insist(_KIND, msgspec.msgpack.encode((job.number, reason)))):
                self._over(job, reason)

    def _over_again(self, content: bytes) -> None:
        number, reason = msgspec.msgpack.decode(content, type=tuple[int, str])
        for job in [job for job in self._jobs if job.number == number]:
            self._over(job, reason)

    def _over(self, job: _Job, reason: str) -> None:
        self._jobs.remove(job)
        self._settle(job.sent, reason)

    async def _try(self, client: httpx.AsyncClient, content: bytes) -> tuple[str, bool]:
        """Send once; returns why it failed (empty when it did not), and whether to try again."""
        try:
            # With the slash, as Sentry does.
            answer = await client.post(
                f"{self._url}/v2/enqueue/", content=content, headers={"Content-Type": "application/json"}
            )
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return f"{type(error).__name__}: {error}", isinstance(error, httpx.TransportError)
        if answer.is_success:
            return "", False
        again = answer.status_code == 429 or answer.status_code >= 500
        return f"PagerDuty answered {answer.status_code}: {answer.text[:500]}", again

    def _settle(self, sent: Sent, reason: str) -> None:
        sent.outcome = Outcome.UNDELIVERED if reason else Outcome.DELIVERED
        sent.reason, sent.at = reason, self._clock.now()
