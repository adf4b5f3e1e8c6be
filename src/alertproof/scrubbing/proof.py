"""The proof: canaries go in by every door of both platforms, and everything that left is searched for them."""

from __future__ import annotations

import secrets
import uuid
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Self, final

from alertproof.canaries import (
    Canary,
    Flock,
    Judgement,
    Left,
    Places,
    Run,
    judge,
    places_in,
)
from alertproof.clock import SystemClock
from alertproof.errors import Broken, ConfigError, VendorUnavailable, nearest
from alertproof.faults import Error, Fault, FaultDoor, JobsReadOnly, Ledger, ReadOnly, injected
from alertproof.redact import Secret
from alertproof.requirements import Target
from alertproof.scrubbing.accounts import Accounts
from alertproof.scrubbing.doors import Door, Side
from alertproof.scrubbing.wire import Wire

__all__ = ["Proof", "Proven"]

_LEASE = timedelta(seconds=60)
#: Real time: what is in no queue after so long without a request to any vendor is not coming.
_QUIET = timedelta(seconds=1.5)
_ARRIVES_WITHIN = timedelta(seconds=25)
_AGAIN = timedelta(milliseconds=500)
_NEEDED = ("DD_API_KEY", "DD_APP_KEY", "SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT", "PAGERDUTY_API_TOKEN")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What a proof came to: the judgement, all that left, where canaries were in it, and those that were sent.

    ``sentry_scrubs``: what Sentry shows is what its server stores after its own scrubbing, and not what it was sent.
    """

    judgement: Judgement
    places: Places
    canaries: tuple[Canary, ...]
    began: datetime
    wall: timedelta
    left: tuple[Left, ...] = field(default=(), repr=False)
    sentry_scrubs: bool = True


@final
class Proof:
    """One proof on a target. Use as a context manager, within which what leaves is read.

    Raises `ConfigError` for a target without a control: an instance of the platform with its scrubbing off.
    """

    def __init__(self, target: Target, *, name: str, ledger: Ledger, facets: Mapping[str, str]) -> None:
        ends = target.endpoints
        if not ends.unscrubbed:
            raise ConfigError(
                f"target {name!r} has no control, which is the platform with its scrubbing off; for a stack: "
                "alertproof up --unscrubbed --json, for another platform set endpoints.unscrubbed in its line"
            )
        missing = [key for key in _NEEDED if not target.env.get(key)]
        if missing:
            raise ConfigError(f"target {name!r} does not say {', '.join(missing)}; set them in the environment")
        self._name = name
        self._ledger = ledger
        self._clock = SystemClock()
        self._began, self._start = self._clock.now(), self._clock.monotonic()
        self._since = target.stack_clock().now()
        self._flock = Flock(secrets.token_hex(8))
        self._marks: dict[str, dict[Run, str]] = {}
        self._shows: dict[str, tuple[str, ...]] = {}
        self._wire = Wire(target)
        self._accounts = Accounts(target, facets, name=f"target {name!r}")
        self._api = {Run.SCRUBBED: ends.m3core, Run.CONTROL: ends.unscrubbed}
        self._pages = {Run.SCRUBBED: target.pages, Run.CONTROL: ends.unscrubbed_web or ends.unscrubbed}
        token = Secret(target.env.get("M3CORE_FAULT_TOKEN", ""))
        self._fault_doors = {run: FaultDoor(base_url=url, token=token) for run, url in self._api.items()}

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._wire.close()
        self._accounts.close()
        for door in self._fault_doors.values():
            door.close()

    def go_through(self, door: Door) -> None:
        """Send canaries through a door of the scrubbing platform first, then of the control.

        What the control left has arrived when what the other left has: both go the same ways, one after the other.
        Raises `ConfigError` for a second door of one name: of what came out nobody could say by which it came in.
        """
        if door.name in self._shows:
            raise ConfigError(f"there are two doors named {door.name!r}; give each a name of its own")
        self._shows[door.name] = door.shows
        for run in (Run.CONTROL,) if door.control_only else (Run.SCRUBBED, Run.CONTROL):
            mark = f"canary-{uuid.uuid4().hex[:12]}"
            if not door.control_only:
                self._marks.setdefault(door.name, {})[run] = mark
            planted = self._flock.at(run, door.name, kinds=door.kinds, without_keys=door.without_keys)
            side = Side(run=run, api=self._api[run], pages=self._pages[run], mark=mark, canaries=planted)
            with self._broken(door, side):
                door.send(side)

    @contextmanager
    def _broken(self, door: Door, side: Side) -> Iterator[None]:
        with ExitStack() as stack:
            if door.fault:
                fault = _fault(door, side)
                held = {"door": self._fault_doors[side.run], "ledger": self._ledger, "target": self._name}
                stack.enter_context(injected(fault, lease=_LEASE, **held))  # type: ignore[arg-type]  # as named
            yield

    def conclude(self, *, sources: Sequence[str], also: Iterable[Left] = ()) -> Proven:
        """Wait until nothing more arrives, and judge; each of ``sources`` must have shown a canary of the control.

        Raises `Broken` when no canary was sent at all.
        """
        canaries = self._flock.planted()
        if not canaries:
            raise Broken("no canary was sent: a proof needs doors")
        deadline, also = self._clock.now() + _ARRIVES_WITHIN, tuple(also)
        while True:
            self._wait_until_quiet(deadline)
            late = self._clock.now() >= deadline
            try:
                proven = self._judged(canaries, sources, also)
            except VendorUnavailable as error:  # it may answer before the deadline
                if late:
                    raise Broken(f"what left could not be read: {error}") from error
                self._clock.sleep(_AGAIN)
                continue
            if not proven.judgement.blind or late:
                return proven

    def _wait_until_quiet(self, deadline: datetime) -> None:
        """Return when no vendor has received anything for a while, or at the deadline, when it is looked at anyway."""
        received, since = -1, self._clock.now()
        while self._clock.now() < deadline:
            now = self._wire.received()
            if now != received:
                received, since = now, self._clock.now()
            elif self._clock.now() - since >= _QUIET:
                return
            self._clock.sleep(timedelta(milliseconds=100))

    def _judged(self, canaries: Sequence[Canary], sources: Sequence[str], also: Iterable[Left]) -> Proven:
        marks = [mark for runs in self._marks.values() for mark in runs.values()]

        left = (*self._wire.left(), *self._accounts.left(marks, since=self._since), *also)
        places = places_in(left, [*(canary.core for canary in canaries), *marks])
        return Proven(
            judgement=judge(places, canaries, marks=self._marks, sources=sources, shows=self._shows),
            places=places,
            canaries=tuple(canaries),
            began=self._began,
            wall=self._clock.monotonic() - self._start,
            left=left,
            sentry_scrubs=self._wire.sentry_scrubs(),
        )


def _fault(door: Door, side: Side) -> Fault:
    """Return the fault behind a door, for the requests with its mark; raises `ConfigError` for another kind."""
    text = f"{door.fault} behind the door {door.name!r}"
    match = {"path": door.path, "correlation_id": side.mark}
    if door.fault == Error.kind:
        if door.plant and door.plant not in side.canaries:
            raise ConfigError(
                f"the door {door.name!r} plants {door.plant!r}, which is no field of its canaries"
                f"{nearest(door.plant, side.canaries)}"
            )
        plant = Secret(side.canaries[door.plant].core) if door.plant else None
        return Error(text=text, plant=plant, match=match)
    for kind in (ReadOnly, JobsReadOnly):
        if door.fault == kind.kind:
            return kind(text=text, match=match)
    raise ConfigError(f"the door {door.name!r} asks for the fault {door.fault!r}; it is one of requests that fail")
