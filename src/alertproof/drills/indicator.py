"""An alert's indicator, read from Datadog by the specification's own queries and never by the monitor's.

There are four kinds: a ratio of two counts, a percentile of a distribution, a count, and a gauge. The first two are
pooled over their window, so they can also be said as a share of bad requests: those that failed, or those slower than
the threshold. A count of what should not be is pooled too, and is said as a share of its threshold. A gauge must be
above its threshold at all times of its window.
"""

from __future__ import annotations

import math
from abc import ABC, abstractmethod
from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

import msgspec

from alertproof.datadog import percentile_of, retarget_text
from alertproof.journal import Reading
from alertproof.requirements import Indicator
from alertproof.vendors import Datadog, Point

__all__ = [
    "CountReader",
    "GaugeReader",
    "IndicatorReader",
    "PercentileReader",
    "RatioReader",
    "reader_of",
    "retargeted",
]

_MINUTE = timedelta(minutes=1)
_FINEST = 10_000  # a percentile has at most two decimals


def retargeted(indicator: Indicator, *, origin: str, environment: str) -> Indicator:
    """Return the indicator with its queries pointed from one environment at another."""

    def text(query: str | None) -> str | None:
        return retarget_text(query, environment=environment, origin=origin) if query else None

    return msgspec.structs.replace(
        indicator, numerator=text(indicator.numerator), denominator=text(indicator.denominator)
    )


def reader_of(indicator: Indicator, datadog: Datadog) -> IndicatorReader:
    """Return the reader of an indicator whose queries name the environment to be read."""
    if indicator.denominator is not None:
        return RatioReader(indicator, datadog, volume=indicator.denominator, allowed=indicator.threshold)
    if indicator.of_events:
        return CountReader(indicator, datadog, volume=indicator.numerator, allowed=1.0)
    space, _, rest = indicator.numerator.partition(":")
    percent = percentile_of(space)
    if percent is not None:
        return PercentileReader(indicator, datadog, volume=f"count:{rest}.as_count()", allowed=1 - percent / 100)
    return GaugeReader(indicator, datadog, volume=_measured(indicator.numerator), allowed=1.0)


class IndicatorReader(ABC):
    """Reads an indicator at Datadog. Instants are those of the target's clock.

    ``volume`` is the query that counts what the indicator is made of; ``allowed`` is the share of it that may be
    bad before the threshold is passed.
    """

    #: Whether the window pools all that it holds. Where it does not, one good value in it keeps the alert away.
    pooled = True

    def __init__(self, indicator: Indicator, datadog: Datadog, *, volume: str, allowed: float) -> None:
        self.indicator = indicator
        self.volume = volume
        self.allowed = allowed
        self._datadog = datadog

    @abstractmethod
    def readings(self, *, since: datetime, until: datetime) -> list[Reading]:
        """Return the indicator's value over its window, for windows that end in ``[since, until]``, by time.

        Empty where Datadog has no data.
        """

    @abstractmethod
    def bad_share(self, *, since: datetime, until: datetime) -> float:
        """Return the share of the bad among all of a span, pooled; 0 without any."""

    def newest(self, *, since: datetime, until: datetime) -> datetime | None:
        """Return the end of the last interval of a span that has points."""
        points = self._points(self.volume, since, until)
        return points[-1].at + _interval(points) if points else None

    def rate(self, *, since: datetime, until: datetime) -> float:
        """Return how many there were a second, over the whole intervals that a span holds; 0 when that cannot be told.

        An interval without points counts as one in which there were none.
        """
        points = self._points(self.volume, since, until)
        interval = _interval(points)
        if not interval:
            return 0.0
        step = interval.total_seconds()
        whole = math.floor(until.timestamp() / step) - math.ceil(since.timestamp() / step)
        inside = [point for point in points if since <= point.at and point.at + interval <= until]
        return self._amount(inside) / (whole * step) if inside else 0.0

    def _amount(self, points: Sequence[Point]) -> float:
        return sum(point.value for point in points)

    def _points(self, query: str, since: datetime, until: datetime) -> list[Point]:
        return self._datadog.points(query, since=since, until=until)


class RatioReader(IndicatorReader):
    """A ratio of two counts: the bad of all."""

    def readings(self, *, since: datetime, until: datetime) -> list[Reading]:
        window = self.indicator.window.delta
        found = _rolling(*self._both(since - window, until), window)
        return [reading for reading in found if since <= reading.at <= until]

    def bad_share(self, *, since: datetime, until: datetime) -> float:
        bad, everything = self._both(since, until)
        total = sum(point.value for point in everything)
        return sum(point.value for point in bad) / total if total else 0.0

    def bad(self, *, since: datetime, until: datetime) -> float:
        """Return how many bad ones a span holds."""
        return sum(point.value for point in self._points(self.indicator.numerator, since, until))

    def _both(self, since: datetime, until: datetime) -> tuple[list[Point], list[Point]]:
        return self._points(self.indicator.numerator, since, until), self._points(self.volume, since, until)


class PercentileReader(IndicatorReader):
    """A percentile of a distribution: p95 is above the threshold when more than 5 % of the samples are."""

    def readings(self, *, since: datetime, until: datetime) -> list[Reading]:
        """Return the value over the window that ends with each full minute, as monitors are evaluated."""
        ends = _full_minutes(since, until)
        values = [self._value(self.indicator.numerator, end - self.indicator.window.delta, end) for end in ends]
        return [Reading(at=at, value=value) for at, value in zip(ends, values, strict=True) if value is not None]

    def bad_share(self, *, since: datetime, until: datetime) -> float:
        return self.share_above(self.indicator.threshold, since=since, until=until)

    def share_above(self, value: float, *, since: datetime, until: datetime) -> float:
        """Return the share of a span's samples that are above ``value``, to one sample or a hundredth of a per cent.

        Found by asking for percentiles: as many are above it as are above the highest percentile that is not.
        """
        _, _, rest = self.indicator.numerator.partition(":")
        low, high = 0, _FINEST + 1
        while high - low > 1:
            middle = (low + high) // 2
            found = self._value(f"p{middle * 100 / _FINEST:.2f}:{rest}", since, until)
            if found is None:
                return 0.0
            low, high = (low, middle) if found > value else (middle, high)
        return 1 - low / _FINEST

    def _value(self, query: str, since: datetime, until: datetime) -> float | None:
        return self._datadog.percentile(query, since=since, until=until)


class CountReader(IndicatorReader):
    """A count of what should not be, such as failed logins: none at all is as well as can be, and has no points."""

    def readings(self, *, since: datetime, until: datetime) -> list[Reading]:
        """Return the count over the window that ends with each full minute, as monitors are evaluated."""
        window = self.indicator.window.delta
        points = self._points(self.volume, since - window, until)
        return [
            Reading(at=end, value=sum(point.value for point in points if end - window <= point.at < end))
            for end in _full_minutes(since, until)
        ]

    def bad_share(self, *, since: datetime, until: datetime) -> float:
        """Return which share of the threshold a span has used up."""
        return self.count(since=since, until=until) / self.indicator.threshold

    def count(self, *, since: datetime, until: datetime) -> float:
        """Return how many there were in a span."""
        return self._amount(self._points(self.volume, since, until))

    def newest(self, *, since: datetime, until: datetime) -> datetime | None:  # noqa: ARG002 - nothing has to come
        return until

    def rate(self, *, since: datetime, until: datetime) -> float:  # noqa: ARG002 - as above
        """Return the same for every span: what should not be need not come evenly."""
        return 1.0


class GaugeReader(IndicatorReader):
    """A query whose points are the indicator; a point above the threshold is a bad one.

    Only what was measured is a point, and none that Datadog draws between two of a source among others [INTERP].
    """

    pooled = False

    def readings(self, *, since: datetime, until: datetime) -> list[Reading]:
        points = self._points(self.volume, since - self.indicator.window.delta, until)
        return [Reading(at=point.at, value=point.value) for point in points if point.at >= since]

    def bad_share(self, *, since: datetime, until: datetime) -> float:
        values = [point.value for point in self._points(self.volume, since, until)]
        return sum(value > self.indicator.threshold for value in values) / len(values) if values else 0.0

    def _amount(self, points: Sequence[Point]) -> float:
        return float(len(points))


def _measured(query: str) -> str:
    """Return a gauge's query with no gap filled, unless it says itself how its gaps are filled [INTERP]."""
    return query if ".fill(" in query else f"{query}.fill(null)"


def _full_minutes(since: datetime, until: datetime) -> list[datetime]:
    first = since.replace(second=0, microsecond=0)
    first += _MINUTE if first < since else timedelta(0)
    return [first + index * _MINUTE for index in range((until - first) // _MINUTE + 1)]


def _interval(points: Sequence[Point]) -> timedelta:
    """Return the spacing of a query's points; zero when there are not two."""
    return min((late.at - early.at for early, late in pairwise(points)), default=timedelta(0))


def _rolling(numerators: Sequence[Point], denominators: Sequence[Point], window: timedelta) -> list[Reading]:
    """Return the pooled ratio over the window that ends with each interval of the denominator."""
    if not denominators:
        return []
    errors = {point.at: point.value for point in numerators}
    interval = _interval(denominators) or window
    readings, first, failed, total = [], 0, 0.0, 0.0
    for point in denominators:
        failed += errors.get(point.at, 0.0)
        total += point.value
        while denominators[first].at + interval <= point.at + interval - window:
            failed -= errors.get(denominators[first].at, 0.0)
            total -= denominators[first].value
            first += 1
        if total > 0:
            readings.append(Reading(at=point.at + interval, value=max(0.0, failed / total)))
    return readings
