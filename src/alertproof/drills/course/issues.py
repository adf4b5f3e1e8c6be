"""Steps about an alert of Sentry: errors of one issue are sent; that the issue is resolved Sentry tells nobody."""

from __future__ import annotations

import uuid
from typing import Any

import msgspec

from alertproof.drills.course.play import Play, Stopped
from alertproof.drills.scene import EVALUATION
from alertproof.faults import SentSignals
from alertproof.requirements import AlertSpec, Span
from alertproof.telemetry.signals import ErrorSignal

__all__ = ["Errors", "ResolveIssue", "StaysOpen"]

_TAG = "drill_run"


class Errors(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Send so many errors of one issue each ten seconds, until the revert."""

    each: int

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ()

    def take(self, play: Play) -> None:
        watched = play.watched
        play.run = uuid.uuid4().hex
        error = ErrorSignal(
            message=f"a drill's error {play.run[:8]}",
            environment=watched.environment,
            release=watched.target.env.get("M3CORE_RELEASE", ""),
            tags=(("drill", "true"), (_TAG, play.run)),
            count=self.each,
        )
        text = f"{self.each} errors of one issue each ten seconds are sent to Sentry"
        play.hold(play.scene.name, SentSignals(text=text, signals=(error,)))


class ResolveIssue(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Resolve the issue of the errors at Sentry, as somebody does who has mended it."""

    within: Span = Span(5 * EVALUATION)

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ("the issue is resolved at Sentry",)

    def take(self, play: Play) -> None:
        (text,) = self.said(play.scene.alert)
        sentry = play.watched.sentry

        def found() -> Any:
            return sentry.events({_TAG: play.run}, most=1) or None

        events = play.wait(found, play.last + self.within.delta)
        if not events:
            play.checks.expect(text, False, "no event of the drill is at Sentry")
            raise Stopped
        sentry.resolve_issue(events[0].issue)
        status = sentry.issue_status(events[0].issue)
        play.checks.expect(text, status == "resolved", f"it is {status}")
        play.last = play.watched.clock.now()


class StaysOpen(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """For so long nobody and nothing resolves the incident, though its cause is gone. That is known, and said here."""

    lasts: Span = msgspec.field(name="for")

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ("the incident stays open, for what paged never resolves it",)

    def take(self, play: Play) -> None:
        (text,) = self.said(play.scene.alert)
        play.wait_for(play.last + self.lasts.delta)
        now = play.incident()
        play.checks.expect(text, now.status == "triggered", f"it is {now.status}")
        play.last += self.lasts.delta
