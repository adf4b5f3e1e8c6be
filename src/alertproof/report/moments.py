"""The instants of a drill in the order they happened: for the timeline's flags and for its table."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from alertproof.journal import DrillJournal, TransitionSeen

__all__ = ["Moment", "lane_name", "moments", "origin"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """Something that happened at an instant of stack time.

    ``kind`` is fault, request, sentry, state, alert, incident, revert, recovery or resolve: cause before
    effect. ``detail`` says which one.
    """

    at: datetime
    kind: str
    label: str
    detail: str = ""


def origin(drill: DrillJournal) -> datetime:
    """Return the instant that a drill's times count from: the fault, or the beginning when there was none."""
    return drill.fault.began if drill.fault else drill.began


def lane_name(transition: TransitionSeen) -> str:
    """Return a monitor's name, with the group when it has more than one."""
    return f"{transition.monitor} · {transition.group}" if transition.group not in {"", "*"} else transition.monitor


def moments(drill: DrillJournal) -> tuple[Moment, ...]:
    """Return all that a journal tells, by instant; at one instant cause comes before effect."""
    return tuple(sorted(_unsorted(drill), key=lambda moment: moment.at))


def _unsorted(drill: DrillJournal) -> Iterator[Moment]:
    # sorted() is stable: the order of these lines is the order of cause and effect at one instant.
    if drill.fault:
        yield Moment(at=drill.fault.began, kind="fault", label="Fault injected", detail=drill.fault.text)
    if drill.first_failed_request:
        yield Moment(at=drill.first_failed_request, kind="request", label="First failed request")
    if drill.first_delayed_request:
        yield Moment(at=drill.first_delayed_request, kind="request", label="First delayed request")
    if drill.first_shown:
        yield Moment(at=drill.first_shown, kind="request", label=f"First {drill.indicator} under the fault")
    for event in drill.events:
        found = f"{event.title} ({event.correlation_id})" if event.correlation_id else event.title
        yield Moment(at=event.at, kind="sentry", label="Sentry event", detail=found)
    for transition in drill.transitions:
        yield _of_transition(transition)
    for incident in drill.incidents:
        yield Moment(at=incident.opened_at, kind="incident", label="Incident opened", detail=incident.title)
    if drill.fault and drill.fault.ended:
        yield Moment(at=drill.fault.ended, kind="revert", label="Fault reverted", detail=drill.fault.text)
    for incident in drill.incidents:
        if incident.resolved_at:
            yield Moment(at=incident.resolved_at, kind="resolve", label="Incident resolved", detail=incident.title)


def _of_transition(transition: TransitionSeen) -> Moment:
    name = lane_name(transition)
    if transition.new == "Alert":
        return Moment(at=transition.at, kind="alert", label="Alert", detail=name)
    if transition.old == "Alert" and transition.new == "OK":
        return Moment(at=transition.at, kind="recovery", label="Recovered", detail=name)
    label = f"{transition.old} → {transition.new}"
    return Moment(at=transition.at, kind="state", label=label, detail=name)
