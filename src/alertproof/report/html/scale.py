"""From instants and values to pixels, and where the ticks go. Pure geometry."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

__all__ = ["TimeScale", "ValueScale", "time_ticks", "value_ticks"]

_STEPS = tuple(
    timedelta(seconds=seconds)
    for seconds in (
        *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5),
        *(1, 2, 5, 10, 15, 30),
        *(minutes * 60 for minutes in (1, 2, 5, 10, 15, 30)),
        *(hours * 3600 for hours in (1, 2, 6, 12, 24, 7 * 24)),
    )
)


@dataclass(frozen=True, slots=True)
class TimeScale:
    """Maps instants from ``start`` to ``end`` onto pixels from ``left`` to ``right``; ``start < end``."""

    start: datetime
    end: datetime
    left: float
    right: float

    def x(self, at: datetime) -> float:
        """Return an instant's place, kept inside the edges."""
        share = (at - self.start) / (self.end - self.start)
        return round(self.left + min(1.0, max(0.0, share)) * (self.right - self.left), 2)

    def holds(self, at: datetime) -> bool:
        """Whether the instant lies inside the edges."""
        return self.start <= at <= self.end


@dataclass(frozen=True, slots=True)
class ValueScale:
    """Maps values from ``low`` to ``high`` onto pixels from ``bottom`` up to ``top``; ``low < high``."""

    low: float
    high: float
    top: float
    bottom: float

    def y(self, value: float) -> float:
        """Return a value's place, kept inside the edges."""
        share = (value - self.low) / (self.high - self.low)
        return round(self.bottom - min(1.0, max(0.0, share)) * (self.bottom - self.top), 2)

    @classmethod
    def around(cls, values: Iterable[float], *, top: float, bottom: float) -> ValueScale:
        """Return a scale that holds all finite values, and zero, with some air above."""
        finite = [value for value in values if math.isfinite(value)]
        low, high = min(0.0, *finite, 0.0), max(0.0, *finite, 0.0)
        span = (high - low) or 1.0
        return cls(low - (0.1 * span if low < 0 else 0.0), low + span * 1.18, top, bottom)


def time_ticks(start: datetime, end: datetime, origin: datetime, *, most: int = 12) -> tuple[timedelta, ...]:
    """Return round distances from ``origin`` between ``start`` and ``end``, at most ``most`` of them."""
    step = next((step for step in _STEPS if (end - start) / step < most - 1), None)
    if step is None:
        step = timedelta(days=7 * math.ceil((end - start) / timedelta(days=7) / (most - 1)))
    first, last = math.ceil((start - origin) / step), math.floor((end - origin) / step)
    return tuple(step * place for place in range(first, last + 1))


def value_ticks(low: float, high: float, *, most: int = 4) -> tuple[float, ...]:
    """Return round values between ``low`` and ``high``, at most ``most + 1`` of them."""
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next(size * part for part in (1, 2, 2.5, 5, 10, 20) if size * part >= rough)
    first, last = math.ceil(low / step), math.floor(high / step)
    return tuple(place * step for place in range(first, last + 1))
