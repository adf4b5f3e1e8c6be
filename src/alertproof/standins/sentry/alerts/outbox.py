"""What alerts told, and its delivery to PagerDuty, one by one and in order.

In order, because a resolve that overtakes its trigger would leave the incident open.
"""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any, Protocol, TypeAlias, final

import httpx
import msgspec

from alertproof.clock import Clock
from alertproof.sentry.rules import Action
from alertproof.standins.sentry.bounded import Bounded

__all__ = ["Outbox", "Outcome", "Page", "Sent", "Services"]

#: Real seconds to wait before each further try; the Events API asks to try again after 429 and 5xx.
_WAITS = (0.1, 0.4)
#: Sentry's own, in real seconds.
_TIMEOUT = 15.0
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


@final
class Outbox:
    """Keeps what was told and delivers what is for PagerDuty."""

    #: Beyond these the oldest record is dropped, and a new delivery is refused as undelivered.
    KEPT = 2_000
    BYTES = 32 * 1024 * 1024
    QUEUED = 200

    def __init__(self, services: Services, clock: Clock, *, url: str | None = None, ca_file: str | None = None) -> None:
        self.sent: Bounded[Sent] = Bounded(count=self.KEPT, size=self.BYTES)
        self._services = services
        self._clock = clock
        self._url = url
        self._ca_file = ca_file
        self._queue: asyncio.Queue[tuple[Sent, bytes]] = asyncio.Queue(self.QUEUED)

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

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Mapping[str, str]]:
        """Deliver until the context is left."""
        verify = ssl.create_default_context(cafile=self._ca_file)
        async with (
            httpx.AsyncClient(verify=verify, timeout=_TIMEOUT, trust_env=False) as client,
            asyncio.TaskGroup() as group,
        ):
            task = group.create_task(self._deliver_all(client))
            yield {}
            task.cancel()

    def _deliver(self, sent: Sent, action: Action, content: bytes | None) -> None:
        if content is None:
            # The service was there when the rule was made.
            self._settle(sent, f"integration {action.account!r} has no PagerDuty service {action.service!r} any more")
            return
        if self._url is None:
            self._settle(sent, "no PagerDuty address was given (--pagerduty-url)")
            return
        sent.outcome = Outcome.QUEUED
        try:
            self._queue.put_nowait((sent, content))
        except asyncio.QueueFull:
            self._settle(sent, f"more than {self.QUEUED} deliveries are waiting")

    async def _deliver_all(self, client: httpx.AsyncClient) -> None:
        while True:
            sent, content = await self._queue.get()
            reason, again = await self._try(client, content)
            for wait in _WAITS:
                if not again:
                    break
                await asyncio.sleep(wait)
                reason, again = await self._try(client, content)
            self._settle(sent, reason)

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
