"""How a user feels a page, by the thresholds of web-vitals: good, needs improvement, poor.

Source: the package web-vitals rates a value as needing improvement when it is *above* the first threshold, and as poor
when it is above the second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import TypeAlias

from alertproof.journal import PageSeen
from alertproof.report.words import MINUS, duration

__all__ = ["VITALS", "Rating", "Vital", "VitalSeen", "vitals_of", "worst_vitals"]

Value: TypeAlias = timedelta | float


class Rating(StrEnum):
    """What a value means to a user."""

    GOOD = "good"
    NEEDS_IMPROVEMENT = "needs improvement"
    POOR = "poor"


@dataclass(frozen=True, slots=True, kw_only=True)
class Vital:
    """One of the five; values are milliseconds, CLS has no unit."""

    short: str
    name: str
    good: float
    poor: float
    read: Callable[[PageSeen], Value | None]

    def rate(self, value: float) -> Rating:
        """Rate a value; each threshold itself still belongs to the better side."""
        if value > self.poor:
            return Rating.POOR
        return Rating.NEEDS_IMPROVEMENT if value > self.good else Rating.GOOD


@dataclass(frozen=True, slots=True, kw_only=True)
class VitalSeen:
    """A vital of a page, in milliseconds (CLS: no unit). ``below``: it was less, by how much is unknown."""

    vital: Vital
    page: PageSeen
    value: float
    below: bool = False

    @property
    def rating(self) -> Rating:
        return self.vital.rate(self.value)

    @property
    def words(self) -> str:
        """``1.2 s``, ``< 16 ms``, ``0.02``."""
        if self.vital.short == "CLS":
            return f"{self.value:.2g}".replace("-", MINUS) if self.value else "0"
        return ("< " if self.below else "") + duration(timedelta(milliseconds=self.value))


VITALS = (
    Vital(short="TTFB", name="Time to first byte", good=800, poor=1800, read=lambda page: page.ttfb),
    Vital(short="FCP", name="First contentful paint", good=1800, poor=3000, read=lambda page: page.fcp),
    Vital(short="LCP", name="Largest contentful paint", good=2500, poor=4000, read=lambda page: page.lcp),
    Vital(short="INP", name="Interaction to next paint", good=200, poor=500, read=lambda page: page.inp),
    Vital(short="CLS", name="Cumulative layout shift", good=0.1, poor=0.25, read=lambda page: page.cls),
)


def vitals_of(page: PageSeen) -> Iterator[VitalSeen]:
    """Yield what the browser reported of a page, in the order of `VITALS`."""
    for vital in VITALS:
        value = vital.read(page)
        if value is not None:
            plain = value / timedelta(milliseconds=1) if isinstance(value, timedelta) else float(value)
            yield VitalSeen(vital=vital, page=page, value=plain)
        elif vital.short == "INP" and page.inp_below is not None:
            yield VitalSeen(vital=vital, page=page, value=page.inp_below / timedelta(milliseconds=1), below=True)


def worst_vitals(pages: Iterable[PageSeen]) -> dict[str, VitalSeen]:
    """Return the worst value of each vital over pages, by its short name; a vital that no page has is absent."""
    worst: dict[str, VitalSeen] = {}
    for page in pages:
        for seen in vitals_of(page):
            other = worst.get(seen.vital.short)
            # A value that is known outranks an equal bound: below 16 ms is less than 16 ms.
            if other is None or (seen.value, not seen.below) > (other.value, not other.below):
                worst[seen.vital.short] = seen
    return worst
