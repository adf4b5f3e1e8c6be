"""The door for signal faults: it breaks nothing and sends what a monitor looks at.

A signal is sent by a thread of this process. It ends with its lease, by real time, and with the process: a run that
is killed leaves no signal behind. So an entry of a dead run in the ledger has nothing to revert.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Protocol, final

from alertproof.clock import Clock, ScaledClock, SystemClock
from alertproof.errors import FaultError, VendorError
from alertproof.faults.door import FaultState
from alertproof.faults.kinds import Fault, SentSignals
from alertproof.telemetry.signals import INTERVAL, MetricSignal, Signal

__all__ = ["SIGNALS", "Sender", "SignalDoor"]

#: What the ledger says in the place of a door's address.
SIGNALS = "signals of this run"
#: Real time: so often at the most something is sent, however fast the target's clock is.
_OFTEN = timedelta(milliseconds=50)
_REMEMBERED = 50_000  # sendings: those of some forty minutes of real time
_ENDING = timedelta(seconds=15)  # real: longer than a request may take


class Sender(Protocol):
    """Sends signals."""

    def send(self, signals: Sequence[Signal], intervals: Sequence[datetime]) -> None:
        """Send them for each interval that began then, by real time; raises `VendorError`."""


@final
class Sending:
    """Signals that are sent for each whole interval of the target's clock, from now on until their lease ends.

    ``signals`` is asked anew each time; without a ``lease``, which is real time, they are sent until nobody beats. What
    could not be sent is sent again, at the instants it was meant for: ``trouble`` says why the last could not, empty
    when it could. ``sent`` counts intervals; ``late`` is how long after its end the oldest of the last was there.
    """

    def __init__(
        self,
        signals: Callable[[], Iterable[Signal]],
        clock: ScaledClock,
        *,
        lease: timedelta | None = None,
        system: Clock | None = None,
    ) -> None:
        self._signals = signals
        self._clock = clock
        self._system = system or SystemClock()
        self._ends = self._system.now() + lease if lease is not None else None
        self._next = _begin_of_interval(clock.now())
        self.sent = 0
        self.late = timedelta(0)
        self.trouble = ""

    @property
    def lease_left(self) -> timedelta:
        """How much of the lease is left; zero when it has ended, or was never given."""
        left = self._ends - self._system.now() if self._ends is not None else timedelta(0)
        return max(left, timedelta(0))

    @property
    def stands(self) -> bool:
        """Whether its lease has not ended yet."""
        return self._ends is None or self._system.now() < self._ends

    def beat(self, sender: Sender, now: datetime) -> None:
        """Send what is due at an instant of the target's clock."""
        over = (now - self._next) // INTERVAL
        if over <= 0 or not self.stands:
            return
        due = [self._next + count * INTERVAL for count in range(over)]
        try:
            sender.send([*self._signals()], [self._clock.anchor.to_real(at) for at in due])
        except VendorError as error:
            self.trouble = str(error)
            return
        self.trouble = ""
        self.sent += len(due)
        self._next = due[-1] + INTERVAL
        self.late = self._clock.now() - (due[0] + INTERVAL)


@final
class SignalDoor:
    """Takes `SentSignals` as the platform's fault doors take other faults.

    Where no platform measures, ``steady`` signals are sent all the time. They go first: else those of a fault, come
    before those that are well, would look worse than they are.
    """

    base_url = SIGNALS

    def __init__(self, sender: Sender, clock: ScaledClock, *, steady: Sequence[MetricSignal] = ()) -> None:
        self._sender = sender
        self._clock = clock
        self._standing: dict[str, tuple[SentSignals, Sending]] = {}
        self._steady = steady
        self._healthy = Sending(self._well, clock)
        self._late: deque[tuple[datetime, timedelta]] = deque(maxlen=_REMEMBERED)
        self._beating = threading.Lock()
        self._ending = threading.Event()
        self._thread = threading.Thread(target=self._run, name="signals", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str:
        """Why signals could not be sent the last time; empty when they could."""
        return self._healthy.trouble or next((one.trouble for _, one in self._standing.values() if one.trouble), "")

    def lateness(self, *, since: datetime) -> timedelta:
        """Return by how much of the target's clock the latest signal since an instant of it was late; 0 for none."""
        return max((late for at, late in [*self._late] if at >= since), default=timedelta(0))

    def close(self) -> None:
        """Send nothing more; raises `FaultError` when a request is still under way after the longest it may take."""
        self._ending.set()
        self._thread.join(_ENDING.total_seconds())
        if self._thread.is_alive():
            raise FaultError(f"a signal was still being sent {_ENDING.total_seconds():.0f} s after its end")

    def inject(self, fault: Fault, *, fault_id: str, lease: timedelta) -> None:
        """Send the signals for at most ``lease`` of real time; raises `FaultError` for a fault of another kind."""
        if not isinstance(fault, SentSignals):
            raise FaultError(f"the fault {fault.text!r} breaks a platform; it cannot be sent as a signal")
        signals = fault.signals
        with self._beating:
            self._beat()  # what was well until now is said before it is replaced
            self._standing[fault_id] = (fault, Sending(lambda: signals, self._clock, lease=lease))

    def revert(self, fault_id: str) -> None:
        """Send no more; a fault that has ended already is no error."""
        with self._beating:
            self._beat()
            self._standing.pop(fault_id, None)

    def active(self) -> list[FaultState]:
        """Return the faults that stand now, with the intervals that were sent of each."""
        return [
            FaultState(
                id=fault_id,
                kind=fault.kind,
                matched=sending.sent,
                injected=sending.sent,
                lease_left_seconds=sending.lease_left.total_seconds(),
            )
            for fault_id, (fault, sending) in self._standing.items()
            if sending.stands
        ]

    def _well(self) -> list[MetricSignal]:
        """Return the steady signals, without those in whose place a standing fault sends others."""
        standing = [fault.instead_of for fault, sending in self._standing.values() if sending.stands]
        replaced = frozenset().union(*standing)
        return [one for one in self._steady if one.metric not in replaced]

    def _run(self) -> None:
        pause = max(INTERVAL / self._clock.anchor.factor, _OFTEN).total_seconds()
        while not self._ending.wait(pause):
            with self._beating:
                self._beat()

    def _beat(self) -> None:
        now = self._clock.now()
        for sending in (self._healthy, *(one for _, one in self._standing.values())):
            before = sending.sent
            sending.beat(self._sender, now)
            if sending.sent > before:
                self._late.append((now, sending.late))


def _begin_of_interval(at: datetime) -> datetime:
    return at - timedelta(seconds=at.timestamp() % INTERVAL.total_seconds())
