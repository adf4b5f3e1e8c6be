"""A step that lets an indicator swing about its threshold, and counts how often people are told."""

from __future__ import annotations

import msgspec

from alertproof.drills.course.play import Play
from alertproof.drills.course.steps import Fault, Revert
from alertproof.drills.words import minutes
from alertproof.requirements import AlertSpec, Span

__all__ = ["Flaps"]


class Flaps(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The fault comes so many ``times``, each ``for`` so long, and is as long away; few are told of it.

    ``notifications`` are those of people, ``incidents`` what they have to look at.
    """

    times: int
    lasts: Span = msgspec.field(name="for")
    notifications: int
    incidents: int
    level: float | None = None

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        lasts = minutes(self.lasts.delta)
        return (
            f"{self.times} times {lasts} of the fault notify at most {self.notifications} times",
            f"they open at most {self.incidents} incidents",
            "all of it bears one dedup key",
        )

    def take(self, play: Play) -> None:
        few, incidents, one = self.said(play.scene.alert)
        began = play.watched.clock.now()
        for _ in range(self.times):
            Fault(level=self.level).take(play)
            play.wait_for(play.last + self.lasts.delta)
            Revert().take(play)
            play.wait_for(play.last + self.lasts.delta)
        play.relies(began)
        told = [entry for incident, entry in play.unclaimed()]
        opened = play.scene.incidents()
        for incident in opened:
            play.take(incident)
        for incident, entry in play.unclaimed():
            play.claimed[incident.id].append(entry.id)
        play.moved += [each for each in play.scene.transitions() if each.monitor_id == play.scene.monitor_id]
        seen = f"{len(told)} notifications of {len(opened)} incidents"
        play.checks.expect(few, 0 < len(told) <= self.notifications, seen)
        play.checks.expect(incidents, 0 < len(opened) <= self.incidents, seen)
        keys = {key for incident in opened for key in incident.dedup_keys}
        play.checks.expect(one, len(keys) == 1, ", ".join(sorted(keys)) or "there is none")
