"""An alert's indicator, read from Datadog by the specification's own queries and never by the monitor's."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from alertproof.datadog import retarget_text
from alertproof.errors import NotModelled
from alertproof.journal import Reading
from alertproof.requirements import Indicator
from alertproof.vendors import Datadog, Point

__all__ = ["read_indicator"]


def _rolling(numerators: Sequence[Point], denominators: Sequence[Point], window: timedelta) -> list[Reading]:
    """Return the pooled ratio over the window that ends with each interval of the denominator."""
    if not denominators:
        return []
    errors = {point.at: point.value for point in numerators}
    interval = min((late.at - early.at for early, late in pairwise(denominators)), default=window)
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


def read_indicator(
    indicator: Indicator, *, datadog: Datadog, since: datetime, until: datetime, origin: str, environment: str
) -> list[Reading]:
    """Return the indicator's value over its window, at the end of each interval of ``[since, until]``.

    Empty where Datadog has no data. Raises `NotModelled` for an indicator that is neither a ratio of counts nor
    a plain query.
    """

    def points(query: str) -> list[Point]:
        text = retarget_text(query, environment=environment, origin=origin)
        return datadog.points(text, since=since - indicator.window.delta, until=until)

    if indicator.denominator is None:
        if ".as_count()" in indicator.numerator:
            raise NotModelled(f"the indicator {indicator.name!r} is a count without a denominator")
        return [Reading(at=point.at, value=point.value) for point in points(indicator.numerator) if point.at >= since]
    readings = _rolling(points(indicator.numerator), points(indicator.denominator), indicator.window.delta)
    return [reading for reading in readings if since <= reading.at <= until]
