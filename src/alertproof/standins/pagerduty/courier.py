"""The courier brings webhooks v3 to their receivers: signed, in order of an incident, again after a failure.

A receiver has five seconds of real time. After a timeout, 429 or 5xx it is tried again, up to 48 hours of the stack's
clock; by which steps PagerDuty waits is not said, so ``first_wait`` and ``longest_wait`` are options. Another 4xx
drops the event. Three drops in a row disable the subscription for 24 hours, of which it hears nothing afterwards.
Only receivers on this machine are called. Source: developer.pagerduty.com/docs/webhooks (behavior, signatures).
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import hmac
import ssl
from collections import deque
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import final

import httpx
import msgspec

from alertproof.addresses import is_loopback
from alertproof.clock import Clock, standing_at
from alertproof.redact import Secret
from alertproof.standins.journal.journal import Journal

__all__ = ["Courier", "Delivery", "Outcome", "Receiver", "signature"]

_TIMEOUT = 5.0
_RETRIED_FOR = timedelta(hours=48)
_DISABLED_FOR = timedelta(hours=24)
_DROPS = 3
_LARGEST = 256 * 1024
#: Real seconds between two looks at what is due.
_NAP = 0.05
_AT_ONCE = 20
_KIND = b"w"


class Outcome(StrEnum):
    """What became of a webhook."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    DROPPED = "dropped"


class _Try(msgspec.Struct, array_like=True, frozen=True):
    """How one try of a delivery went; ``reason`` is why it failed, empty if it did not."""

    subscription_id: str
    order: str
    id: str
    tries: int
    reason: str
    again: bool


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Try)


@dataclass(slots=True, kw_only=True)
class Receiver:
    """Where a subscription's webhooks go, and how that went; ``drops`` in a row."""

    url: str
    secret: Secret
    headers: Mapping[str, str]
    drops: int = 0
    disabled_until: datetime | None = None

    def disabled(self, at: datetime) -> bool:
        """Return whether it hears nothing at an instant."""
        return self.disabled_until is not None and at < self.disabled_until

    def enable(self) -> None:
        """Let it hear again."""
        self.drops, self.disabled_until = 0, None


@dataclass(slots=True, kw_only=True)
class Delivery:
    """One webhook on its way; ``order`` is what it must not be overtaken in."""

    id: str
    kind: str
    receiver: Receiver
    subscription_id: str
    order: str
    body: bytes
    since: datetime
    due: datetime
    wait: timedelta
    tries: int = 0
    outcome: Outcome = Outcome.WAITING
    reason: str = field(default="")


def signature(secret: Secret, body: bytes) -> str:
    """Return the value of ``X-PagerDuty-Signature`` for a body."""
    return "v1=" + hmac.new(secret.reveal().encode(), body, hashlib.sha256).hexdigest()


@final
class Courier:
    """Webhooks that wait, each behind those of its incident, and the newest that are done."""

    KEPT = 1000
    QUEUED = 1000

    def __init__(
        self,
        clock: Clock,
        *,
        first_wait: timedelta = timedelta(seconds=5),
        longest_wait: timedelta = timedelta(minutes=10),
        journal: Journal | None = None,
    ) -> None:
        self._clock = clock
        self._journal = journal or Journal(clock)
        self._journal.on(_KIND, self._went_again)
        self._journal.keep("courier", self, without=("_under_way", "_first_wait", "_longest_wait"))
        self._first_wait = first_wait
        self._longest_wait = longest_wait
        self._queues: dict[tuple[str, str], deque[Delivery]] = {}
        self._under_way: set[tuple[str, str]] = set()
        self._waiting = 0
        self.done: deque[Delivery] = deque(maxlen=self.KEPT)

    def waiting(self) -> list[Delivery]:
        """Return what is not done yet."""
        return [delivery for queue in self._queues.values() for delivery in queue]

    def put(
        self, receiver: Receiver, body: bytes, *, identity: str, kind: str, subscription_id: str, order: str
    ) -> None:
        """Take a webhook; one that cannot be sent is dropped at once, with the reason."""
        now = self._clock.now()
        delivery = Delivery(
            id=identity,
            kind=kind,
            receiver=receiver,
            subscription_id=subscription_id,
            order=order,
            body=body,
            since=now,
            due=now,
            wait=self._first_wait,
        )
        refusal = self._refusal(delivery, now)
        if refusal:
            self._settle(delivery, Outcome.DROPPED, refusal)
            return
        self._queues.setdefault((subscription_id, order), deque()).append(delivery)
        self._waiting += 1

    def forget(self, subscription_id: str) -> None:
        """Drop what waits for a subscription that is deleted."""
        for key in [key for key in self._queues if key[0] == subscription_id]:
            for delivery in self._queues.pop(key):
                self._waiting -= 1
                self._settle(delivery, Outcome.DROPPED, "the subscription was deleted")

    @contextlib.asynccontextmanager
    async def client(self) -> AsyncIterator[httpx.AsyncClient]:
        """Open the connections that :meth:`pump` uses."""
        limits = httpx.Limits(max_connections=_AT_ONCE)
        context = ssl.create_default_context()
        async with httpx.AsyncClient(timeout=_TIMEOUT, trust_env=False, verify=context, limits=limits) as client:
            yield client

    async def pump(self, client: httpx.AsyncClient) -> int:
        """Try once what is due and first of its incident, and wait for that; returns how many were tried."""
        ready = self._ready()
        await asyncio.gather(*(self._try(client, delivery) for delivery in ready))
        return len(ready)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Mapping[str, str]]:
        """Deliver until the context is left."""
        async with self.client() as client, asyncio.TaskGroup() as group:
            task = group.create_task(self._run(client))
            yield {}
            task.cancel()

    async def _run(self, client: httpx.AsyncClient) -> None:
        # Nobody waits for a receiver that is slow but those behind it.
        async with asyncio.TaskGroup() as group:
            while True:
                for delivery in self._ready():
                    group.create_task(self._try(client, delivery))
                await asyncio.sleep(_NAP)

    def _ready(self) -> list[Delivery]:
        """Return what is to be tried now, from here on under way."""
        now = self._clock.now()
        heads = [(key, queue[0]) for key, queue in self._queues.items() if key not in self._under_way]
        due = [(key, head) for key, head in heads if head.due <= now][: _AT_ONCE - len(self._under_way)]
        self._under_way.update(key for key, _ in due)
        return [head for _, head in due]

    async def _try(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        try:
            await self._send(client, delivery)
        finally:
            self._under_way.discard((delivery.subscription_id, delivery.order))

    async def _send(self, client: httpx.AsyncClient, delivery: Delivery) -> None:
        receiver = delivery.receiver
        delivery.tries += 1
        headers = {
            **receiver.headers,
            "Content-Type": "application/json",
            "User-Agent": "PagerDuty-Webhook/V3.0",
            "X-Webhook-Id": delivery.id,
            "X-Webhook-Subscription": delivery.subscription_id,
            "X-PagerDuty-Signature": signature(receiver.secret, delivery.body),
        }
        try:
            answer = await client.post(receiver.url, content=delivery.body, headers=headers)
        except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
            reason, again = f"{type(error).__name__}: {error}", isinstance(error, httpx.TransportError)
        else:
            reason = "" if answer.is_success else f"the receiver answered {answer.status_code}"
            again = answer.status_code == 429 or answer.status_code >= 500
        went = _Try(delivery.subscription_id, delivery.order, delivery.id, delivery.tries, reason, again)
        # A receiver that was told must not be told again after a kill.
        with standing_at(await self._journal.insist(_KIND, _ENCODER.encode(went))):
            self._went(delivery, went)

    def _went_again(self, content: bytes) -> None:
        went = _DECODER.decode(content)
        queue = self._queues.get((went.subscription_id, went.order), ())
        delivery = next((each for each in queue if each.id == went.id), None)
        # A subscription that was deleted meanwhile has no queue any more.
        if delivery is not None:
            delivery.tries = went.tries
            self._went(delivery, went)

    def _went(self, delivery: Delivery, went: _Try) -> None:
        if went.reason:
            self._failed(delivery, went.reason, again=went.again)
        else:
            delivery.receiver.drops = 0
            self._over(delivery, Outcome.DELIVERED, "")

    def _failed(self, delivery: Delivery, reason: str, *, again: bool) -> None:
        now = self._clock.now()
        delivery.reason = reason
        if again and now + delivery.wait <= delivery.since + _RETRIED_FOR:
            delivery.due = now + delivery.wait
            delivery.wait = min(2 * delivery.wait, self._longest_wait)
            return
        receiver = delivery.receiver
        receiver.drops += 1
        if receiver.drops >= _DROPS:
            receiver.drops, receiver.disabled_until = 0, now + _DISABLED_FOR
        self._over(delivery, Outcome.DROPPED, reason)

    def _refusal(self, delivery: Delivery, now: datetime) -> str | None:
        receiver = delivery.receiver
        if not is_loopback(receiver.url):
            return f"{receiver.url} is not on this machine, and the stand-in calls no other"
        if receiver.disabled(now):
            return "the subscription is temporarily disabled"
        if len(delivery.body) > _LARGEST:
            return f"the webhook is larger than {_LARGEST} bytes"
        if self._waiting >= self.QUEUED:
            return f"more than {self.QUEUED} webhooks are waiting"
        return None

    def _over(self, delivery: Delivery, outcome: Outcome, reason: str) -> None:
        key = (delivery.subscription_id, delivery.order)
        queue = self._queues.get(key)
        # A subscription that was deleted meanwhile has no queue any more.
        if queue is None or queue[0] is not delivery:
            return
        queue.popleft()
        self._waiting -= 1
        if not queue:
            del self._queues[key]
        self._settle(delivery, outcome, reason)

    def _settle(self, delivery: Delivery, outcome: Outcome, reason: str) -> None:
        delivery.outcome, delivery.reason = outcome, reason
        self.done.append(delivery)
