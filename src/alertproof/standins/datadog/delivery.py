"""What becomes of a notification: each handle of it is sent, delivered to PagerDuty, or undelivered and why."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections import deque
from collections.abc import AsyncIterator, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

import httpx

from alertproof.clock import Clock
from alertproof.datadog import Definition, Notification, pagerduty_event
from alertproof.errors import nearest
from alertproof.redact import Secret
from alertproof.standins.datadog.services import PREFIX, ServiceBook

__all__ = ["Delivery", "Outbox", "Outcome", "Sent"]

#: Real seconds to wait before each further try; the Events API asks to try again after 429 and 5xx.
#: [developer.pagerduty.com, "Events API v2 overview", retry logic]
_WAITS = (0.1, 0.4)
_TIMEOUT = 5.0
_ACCEPTED = 202


class Outcome(StrEnum):
    """What became of one handle. *sent* is a handle that leads to no stand-in, such as slack-."""

    QUEUED = "queued"
    SENT = "sent"
    DELIVERED = "delivered"
    UNDELIVERED = "undelivered"


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One handle of a notification; ``at`` is the stack instant of the outcome."""

    handle: str
    outcome: Outcome
    at: datetime
    service: str = ""
    reason: str = ""
    dedup_key: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sent:
    """A notification as it left the monitor, and what became of each of its handles."""

    monitor_id: int
    monitor: str
    notification: Notification
    deliveries: list[Delivery] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Job:
    delivery: Delivery
    body: Mapping[str, Any]


class Outbox:
    """Keeps notifications and delivers those for PagerDuty, one by one and in order.

    In order, because a resolve that overtakes its trigger would leave the incident open.
    """

    #: Beyond these the oldest record is dropped, and a new delivery is refused as undelivered.
    KEPT = 10_000
    QUEUED = 1_000

    def __init__(self, services: ServiceBook, clock: Clock, *, url: str | None, ca_file: str | None) -> None:
        self.sent: deque[Sent] = deque(maxlen=self.KEPT)
        self._services = services
        self._clock = clock
        self._url = url
        self._ca_file = ca_file
        self._queue: asyncio.Queue[_Job] = asyncio.Queue(self.QUEUED)

    def put(self, notification: Notification, definition: Definition, monitor_id: int) -> Sent:
        """Take a notification: each of its handles gets an outcome at once or is queued."""
        sent = Sent(monitor_id=monitor_id, monitor=definition.name, notification=notification)
        self.sent.append(sent)
        for handle in notification.handles:
            if handle == PREFIX or handle.startswith(f"{PREFIX}-"):
                sent.deliveries.extend(self._queue_up(handle, notification, definition))
            else:
                sent.deliveries.append(Delivery(handle=handle, outcome=Outcome.SENT, at=self._clock.now()))
        return sent

    def undelivered(self) -> list[Delivery]:
        """Return every delivery that failed, oldest first."""
        return [
            delivery for sent in self.sent for delivery in sent.deliveries if delivery.outcome is Outcome.UNDELIVERED
        ]

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

    def _queue_up(self, handle: str, notification: Notification, definition: Definition) -> Iterator[Delivery]:
        now = self._clock.now()
        services = self._services.resolve(handle)
        if not services or self._url is None:
            known = nearest(handle.removeprefix(f"{PREFIX}-"), self._services.keys)
            reason = (
                f"no PagerDuty service for @{handle} is configured{known}"
                if self._url
                else "no PagerDuty address was given (--pagerduty-url)"
            )
            yield Delivery(handle=handle, outcome=Outcome.UNDELIVERED, at=now, reason=reason)
        for name, key in services if self._url else ():
            yield self._queue_one(handle, name, key, notification, definition)

    def _queue_one(
        self, handle: str, name: str, key: Secret, notification: Notification, definition: Definition
    ) -> Delivery:
        seen = notification.seen_by(handle)
        body = pagerduty_event(seen, definition=definition, routing_key=key.reveal())
        delivery = Delivery(
            handle=handle,
            service=name,
            outcome=Outcome.QUEUED,
            at=self._clock.now(),
            dedup_key=body["dedup_key"],
        )
        try:
            self._queue.put_nowait(_Job(delivery, body))
        except asyncio.QueueFull:
            self._settle(delivery, Outcome.UNDELIVERED, f"more than {self.QUEUED} deliveries are waiting")
        return delivery

    async def _deliver_all(self, client: httpx.AsyncClient) -> None:
        while True:
            job = await self._queue.get()
            reason = await self._try(client, job.body)
            for wait in _WAITS:
                if reason is None or not reason.again:
                    break
                await asyncio.sleep(wait)
                reason = await self._try(client, job.body)
            if reason is None:
                self._settle(job.delivery, Outcome.DELIVERED, "")
            else:
                self._settle(job.delivery, Outcome.UNDELIVERED, reason.text)

    async def _try(self, client: httpx.AsyncClient, body: Mapping[str, Any]) -> _Failure | None:
        try:
            answer = await client.post(f"{self._url}/v2/enqueue", json=body)
        except httpx.HTTPError as error:
            return _Failure(f"{type(error).__name__}: {error}", again=True)
        if answer.status_code == _ACCEPTED:
            return None
        again = answer.status_code == 429 or answer.status_code >= 500
        return _Failure(f"PagerDuty answered {answer.status_code}: {answer.text[:500]}", again=again)

    def _settle(self, delivery: Delivery, outcome: Outcome, reason: str) -> None:
        delivery.outcome, delivery.reason, delivery.at = outcome, reason, self._clock.now()


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str
    again: bool
