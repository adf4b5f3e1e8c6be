"""A gauge is raised: jobs that wait, CPU that is burnt. Requests are answered as ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from statistics import fmean
from typing import final

from alertproof.drills.anew import TooBusy
from alertproof.drills.effects.requests import see_none_failed
from alertproof.drills.indicator import GaugeReader
from alertproof.drills.scene import EVALUATION, Scene
from alertproof.drills.timeline import raised_gauge
from alertproof.drills.words import quantity
from alertproof.errors import NotModelled
from alertproof.faults import Backlog, DatabaseLoad
from alertproof.journal import Reading
from alertproof.requirements import BacklogSpec, DatabaseLoadSpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["RaisedGauge"]

_CORE = 100.0  # percent: what one backend takes of a core that nobody else wants
_FULL = 100  # percent on average, rounded: with less, what some values lacked may be what others of the machine took
_APART = 4.0  # percent of a core by which the values' mean may differ from what the query took, if they are right
_NEAR = 0.01  # of the jobs asked for, by which those that wait may differ
#: How long after the fault the first value that shows it may come, and after how long all do. A gauge is measured each
#: ten seconds, on a fast clock each half of a real second.
_FIRST = timedelta(minutes=3)
_SETTLED = EVALUATION


@final
class RaisedGauge:
    """A part of the platform has more to do than it can, and a gauge says so."""

    def __init__(self, fault: BacklogSpec | DatabaseLoadSpec, scene: Scene) -> None:
        indicator = scene.alert.indicator
        if not isinstance(scene.reader, GaugeReader):
            raise NotModelled(f"the fault {fault.text!r} shows in a gauge, and {indicator.name!r} is none")
        self._spec = fault
        self._scene = scene
        self._jobs = fault.jobs if isinstance(fault, BacklogSpec) else None
        level = f"near {quantity(self._jobs, indicator.unit)}" if self._jobs else f"above {self._threshold}"
        self._level = f"{indicator.name} {level}"

    @property
    def fault(self) -> Backlog | DatabaseLoad:
        spec = self._spec
        if isinstance(spec, BacklogSpec):
            return Backlog(text=spec.text, jobs=spec.jobs)
        return DatabaseLoad(text=spec.text)

    @property
    def bad_share(self) -> float:
        return 1.0

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        value = _CORE if self._jobs is None else self._jobs
        return raised_gauge(self._scene.reader.indicator, value, begins=begins, ends=ends)

    def announce(self) -> None:
        """Say nothing: all that is expected of it is decided in any case."""

    def see_first(self) -> None:
        scene = self._scene
        began = scene.fault.began
        first = scene.wait(lambda: self._first(began), _FIRST, after=began)
        if first is not None:
            scene.seen.shown = first.at
        scene.checklist.expect(f"the fault shows: {self._level}", first is not None, scene.reading_text())

    def see_traces(self) -> None:
        """See nothing: a part that is busy is no error."""

    def prove(self) -> None:
        self._require_load()
        see_none_failed(self._scene)

    def see_at_datadog(self) -> None:
        self._require_load()
        scene = self._scene
        values = self._values()
        shown = sum(map(self._shows, values))
        scene.checklist.expect(
            f"Datadog saw the fault as long as it stood: {self._level}",
            bool(values) and shown == len(values),
            f"{shown} of {len(values)} values{self._span(values)}",
        )
        see_none_failed(scene)

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        return ((f"first {self._scene.alert.indicator.name}", self._scene.seen.shown),)

    @property
    def _threshold(self) -> str:
        indicator = self._scene.alert.indicator
        return quantity(indicator.threshold, indicator.unit)

    def _shows(self, value: float) -> bool:
        if self._jobs is None:
            return value > self._scene.alert.indicator.threshold
        return abs(value - self._jobs) <= _NEAR * self._jobs

    def _values(self) -> list[float]:
        """Return what Datadog has of the gauge as long as the fault stood, without both ends."""
        since, until = self._scene.fault.began + _SETTLED, self._scene.reverted - _SETTLED
        return [one.value for one in self._scene.readings() if since <= one.at <= until]

    def _require_load(self) -> None:
        """Raise `TooBusy` when the heavy query could not take what it was to take: others wanted the machine too."""
        took, wanted = self._scene.seen.broke, self._scene.alert.indicator.threshold
        if self._jobs is not None or took is None:
            return
        values = self._values()
        dipped = bool(values) and not all(map(self._shows, values))
        # Values that are too low by themselves differ from what was taken: that is a defect, and no busy machine.
        explained = dipped and took < _FULL and took <= fmean(values) + _APART
        if took <= wanted or explained:
            raise TooBusy(
                f"the machine left the heavy query {took} % of a core{self._span(values)}, and the alert is about more "
                f"than {self._threshold}: it is too busy for this drill, which runs alone"
            )

    def _first(self, began: datetime) -> Reading | None:
        return next((one for one in self._scene.readings() if one.at >= began and self._shows(one.value)), None)

    def _span(self, values: list[float]) -> str:
        unit = self._scene.alert.indicator.unit
        return f", from {quantity(min(values), unit)} to {quantity(max(values), unit)}" if values else ""
