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

    from alertproof.datadog import Assumptions, GroupStatus, Slos, Step
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
    """How many evaluations came to a value from data, over all groups."""
    silent: dict[datetime, frozenset[Group]] = field(default_factory=dict)
    """The groups without a point in the window of an evaluation."""
    without_value: dict[datetime, Mapping[Group, datetime]] = field(default_factory=dict)
    """Since which evaluation the groups had no value at an evaluation; those with a value are not there."""

    def evaluation_at(self, instant: datetime) -> datetime | None:
        """Return when the last evaluation up to ``instant`` was, None before the first."""
        return next((at for at in reversed(self.statuses) if at <= instant), None)

    def add(self, step: Step) -> None:
        """Take in what one more evaluation led to."""
        before = next(reversed(self.without_value.values()), {})
        self.statuses[step.at] = step.statuses
        self.silent[step.at] = step.silent
        self.without_value[step.at] = {
            group: before.get(group, step.at) for group, value in step.values.items() if value is None
        }
        self.transitions.extend(step.transitions)
        self.notifications.extend(step.notifications)
        self.evaluated += sum(value is not None and group not in step.silent for group, value in step.values.items())


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
    """Return the test's input as a platform would have sent it; raises `Broken` for two inputs of one series."""
    # The whole test is written before its first evaluation, so that nothing may be forgotten by its end.
    store = SeriesStore(retention=None)
    known = set()
    for series in test.input_series:
        if (series.metric, series.tags) in known:
            label = f"{series.metric}{{{','.join(sorted(map(str, series.tags)))}}}"
            raise Broken(f"two inputs are the series {label}; the second would replace the first")
        known.add((series.metric, series.tags))
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
        statuses = step.statuses
        timeline.add(step)
    return timeline
