"""The door for overload: a load profile holds a share of all requests slow, beside the drill's own traffic."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import NamedTuple, final

from alertproof.clock import Clock, SystemClock
from alertproof.errors import Broken, ConfigError, FaultError
from alertproof.faults import LOAD, Fault, FaultState, Overload, refuse_longer
from alertproof.loadgen import Counted, HeldLoad, HoldProfile, Traffic, read_hold_profile
from alertproof.requirements import Target

__all__ = ["Learned", "LoadDoor"]

_LATELY = 30  # ticks: five waves
_ANSWERED = timedelta(seconds=2)  # real: by then, nearly all that were slow are


class Learned(NamedTuple):
    """How many arrivals a wave has more, and how many times the requests of the steady traffic there then are."""

    extra: float
    growth: float


@final
class LoadDoor:
    """Takes one `Overload` at a time, as the platform's doors take other faults. No lease is above ``longest``.

    The load holds the lease itself, and ends with the run: an entry of a dead run has nothing to revert. What one load
    has learned of the platform, the next begins with. ``load`` is the last one, also when it has ended.
    """

    base_url = LOAD

    def __init__(
        self, target: Target, traffic: Traffic, *, longest: timedelta | None = None, clock: Clock | None = None
    ) -> None:
        self._target, self._traffic = target, traffic
        self._longest = longest
        self._clock = clock or SystemClock()
        self._learned: dict[Path, Learned] = {}  # by scenario
        self._standing: tuple[str, timedelta] | None = None  # the fault's id, and when its lease ends
        self.load: HeldLoad | None = None

    def close(self) -> None:
        """End the load that stands, if one does."""
        if self._standing is not None:
            self.revert(self._standing[0])

    def inject(self, fault: Fault, *, fault_id: str, lease: timedelta) -> None:
        """Have the load sent; raises `FaultError` for a fault of another kind, a second one, and where it cannot be."""
        if not isinstance(fault, Overload):
            raise FaultError(f"the fault {fault.text!r} is no load; a door of the platform takes it")
        if "load" not in self._target.allow:
            raise FaultError("the target does not allow 'load'; where that is wanted, say so in alertproof.toml")
        refuse_longer(fault, lease, self._longest)
        if self.active():
            raise FaultError("load is being sent already; revert that fault first")
        try:
            profile = replace(read_hold_profile(Path(str(fault.prepare()["profile"]))), share=fault.share)
            learned = self.learned(profile)
            limit = profile.limit.total_seconds()
            self.load = HeldLoad(
                profile,
                self._target,
                until=lease,
                extra=learned.extra if learned else None,
                beside=lambda since, until: self._others(since, until, limit),
            )
            self._standing = fault_id, self._clock.monotonic() + lease
            self.load.wait_ready()
        except (Broken, ConfigError) as error:
            raise FaultError(str(error)) from error

    def revert(self, fault_id: str) -> None:
        """Have no more sent, and wait for what is under way; a fault that has ended already is no error."""
        if self._standing is None or self._standing[0] != fault_id or self.load is None:
            return
        self.load.end()
        if self.load.hold.settled and self.load.ticks:
            lately = self.load.ticks[-_LATELY:]
            growth = sum(tick.all.n for tick in lately) / max(1, sum(tick.beside.n for tick in lately))
            self._learned.setdefault(self.load.profile.scenario, Learned(self.load.hold.extra, growth))
        self._standing = None

    def learned(self, profile: HoldProfile) -> Learned | None:
        """Return what the first load of the profile's scenario has learned of the platform; None before."""
        return self._learned.get(profile.scenario)

    def active(self) -> list[FaultState]:
        """Return the fault that stands, with the requests since it began and the slow ones of them."""
        if self._standing is None or self.load is None:
            return []
        fault_id, ends = self._standing
        left = ends - self._clock.monotonic()
        if left <= timedelta(0) or not self.load.running:
            return []
        n, slow = self.load.counted()
        return [
            FaultState(
                id=fault_id,
                kind=Overload.kind,
                matched=n,
                injected=slow,
                lease_left_seconds=left.total_seconds(),
            )
        ]

    def _others(self, since: datetime, until: datetime, limit: float) -> Counted:
        """Count the drill's steady traffic of a little earlier: what is asked of just now may not be answered yet."""
        answers = self._traffic.answers(since=since - _ANSWERED, until=until - _ANSWERED)
        return Counted(len(answers), sum(one.failed or one.seconds > limit for one in answers))
