"""What the clients saw, through the monitor's own engine: when it had to fire by that."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from alertproof.datadog import GroupStatus, Slos, State, advance, evaluation_period, load_definition
from alertproof.drills.timeline import STEP, metric_of
from alertproof.requirements import Indicator
from alertproof.tags import Group
from alertproof.telemetry.series import MetricType, SeriesStore

__all__ = ["first_alert", "seen_by_clients"]


def seen_by_clients(indicator: Indicator, requests: Sequence[tuple[datetime, float]], *, factor: float) -> SeriesStore:
    """Return a percentile's distribution of requests: when each began by the target's clock, and its real seconds.

    It is measured when it was answered, which is ``factor`` times as long after its beginning by that clock.
    """
    began = np.array([at.timestamp() for at, _ in requests], dtype=float)
    seconds = np.array([taken for _, taken in requests], dtype=float)
    order = np.argsort(began + seconds * factor, kind="stable")
    metric, tags = metric_of(indicator.numerator)
    store = SeriesStore()
    times = (began + seconds * factor)[order] // STEP * STEP
    store.extend(metric, tags, MetricType.DISTRIBUTION, times, seconds[order])
    return store


def first_alert(
    monitor: Mapping[str, Any], store: SeriesStore, *, since: datetime, until: datetime, slos: Slos
) -> datetime | None:
    """Return the evaluation, each full minute from ``since`` on, at which the monitor (API JSON) goes to Alert."""
    definition = load_definition(dict(monitor), source=f"monitor {monitor.get('id')}")
    period: timedelta = evaluation_period(definition)
    statuses: Mapping[Group, GroupStatus] = {}
    at = since.replace(second=0, microsecond=0)
    while at <= until:
        step = advance(definition, statuses, store, at, slos=slos)
        statuses = step.statuses
        if any(change.new is State.ALERT for change in step.transitions):
            return at
        at += period
    return None
