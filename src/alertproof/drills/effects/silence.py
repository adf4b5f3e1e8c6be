"""The agent is stopped: a gauge has no points any more. Requests are answered as ever."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import final

from alertproof.drills.effects.requests import see_none_failed
from alertproof.drills.indicator import GaugeReader
from alertproof.drills.scene import EVALUATION, Scene
from alertproof.drills.timeline import silent_gauge
from alertproof.drills.words import minutes
from alertproof.errors import NotModelled
from alertproof.faults import AgentStopped
from alertproof.requirements import AgentStoppedSpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["SilentAgent"]

#: A gauge is measured each ten seconds, on a fast clock each half of a real second: after so long without a point
#: nobody measures, and as much later than the fault one may still come that was measured before it.
_SILENT = EVALUATION
_SOON = timedelta(minutes=4)


@final
class SilentAgent:
    """Nobody measures, which is seen by what does not come."""

    def __init__(self, fault: AgentStoppedSpec, scene: Scene) -> None:
        if not isinstance(scene.reader, GaugeReader):
            name = scene.alert.indicator.name
            raise NotModelled(f"that the agent is stopped shows in a gauge that it measures, and {name!r} is none")
        self._spec = fault
        self._scene = scene

    @property
    def fault(self) -> AgentStopped:
        return AgentStopped(text=self._spec.text)

    @property
    def bad_share(self) -> float:
        return 1.0

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:  # noqa: ARG002 - nothing comes until the end
        return silent_gauge(self._scene.reader.indicator, begins=begins)

    def announce(self) -> None:
        """Say nothing: all that is expected of it is decided in any case."""

    def see_first(self) -> None:
        scene = self._scene
        began = scene.fault.began

        def look() -> bool | None:
            return True if scene.platform.clock.now() >= self._last() + _SILENT else None

        silent = scene.wait(look, _SOON, after=began)
        last = self._last()
        seen = f"the last value came {minutes(abs(last - began))} {'after' if last > began else 'before'} the fault"
        scene.checklist.expect(
            f"the fault shows: {scene.alert.indicator.name} has no value for {minutes(_SILENT)}",
            silent is not None,
            seen,
        )

    def see_traces(self) -> None:
        """See nothing: a process that is gone reports nothing."""

    def prove(self) -> None:
        self._see_gap()
        see_none_failed(self._scene)

    def see_at_datadog(self) -> None:
        self._see_gap()
        see_none_failed(self._scene)

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        return ()

    def _last(self) -> datetime:
        """Return when the gauge was measured last; that it was before the fault, the steady state has seen."""
        return max((one.at for one in self._scene.readings()), default=self._scene.began)

    def _see_gap(self) -> None:
        scene = self._scene
        since, until = scene.fault.began + _SILENT, scene.reverted
        came = [one for one in scene.readings() if since <= one.at < until]
        scene.checklist.expect(
            f"Datadog has no value of {scene.alert.indicator.name} while the agent is stopped",
            not came,
            f"{len(came)} values in {minutes(until - since)}",
        )
