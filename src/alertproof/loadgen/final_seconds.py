"""From the child's lines to the seconds that a search takes in: each once, in order, when nothing changes it. Pure."""

from __future__ import annotations

from datetime import timedelta

from alertproof.journal import LoadTick
from alertproof.loadgen.tally import Tally
from alertproof.loadgen.wire import Batch

__all__ = ["FinalSeconds"]


class FinalSeconds:
    """A second (one ``tick``) is final when its arrivals have started, and each request is done or beyond ``limit``.

    What is pending beyond the limit is slow, whatever becomes of it: so a platform that stops is seen within the limit,
    not after the timeout. The rate of a second is the one that was ordered last before its end.
    """

    def __init__(self, tally: Tally, *, limit: timedelta, tick: timedelta) -> None:
        self._tally = tally
        self._limit = limit
        self._tick = tick
        self._next = 0
        self._passed = 0
        self._ends: dict[int, tuple[float, int]] = {}  # rate and arrivals under way when the second had passed

    def see(self, batch: Batch) -> list[tuple[LoadTick, int]]:
        """Return what is final by a line that the tally has taken in, with the arrivals under way at its end."""
        for second in range(self._passed, self._tally.seen):
            self._ends[second] = batch.rate, batch.in_flight
        self._passed = self._tally.seen
        found = []
        while self._next in self._ends and self._is_final(batch):
            rate, in_flight = self._ends.pop(self._next)
            given_up = batch.pending.get(self._next, 0)
            found.append((self._tally.tick(self._next, rate=rate, given_up=given_up), in_flight))
            self._next += 1
        return found

    def _is_final(self, batch: Batch) -> bool:
        end = (self._next + 1) * self._tick
        if timedelta(microseconds=batch.started) < end:
            return False  # the generator is late: one that is due in it may not have been sent
        return not batch.pending.get(self._next) or timedelta(microseconds=batch.at) >= end + self._limit
