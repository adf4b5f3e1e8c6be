"""Which alerts a load run would have raised, and when: what its clients saw, through the monitors' own engine. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import msgspec
import numpy as np

from alertproof.datadog import percentile_of
from alertproof.drills.replay import first_alert
from alertproof.drills.timeline import STEP, metric_of
from alertproof.journal import LoadJournal
from alertproof.requirements import Indicator
from alertproof.telemetry.series import MetricType, SeriesStore

__all__ = ["WouldFire", "would_fire"]

_MINUTE = timedelta(minutes=1)
_SLOWER = 1.001  # times the limit: what a slow request is taken to need at least


class WouldFire(msgspec.Struct, frozen=True, kw_only=True):
    """An alert, and how long after the run's beginning it would have come; None where it would not."""

    alert: str
    after: timedelta | None


def would_fire(alert: str, indicator: Indicator, monitor: Mapping[str, Any], journal: LoadJournal) -> WouldFire | None:
    """Return when the monitor (API JSON) goes to Alert by a run's seconds, alone in its window.

    None for an indicator that these do not show: a gauge, a probe, a percentile whose threshold is not the run's limit.
    """
    store = _store(indicator, journal)
    if store is None or not journal.ticks:
        return None
    until = journal.began + timedelta(seconds=journal.ticks[-1].second + 1) + indicator.window.delta + _MINUTE
    at = first_alert(monitor, store, since=journal.began, until=until, slos={})
    return WouldFire(alert=alert, after=None if at is None else at - journal.began)


def _store(indicator: Indicator, journal: LoadJournal) -> SeriesStore | None:
    ticks, began = journal.ticks, journal.began.timestamp()
    times = (began + np.array([tick.second for tick in ticks], dtype=float)) // STEP * STEP
    store = SeriesStore()
    metric, tags = metric_of(indicator.numerator)
    if indicator.denominator is not None and "request" in indicator.denominator:
        whole, its_tags = metric_of(indicator.denominator)
        stamps, place = np.unique(times, return_inverse=True)
        for name, its, counts in ((whole, its_tags, [t.n for t in ticks]), (metric, tags, [t.failed for t in ticks])):
            rates = np.bincount(place, weights=np.array(counts, dtype=float)) / STEP
            store.extend(name, its, MetricType.RATE, stamps, rates, interval=STEP)
        return store
    space = indicator.numerator.partition(":")[0]
    limit = journal.limit.total_seconds()
    if percentile_of(space) is None or indicator.unit != "s" or indicator.threshold != limit:
        return None
    samples = np.concatenate([np.repeat([0.0, _SLOWER * limit], [tick.n - tick.slow, tick.slow]) for tick in ticks])
    stamps = np.repeat(times, [tick.n for tick in ticks])
    store.extend(metric, tags, MetricType.DISTRIBUTION, stamps, samples)
    return store
