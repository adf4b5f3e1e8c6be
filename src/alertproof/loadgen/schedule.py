"""When requests are to start: decided before the first is sent, so that no answer can move a later one."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property
from itertools import accumulate, count
from typing import Literal

import msgspec

__all__ = ["Leg", "Schedule"]


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a schedule: ``seconds`` long, from one rate (arrivals per second) to another in a straight line."""

    seconds: float
    start: float
    end: float

    @property
    def arrivals(self) -> Fraction:
        return _exact(self.seconds) * (_exact(self.start) + _exact(self.end)) / 2

    def until(self, second: Fraction) -> Fraction:
        """Return how many arrivals are due in the leg's first ``second`` seconds."""
        if not self.seconds:
            return Fraction(0)
        slope = (_exact(self.end) - _exact(self.start)) / _exact(self.seconds)
        return _exact(self.start) * second + slope * second**2 / 2

    def second(self, arrivals: Fraction) -> Fraction:
        """Return the second of the leg at which ``arrivals`` are due: `until` read backwards."""
        start, slope = _exact(self.start), (_exact(self.end) - _exact(self.start)) / _exact(self.seconds)
        if not arrivals:
            return Fraction(0)
        if not slope:
            return arrivals / start
        return 2 * arrivals / (start + Fraction(math.sqrt(max(Fraction(0), start**2 + 2 * slope * arrivals))))


class Schedule(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """The arrivals of a run.

    ``even``: one at every whole number of arrivals due, so that each second of a constant whole rate holds exactly
    that many. ``poisson``: independent of each other, as people are; the same for the same ``seed``.
    """

    legs: tuple[Leg, ...]
    arrivals: Literal["even", "poisson"] = "even"
    seed: int = 1

    @property
    def seconds(self) -> float:
        return float(sum(_exact(leg.seconds) for leg in self.legs))

    @property
    def peak(self) -> float:
        return max((rate for leg in self.legs for rate in (leg.start, leg.end)), default=0.0)

    @cached_property
    def planned(self) -> int:
        """The number of arrivals."""
        if self.arrivals == "even":
            return math.ceil(sum(leg.arrivals for leg in self.legs))
        return sum(1 for _ in self.offsets())

    def rate_in(self, second: int) -> float:
        """Return the mean rate of the ``second``, counted from 0."""
        return float(self._due(Fraction(second + 1)) - self._due(Fraction(second)))

    def offsets(self) -> Iterator[int]:
        """Return the instant of each arrival, in whole microseconds from the run's beginning, in order."""
        due = self._gaps()
        before, began = Fraction(0), Fraction(0)
        wanted = next(due)
        for leg in self.legs:
            while wanted - before < leg.arrivals:
                yield math.floor((began + leg.second(wanted - before)) * 1_000_000)
                wanted = next(due)
            before += leg.arrivals
            began += _exact(leg.seconds)

    def _gaps(self) -> Iterator[Fraction]:
        """Return the numbers of arrivals due at which one starts; unit steps, or exponential ones with that mean."""
        if self.arrivals == "even":
            return (Fraction(number) for number in count())
        chance = random.Random(self.seed)  # noqa: S311 - traffic, not a secret
        return accumulate(Fraction(chance.expovariate(1.0)) for _ in count())

    def _due(self, second: Fraction) -> Fraction:
        due, left = Fraction(0), second
        for leg in self.legs:
            length = _exact(leg.seconds)
            due += leg.until(min(left, length))
            left -= min(left, length)
        return due


def _exact(number: float) -> Fraction:
    """Return the decimal number that was written: 0.1 is a tenth, not the nearest binary fraction."""
    return Fraction(str(number))
