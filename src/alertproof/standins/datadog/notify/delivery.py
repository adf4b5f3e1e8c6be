"""What becomes of a notification: each handle is sent, delivered to PagerDuty or a webhook, or undelivered and why."""

from __future__ import annotations

import asyncio
import json
from collections import deque
from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

import httpx
import msgspec

from alertproof.addresses import is_loopback
from alertproof.clock import Clock, standing_at
from alertproof.datadog import Definition, Notification
from alertproof.datadog.paging import pagerduty_event
from alertproof.datadog.webhook import webhook_request
from alertproof.errors import ConfigError, nearest
from alertproof.redact import Secret
from alertproof.standins.datadog.notify.services import PREFIX, ServiceBook
from alertproof.standins.datadog.notify.webhooks import PREFIX as WEBHOOK
from alertproof.standins.datadog.notify.webhooks import WebhookBook
from alertproof.standins.delivering import delivering
from alertproof.standins.journal.journal import Journal

__all__ = ["Delivery", "Outbox", "Outcome", "Sent"]

#: Real seconds to wait before each further try; the Events API asks to try again after 429 and 5xx.
#: [developer.pagerduty.com, "Events API v2 overview", retry logic]
_WAITS = (0.1, 0.4)
_TIMEOUT = 5.0
_KIND = b"o"


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


@dataclass(frozen=True, slots=True, eq=False)
class _Job:
    """One request, numbered from the first on; ``told`` says whose it is."""

    number: int
    delivery: Delivery
    told: str
    url: str
    content: bytes
    headers: Mapping[str, str]


class Outbox:
    """Keeps notifications and delivers those for PagerDuty and for webhooks on this machine, one by one and in order.

    In order, because a resolve that overtakes its trigger would leave the incident open.
    """

    #: Beyond these the oldest record is dropped, and a new delivery is refused as undelivered.
    KEPT = 10_000
    QUEUED = 1_000

    def __init__(
        self,
        services: ServiceBook,
        webhooks: WebhookBook,
        clock: Clock,
        *,
        url: str | None,
        ca_file: str | None,
        journal: Journal | None = None,
    ) -> None:
        self.sent: deque[Sent] = deque(maxlen=self.KEPT)
        self._services = services
        self._webhooks = webhooks
        self._clock = clock
        self._url = url
        self._ca_file = ca_file
        self._journal = journal or Journal(clock)
        self._jobs: deque[_Job] = deque()
        self._number = 0
        self._arrived = asyncio.Event()
        self._journal.on(_KIND, self._over_again)

    def put(self, notification: Notification, definition: Definition, monitor_id: int) -> Sent:
        """Take a notification: each of its handles gets an outcome at once or is queued."""
        sent = Sent(monitor_id=monitor_id, monitor=definition.name, notification=notification)
        self.sent.append(sent)
        for handle in notification.handles:
            if handle == PREFIX or handle.startswith(f"{PREFIX}-"):
                sent.deliveries.extend(self._queue_up(handle, notification, definition))
            elif handle.startswith(WEBHOOK):
                sent.deliveries.append(self._queue_webhook(handle, notification, definition))
            else:
                sent.deliveries.append(Delivery(handle=handle, outcome=Outcome.SENT, at=self._clock.now()))
        return sent

    def undelivered(self) -> list[Delivery]:
        """Return every delivery that failed, oldest first."""
        return [
            delivery for sent in self.sent for delivery in sent.deliveries if delivery.outcome is Outcome.UNDELIVERED
        ]

    def serving(self) -> AbstractAsyncContextManager[Mapping[str, str]]:
        """Deliver until the context is left."""
        return delivering(self._deliver_all, ca_file=self._ca_file, patience=_TIMEOUT)

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
        content, headers = json.dumps(body).encode(), {"Content-Type": "application/json"}
        return self._queued(delivery, "PagerDuty", f"{self._url}/v2/enqueue", content, headers)

    def _queue_webhook(self, handle: str, notification: Notification, definition: Definition) -> Delivery:
        delivery = Delivery(handle=handle, outcome=Outcome.QUEUED, at=self._clock.now())
        webhook = self._webhooks.resolve(handle)
        if webhook is None:
            known = nearest(handle.removeprefix(WEBHOOK), self._webhooks.hooks)
            self._settle(delivery, Outcome.UNDELIVERED, f"no webhook for @{handle} is configured{known}")
            return delivery
        delivery.service = webhook.name
        try:
            request = webhook_request(webhook, notification.seen_by(handle), definition)
        except ConfigError as error:
            self._settle(delivery, Outcome.UNDELIVERED, str(error))
            return delivery
        if not is_loopback(request.url):
            reason = f"{webhook.url} is not on this machine, and the stand-in calls no other"
            self._settle(delivery, Outcome.UNDELIVERED, reason)
            return delivery
        return self._queued(delivery, "the webhook", request.url, request.body.encode(), request.headers)

    def _queued(self, delivery: Delivery, told: str, url: str, content: bytes, headers: Mapping[str, str]) -> Delivery:
        if len(self._jobs) >= self.QUEUED:
            self._settle(delivery, Outcome.UNDELIVERED, f"more than {self.QUEUED} deliveries are waiting")
            return delivery
        self._number += 1
        self._jobs.append(_Job(self._number, delivery, told, url, content, headers))
        self._arrived.set()
        return delivery

    async def _deliver_all(self, client: httpx.AsyncClient) -> None:
        while True:
            while not self._jobs:
                self._arrived.clear()
                await self._arrived.wait()
            job = self._jobs[0]
            reason = await self._try(client, job)
            for wait in _WAITS:
                if reason is None or not reason.again:
                    break
                await asyncio.sleep(wait)
                reason = await self._try(client, job)
            failed = reason.text if reason else ""
            # Who was told must not be told again after a kill.
            with standing_at(await self._journal.insist(_KIND, msgspec.msgpack.encode((job.number, failed)))):
                self._over(job, failed)

    def _over_again(self, content: bytes) -> None:
        number, failed = msgspec.msgpack.decode(content, type=tuple[int, str])
        for job in [job for job in self._jobs if job.number == number]:
            self._over(job, failed)

    def _over(self, job: _Job, failed: str) -> None:
        self._jobs.remove(job)
        self._settle(job.delivery, Outcome.UNDELIVERED if failed else Outcome.DELIVERED, failed)

    async def _try(self, client: httpx.AsyncClient, job: _Job) -> _Failure | None:
        try:
            answer = await client.post(job.url, content=job.content, headers=dict(job.headers))
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            return _Failure(f"{type(error).__name__}: {error}", again=isinstance(error, httpx.TransportError))
        if answer.is_success:
            return None
        again = answer.status_code == 429 or answer.status_code >= 500
        return _Failure(f"{job.told} answered {answer.status_code}: {answer.text[:500]}", again=again)

    def _settle(self, delivery: Delivery, outcome: Outcome, reason: str) -> None:
        delivery.outcome, delivery.reason, delivery.at = outcome, reason, self._clock.now()


@dataclass(frozen=True, slots=True)
class _Failure:
    text: str
    again: bool
