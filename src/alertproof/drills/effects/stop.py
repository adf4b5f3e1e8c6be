"""The API is stopped: nobody answers, no event at Sentry, each run of a probe fails."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import final

from alertproof.drills.effects.requests import first_answer
from alertproof.drills.indicator import RatioReader
from alertproof.drills.scene import Scene
from alertproof.drills.timeline import failing_requests
from alertproof.errors import NotModelled
from alertproof.faults import Stop
from alertproof.requirements import StopSpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["StoppedApi"]


@final
class StoppedApi:
    """All requests go unanswered, those of probes too."""

    def __init__(self, fault: StopSpec, scene: Scene) -> None:
        if not isinstance(scene.reader, RatioReader):
            name = scene.alert.indicator.name
            raise NotModelled(f"that the API is stopped shows in a ratio of failed probe runs, and {name!r} is none")
        self._spec = fault
        self._scene = scene

    @property
    def fault(self) -> Stop:
        return Stop(text=self._spec.text)

    @property
    def bad_share(self) -> float:
        return 1.0

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        return failing_requests(self._scene.reader.indicator, 1.0, begins=begins, ends=ends)

    def announce(self) -> None:
        """Say nothing: all that is expected of it is decided in any case."""

    def see_first(self) -> None:
        scene = self._scene
        first, said = first_answer(
            scene, lambda answer: answer.status == 0, did="got no answer", share=1.0, takes=timedelta(0)
        )
        if first is not None:
            scene.seen.failed = scene.platform.stack(first.at)
        scene.checklist.expect("the fault leaves requests of the steady traffic unanswered", first is not None, said)

    def see_traces(self) -> None:
        """See nothing: a process that is gone reports nothing."""

    def prove(self) -> None:
        scene = self._scene
        platform = scene.platform
        # The first request that came after the fault was on its way there, and the last may have met the API again.
        began, ended = (platform.real(at) for at in (scene.fault.began, scene.reverted))
        answers = platform.traffic.answers(since=began + timedelta(seconds=0.5), until=ended - timedelta(seconds=0.5))
        answered = sum(answer.status != 0 for answer in answers)
        scene.checklist.expect(
            "no request of the steady traffic is answered while the API is stopped",
            bool(answers) and not answered,
            f"{answered} of {len(answers)} requests were answered",
        )

    def see_at_datadog(self) -> None:
        raise NotModelled("a stopped API is no lesser fault: use one that the alert must stay quiet at")

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        return (("first failed request", self._scene.seen.failed),)
