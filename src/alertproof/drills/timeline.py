"""Made-up timelines: a healthy past and a faulty present of an indicator's metrics, as the platform would send them.

Exact and without chance: a fault hits request n when n times its share passes a whole number, as the fault door
does it. Nothing else is ever wrong, and a healthy request takes no time.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction

import numpy as np

from alertproof.requirements import Indicator
from alertproof.tags import Tags, parse_tags
from alertproof.telemetry.series import MetricType, SeriesStore

__all__ = [
    "STEP",
    "counted_events",
    "failing_requests",
    "metric_of",
    "raised_gauge",
    "silent_gauge",
    "slow_requests",
]

#: Seconds between points, as DogStatsD flushes them.
STEP = 10
_RATE = 10.0  # requests a second
_PAST = timedelta(hours=1)  # besides the indicator's own window: a monitor's may be longer


def metric_of(query: str) -> tuple[str, Tags]:
    """Return the metric and tags of an indicator's query such as ``sum:api.errors{service:a,env:b}.as_count()``."""
    head, _, rest = query.partition("{")
    return head.rpartition(":")[2], parse_tags(rest.partition("}")[0])


def failing_requests(indicator: Indicator, share: float, *, begins: datetime, ends: datetime) -> SeriesStore:
    """Return the counts of a ratio's two queries until ``ends``; from ``begins`` on a share of the requests fails."""
    assert indicator.denominator is not None  # noqa: S101 - a ratio has one
    past = indicator.window.delta + _PAST
    times = np.arange((begins - past).timestamp() // STEP * STEP, ends.timestamp(), STEP, dtype=float)
    broken = np.clip((times + STEP - begins.timestamp()) / STEP, 0.0, 1.0)  # the part of each step under the fault
    store = SeriesStore()
    for query, rate in (
        (indicator.denominator, np.full(len(times), _RATE)),
        (indicator.numerator, broken * share * _RATE),
    ):
        metric, tags = metric_of(query)
        store.extend(metric, tags, MetricType.RATE, times, rate, interval=STEP)
    return store


def slow_requests(
    indicator: Indicator, share: float, delay: timedelta, *, begins: datetime, ends: datetime, growth: float = 1.0
) -> SeriesStore:
    """Return the samples of a percentile's distribution until ``ends``, each stamped with the flush that it came for.

    From ``begins`` on a share of the requests takes ``delay``, and is measured only then; there are ``growth`` times as
    many of them from then on.
    """
    first = -(indicator.window.delta + _PAST).total_seconds() * _RATE
    last = (ends - begins).total_seconds() * _RATE * growth
    index = np.arange(round(first), round(last))  # of each request, from 0 as the fault begins
    sent = begins.timestamp() + index / np.where(index < 0, _RATE, _RATE * growth)
    exact = Fraction(repr(share))
    due = np.clip(index + 1, 0, None) * exact.numerator // exact.denominator
    hit = np.diff(due, prepend=0) > 0
    seconds = np.where(hit, delay.total_seconds(), 0.0)
    metric, tags = metric_of(indicator.numerator)
    store = SeriesStore()
    store.extend(metric, tags, MetricType.DISTRIBUTION, (sent + seconds) // STEP * STEP, seconds)
    return store


def counted_events(indicator: Indicator, each_minute: float, *, begins: datetime, ends: datetime) -> SeriesStore:
    """Return the points of a count until ``ends``: none, and so many ``each_minute`` from ``begins`` on."""
    past = indicator.window.delta + _PAST
    times = np.arange((begins - past).timestamp() // STEP * STEP, ends.timestamp(), STEP, dtype=float)
    under = np.clip((times + STEP - begins.timestamp()) / STEP, 0.0, 1.0)  # the part of each step under the fault
    metric, tags = metric_of(indicator.numerator)
    store = SeriesStore()
    store.extend(metric, tags, MetricType.RATE, times, under * each_minute / 60, interval=STEP)
    return store


def silent_gauge(indicator: Indicator, *, begins: datetime) -> SeriesStore:
    """Return the points of a gauge: zero, and none at all from ``begins`` on."""
    past = indicator.window.delta + _PAST
    times = np.arange((begins - past).timestamp() // STEP * STEP, begins.timestamp(), STEP, dtype=float)
    metric, tags = metric_of(indicator.numerator)
    store = SeriesStore()
    store.extend(metric, tags, MetricType.GAUGE, times, np.zeros(len(times)))
    return store


def raised_gauge(indicator: Indicator, value: float, *, begins: datetime, ends: datetime) -> SeriesStore:
    """Return the points of a gauge until ``ends``: zero, and ``value`` from the first point under the fault on."""
    past = indicator.window.delta + _PAST
    times = np.arange((begins - past).timestamp() // STEP * STEP, ends.timestamp(), STEP, dtype=float)
    metric, tags = metric_of(indicator.numerator)
    store = SeriesStore()
    store.extend(metric, tags, MetricType.GAUGE, times, np.where(times >= begins.timestamp(), value, 0.0))
    return store
