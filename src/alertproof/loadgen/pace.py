"""Arrivals at a rate that is told while they go on. Pure, but for who tells it."""

from __future__ import annotations

import random
from collections.abc import Iterator

from alertproof.loadgen.schedule import Schedule

__all__ = ["Pace"]


class Pace:
    """Begins at the schedule's first rate and ends where the schedule does; between the two, `change` says the rate.

    Even or independent arrivals, as the schedule says, and no rate above ``ceiling``. A change holds from the next
    arrival on: that one comes when it was due anyway, the one after it at the new distance. So no answer, and no
    change, moves an arrival that is waited for.

    One ``part`` (from 0) of so many sends its share of the rate: even ones in turn, independent ones independently of
    the other parts', which together are independent arrivals at the whole rate again.
    """

    def __init__(self, schedule: Schedule, *, ceiling: float, part: int = 0, of: int = 1) -> None:
        self._seconds = schedule.seconds
        self._ceiling = ceiling
        self._even = schedule.arrivals == "even"
        self._part, self._of = part, of
        seed = schedule.seed if of == 1 else f"{schedule.seed}: {part} of {of}"
        self._chance = random.Random(seed)  # noqa: S311 - traffic, not a secret
        self._rate = 0.0
        self.change(schedule.legs[0].start)

    @property
    def rate(self) -> float:
        """The rate at which the next arrival is planned: that of all parts together."""
        return self._rate

    def change(self, rate: float) -> None:
        """Go on at another rate; raises `ValueError` for one that is not above 0 and at most the ceiling."""
        if not 0 < rate <= self._ceiling:
            raise ValueError(f"a rate is above 0 and at most the ceiling of {self._ceiling:g}, got {rate:g}")
        self._rate = rate

    def offsets(self) -> Iterator[int]:
        """Return the instant of each arrival, in whole microseconds from the run's beginning, in order."""
        due = self._part / self._rate if self._even else self._gap()
        while due < self._seconds:
            yield round(due * 1_000_000)
            due += self._gap()

    def _gap(self) -> float:
        return self._of * (1.0 if self._even else self._chance.expovariate(1.0)) / self._rate
