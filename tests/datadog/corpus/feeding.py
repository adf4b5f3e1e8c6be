"""Feeds a monitor what makes it fire and what keeps it quiet: levels of its signals, tried out."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from itertools import islice, product
from typing import NamedTuple

import numpy as np
from tests.datadog.corpus.signals import Inputs, Signal, signals_of

from alertproof.datadog import Definition, State, run_timeline
from alertproof.datadog.monitor.definition import evaluation_period, evaluation_window
from alertproof.datadog.monitor.evaluate import takes_given
from alertproof.datadog.monitor.timeline import Timeline
from alertproof.datadog.query.tree import Call, Change, MetricMonitor, Number, SloAlert, walk
from alertproof.datadog.slo import Slos
from alertproof.telemetry.evidence import Evidence
from alertproof.telemetry.records import RecordStore
from alertproof.telemetry.series import SeriesStore

START = 1_704_067_200.0
#: So many combinations of levels are tried at most.
MOST_TRIES = 150
#: As many ways to be quiet are tried before and after firing.
MOST_CALMS = 2


class Fed(NamedTuple):
    """What a monitor did with inputs on levels: quiet throughout, or quiet, then others, then quiet again."""

    levels: tuple[tuple[float, ...], ...]
    timeline: Timeline


def _phase(definition: Definition) -> timedelta:
    """Return how long a level is held: until everything that looks back sees nothing else."""
    tree, longest = definition.tree, timedelta(minutes=30)
    if isinstance(tree, MetricMonitor):
        longest += tree.head.distance if isinstance(tree.head, Change) else timedelta()
        spans = [abs(node.value) for node in walk(tree.expression) if isinstance(node, Number)]
        calls = {node.name for node in walk(tree.expression) if isinstance(node, Call)}
        longest += timedelta(seconds=max(spans, default=0)) if "timeshift" in calls else timedelta()
        longest += max((each for name, each in _BEFORE.items() if name in calls), default=timedelta())
    if isinstance(tree, SloAlert):
        longest += timedelta(days=int(tree.over[:-1]))
    period = evaluation_period(definition)
    needed = longest + 2 * evaluation_window(definition) + definition.options.evaluation_delay
    return math.ceil(needed / period) * period


_BEFORE = {
    "hour_before": timedelta(hours=1),
    "day_before": timedelta(days=1),
    "week_before": timedelta(weeks=1),
    "month_before": timedelta(days=28),
}


def _step(definition: Definition) -> float:
    """Return the seconds between points: some in each bucket of the window, records some in each window."""
    window = evaluation_window(definition).total_seconds()
    if definition.searches:
        return max(60.0, window // 5 // 60 * 60)
    if window < 300:
        return 20.0
    return 60.0 if window <= 86400 else 600.0 if window <= 7 * 86400 else 3600.0


def feed(definition: Definition, signals: list[Signal], phases: tuple[tuple[float, ...], ...], slos: Slos) -> Timeline:
    """Hold the signals on the levels of each phase and return what the monitor did."""
    length, step = _phase(definition).total_seconds(), _step(definition)
    given = SeriesStore(retention=None) if takes_given(definition) else None
    inputs = Inputs(SeriesStore(retention=None), Evidence(records=RecordStore(), given=given))
    times = START + np.arange(0, length * len(phases), step)
    phase = np.minimum((times - START) // length, len(phases) - 1).astype(int)
    for number, signal in enumerate(signals):
        values = np.array([levels[number] for levels in phases])[phase]
        signal.give(inputs, times, np.cumsum(values * step / 60) if signal.summed else values)
    period = evaluation_period(definition).total_seconds()
    first = math.ceil(definition.options.evaluation_delay.total_seconds() / period) * period + period
    instants = START + np.arange(first, length * len(phases) + 1, period)
    return run_timeline(definition, inputs.store, instants, slos=slos, evidence=inputs.evidence)


def _combinations(signals: list[Signal], toward: int) -> Iterator[tuple[float, ...]]:
    return islice(product(*(signal.ordered(toward) for signal in signals)), MOST_TRIES)


def is_quiet(definition: Definition, timeline: Timeline) -> bool:
    """Tell whether the monitor came to values and was never in trouble.

    One that counts records need not: where a single record is trouble, no record is what is quiet. Records that the
    search just misses are there.
    """
    news = {each.new for each in timeline.transitions}
    counts = bool(definition.searches) and all(query.counts for _, query in definition.searches)
    return news <= {State.OK} and (timeline.evaluated > 0 or counts)


def is_over(timeline: Timeline, end: State = State.OK) -> bool:
    """Tell whether the monitor fired and has left that since."""
    news = [each.new for each in timeline.transitions]
    return State.ALERT in news and news[-1] is end


def _toward(definition: Definition) -> int:
    return {"<": -1, "<=": -1}.get(definition.comparator, 1)


def found_quiet(definition: Definition, slos: Slos) -> Iterator[Fed]:
    """Yield levels that keep the monitor quiet."""
    return _calm(definition, signals_of(definition, slos), slos)


def _calm(definition: Definition, signals: list[Signal], slos: Slos) -> Iterator[Fed]:
    for levels in _combinations(signals, -_toward(definition)):
        timeline = feed(definition, signals, (levels, levels), slos)
        if is_quiet(definition, timeline):
            yield Fed((levels,), timeline)


def found_firing(definition: Definition, slos: Slos) -> Fed | None:
    """Return levels between two quiet phases that make the monitor fire and recover; None where there are none.

    One whose every value is trouble recovers only by having none: where that is No Data, it ends there.
    """
    signals = signals_of(definition, slos)
    if isinstance(definition.tree, MetricMonitor) and isinstance(definition.tree.head, Change):
        # What changes once has changed for as long as the shift, what rises all the time.
        rising = [replace(signal, summed=True) for signal in signals]
        return _fired(definition, signals, slos) or _fired(definition, rising, slos)
    return _fired(definition, signals, slos)


def _fired(definition: Definition, signals: list[Signal], slos: Slos) -> Fed | None:
    in_no_data: Fed | None = None
    for calm in islice(_calm(definition, signals, slos), MOST_CALMS):
        (quiet,) = calm.levels
        for levels in _combinations(signals, _toward(definition)):
            timeline = feed(definition, signals, (quiet, levels, quiet), slos)
            found = Fed((quiet, levels, quiet), timeline)
            if is_over(timeline):
                return found
            if is_over(timeline, State.NO_DATA):
                in_no_data = in_no_data or found
                break
    return in_no_data
