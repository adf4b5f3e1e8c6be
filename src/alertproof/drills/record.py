"""The journal of a drill, written from what it saw and from all that the vendors recorded meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alertproof.drills.doors import not_known
from alertproof.drills.scene import EVALUATION, AlertScene
from alertproof.drills.words import minutes
from alertproof.journal import Budgets, DrillJournal, EventSeen, IncidentSeen, Reading, Side, TransitionSeen
from alertproof.requirements import AlertSpec
from alertproof.sentry.verify import SentryEvent
from alertproof.vendors import Incident, MonitorTransition
from alertproof.verdict import Verdict

__all__ = ["Recorded", "write_journal"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """What was read once more at the end, for the journal alone."""

    readings: tuple[Reading, ...]
    transitions: tuple[MonitorTransition, ...]
    incidents: tuple[Incident, ...]
    assumptions: tuple[str, ...]


def _changes(scene: AlertScene, recorded: Recorded) -> tuple[TransitionSeen, ...]:
    """Name the old state of each transition: the one before it, and OK at first, for the drill began steady."""
    last: dict[tuple[int, str], str] = {}
    changes = []
    for one in recorded.transitions:
        key = (one.monitor_id, one.group)
        changes.append(
            TransitionSeen(
                at=one.at,
                monitor=scene.platform.deployment.alert_of(one.monitor_id),
                group=one.group,
                old=last.get(key, "OK"),
                new=one.state,
            )
        )
        last[key] = one.state
    return tuple(changes)


def _event_seen(event: SentryEvent) -> EventSeen:
    return EventSeen(at=event.at, id=event.id, title=event.title, correlation_id=event.tags.get("correlation_id", ""))


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
        acknowledged_at=incident.acknowledged_at,
        resolved_at=incident.resolved_at,
    )


def _verdict(scene: AlertScene) -> tuple[Verdict, str]:
    """Return the verdict and its reason: broken outweighs, for what could not be told is worse than a No."""
    broken, checklist = scene.seen.broken, scene.checklist
    lines = [*filter(None, (broken, checklist.reason()))]
    return (Verdict.BROKEN if broken else checklist.verdict()), "\n".join(lines)


def _allowed(alert: AlertSpec, side: Side) -> str:
    if side == "quiet" or alert.fires is None:
        return "never"
    after = alert.fires.after
    return f"{minutes(after.start.delta)} to {minutes(after.end.delta)} after the fault"


def _budgets(alert: AlertSpec) -> Budgets | None:
    """Return the specification's times: a page comes, and an incident ends, within an evaluation of the monitor's."""
    side = alert.fires
    if side is None:
        return None
    latest = side.after.end.delta
    return Budgets(
        detect_from=side.after.start.delta,
        detect=latest,
        page=latest + EVALUATION,
        resolve=side.recovers_within.delta + EVALUATION,
    )


def _time_to_acknowledge(opened: Incident | None, recorded: Recorded) -> timedelta | None:
    """Return how long after the page somebody acknowledged it, as the incident stood at the end."""
    incident = next((one for one in recorded.incidents if opened is not None and one.id == opened.id), None)
    if incident is None or incident.acknowledged_at is None:
        return None
    return incident.acknowledged_at - incident.opened_at


def _notes(scene: AlertScene) -> tuple[str, ...]:
    platform, notes = scene.platform, tuple(scene.seen.notes)
    if not platform.target.endpoints.control:
        return notes
    history = platform.spec.history.length.delta
    history_said = f"evaluation windows began with {minutes(history)} of written healthy history"
    return (history_said, *notes, *not_known(platform.target))


def write_journal(scene: AlertScene, recorded: Recorded, *, check: str, side: Side, wall: timedelta) -> DrillJournal:
    """Write the journal; times to detect, page and resolve come from the vendors' timestamps."""
    platform, alert, seen = scene.platform, scene.alert, scene.seen
    verdict, reason = _verdict(scene)
    began = seen.fault.began if seen.fault else None
    ended = seen.fault.ended if seen.fault else None
    resolved = seen.incident.resolved_at if seen.incident else None
    return DrillJournal(
        check=check,
        alert=scene.name,
        specified=alert.specified,
        side=side,
        target=platform.name,
        environment=platform.environment,
        factor=platform.clock.anchor.factor,
        verdict=verdict,
        reason=reason,
        began=scene.began,
        ended=platform.clock.now(),
        wall=wall,
        fault=seen.fault,
        indicator=alert.indicator.name,
        unit=alert.indicator.unit,
        threshold=alert.indicator.threshold,
        readings=recorded.readings,
        first_failed_request=seen.failed,
        first_delayed_request=seen.delayed,
        first_shown=seen.shown,
        events=(_event_seen(seen.event),) if seen.event else (),
        transitions=_changes(scene, recorded),
        incidents=tuple(_incident_seen(one) for one in recorded.incidents),
        expectations=scene.checklist.all(),
        time_to_detect=seen.alerted.at - began if seen.alerted and began else None,
        time_to_page=seen.incident.opened_at - began if seen.incident and began else None,
        time_to_acknowledge=_time_to_acknowledge(seen.incident, recorded),
        time_to_resolve=resolved - ended if resolved and ended and resolved >= ended else None,
        budgets=_budgets(alert) if side == "fires" else None,
        allowed=_allowed(alert, side),
        computed=seen.rehearsal.text() if seen.rehearsal else "",
        assumptions=recorded.assumptions,
        notes=_notes(scene),
    )
