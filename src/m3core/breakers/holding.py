"""Holds faults that break a part of the platform, and ends each with its lease, whoever asked for it may have died."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Protocol, final

from m3core.faults import Fault, Kind

__all__ = ["Breaker", "CannotBreak", "HeldFault", "HeldFaults"]

#: How often a fault is tended and its lease looked at, in seconds.
_TICK = 0.2
_log = logging.getLogger(__name__)


class CannotBreak(Exception):
    """This part cannot be broken here and now; the text says why."""


class Breaker(Protocol):
    """Breaks one part. Its methods may wait; none is called by two threads at once for one fault but ``tend``."""

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:
        """Break the part.

        What it leaves outside of this process must end by itself with the lease. Raises `CannotBreak` when it is
        not done, and then has left nothing behind.
        """

    def tend(self, fault: Fault) -> int:
        """Keep the fault as it was asked for; return how many things are broken now: jobs, statements, processes."""

    def end(self, fault: Fault) -> None:
        """Put back what the fault has broken. Doing it twice is no error; any exception means that it is not done."""


@final
@dataclass(slots=True)
class HeldFault:
    """A fault in force; ``ends`` is an instant of the monotonic clock, ``broken`` how many things it breaks."""

    fault: Fault
    ends: float
    broken: int = 0
    gone: threading.Event = field(default_factory=threading.Event)


@final
class HeldFaults:
    """The faults in force. All methods wait: they are called from threads, never from the event loop."""

    def __init__(self, breakers: Mapping[Kind, Breaker]) -> None:
        self._breakers = breakers
        self._lock = threading.Lock()
        self._held: dict[str, HeldFault] = {}

    def inject(self, fault: Fault, *, lease_seconds: float) -> None:
        """Put a fault in force; raises `CannotBreak` when it is not done."""
        breaker = self._breakers.get(fault.kind)
        if breaker is None:
            raise CannotBreak(f"{fault.kind} is not done at this door")
        with self._lock:
            if any(held.fault.kind is fault.kind for held in self._held.values()):
                raise CannotBreak(f"another {fault.kind} is in force; revert it, or wait until its lease ends")
            ends = time.monotonic() + lease_seconds
            breaker.begin(fault, lease_seconds=lease_seconds)
            held = self._held[fault.id] = HeldFault(fault, ends)
            held.broken = breaker.tend(fault)
        threading.Thread(target=self._hold, args=(held,), name=f"fault {fault.kind}", daemon=True).start()

    def revert(self, fault_id: str) -> None:
        """End a fault; one that is not in force is no error. What the breaker raises says that it still stands."""
        with self._lock:
            held = self._held.get(fault_id)
            if held is None:
                return
            self._breakers[held.fault.kind].end(held.fault)
            held.gone.set()
            del self._held[fault_id]

    def in_force(self) -> list[tuple[HeldFault, float]]:
        """Return the faults in force, oldest first, with the seconds left of each one's lease."""
        now = time.monotonic()
        return [(held, max(0.0, held.ends - now)) for held in [*self._held.values()]]

    def close(self) -> None:
        """End all of them; what cannot be ended is logged, and ends with its lease."""
        for held, _ in self.in_force():
            self._attempt(self.revert, held.fault)

    def _hold(self, held: HeldFault) -> None:
        while not held.gone.wait(_TICK):
            act = self.revert if time.monotonic() >= held.ends else self._tend
            self._attempt(act, held.fault)

    def _tend(self, fault_id: str) -> None:
        held = self._held.get(fault_id)
        if held is not None:
            held.broken = self._breakers[held.fault.kind].tend(held.fault)

    @staticmethod
    def _attempt(act: Callable[[str], None], fault: Fault) -> None:
        """Try it; after an error the next tick tries again, for a server may be away just when a lease ends."""
        try:
            act(fault.id)
        except Exception:  # noqa: BLE001 - whatever failed, the lease must end
            _log.exception("fault not held or ended", extra={"fault": fault.id, "kind": fault.kind})
