"""A step for what grows worse: it joins the incident that is open instead of opening another."""

from __future__ import annotations

from typing import Literal

import msgspec

from alertproof.drills.course.play import Play
from alertproof.drills.course.sentry_alerts import is_of_sentry
from alertproof.drills.scene import EVALUATION
from alertproof.requirements import AlertSpec, Span
from alertproof.vendors import Incident

__all__ = ["URGENCY_RISES", "Joins"]

#: What a step with an urgency rests on, and PagerDuty does not document (`alertproof.pagerduty.Assumptions`).
URGENCY_RISES = "A worse alert makes the low-urgency incident that it joins high; it never sinks again."


class Joins(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What comes now joins the open incident under its dedup key: no other opens.

    With an ``urgency`` the incident has that from now on, and those on call at the first level are told anew.
    """

    severity: str
    urgency: Literal["high"] | None = None
    within: Span = Span(2 * EVALUATION)

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        joins = f"the open incident takes in what is {self.severity}, under the same dedup key"
        rises = f"its urgency is {self.urgency} then, and who is on call at level 1 is told anew"
        return (joins, *((rises,) if self.urgency else ()), "no other incident opens")

    def take(self, play: Play) -> None:
        said, since = self.said(play.scene.alert), play.last
        before = play.scene.seen.incident

        def joined() -> Incident | None:
            now = play.incident()
            return now if self.severity in now.severities and self.urgency in (None, now.urgency) else None

        found = play.wait(joined, since + self.within.delta)
        if not is_of_sentry(play.scene.alert):
            play.relies(since)
        now = found or play.incident()
        same = before is not None and now.dedup_keys == before.dedup_keys and self.severity in now.severities
        play.checks.expect(said[0], same, f"severity {', '.join(now.severities)}, keys {', '.join(now.dedup_keys)}")
        if self.urgency:
            told = [one for incident, one in play.unclaimed() if incident.id == now.id]
            if found is None or not told:
                play.checks.expect(said[1], False, f"its urgency is {now.urgency}, {len(told)} were told")
            else:
                play.expect_told(said[1], at=told[0].at, level=1)
                play.last = told[0].at
        others = play.others()
        play.checks.expect(said[-1], not others, ", ".join(others) or "none did")
