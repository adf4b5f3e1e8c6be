"""What a drill saw, the order in which it must have happened, and the journal written from it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Literal

from alertproof.drills.checklist import Checklist
from alertproof.drills.platform import Platform
from alertproof.drills.rehearsal import Rehearsal
from alertproof.drills.words import minutes
from alertproof.journal import DrillJournal, EventSeen, FaultWindow, IncidentSeen, Reading, TransitionSeen
from alertproof.loadgen import Answered
from alertproof.requirements import AlertSpec
from alertproof.vendors import Incident, MonitorTransition, SentryEvent
from alertproof.verdict import Verdict

__all__ = ["Outcome", "Setting", "expect_in_order", "write_journal"]


@dataclass(slots=True, kw_only=True)
class Outcome:
    """The moments of a drill, filled as they come; ``broken`` says why the drill could not go on."""

    fired: bool = False
    fault: FaultWindow | None = None
    first: Answered | None = None
    event: SentryEvent | None = None
    alerted: MonitorTransition | None = None
    incident: Incident | None = None
    recovered: MonitorTransition | None = None
    rehearsal: Rehearsal | None = None
    broken: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where and when a drill ran, and all that the vendors recorded meanwhile."""

    drill: str
    alert_name: str
    alert: AlertSpec
    side: Literal["fires", "quiet"]
    platform: Platform
    began: datetime
    wall: timedelta
    readings: tuple[Reading, ...]
    transitions: tuple[MonitorTransition, ...]
    incidents: tuple[Incident, ...]
    assumptions: tuple[str, ...]


def _moments(seen: Outcome, platform: Platform) -> list[tuple[str, datetime | None]]:
    return [
        ("fault", seen.fault.began if seen.fault else None),
        ("first failed request", platform.stack(seen.first.at) if seen.first else None),
        ("Sentry event", seen.event.at if seen.event else None),
        ("Alert", seen.alerted.at if seen.alerted else None),
        ("incident", seen.incident.opened_at if seen.incident else None),
        ("revert", seen.fault.ended if seen.fault else None),
        ("recovery", seen.recovered.at if seen.recovered else None),
        ("resolve", seen.incident.resolved_at if seen.incident else None),
    ]


def expect_in_order(seen: Outcome, checklist: Checklist, platform: Platform) -> None:
    """Decide that every cause came before its effect, by the vendors' own timestamps."""
    moments = _moments(seen, platform)
    text = "cause comes before effect: " + ", ".join(name for name, _ in moments)
    if any(at is None for _, at in moments):
        checklist.announce(text)
        return
    stamps = [(name, at) for name, at in moments if at is not None]
    wrong = [
        f"{later} came {minutes(early_at - later_at)} before {early}"
        for (early, early_at), (later, later_at) in pairwise(stamps)
        if later_at < early_at
    ]
    first = stamps[0][1]
    seen_text = "; ".join(wrong) or ", ".join(f"{name} +{minutes(at - first)}" for name, at in stamps)
    checklist.expect(text, not wrong, seen_text)


def _changes(setting: Setting) -> tuple[TransitionSeen, ...]:
    """Name the old state of each transition: the one before it, and OK at first, for the drill began steady."""
    last: dict[tuple[int, str], str] = {}
    changes = []
    for one in setting.transitions:
        key = (one.monitor_id, one.group)
        changes.append(
            TransitionSeen(
                at=one.at,
                monitor=setting.platform.deployment.alert_of(one.monitor_id),
                group=one.group,
                old=last.get(key, "OK"),
                new=one.state,
            )
        )
        last[key] = one.state
    return tuple(changes)


def _incident_seen(incident: Incident) -> IncidentSeen:
    return IncidentSeen(
        id=incident.id,
        title=incident.title,
        service=incident.service,
        urgency=incident.urgency,
        severity=", ".join(incident.severities),
        dedup_key=", ".join(incident.dedup_keys),
        told=incident.told,
        opened_at=incident.opened_at,
        resolved_at=incident.resolved_at,
    )


def _verdict(seen: Outcome, checklist: Checklist) -> tuple[Verdict, str]:
    """Return the verdict and its reason: broken outweighs, for what could not be told is worse than a No."""
    lines = [*filter(None, (seen.broken, checklist.reason()))]
    return (Verdict.BROKEN if seen.broken else checklist.verdict()), "\n".join(lines)


def _allowed(setting: Setting) -> str:
    alert = setting.alert
    if setting.side == "quiet" or alert.fires is None:
        return "never"
    after = alert.fires.after
    return f"{minutes(after.start.delta)} to {minutes(after.end.delta)} after the fault"


def _notes(platform: Platform) -> tuple[str, ...]:
    if not platform.target.endpoints.control:
        return ()
    history = platform.spec.history.length.delta
    return (f"evaluation windows began with {minutes(history)} of written healthy history",)


def write_journal(seen: Outcome, checklist: Checklist, setting: Setting) -> DrillJournal:
    """Write the journal; times to detect, page and resolve come from the vendors' timestamps."""
    platform, indicator = setting.platform, setting.alert.indicator
    verdict, reason = _verdict(seen, checklist)
    began = seen.fault.began if seen.fault else None
    ended = seen.fault.ended if seen.fault else None
    resolved = seen.incident.resolved_at if seen.incident else None
    return DrillJournal(
        check=setting.drill,
        alert=setting.alert_name,
        specified=setting.alert.specified,
        side=setting.side,
        target=platform.name,
        environment=platform.environment,
        factor=platform.clock.anchor.factor,
        verdict=verdict,
        reason=reason,
        began=setting.began,
        ended=platform.clock.now(),
        wall=setting.wall,
        fault=seen.fault,
        indicator=indicator.name,
        unit=indicator.unit,
        threshold=indicator.threshold,
        readings=setting.readings,
        first_failed_request=platform.stack(seen.first.at) if seen.first else None,
        events=(EventSeen(at=seen.event.at, id=seen.event.id, title=seen.event.title),) if seen.event else (),
        transitions=_changes(setting),
        incidents=tuple(_incident_seen(one) for one in setting.incidents),
        expectations=checklist.all(),
        time_to_detect=seen.alerted.at - began if seen.alerted and began else None,
        time_to_page=seen.incident.opened_at - began if seen.incident and began else None,
        time_to_resolve=resolved - ended if resolved and ended else None,
        allowed=_allowed(setting),
        computed=seen.rehearsal.text() if seen.rehearsal else "",
        assumptions=setting.assumptions,
        notes=_notes(platform),
    )
