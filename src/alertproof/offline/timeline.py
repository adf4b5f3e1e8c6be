"""Runs one test's data through its monitors, all evaluations at once."""

from __future__ import annotations

from bisect import bisect_right
from datetime import UTC, datetime, timedelta
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING

import numpy as np
from msgspec import Struct
from msgspec.structs import replace

from alertproof.datadog import Notification, Timeline, Transition
from alertproof.datadog import run_timeline as run_monitor
from alertproof.datadog.monitor.clusters import cluster_of
from alertproof.datadog.monitor.definition import evaluation_instants
from alertproof.datadog.monitor.evaluate import takes_given
from alertproof.datadog.monitor.happened import what_happened
from alertproof.datadog.monitor.missing import missing_variables
from alertproof.datadog.monitor.routing import Terms
from alertproof.datadog.monitor.wording import transition_word
from alertproof.errors import Broken
from alertproof.offline.document import LONGEST
from alertproof.telemetry.evidence import GIVEN, GIVEN_RECOVERY, Evidence
from alertproof.telemetry.series import Floats, MetricType, SeriesStore

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from alertproof.datadog import Assumptions, Slos
    from alertproof.datadog.downtime import Spans
    from alertproof.datadog.monitor.routing import Routing
    from alertproof.offline.inputs import Inputs, InputSeries
    from alertproof.offline.script import Monitor
    from alertproof.tags import Group

__all__ = ["Run", "fill_store", "gather_evidence", "length_of", "run_timeline", "with_bands"]

_MOST_POINTS = 20_000_000


class Run(Struct, frozen=True, kw_only=True, eq=False, dict=True):
    """All that one monitor did in one test."""

    monitor: Monitor
    timeline: Timeline
    terms: Terms
    start: datetime
    """When the test begins."""

    @property
    def transitions(self) -> tuple[Transition, ...]:
        return self.timeline.transitions

    @property
    def notifications(self) -> tuple[Notification, ...]:
        return self.timeline.notifications

    @cached_property
    def instants(self) -> list[float]:
        """Return when the evaluations were, epoch seconds."""
        instants: list[float] = self.timeline.instants.tolist()
        return instants

    def values(self, group: Group) -> Floats:
        """Return the value of a group at each evaluation, NaN where it was skipped or the group was not there."""
        value, count = self.timeline.value, len(self.instants)
        return np.array([value(group, number) for number in range(count)], dtype=np.float64)

    def cluster(self, group: Group) -> Group:
        """Return the group that a group is told of with, which is itself but for ``notify_by``."""
        return cluster_of(group, self.monitor.definition.options.notify_by)

    def steps(self, word: str, group: Group | None) -> Iterator[Transition]:
        """Yield the steps that a notification would call ``word``, of one group or of all."""
        warn_to_alert = self.terms.assumptions.warn_to_alert
        for each in self.transitions:
            known = transition_word(each.old, each.new, warn_to_alert=warn_to_alert)
            if known == word and group in {None, each.group}:
                yield each

    def told_of(self, step: Transition) -> tuple[str, ...]:
        """Return the handles that were told of a step, of a group by itself or with others."""
        own = {step.group, self.cluster(step.group)}
        return tuple(
            handle for each in self.notifications if each.at == step.at and each.group in own for handle in each.handles
        )

    def muted(self, group: Group) -> Spans:
        """Return when the downtimes of the test, and the monitor's own, mute a group."""
        until = self.instant_of(len(self.instants) - 1) if self.instants else self.start
        return self.terms.muted(self.cluster(group), self.start, until)

    def rests_on(self) -> tuple[str, ...]:
        """Return a sentence for each thing that this rests on and Datadog does not document, or only Datadog knows."""
        definition = self.monitor.definition
        assumed = self.terms.assumptions.relied_on(definition, what_happened(self.timeline))
        return (*assumed, *missing_variables(definition, self.notifications))

    def evaluation_at(self, instant: datetime) -> int | None:
        """Return the number of the last evaluation up to ``instant``, None before the first."""
        number = bisect_right(self.instants, instant.timestamp()) - 1
        return number if number >= 0 else None

    def instant_of(self, evaluation: int) -> datetime:
        """Return when an evaluation was."""
        return datetime.fromtimestamp(self.instants[evaluation], UTC)


def _require_bounded(inputs: Inputs) -> None:
    """Refuse what would eat the memory, which is a slip of the keyboard."""
    for series in (*inputs.series, *inputs.checks, *inputs.bands):
        if len(series.values) * (inputs.interval / series.flush) > _MOST_POINTS:
            raise Broken(f"more than {_MOST_POINTS} points of {series.metric}, one each {series.flush}")
        if inputs.interval.total_seconds() * len(series.values) > LONGEST.total_seconds():
            raise Broken(f"the values of {series.metric} last longer than {LONGEST.days} days")


def length_of(inputs: Inputs) -> timedelta:
    """Return how long the test's data lasts; raises `Broken` if its series are of different lengths."""
    _require_bounded(inputs)
    fed = (*inputs.series, *inputs.checks, *inputs.bands, *inputs.recoveries)
    sizes = {f"{series.metric}": len(series.values) for series in fed}
    if not sizes and (inputs.length is None or not any(inputs.records.values())):
        raise Broken(
            "the test has records and no series, so it needs a length, such as 30m"
            if inputs.records
            else "the test has no input series"
        )
    if not sizes and inputs.length is not None:
        return inputs.length
    if len({len(series.values) for series in fed}) > 1:
        told = ", ".join(f"{len(series.values)} of {series.metric}" for series in fed)
        raise Broken(f"the input series have different numbers of values: {told}")
    length = inputs.interval * max(sizes.values())
    if inputs.length not in {None, length}:
        raise Broken(f"the length of the test is {inputs.length}, and its series last {length}")
    return length


def gather_evidence(inputs: Inputs) -> Evidence:
    """Return what the test has besides series; raises `Broken` for two inputs of one check."""
    evidence = Evidence()
    for kind, written in inputs.records.items():
        for each in written:
            for record in each.at(inputs.start.timestamp()):
                evidence.records.write(kind, record)
    _write_each(evidence.checks, inputs.checks, inputs)
    return replace(evidence, check_messages=inputs.check_messages, known=inputs.facts)


def fill_store(inputs: Inputs) -> SeriesStore:
    """Return the test's input as a platform would have sent it; raises `Broken` for two inputs of one series."""
    # The whole test is written before its first evaluation, so that nothing may be forgotten by its end.
    store = SeriesStore(retention=None)
    _write_each(store, inputs.series, inputs)
    return store


def _write_each(store: SeriesStore, given: Iterable[InputSeries], inputs: Inputs) -> None:
    known = set()
    for series in given:
        if (series.metric, series.tags) in known:
            label = f"{series.metric}{{{','.join(sorted(map(str, series.tags)))}}}"
            raise Broken(f"two inputs are the series {label}; the second would replace the first")
        known.add((series.metric, series.tags))
        _write(store, series, inputs)


@lru_cache(maxsize=64)
def _times(start: float, step: float, count: int) -> Floats:
    """Return the first ``count`` instants of a test, each ``step`` seconds after the one before."""
    times = start + step * np.arange(count, dtype=np.float64)
    times.flags.writeable = False  # so that a store looks at them once, and all series share them
    return times


def _write(store: SeriesStore, series: InputSeries, inputs: Inputs) -> None:
    """Stamp each value at its start; a shorter flush repeats it, a count is divided among the flushes."""
    flushes = inputs.interval // series.flush
    values = series.values
    if flushes > 1:
        divisor = flushes if series.kind is MetricType.COUNT else 1
        values = np.repeat(values, flushes) / np.float64(divisor)
    seconds = series.flush.total_seconds()
    times = _times(inputs.start.timestamp(), seconds, len(values))
    known = np.isfinite(values)
    if not known.all():
        times, values = times[known], values[known]
    interval = int(seconds)
    store.extend(series.metric, series.tags, series.kind, times, values, interval=interval, are_numbers=True)


def with_bands(evidence: Evidence, inputs: Inputs, monitor: Monitor) -> Evidence:
    """Return the evidence with the values that the test gives for a monitor, if it gives any that it takes.

    Raises `Broken` for two of one group.
    """
    bands = _called(monitor, inputs.bands, GIVEN)
    if not bands or not takes_given(monitor.definition):
        return evidence
    given = SeriesStore(retention=None)
    _write_each(given, (*bands, *_called(monitor, inputs.recoveries, GIVEN_RECOVERY)), inputs)
    return replace(evidence, given=given)


def _called(monitor: Monitor, bands: Iterable[InputSeries], metric: str) -> list[InputSeries]:
    """Return the bands of a monitor, by whichever of its names, as series of ``metric``."""
    return [replace(band, metric=metric) for band in bands if monitor.is_called(band.metric)]


def run_timeline(
    monitor: Monitor,
    store: SeriesStore,
    start: datetime,
    length: timedelta,
    *,
    slos: Slos,
    assumptions: Assumptions,
    evidence: Evidence,
    routing: Routing,
    parts: Mapping[str, Run] | None = None,
) -> Run:
    """Evaluate a monitor as often as Datadog would, from minute 1 to the end of the data, or as it is scheduled."""
    definition = monitor.definition
    instants = evaluation_instants(definition, start, start + length)
    timeline = run_monitor(
        definition,
        store,
        instants,
        slos=slos,
        assumptions=assumptions,
        evidence=evidence,
        parts={name: run.timeline for name, run in (parts or {}).items()},
        routing=routing,
    )
    terms = Terms(definition=definition, routing=routing, assumptions=assumptions)
    return Run(monitor=monitor, timeline=timeline, terms=terms, start=start)
