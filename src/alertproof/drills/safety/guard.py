"""The guard of a drill: while it waits, it looks whether going on is still right, and ends the drill where it is not.

What it ends is the wait; the fault is reverted on the way out, as by any other error.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import Protocol, final

import httpx

from alertproof.addresses import is_loopback
from alertproof.clock import Anchor, AnchoredClock, Clock, SystemClock
from alertproof.drills.safety.marking import MARK
from alertproof.errors import Broken, VendorUnavailable
from alertproof.vendors import Incident

__all__ = ["Guard", "GuardedClock", "Quota", "Watch", "guarded_address", "no_real_incident"]

_EVERY = timedelta(seconds=10)  # real
_SLICE = timedelta(seconds=2)  # real
_PATIENCE = 2  # failures in a row: one may be the network's


class Watch(Protocol):
    """Looks at one thing; returns why a drill must end, empty when it may go on."""

    def __call__(self) -> str: ...


@final
class Guard:
    """Looks at everything that it was given, each ten seconds of real time at the most."""

    def __init__(self, watches: Collection[Watch], *, system: Clock | None = None) -> None:
        self._watches = tuple(watches)
        self._system = system or SystemClock()
        self._due = self._system.monotonic()

    def look(self) -> None:
        """Raise `Broken` that says why the drill ends here; do nothing between two looks."""
        if not self._watches or self._system.monotonic() < self._due:
            return
        self._due = self._system.monotonic() + _EVERY
        for watch in self._watches:
            said = watch()
            if said:
                raise Broken(f"the drill was ended by its guard: {said}")


@final
class GuardedClock:
    """A target's clock that looks at the guard while it waits."""

    def __init__(self, clock: AnchoredClock, guard: Guard) -> None:
        self._clock = clock
        self._guard = guard

    @property
    def anchor(self) -> Anchor:
        return self._clock.anchor

    def now(self) -> datetime:
        return self._clock.now()

    def monotonic(self) -> timedelta:
        return self._clock.monotonic()

    def sleep(self, delay: timedelta) -> None:
        """Wait as the clock does, in slices; raises `Broken` when the guard ends the drill."""
        ends = self._clock.monotonic() + delay
        while True:
            self._guard.look()
            left = ends - self._clock.monotonic()
            if left <= timedelta(0):
                return
            self._clock.sleep(min(left, _SLICE * self.anchor.factor))


@final
class guarded_address:  # noqa: N801 - read as the function it stands for
    """Watches an address: twice in a row no answer, or a 5xx, ends the drill."""

    def __init__(self, address: str) -> None:
        self._address = address
        self._failed = 0

    def __call__(self) -> str:
        said = self._asked()
        self._failed = self._failed + 1 if said else 0
        return f"{self._address} {said}" if self._failed >= _PATIENCE else ""

    def _asked(self) -> str:
        try:
            with httpx.Client(timeout=5.0, trust_env=not is_loopback(self._address)) as client:
                status = client.get(self._address).status_code
        except httpx.HTTPError as error:
            return f"did not answer: {error!r}"
        return f"answered {status}" if status >= 500 else ""


def no_real_incident(
    incidents: Callable[[], Collection[Incident]], *, ours: Collection[str], services: Collection[str] | None = None
) -> Watch:
    """Watch PagerDuty: an incident whose title names none of our monitors, and is not marked, is a real one.

    With ``services`` those of other services are none of this platform's.
    """

    def watch() -> str:
        try:
            opened = incidents()
        except VendorUnavailable:
            return ""  # the drill's own waits say it
        here = [one for one in opened if services is None or one.service in services]
        real = [one for one in here if MARK.strip() not in one.title and not any(name in one.title for name in ours)]
        return f"a real incident opened on {real[0].service}: {real[0].title!r}" if real else ""

    return watch


@final
class Quota:
    """Watches the traffic: a run sends no more requests than a target allows, nor does one of its drills."""

    def __init__(self, sent: Callable[[], int], *, run: int, drill: int) -> None:
        self._sent = sent
        self._run = run
        self._drill = drill
        self._before = 0

    def begin(self) -> None:
        """Count for the next drill from here on."""
        self._before = self._sent()

    def __call__(self) -> str:
        count = self._sent()
        if count > self._run:
            return f"{count} requests were sent by this run, the target allows {self._run} (drills.requests)"
        if count - self._before > self._drill:
            said = f"the target allows {self._drill} (drills.drill_requests)"
            return f"{count - self._before} requests were sent by this drill, {said}"
        return ""
