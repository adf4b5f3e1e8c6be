"""The door for headers: the drill's own traffic carries them, and nobody else's requests do."""

from __future__ import annotations

from datetime import timedelta
from typing import final

import msgspec

from alertproof.clock import Clock, SystemClock
from alertproof.errors import FaultError
from alertproof.faults import TRAFFIC, Fault, FaultState, Header, filled, refuse_longer
from alertproof.loadgen import Carry, Traffic

__all__ = ["TrafficDoor"]


@final
class TrafficDoor:
    """Takes one `Header` at a time, as the platform's doors take other faults. No lease is above ``longest``.

    The generator holds the lease itself, and ends with the run: an entry of a dead run has nothing to revert.
    """

    base_url = TRAFFIC

    def __init__(self, traffic: Traffic, *, longest: timedelta | None = None, clock: Clock | None = None) -> None:
        self._traffic = traffic
        self._longest = longest
        self._clock = clock or SystemClock()
        self._standing: tuple[str, timedelta] | None = None  # the fault's id, and when its lease ends
        self._began = self._clock.now()

    def close(self) -> None:
        """Do nothing: the traffic is not the door's."""

    def inject(self, fault: Fault, *, fault_id: str, lease: timedelta) -> None:
        """Let the traffic carry the header; raises `FaultError` for a fault of another kind, and for a second one."""
        if not isinstance(fault, Header):
            raise FaultError(f"the fault {fault.text!r} is no header; a door of the platform takes it")
        refuse_longer(fault, lease, self._longest)
        if self.active():
            raise FaultError("the traffic carries a header already; revert that fault first")
        told = {**fault.prepare(), "value": filled(fault.value), "lease_seconds": lease.total_seconds()}
        self._began = self._clock.now()
        self._traffic.carry(msgspec.convert(told, Carry))
        self._standing = fault_id, self._clock.monotonic() + lease

    def revert(self, fault_id: str) -> None:
        """Let it carry the header no more; a fault that has ended already is no error."""
        if self._standing is not None and self._standing[0] == fault_id:
            self._traffic.carry(None)
            self._standing = None

    def active(self) -> list[FaultState]:
        """Return the fault that stands, with the requests since it began and those that carried the header."""
        if self._standing is None:
            return []
        fault_id, ends = self._standing
        left = ends - self._clock.monotonic()
        if left <= timedelta(0):
            return []
        answers = self._traffic.answers(since=self._began)
        return [
            FaultState(
                id=fault_id,
                kind=Header.kind,
                matched=len(answers),
                injected=sum(answer.carried for answer in answers),
                lease_left_seconds=left.total_seconds(),
            )
        ]
