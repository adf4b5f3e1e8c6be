"""The Sentry side of a drill: the event of a failed request, what it carries and what it must not."""

from __future__ import annotations

import base64
import uuid
from datetime import timedelta
from urllib.parse import quote

import httpx

from alertproof.addresses import is_loopback
from alertproof.drills.checklist import Checklist
from alertproof.drills.platform import Platform
from alertproof.errors import Broken
from alertproof.faults import Error, ScrubbingOff, injected
from alertproof.loadgen import Answered
from alertproof.redact import Secret
from alertproof.sentry.verify import SentryEvent, environment, has_tag, judge, release, tag
from alertproof.sentrywatch import SentryWatch, Waited

__all__ = ["SentryCheck", "holds"]

_WITHIN = timedelta(seconds=5)  # real: events do not travel on the target's clock
_MARGIN = timedelta(seconds=10)


def holds(text: str, secret: Secret) -> bool:
    """Return whether a text holds the secret as it is, percent-encoded or in base64 at any offset."""
    plain = secret.reveal()
    encoded = plain.encode()
    # Base64 of a text inside a longer one depends on the offset modulo 3; the ends are cut where neighbours mix in.
    pieces = {base64.b64encode(b"\0" * pad + encoded).decode()[4 : -4 or None] for pad in range(3)}
    return any(form in text for form in {plain, quote(plain, safe="")} | pieces)


class SentryCheck:
    """Checks the event of a failed request, and proves with scrubbing off that the check can see a leak."""

    def __init__(self, platform: Platform, checklist: Checklist, plant: Secret) -> None:
        self._platform = platform
        self._list = checklist
        self._plant = plant
        self._texts = (
            f"Sentry has the failed request's event, in environment {platform.environment!r}",
            f"the event names release {platform.target.env['M3CORE_RELEASE']!r}",
            "the event is tagged with the request's tenant",
            "the planted secret is nowhere in the event",
        )

    @property
    def _within(self) -> timedelta:
        """How long an event may take to be seen: a target with limits says it."""
        limits = self._platform.target.drills
        return limits.visible.delta if limits is not None else _WITHIN

    def announce(self) -> None:
        """Say beforehand what the event of a failed request is going to be asked."""
        self._list.announce(*self._texts)

    def _wait(self, correlation_id: str) -> Waited:
        watch = SentryWatch(self._platform.sentry, clock=self._platform.clock, within=self._within)
        return watch.wait_for({"correlation_id": correlation_id})

    def scrubbed_event(self, failed: Answered) -> SentryEvent | None:
        """Wait for the event of a failed request of the traffic, and decide what it must carry."""
        *texts, clean = self._texts
        waited = self._wait(failed.correlation_id)
        if waited.missing:
            self._list.expect(texts[0], False, waited.missing)
            return None
        event = waited.events[0]
        named = self._platform.spec.sentry.tags
        agreed = (
            environment(self._platform.environment),
            release(self._platform.target.env["M3CORE_RELEASE"]),
            tag("tenant", failed.tenant),
            *map(has_tag, named),
        )
        texts += [f"the event has the tag {name!r}" for name in named]
        for text, one in zip(texts, judge(event, agreed), strict=True):
            self._list.expect(text, bool(one.met), f"{one.what} {one.found} of event {event.id}")
        leaked = holds(event.raw, self._plant)
        self._list.expect(clean, not leaked, f"event {event.id} {'holds it' if leaked else 'does not hold it'}")
        return event

    def control(self) -> None:
        """Let one request of our own fail with scrubbing off: the same search must now see the secret.

        Raises `Broken` when it does not: then its silence before meant nothing.
        """
        platform, correlation_id = self._platform, uuid.uuid4().hex
        hold = {"ledger": platform.ledger, "lease": self._within + _MARGIN, "target": platform.name}
        unscrubbed = ScrubbingOff(text="scrubbing is off")
        failing = Error(
            text="one request of the suite's own fails",
            plant=self._plant,
            match={"path": "/api/*", "correlation_id": correlation_id},
        )
        doors = platform.door_of(unscrubbed), platform.door_of(failing)
        with injected(unscrubbed, door=doors[0], **hold), injected(failing, door=doors[1], **hold):  # type: ignore[arg-type]
            self._request(correlation_id)
            waited = self._wait(correlation_id)
        event = waited.events[0] if waited.events else None
        if event is None or not holds(event.raw, self._plant):
            seen = waited.missing if event is None else f"event {event.id} did not hold it"
            raise Broken(f"with scrubbing off the planted secret was not seen in Sentry ({seen}): the search is blind")
        self._list.expect(
            "with scrubbing off the same search does see the planted secret", True, f"event {event.id} holds it"
        )

    def _request(self, correlation_id: str) -> None:
        env, base = self._platform.target.env, self._platform.target.endpoints.m3core
        tenant = self._platform.spec.tenants[0]
        login = {"tenant": tenant, "email": f"agent@{tenant}.example", "password": env["M3CORE_SEED_PASSWORD"]}
        try:
            with httpx.Client(base_url=base, timeout=10.0, trust_env=not is_loopback(base)) as client:
                token = client.post("/api/login", json=login).raise_for_status().json()["token"]
                headers = {"Authorization": f"Bearer {token}", "X-Correlation-Id": correlation_id}
                status = client.get("/api/leads", headers=headers).status_code
        except httpx.HTTPError as error:
            raise Broken(f"the control request to {base} was not answered: {error!r}") from error
        if status < 500:
            raise Broken(f"the control request was to fail with scrubbing off, but was answered {status}")
