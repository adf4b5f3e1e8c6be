"""Incidents and their alerts, and what happens to an open incident when nobody does anything.

:func:`pending` is the whole of escalation: from the present state of an incident it says what comes next and
when. Source: support.pagerduty.com (escalation policies, service settings), developer.pagerduty.com
(``pending_actions``).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

from alertproof.pagerduty.event import Event
from alertproof.pagerduty.service import EscalationPolicy, Service, Severity, Urgency

__all__ = ["Agent", "Alert", "Due", "EntryType", "Incident", "LogEntry", "Note", "Status", "pending"]


class Status(StrEnum):
    """Where an incident stands. An alert is only triggered or resolved."""

    TRIGGERED = "triggered"
    ACKNOWLEDGED = "acknowledged"
    RESOLVED = "resolved"


class EntryType(StrEnum):
    """Kinds of log entries; the API adds ``_log_entry``."""

    TRIGGER = "trigger"
    ASSIGN = "assign"
    NOTIFY = "notify"
    ACKNOWLEDGE = "acknowledge"
    UNACKNOWLEDGE = "unacknowledge"
    ESCALATE = "escalate"
    REPEAT = "repeat_escalation_path"
    EXHAUST = "exhaust_escalation_path"
    URGENCY_CHANGE = "urgency_change"
    RESOLVE = "resolve"
    ANNOTATE = "annotate"
    DELEGATE = "delegate"
    SNOOZE = "snooze"
    REACH_TRIGGER_LIMIT = "reach_trigger_limit"


@dataclass(frozen=True, slots=True)
class Agent:
    """Who did it: an integration (by an event), a user (by the API) or the service (by itself)."""

    kind: Literal["integration", "user", "service"]
    id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Alert:
    """What one dedup key says on one integration. ``event`` is its newest trigger, ``count`` how many came.

    ``appended_at`` is when that came.
    """

    id: str
    incident_id: str
    service_id: str
    integration_id: str
    key: str
    severity: Severity
    created_at: datetime
    appended_at: datetime
    event: Event
    status: Status = Status.TRIGGERED
    resolved_at: datetime | None = None
    count: int = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Incident:
    """Something that people are told about.

    ``policy`` is the escalation policy as it was when the incident opened. ``level`` counts its rules from 1,
    ``loop`` the repetitions from 0; ``level_since`` is when this level was told, None when all are exhausted or
    people were assigned by hand. ``assigned`` are the users who were on call then, nobody when resolved. ``key`` and
    ``details`` are those of one that was opened by hand.
    """

    id: str
    number: int
    service_id: str
    title: str
    urgency: Urgency
    policy: EscalationPolicy
    opened_at: datetime
    changed_at: datetime
    changed_by: Agent
    updated_at: datetime
    assigned_at: datetime
    status: Status = Status.TRIGGERED
    level: int = 1
    loop: int = 0
    level_since: datetime | None = None
    assigned: tuple[str, ...] = ()
    by_hand: bool = False
    acknowledged_at: datetime | None = None
    acknowledged_by: Agent | None = None
    snoozed_until: datetime | None = None
    resolved_at: datetime | None = None
    merged_into: str | None = None
    key: str | None = None
    details: str | None = None

    @property
    def open(self) -> bool:
        """Whether it is not resolved."""
        return self.status is not Status.RESOLVED


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    """What a person wrote to an incident."""

    id: str
    incident_id: str
    user_id: str
    at: datetime
    content: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogEntry:
    """One line of an incident's log. ``users`` are those assigned, or the one who was told."""

    id: str
    type: EntryType
    at: datetime
    incident_id: str
    service_id: str
    agent: Agent
    summary: str
    users: tuple[str, ...] = ()
    event: Event | None = None


@dataclass(frozen=True, slots=True)
class Due:
    """What happens to an incident by itself, and when."""

    at: datetime
    action: Literal["escalate", "unacknowledge", "resolve"]


def pending(incident: Incident, service: Service) -> tuple[Due, ...]:
    """Return what happens next to an incident if nobody does anything, the earliest first."""
    if not incident.open:
        return ()
    due = []
    if incident.status is Status.TRIGGERED and incident.urgency is Urgency.HIGH and incident.level_since is not None:
        delay = incident.policy.rules[incident.level - 1].delay
        due.append(Due(incident.level_since + delay, "escalate"))
    if incident.snoozed_until is not None:
        due.append(Due(incident.snoozed_until, "unacknowledge"))
    elif incident.acknowledged_at is not None and service.acknowledgement_timeout is not None:
        due.append(Due(incident.acknowledged_at + service.acknowledgement_timeout, "unacknowledge"))
    if service.auto_resolve_timeout is not None:
        due.append(Due(incident.opened_at + service.auto_resolve_timeout, "resolve"))
    return tuple(sorted(due, key=lambda each: each.at))
