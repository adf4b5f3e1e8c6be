"""Requests fail: a 5xx answer of the traffic, an event at Sentry, a ratio at Datadog."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from typing import final

from alertproof.drills.effects.requests import (
    first_answer,
    highest_under,
    see_other_tenants,
    see_tenants,
    those_hit,
)
from alertproof.drills.indicator import RatioReader
from alertproof.drills.scene import Scene
from alertproof.drills.sentry import SentryCheck
from alertproof.drills.timeline import failing_requests
from alertproof.drills.ways import way_of
from alertproof.drills.words import percent
from alertproof.errors import NotModelled
from alertproof.faults import Error, FeatureFlag, Header
from alertproof.loadgen import Answered
from alertproof.redact import Secret
from alertproof.requirements import ErrorSpec
from alertproof.telemetry.series import SeriesStore

__all__ = ["FailingRequests"]

_ENOUGH = 0.7  # of the share, which a window that is not quite full does not reach


@final
class FailingRequests:
    """A share of the requests is answered with an error; the failing code holds a secret."""

    def __init__(self, fault: ErrorSpec, scene: Scene) -> None:
        if not isinstance(scene.reader, RatioReader):
            raise NotModelled(f"failing requests show in a ratio of counts, and {scene.alert.indicator.name!r} is none")
        self._fault = fault
        self._scene = scene
        self._plant = Secret(f"alertproof-{secrets.token_hex(12)}")
        platform = scene.platform
        self._way = way_of(fault, platform.target.drills, platform.spec.tenants)
        # What fails by the target's own way does not hold our secret, and may not be told to Sentry.
        self._sentry = SentryCheck(platform, scene.checklist, self._plant) if self._way is None else None
        self._first: Answered | None = None

    @property
    def fault(self) -> Error | FeatureFlag | Header:
        if self._way is not None:
            return self._way
        share, match = those_hit(self._fault, self._scene)
        return Error(text=self._fault.text, share=share, match=match, plant=self._plant)

    @property
    def bad_share(self) -> float:
        return self._fault.share

    def timeline(self, begins: datetime, ends: datetime) -> SeriesStore:
        return failing_requests(self._scene.reader.indicator, self._fault.share, begins=begins, ends=ends)

    def announce(self) -> None:
        if self._sentry is not None:
            self._sentry.announce()

    def see_first(self) -> None:
        scene = self._scene
        self._first, said = first_answer(scene, _has_failed, did="failed", share=self._fault.share, takes=timedelta(0))
        if self._first is not None:
            scene.seen.failed = scene.platform.stack(self._first.at)
        text = "the fault makes requests of the steady traffic fail"
        scene.checklist.expect(text, self._first is not None, said)

    def see_traces(self) -> None:
        if self._first is not None and self._sentry is not None:
            self._scene.seen.event = self._sentry.scrubbed_event(self._first)

    def prove(self) -> None:
        if self._sentry is not None:
            self._sentry.control()
        see_tenants(self._scene)
        see_other_tenants(self._fault, self._scene, _has_failed)

    def see_at_datadog(self) -> None:
        scene, share = self._scene, self._fault.share
        indicator = scene.alert.indicator
        top, said = highest_under(scene)
        scene.checklist.expect(
            f"Datadog saw the fault: {indicator.name} came near {percent(share)}, below {percent(indicator.threshold)}",
            top is not None and _ENOUGH * share <= top < indicator.threshold,
            said,
        )

    def moments(self) -> tuple[tuple[str, datetime | None], ...]:
        seen = self._scene.seen
        failed = ("first failed request", seen.failed)
        return (failed, ("Sentry event", seen.event.at if seen.event else None)) if self._sentry else (failed,)


def _has_failed(answer: Answered) -> bool:
    return answer.status >= 500
