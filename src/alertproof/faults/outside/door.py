"""The door for faults from outside: it starts a process of the run's own for each, as a platform's door would break it.

The process ends with its lease, with the revert and with the run, also when that is killed. So an entry of a dead run
in the ledger has nothing to revert.
"""

from __future__ import annotations

import os
import sys
import threading
from datetime import timedelta
from typing import final

import msgspec

from alertproof.clock import Clock, SystemClock
from alertproof.errors import FaultError
from alertproof.faults.door import FaultState, refuse_longer
from alertproof.faults.kinds import Fault, FeatureFlag, LoginAttack
from alertproof.faults.outside.held import HeldFlag
from alertproof.faults.outside.plan import PLAN, AttackPlan, Done
from alertproof.stack.processes import Child

__all__ = ["OUTSIDE", "OutsideDoor"]

#: What the ledger says in the place of a door's address.
OUTSIDE = "a process of this run"
_START = timedelta(seconds=20)
_END = timedelta(seconds=12)  # a login that is under way may take ten


@final
class _Running:
    def __init__(self, fault: Fault, plan: AttackPlan, clock: Clock) -> None:
        self.kind = fault.kind
        self.ends = clock.monotonic() + timedelta(seconds=plan.lease_seconds)
        self.done = Done(tried=0, refused=0)
        self.child = Child(
            "attack",
            [sys.executable, "-m", "alertproof.faults.outside.attack"],
            environment={**os.environ, PLAN: msgspec.json.encode(plan).decode()},
        )
        self.child.ready_line(within=_START)
        self._reader = threading.Thread(target=self._read, name="attack", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self.child.lines():
            self.done = msgspec.json.decode(line, type=Done)

    def stands(self) -> bool:
        return self.child.running()

    def counts(self) -> tuple[int, int]:
        """Return the logins that were tried and those that were refused."""
        return self.done.tried, self.done.refused

    def end(self) -> None:
        self.child.close_input()
        self.child.end(within=_END)
        self._reader.join(timeout=_END.total_seconds())


@final
class OutsideDoor:
    """Takes `LoginAttack` against the platform at ``target_url``, and `FeatureFlag`, as other doors take other faults.

    No lease is above ``longest``.
    """

    base_url = OUTSIDE

    def __init__(self, target_url: str, *, longest: timedelta | None = None, clock: Clock | None = None) -> None:
        self._longest = longest
        self._target_url = target_url.rstrip("/")
        self._clock = clock or SystemClock()
        self._running: dict[str, _Running | HeldFlag] = {}

    def close(self) -> None:
        """End what still runs."""
        for fault_id in [*self._running]:
            self.revert(fault_id)

    def inject(self, fault: Fault, *, fault_id: str, lease: timedelta) -> None:
        """Start the process; raises `FaultError` for a fault of another kind, or for longer than the target allows."""
        if not isinstance(fault, LoginAttack | FeatureFlag):
            raise FaultError(f"the fault {fault.text!r} does not come from outside; a door of the platform takes it")
        refuse_longer(fault, lease, self._longest)
        if isinstance(fault, FeatureFlag):
            self._running[fault_id] = held = HeldFlag(fault, lease, self._clock)
            held.set()
            return
        told = {**fault.prepare(), "base_url": self._target_url, "lease_seconds": lease.total_seconds()}
        self._running[fault_id] = _Running(fault, msgspec.convert(told, AttackPlan), self._clock)

    def revert(self, fault_id: str) -> None:
        """End the process; one that has ended already is no error. Raises `FaultError` where a flag still stands."""
        running = self._running.get(fault_id)
        if running is not None:
            running.end()
            del self._running[fault_id]

    def active(self) -> list[FaultState]:
        """Return the faults whose process runs, with the logins that were tried and those that were refused.

        Of a flag that is one, and one: it stands.
        """
        now = self._clock.monotonic()
        return [
            FaultState(
                id=fault_id,
                kind=running.kind,
                matched=running.counts()[0],
                injected=running.counts()[1],
                lease_left_seconds=max(timedelta(0), running.ends - now).total_seconds(),
            )
            for fault_id, running in self._running.items()
            if running.stands()
        ]
