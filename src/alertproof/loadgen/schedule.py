"""When requests are to start: decided before the first is sent, so that no answer can move a later one."""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from fractions import Fraction
from functools import cached_property, lru_cache
from itertools import islice
from typing import Literal

import msgspec

__all__ = ["Leg", "Schedule"]

_MICROSECONDS = 1_000_000  # in a second
_OPEN = 1e-3  # microseconds: a day is 8.64e10 of them, of which a float of 53 bits holds a hundred-thousandth


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

    def ramp(self, numbers: range, *, before: Fraction, began: Fraction) -> Iterator[int]:
        """Return when the ``numbers``-th arrivals are due, in microseconds; ``before`` of them came before the leg.

        In floating point, which is quick; exactly where that leaves open which whole microsecond it is.
        """
        begins, gone, slope = float(began), float(before), (self.end - self.start) / self.seconds if self.seconds else 0
        for number in numbers:
            more = number - gone
            root = math.sqrt(max(0.0, self.start**2 + 2 * slope * more))
            at = (begins + (2 * more / (self.start + root) if more else 0.0)) * _MICROSECONDS
            if abs(at - round(at)) > _OPEN:
                yield math.floor(at)
            else:
                yield math.floor((began + self.second(number - before)) * _MICROSECONDS)


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

    def offsets(self, *, part: int = 0, of: int = 1) -> Iterator[int]:
        """Return the instant of each arrival, in whole microseconds from the run's beginning, in order.

        One ``part`` (from 0) of so many holds each arrival whose number leaves that remainder: all parts together hold
        each arrival once.
        """
        return self._even(part, of) if self.arrivals == "even" else islice(self._independent(), part, None, of)

    def _even(self, part: int, of: int) -> Iterator[int]:
        """An arrival is due at each whole number of arrivals: in whole numbers, exact and quick."""
        before, began = Fraction(0), Fraction(0)
        for leg in self.legs:
            after = before + leg.arrivals
            first, end = math.ceil(before), math.ceil(after)
            numbers = range(first + (part - first) % of, end, of)
            if leg.start == leg.end and numbers:
                step = _MICROSECONDS / _exact(leg.start)
                begins = began * _MICROSECONDS - before * step
                below = math.lcm(step.denominator, begins.denominator)
                ahead, each = int(begins * below), int(step * below)
                yield from ((ahead + number * each) // below for number in numbers)
            else:
                yield from leg.ramp(numbers, before=before, began=began)
            before = after
            began += _exact(leg.seconds)

    def _independent(self) -> Iterator[int]:
        """Arrivals are due at numbers whose distances are exponential, with a mean of 1."""
        chance = random.Random(self.seed)  # noqa: S311 - traffic, not a secret
        wanted = chance.expovariate(1.0)
        before, began = 0.0, 0.0
        for leg in self.legs:
            arrivals, slope = float(leg.arrivals), (leg.end - leg.start) / leg.seconds if leg.seconds else 0.0
            while (more := wanted - before) < arrivals:
                root = math.sqrt(max(0.0, leg.start**2 + 2 * slope * more))
                second = min(2 * more / (leg.start + root), leg.seconds)
                yield math.floor((began + second) * _MICROSECONDS)
                wanted += chance.expovariate(1.0)
            before += arrivals
            began += leg.seconds

    def _due(self, second: Fraction) -> Fraction:
        due, left = Fraction(0), second
        for leg in self.legs:
            length = _exact(leg.seconds)
            due += leg.until(min(left, length))
            left -= min(left, length)
        return due


@lru_cache(maxsize=1024)
def _exact(number: float) -> Fraction:
    """Return the decimal number that was written: 0.1 is a tenth, not the nearest binary fraction."""
    return Fraction(str(number))
