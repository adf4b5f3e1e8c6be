"""The steps of a course: what is done, and what must then be seen.

Each is a frozen struct, written alike in Python and in YAML. ``said`` is the expectation before it is decided; a step
that only does something expects nothing.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Protocol

import msgspec

from alertproof.drills.anew import SLIPPED, TooBusy
from alertproof.drills.connections import require_way
from alertproof.drills.course.play import LEEWAY, Play, Stopped
from alertproof.drills.course.sentry_alerts import is_of_sentry
from alertproof.drills.scene import EVALUATION, AlertScene
from alertproof.drills.signals import level_of, signals_of
from alertproof.drills.steady import await_minute
from alertproof.drills.words import minutes, quantity
from alertproof.errors import ConfigError
from alertproof.requirements import AlertSpec, Interval, Span, parse_span
from alertproof.telemetry.signals import Way

__all__ = [
    "Acknowledge",
    "Alerts",
    "Escalates",
    "Fault",
    "Pages",
    "Recovers",
    "Resolve",
    "Resolves",
    "Revert",
    "Silence",
    "Step",
    "Unacknowledges",
    "span",
]

#: Who answers does it at once: what happens on a clock that ran on meanwhile says nothing.
_PROMPT = timedelta(minutes=8)
#: As a drill's fault, signals begin just after an evaluation: else one might just miss what the next one sees.
_AFTER_EVALUATION = timedelta(seconds=25)


def span(text: str) -> Span:
    """Return ``15m`` or ``1h30m`` as a duration."""
    return Span(parse_span(text))


class Step(Protocol):
    """One step of a course."""

    def said(self, alert: AlertSpec) -> tuple[str, ...]:
        """Return what it is going to expect, in words."""

    def take(self, play: Play) -> None:
        """Do it, and decide what it expects; raises `Stopped` when the steps after it cannot be judged."""


class _Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    pass


class Fault(_Step, frozen=True, kw_only=True):
    """Send the signals that make the indicator as bad as the reference fault makes it, or bring it to a ``level``.

    ``of`` names another alert, whose indicator it is then. A fault of one indicator takes the place of an earlier one.
    ``way`` is how the signals come: by Datadog's API, or by the DogStatsD of the target's Agent.
    """

    level: float | None = None
    of: str | None = None
    way: Way = "api"

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ()

    def take(self, play: Play) -> None:
        watched, name = play.watched, self.of or play.scene.name
        scene = play.scene if self.of is None else AlertScene(watched, self.of)
        alert = scene.alert
        level = self.level
        if level is None:
            if alert.fires is None:
                raise ConfigError(f"{name}: the specification has no reference fault; say the level of the signal")
            level = level_of(alert.fires.fault)
        now = watched.clock.now()
        rate = scene.reader.rate(since=now - 4 * EVALUATION, until=now - EVALUATION)
        require_way(watched.target, self.way)
        by = " by DogStatsD" if self.way == "dogstatsd" else ""
        text = f"signals{by} bring {alert.indicator.name} to {quantity(level, alert.indicator.unit)}"
        await_minute(watched.clock, past=_AFTER_EVALUATION)
        play.hold(name, signals_of(scene.reader, level, rate=rate, text=text, way=self.way))


class Revert(_Step, frozen=True, kw_only=True):
    """Send the signals no more."""

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ()

    def take(self, play: Play) -> None:
        if play.scene.fault.ended is not None:
            raise ConfigError("'revert' ends the fault, and it has ended already: leave this step out")
        play.let_go()


class Alerts(_Step, frozen=True, kw_only=True):
    """The monitor goes to a state, by default within the time that the specification says."""

    after: Interval | None = None
    state: str = "Alert"

    def said(self, alert: AlertSpec) -> tuple[str, ...]:
        first, last = self._within(alert)
        return (f"the monitor goes to {self.state} {minutes(first)} to {minutes(last)} after the fault, never before",)

    def _within(self, alert: AlertSpec) -> tuple[timedelta, timedelta]:
        after = self.after or (alert.fires.after if alert.fires else None)
        if after is None:
            raise ConfigError("the specification does not say when this alert comes: say it in the step, as 'after'")
        return after.start.delta, after.end.delta

    def take(self, play: Play) -> None:
        scene = play.scene
        (text,), (first, last), began = self.said(scene.alert), self._within(scene.alert), scene.fault.began
        found = play.wait(lambda: scene.transition(self.state, since=began), began + last)
        play.relies(began)
        if found is None:
            play.checks.expect(text, False, scene.monitor_now())
            raise Stopped
        scene.seen.alerted = scene.seen.alerted or found  # the journal's times are those of the first
        play.last = found.at
        play.moved.append(found)
        took = found.at - began
        play.checks.expect(text, first <= took <= last, f"{self.state} {minutes(took)} after the fault")


class Pages(_Step, frozen=True, kw_only=True):
    """An incident opens as the specification says it, and those on call at the first level are told.

    ``severity`` and ``text`` say otherwise where the page is not that of the specification.
    """

    within: Span = Span(2 * EVALUATION)
    severity: str | None = None
    text: str | None = None

    def said(self, alert: AlertSpec) -> tuple[str, ...]:
        told = alert.told
        return (
            f"one {told.urgency}-urgency incident opens on {told.pagerduty}, severity {self.severity or told.severity}",
            f"the page says {self.text or told.text!r}, under a dedup key",
            "who is on call at level 1 is told at once",
        )

    def take(self, play: Play) -> None:
        scene, since = play.scene, play.last
        one, says, level = self.said(scene.alert)
        told = scene.alert.told
        known = set(play.claimed)

        def fresh() -> list[str]:
            return [found.id for found in play.incidents() if found.id not in known and found.opened_at >= since]

        play.wait(lambda: fresh() or None, since + self.within.delta)
        if not is_of_sentry(scene.alert):
            play.relies(since)
        found = [one for one in scene.incidents() if one.id in fresh()]
        if not found:
            play.checks.expect(one, False, f"no incident within {minutes(self.within.delta)}")
            raise Stopped
        opened = found[0]
        play.take(opened)
        seen = f"{opened.urgency}-urgency incident on {opened.service}, severity {', '.join(opened.severities)}"
        severity = self.severity or told.severity
        right = (opened.urgency, opened.service, opened.severities) == (told.urgency, told.pagerduty, (severity,))
        play.checks.expect(one, right and len(found) == 1, f"{seen}; {len(found)} opened")
        says_it = (self.text or told.text).lower() in (opened.title + opened.details).lower()
        play.checks.expect(says, says_it and len(opened.dedup_keys) == 1, f"its title is {opened.title!r}")
        play.expect_told(level, at=opened.opened_at, level=1)
        play.last = opened.opened_at


class Escalates(_Step, frozen=True, kw_only=True):
    """Nobody answers: so long after the last thing that was seen those at the next level are told."""

    level: int
    after: Span

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        after = minutes(self.after.delta)
        return (
            f"the incident escalates to level {self.level} {after} after that",
            f"who is on call at level {self.level} is told",
        )

    def take(self, play: Play) -> None:
        _told_later(play, self, "escalate")


class Acknowledge(_Step, frozen=True, kw_only=True):
    """Acknowledge the incident as somebody on call at a ``level`` of its escalation policy."""

    level: int = 1

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ("the incident is acknowledged",)

    def take(self, play: Play) -> None:
        (text,) = self.said(play.scene.alert)
        idle = play.watched.clock.now() - play.last
        if idle > _PROMPT:
            raise TooBusy(f"{SLIPPED}: an acknowledgement came {minutes(idle)} late on the target's clock")
        play.watched.pagerduty.acknowledge(play.incident_id, by=_answering(play, self.level))
        now = play.incident()
        found = play.entries("acknowledge", since=play.last)
        play.checks.expect(text, now.status == "acknowledged" and bool(found), f"it is {now.status}")
        play.last = found[-1].at if found else play.watched.clock.now()


class Unacknowledges(_Step, frozen=True, kw_only=True):
    """The acknowledgement times out: the incident triggers again, and who has it is told again."""

    after: Span
    level: int = 1

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return (
            f"the acknowledgement times out {minutes(self.after.delta)} after it was given",
            f"who is on call at level {self.level} is told again",
        )

    def take(self, play: Play) -> None:
        _told_later(play, self, "unacknowledge")


class Silence(_Step, frozen=True, kw_only=True):
    """For so long after the last thing that was seen or done nobody is told of anything."""

    lasts: Span = msgspec.field(name="for")

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return (f"nobody is told of anything for {minutes(self.lasts.delta)}",)

    def take(self, play: Play) -> None:
        (text,) = self.said(play.scene.alert)
        ends = play.last + self.lasts.delta
        play.wait_for(ends)
        told = [f"{entry.summary} of {incident.title!r}" for incident, entry in play.unclaimed() if entry.at <= ends]
        play.checks.expect(text, not told, "; ".join(told) or "nobody was")
        play.last = ends


class Recovers(_Step, frozen=True, kw_only=True):
    """The monitor is OK again, by way of Warn or at once, by default within the time that the specification says."""

    within: Span | None = None

    def said(self, alert: AlertSpec) -> tuple[str, ...]:
        return (f"the monitor is OK again within {minutes(self._within(alert))} of the revert",)

    def _within(self, alert: AlertSpec) -> timedelta:
        if self.within is not None:
            return self.within.delta
        if alert.fires is None:
            raise ConfigError(
                "the specification does not say when this alert recovers: say it in the step, as 'within'"
            )
        return alert.fires.recovers_within.delta

    def take(self, play: Play) -> None:
        scene = play.scene
        (text,), within, reverted = self.said(scene.alert), self._within(scene.alert), scene.reverted
        found = play.wait(lambda: scene.transition("OK", since=reverted), reverted + within + EVALUATION)
        play.relies(reverted)
        if found is None:
            play.checks.expect(text, False, scene.monitor_now())
            raise Stopped
        scene.seen.recovered, play.last = found, found.at
        down = (one for one in scene.transitions() if one.monitor_id == scene.monitor_id and one.state == "Warn")
        play.moved += [found, *(one for one in down if reverted <= one.at <= found.at)]
        play.checks.expect(text, found.at - reverted <= within, f"OK {minutes(found.at - reverted)} after the revert")


class Resolves(_Step, frozen=True, kw_only=True):
    """The incident is resolved without anybody: within a minute of the recovery, or so long ``after`` it was opened."""

    after: Span | None = None

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        if self.after is not None:
            return (f"the incident is resolved by itself {minutes(self.after.delta)} after it opened",)
        return ("the incident is resolved within a minute of the recovery",)

    def take(self, play: Play) -> None:
        scene = play.scene
        (text,) = self.said(scene.alert)
        since = play.incident().opened_at if self.after is not None else play.last
        after = self.after.delta if self.after is not None else timedelta(0)
        found = play.wait(lambda: scene.resolved(play.incident_id), since + after + LEEWAY)
        if self.after is None:
            play.relies(since)
        if found is not None and scene.seen.incident and scene.seen.incident.id == found.id:
            scene.seen.incident = found
        at = found.resolved_at if found is not None else None
        play.timed(text, at, after=after, since=since, seen=f"it is {play.incident().status}")


class Resolve(_Step, frozen=True, kw_only=True):
    """Resolve the incident as somebody on call at a ``level`` of its escalation policy."""

    level: int = 1

    def said(self, alert: AlertSpec) -> tuple[str, ...]:  # noqa: ARG002 - as other steps
        return ("the incident is resolved by hand",)

    def take(self, play: Play) -> None:
        (text,) = self.said(play.scene.alert)
        play.watched.pagerduty.resolve(play.incident_id, by=_answering(play, self.level))
        now = play.incident()
        if play.scene.seen.incident and play.scene.seen.incident.id == now.id:
            play.scene.seen.incident = now
        play.checks.expect(text, now.status == "resolved", f"it is {now.status}")
        play.last = now.resolved_at or play.watched.clock.now()


def _answering(play: Play, level: int) -> str:
    """Return the address of somebody on call for the incident; raises `Stopped` when there is nobody."""
    people = play.people(level, at=play.watched.clock.now())
    address = next((address for _, address in sorted(people.items()) if address), None)
    if address is None:
        play.checks.expect(f"somebody is on call at level {level}", False, "nobody is")
        raise Stopped
    return address


def _told_later(play: Play, step: Escalates | Unacknowledges, entry: str) -> None:
    """Wait for an entry of the incident's log so long after the last thing seen, and for who is told by it."""
    when, who = step.said(play.scene.alert)
    since = play.last
    found = play.wait(
        lambda: next((one for one in play.entries(entry, since=since) if one.at > since), None),
        since + step.after.delta + LEEWAY,
    )
    seen = f"it did not {entry}; it is {play.incident().status}"
    at = play.timed(when, found.at if found else None, after=step.after.delta, since=since, seen=seen)
    play.expect_told(who, at=at, level=step.level)
