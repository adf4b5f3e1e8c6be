"""Requests are late: slow but good answers of the traffic, a percentile at Datadog, nothing at Sentry."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import final

from alertproof.drills.effects.requests import (
    first_answer,
    highest_under,
    is_near,
    see_other_tenants,
    see_tenants,
    those_hit,
)
from alertproof.drills.indicator import PercentileReader
from alertproof.drills.scene import Scene
from alertproof.drills.timeline import slow_requests
from alertproof.drills.ways import way_of
from alertproof.drills.words import percent, quantity, seconds
from alertproof.errors import Broken, NotModelled
from alertproof.faults import Delay, FeatureFlag, Header
from alertproof.loadgen import Answered
from alertproof.requirements import DelaySpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["LateRequests"]

_SKETCH = 0.02  # a distribution keeps values to one per cent; no healthy request comes so near to the delay
_ON_THE_WAY = timedelta(seconds=1)  # real, beside the delay: what was sent later may not be answered yet


@final
class LateRequests:
    """A share of the requests is answered well, but only after a delay."""

    def __init__(self, fault: DelaySpec, scene: Scene) -> None:
        reader, indicator = scene.reader, scene.alert.indicator
        if not isinstance(reader, PercentileReader) or indicator.unit != "s":
            raise NotModelled(f"late requests show in a percentile in seconds, and {indicator.name!r} is none")
        self._fault = fault
        self._scene = scene
        self._reader = reader
        self._delay = timedelta(seconds=fault.seconds)
        self._lag = self._delay * scene.platform.clock.anchor.factor  # a delay is real, the clock may not be
        self._long = f"took {seconds(fault.seconds)} or longer"

    @property
    def fault(self) -> Delay | FeatureFlag | Header:
        platform = self._scene.platform
        way = way_of(self._fault, platform.target.drills, platform.spec.tenants)
        if way is not None:
            return way
        share, match = those_hit(self._fault, self._scene)
        return Delay(text=self._fault.text, share=share, seconds=self._fault.seconds, match=match)

    @property
    def bad_share(self) -> float:
        return self._fault.share

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        return slow_requests(self._reader.indicator, self._fault.share, self._delay, begins=begins, ends=ends)

    def announce(self) -> None:
        """Say nothing: all that a late request does is decided with the traffic."""

    def see_first(self) -> None:
        scene = self._scene
        first, said = first_answer(scene, self._is_late, did=self._long, share=self._fault.share, takes=self._delay)
        if first is not None:
            scene.seen.delayed = scene.platform.stack(first.at)
        lag = f"{self._lag.total_seconds():.3g} s of this clock"
        scene.seen.notes.append(f"a late answer is measured {lag} after it was due, and the alert is so much later")
        scene.checklist.expect("the fault makes requests of the steady traffic late", first is not None, said)

    def see_traces(self) -> None:
        """See nothing: a late request is no error, and leaves no event at Sentry."""

    def prove(self) -> None:
        self._see_answers()
        self._require_calm()
        see_tenants(self._scene)
        see_other_tenants(self._fault, self._scene, self._is_late)

    def see_at_datadog(self) -> None:
        self._see_answers()
        scene, share, indicator = self._scene, self._fault.share, self._scene.alert.indicator
        low = self._delay.total_seconds() * (1 - _SKETCH)
        seen = self._reader.share_above(low, since=scene.fault.began + self._lag, until=scene.reverted)
        scene.checklist.expect(
            f"Datadog saw the fault: near {percent(share)} of the requests {self._long}",
            is_near(seen, share),
            f"{percent(seen)} of them",
        )
        top, said = highest_under(scene)
        scene.checklist.expect(
            f"under it {indicator.name} stayed below {quantity(indicator.threshold, indicator.unit)}",
            top is not None and top < indicator.threshold,
            said,
        )

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        return (("first delayed request", self._scene.seen.delayed),)

    def _is_late(self, answer: Answered) -> bool:
        return not answer.failed and answer.seconds >= self._delay.total_seconds()

    def _see_answers(self) -> None:
        """Decide what the traffic's own answers say: the fault's share of them was late, and none was bad.

        Raises `Broken` when more were late than the fault hit: then the platform is slow by itself.
        """
        scene, share = self._scene, self._fault.share
        began, ended = (scene.platform.real(at) for at in (scene.fault.began, scene.reverted))
        answers = scene.platform.traffic.answers(since=began, until=ended - self._delay - _ON_THE_WAY)
        late, failed = sum(map(self._is_late, answers)), sum(answer.failed for answer in answers)
        told = f"{late} of {len(answers)} requests {self._long}"
        seen = late / len(answers) if answers else 0.0
        if seen > share and not is_near(seen, share):
            raise Broken(f"{told}, and the fault hits {percent(share)}: the platform is slow by itself")
        scene.checklist.expect(f"near {percent(share)} of the steady traffic {self._long}", is_near(seen, share), told)
        scene.checklist.expect(
            "late requests are answered well: none of the steady traffic failed",
            bool(answers) and not failed,
            f"{failed} of {len(answers)} requests failed",
        )

    def _require_calm(self) -> None:
        """Raise `Broken` if what came after the revert was slow enough to hold the percentile up."""
        platform, limit = self._scene.platform, timedelta(seconds=self._scene.alert.indicator.threshold)
        ended, now = platform.real(self._scene.reverted), platform.real(platform.clock.now())
        answers = platform.traffic.answers(since=ended, until=now - limit - _ON_THE_WAY)
        slow = sum(answer.seconds > limit.total_seconds() for answer in answers)
        if slow > self._reader.allowed * len(answers):
            longer = f"took longer than {seconds(limit.total_seconds())}"
            told = f"{slow} of {len(answers)} requests after the revert {longer}"
            raise Broken(f"{told}: the platform is slow by itself")
