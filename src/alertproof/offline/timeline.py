"""Runs one test's data through its monitors on a virtual clock."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from alertproof.clock import VirtualClock
from alertproof.datadog import Notification, Transition, advance, evaluation_period
from alertproof.errors import Broken
from alertproof.telemetry.series import Floats, MetricType, SeriesStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog import Assumptions, GroupStatus, Slos
    from alertproof.offline.script import AlertTest, InputSeries, Monitor
    from alertproof.tags import Group

__all__ = ["START", "Timeline", "fill_store", "length_of", "run_timeline"]

#: When every offline test begins: a midnight, so that all buckets are aligned.
START = datetime(2024, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)


@dataclass(slots=True, kw_only=True)
class Timeline:
    """All that one monitor did in one test."""

    monitor: Monitor
    statuses: dict[datetime, Mapping[Group, GroupStatus]] = field(default_factory=dict)
    transitions: list[Transition] = field(default_factory=list)
    notifications: list[Notification] = field(default_factory=list)
    evaluated: int = 0
    """How many evaluations came to a value, over all groups."""

    def at(self, instant: datetime) -> Mapping[Group, GroupStatus] | None:
        """Return the groups after the last evaluation up to ``instant``, None before the first."""
        return next((found for at, found in reversed(self.statuses.items()) if at <= instant), None)


def length_of(test: AlertTest) -> timedelta:
    """Return how long the test's data lasts; raises `Broken` if its series are of different lengths."""
    sizes = {f"{series.metric}": len(series.values) for series in test.input_series}
    if not sizes:
        raise Broken("the test has no input series")
    if len({len(series.values) for series in test.input_series}) > 1:
        told = ", ".join(f"{len(series.values)} of {series.metric}" for series in test.input_series)
        raise Broken(f"the input series have different numbers of values: {told}")
    return test.interval * max(sizes.values())


def fill_store(test: AlertTest) -> SeriesStore:
    """Return the test's input as a platform would have sent it."""
    store = SeriesStore()
    for series in test.input_series:
        _write(store, series, test.interval)
    return store


def _write(store: SeriesStore, series: InputSeries, interval: timedelta) -> None:
    """Stamp each value at its start; a shorter flush repeats it, a count is divided among the flushes."""
    flushes = interval // series.flush
    divisor = flushes if series.kind is MetricType.COUNT else 1
    values: Floats = np.repeat(series.values, flushes) / np.float64(divisor)
    times = START.timestamp() + series.flush.total_seconds() * np.arange(len(values), dtype=np.float64)
    known = np.isfinite(values)
    store.extend(
        series.metric,
        series.tags,
        series.kind,
        times[known],
        values[known],
        interval=int(series.flush.total_seconds()),
    )


def run_timeline(
    monitor: Monitor, store: SeriesStore, length: timedelta, *, slos: Slos, assumptions: Assumptions
) -> Timeline:
    """Evaluate a monitor as often as Datadog would, from minute 1 to the end of the data."""
    clock, timeline = VirtualClock(START), Timeline(monitor=monitor)
    definition = monitor.definition
    period = max(_MINUTE, evaluation_period(definition))
    statuses: Mapping[Group, GroupStatus] = {}
    while clock.now() + period <= START + length:
        clock.advance(period)
        step = advance(definition, statuses, store, clock.now(), slos=slos, assumptions=assumptions)
        statuses = timeline.statuses[step.at] = step.statuses
        timeline.transitions.extend(step.transitions)
        timeline.notifications.extend(step.notifications)
        timeline.evaluated += sum(value is not None for value in step.values.values())
    return timeline
