"""A few runs of a probe fail, and nothing else: too few for an alert of availability."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import final

from alertproof.clock import wait_until
from alertproof.drills.effects.requests import see_none_failed
from alertproof.drills.indicator import RatioReader
from alertproof.drills.scene import EVALUATION, Scene
from alertproof.drills.timeline import failing_requests
from alertproof.drills.words import percent
from alertproof.errors import NotModelled
from alertproof.faults import Error
from alertproof.requirements import FailingProbeSpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["FailingProbe"]

_POLL = timedelta(milliseconds=50)  # real, as the door's answers are
_SLACK = timedelta(seconds=2)  # real


@final
class FailingProbe:
    """The health of the API is answered with an error so many times; its users see nothing of it."""

    def __init__(self, fault: FailingProbeSpec, scene: Scene) -> None:
        self._spec = fault
        self._scene = scene
        if not isinstance(scene.reader, RatioReader):
            name = scene.alert.indicator.name
            raise NotModelled(f"a failing probe shows in a ratio of failed probe runs, and {name!r} is none")
        self._reader = scene.reader

    @property
    def fault(self) -> Error:
        return Error(text=self._spec.text, times=self._spec.times, match={"path": "/healthz"})

    @property
    def bad_share(self) -> float:
        platform, window = self._scene.platform, self._scene.alert.indicator.window.delta
        return self._spec.times * platform.traffic.plan.probe_every / platform.real_span(window).total_seconds()

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        return failing_requests(self._reader.indicator, self.bad_share, begins=begins, ends=ends)

    def announce(self) -> None:
        """Say nothing: all that is expected of it is decided in any case."""

    def see_first(self) -> None:
        scene, clock, times = self._scene, self._scene.system, self._spec.times
        within = timedelta(seconds=scene.platform.traffic.plan.probe_every) * (times + 1) + _SLACK
        done = wait_until(
            lambda: True if self._hit() >= times else None,
            clock=clock,
            deadline=clock.now() + within,
            every=_POLL,
        )
        text = f"the fault makes {times} run(s) of the probe fail"
        scene.checklist.expect(text, done is not None, f"the platform's door says {self._hit()}")

    def see_traces(self) -> None:
        """See nothing: the drill of the error rate does."""

    def prove(self) -> None:
        see_none_failed(self._scene)

    def see_at_datadog(self) -> None:
        scene, indicator = self._scene, self._scene.alert.indicator
        # The first may be counted in an interval that began before the fault.
        failed = self._reader.bad(since=scene.fault.began - EVALUATION, until=scene.platform.clock.now())
        top = max((one.value for one in scene.readings() if one.at >= scene.fault.began), default=None)
        seen = "no readings" if top is None else f"{failed:g} failed runs, highest {percent(top)} of all"
        scene.checklist.expect(
            f"Datadog saw the fault: {self._spec.times} failed run(s), below {percent(indicator.threshold)} of all",
            top is not None and round(failed) == self._spec.times and top < indicator.threshold,
            seen,
        )
        see_none_failed(scene)

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        return ()

    def _hit(self) -> int:
        door = self._scene.platform.door_of(self.fault)
        return sum(state.injected for state in door.active() if state.kind == self.fault.kind)
