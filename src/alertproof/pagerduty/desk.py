"""The desk: the state of one PagerDuty account, moved by events, by people and by time.

Dedup is per routing key and dedup key. A trigger opens an alert and its incident, or is appended to the open
alert of the pair; acknowledge and resolve reach only an open alert under the same routing key and are dropped
otherwise; after a resolve the next trigger opens anew. Every change takes its instant, and instants never go
back. Left out: alert grouping, maintenance windows, orchestration, schedules, snooze, merge.

Source: developer.pagerduty.com/docs/events-api-v2, support.pagerduty.com/docs/dynamic-notifications.
"""

from __future__ import annotations

import hashlib
from collections import deque
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal, final

from alertproof.errors import AlertproofError, nearest
from alertproof.pagerduty.directory import Directory
from alertproof.pagerduty.event import Action, ChangeEvent, Event, EventRefused
from alertproof.pagerduty.incident import Agent, Alert, Due, EntryType, Incident, LogEntry, Status, pending
from alertproof.pagerduty.service import Integration, Severity, Urgency, urgency_of

__all__ = ["Accepted", "Assumptions", "Desk", "DeskError", "Dropped"]


class DeskError(AlertproofError):
    """A person asked for what an incident's status does not allow; ``code`` is that of the API."""

    def __init__(self, message: str, *, code: int) -> None:
        super().__init__(message, code)
        self.message = message
        self.code = code

    def __str__(self) -> str:
        return self.message


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What PagerDuty's documentation leaves open, as named options.

    Attributes:
        unknown_routing_key: a well-formed key that no integration has is accepted and dropped, or refused.
        urgency_rises: on a severity-based service a worse trigger of an open alert makes its low-urgency
            incident high; it never sinks again.
    """

    unknown_routing_key: Literal["drop", "refuse"] = "drop"
    urgency_rises: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """What became of an event: the key it goes by, and its incident unless it was dropped."""

    dedup_key: str
    incident_id: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Dropped:
    """An event that was accepted and did nothing."""

    at: datetime
    reason: str
    event: Event


@final
class Desk:
    """Incidents, alerts and the log, each in the order in which they came.

    Of what did nothing (`dropped`) and of changes only the newest are kept: senders that are set up wrong repeat.
    """

    KEPT = 10_000

    def __init__(self, directory: Directory, assumptions: Assumptions | None = None) -> None:
        self.directory = directory
        self.assumptions = assumptions or Assumptions()
        self.incidents: dict[str, Incident] = {}
        self.alerts: dict[str, Alert] = {}
        self.log: list[LogEntry] = []
        self.changes: deque[tuple[datetime, ChangeEvent]] = deque(maxlen=self.KEPT)
        self.dropped: deque[Dropped] = deque(maxlen=self.KEPT)
        self._open_alerts: dict[tuple[str, str], str] = {}
        self._keyless = 0

    def accept(self, event: Event, at: datetime) -> Accepted:
        """Take an event; raises `EventRefused` only for an unknown routing key, if the desk refuses those."""
        self.advance(at)
        key = event.dedup_key or self._fresh_key()
        integration = self.directory.integration_by_key(event.routing_key)
        if integration is None:
            if self.assumptions.unknown_routing_key == "refuse":
                errors = ("'routing_key' is not the key of any integration",)
                raise EventRefused("invalid event", "Event object is invalid", errors)
            return self._drop(event, key, at, "no integration has this routing key")
        alert_id = self._open_alerts.get((event.routing_key, key))
        if event.action is Action.TRIGGER:
            alert = self._append(alert_id, event, at) if alert_id else self._open(integration, key, event, at)
            return Accepted(dedup_key=key, incident_id=alert.incident_id)
        if alert_id is None:
            return self._drop(event, key, at, f"no open alert to {event.action}")
        agent = Agent("integration", integration.id)
        incident = self.incidents[self.alerts[alert_id].incident_id]
        if event.action is Action.RESOLVE:
            self._resolve(incident, agent, at)
        elif incident.status is Status.TRIGGERED:
            self._acknowledge(incident, agent, at)
        return Accepted(dedup_key=key, incident_id=incident.id)

    def record_change(self, change: ChangeEvent, at: datetime) -> None:
        """Keep a change event; it tells nobody."""
        self.advance(at)
        self.changes.append((at, change))

    def acknowledge(self, incident_id: str, user_id: str, at: datetime) -> Incident:
        """Let a user acknowledge; raises `DeskError` (1001 resolved, 1002 acknowledged already, 2100 unknown)."""
        incident = self._asked(incident_id, at)
        if incident.status is Status.ACKNOWLEDGED:
            raise DeskError("Incident Already Acknowledged", code=1002)
        return self._acknowledge(incident, Agent("user", user_id), at)

    def resolve(self, incident_id: str, user_id: str, at: datetime) -> Incident:
        """Let a user resolve; raises `DeskError` (1001 resolved already, 2100 unknown)."""
        return self._resolve(self._asked(incident_id, at), Agent("user", user_id), at)

    def advance(self, at: datetime) -> None:
        """Let everything happen that is due up to and including ``at``: each at its own instant, in order."""
        while True:
            due = [
                (first.at, incident.number, incident, first)
                for incident in self.incidents.values()
                for first in pending(incident, self.directory.services[incident.service_id])[:1]
                if first.at <= at
            ]
            if not due:
                return
            _, _, incident, first = min(due, key=lambda each: each[:2])
            self._happen(incident, first)

    def alerts_of(self, incident_id: str) -> list[Alert]:
        """Return the alerts of an incident."""
        return [alert for alert in self.alerts.values() if alert.incident_id == incident_id]

    def log_of(self, incident_id: str) -> list[LogEntry]:
        """Return the log of an incident, oldest first."""
        return [entry for entry in self.log if entry.incident_id == incident_id]

    def _fresh_key(self) -> str:
        self._keyless += 1
        return hashlib.md5(f"event {self._keyless}".encode(), usedforsecurity=False).hexdigest()

    def _drop(self, event: Event, key: str, at: datetime, reason: str) -> Accepted:
        self.dropped.append(Dropped(at=at, reason=reason, event=event))
        return Accepted(dedup_key=key, incident_id=None)

    def _open(self, integration: Integration, key: str, event: Event, at: datetime) -> Alert:
        service = self.directory.services[integration.service_id]
        severity = event.severity or Severity.CRITICAL
        number = len(self.incidents) + 1
        agent = Agent("integration", integration.id)
        incident = Incident(
            id=f"Q{number:013}",
            number=number,
            service_id=service.id,
            title=event.summary,
            urgency=urgency_of(service.urgency, severity),
            policy=self.directory.policies[service.policy_id],
            opened_at=at,
            changed_at=at,
            changed_by=agent,
            level_since=at,
        )
        alert = Alert(
            id=f"A{len(self.alerts) + 1:013}",
            incident_id=incident.id,
            service_id=service.id,
            integration_id=integration.id,
            key=key,
            severity=severity,
            created_at=at,
            event=event,
        )
        self.alerts[alert.id] = alert
        self._open_alerts[event.routing_key, key] = alert.id
        self._keep(incident)
        self._write(incident, EntryType.TRIGGER, at, agent, "Triggered", event=event)
        self._tell(incident, at, EntryType.ASSIGN)
        return alert

    def _append(self, alert_id: str, event: Event, at: datetime) -> Alert:
        before = self.alerts[alert_id]
        severity = event.severity or before.severity
        alert = replace(before, event=event, severity=severity, count=before.count + 1)
        self.alerts[alert_id] = alert
        incident = self.incidents[alert.incident_id]
        agent = Agent("integration", alert.integration_id)
        self._write(incident, EntryType.TRIGGER, at, agent, "Triggered again", event=event)
        rule = self.directory.services[alert.service_id].urgency
        worse = incident.urgency is Urgency.LOW and urgency_of(rule, severity) is Urgency.HIGH
        if worse and self.assumptions.urgency_rises:
            incident = self._keep(replace(incident, urgency=Urgency.HIGH, level_since=at))
            self._write(incident, EntryType.URGENCY_CHANGE, at, agent, "Urgency changed to high")
            if incident.status is Status.TRIGGERED:
                self._notify(incident, at)
        return alert

    def _acknowledge(self, incident: Incident, agent: Agent, at: datetime) -> Incident:
        changed = replace(
            incident,
            status=Status.ACKNOWLEDGED,
            acknowledged_at=at,
            acknowledged_by=agent,
            changed_at=at,
            changed_by=agent,
        )
        self._write(changed, EntryType.ACKNOWLEDGE, at, agent, "Acknowledged")
        return self._keep(changed)

    def _resolve(self, incident: Incident, agent: Agent, at: datetime) -> Incident:
        for alert in self.alerts_of(incident.id):
            if alert.status is Status.TRIGGERED:
                self.alerts[alert.id] = replace(alert, status=Status.RESOLVED, resolved_at=at)
                del self._open_alerts[alert.event.routing_key, alert.key]
        changed = replace(
            incident,
            status=Status.RESOLVED,
            resolved_at=at,
            acknowledged_at=None,
            acknowledged_by=None,
            level_since=None,
            changed_at=at,
            changed_by=agent,
        )
        self._write(changed, EntryType.RESOLVE, at, agent, "Resolved")
        return self._keep(changed)

    def _happen(self, incident: Incident, due: Due) -> None:
        service = Agent("service", incident.service_id)
        if due.action == "resolve":
            self._resolve(incident, service, due.at)
        elif due.action == "unacknowledge":
            changed = replace(
                incident,
                status=Status.TRIGGERED,
                acknowledged_at=None,
                acknowledged_by=None,
                level_since=due.at,
                changed_at=due.at,
                changed_by=service,
            )
            self._write(changed, EntryType.UNACKNOWLEDGE, due.at, service, "Acknowledgement timed out")
            self._notify(self._keep(changed), due.at)
        else:
            self._escalate(incident, service, due.at)

    def _escalate(self, incident: Incident, service: Agent, at: datetime) -> None:
        if incident.level < len(incident.policy.rules):
            self._tell(self._keep(replace(incident, level=incident.level + 1, level_since=at)), at, EntryType.ESCALATE)
        elif incident.loop < incident.policy.loops:
            self._write(incident, EntryType.REPEAT, at, service, "Escalation policy repeated")
            changed = replace(incident, level=1, loop=incident.loop + 1, level_since=at)
            self._tell(self._keep(changed), at, EntryType.ESCALATE)
        else:
            self._write(incident, EntryType.EXHAUST, at, service, "Escalation policy exhausted")
            self._keep(replace(incident, level_since=None))

    def _tell(self, incident: Incident, at: datetime, kind: EntryType) -> None:
        service = Agent("service", incident.service_id)
        names = ", ".join(self.directory.users[user].name for user in incident.assigned)
        verb = "Assigned" if kind is EntryType.ASSIGN else "Escalated"
        self._write(incident, kind, at, service, f"{verb} to {names}", users=incident.assigned)
        self._notify(incident, at)

    def _notify(self, incident: Incident, at: datetime) -> None:
        service = Agent("service", incident.service_id)
        for user in incident.assigned:
            name = self.directory.users[user].name
            text = f"Notified {name} ({incident.urgency} urgency)"
            self._write(incident, EntryType.NOTIFY, at, service, text, users=(user,))

    def _asked(self, incident_id: str, at: datetime) -> Incident:
        self.advance(at)
        incident = self.incidents.get(incident_id)
        if incident is None:
            raise DeskError(f"Incident {incident_id!r} not found{nearest(incident_id, self.incidents)}", code=2100)
        if not incident.open:
            raise DeskError("Incident Already Resolved", code=1001)
        return incident

    def _keep(self, incident: Incident) -> Incident:
        self.incidents[incident.id] = incident
        return incident

    def _write(
        self,
        incident: Incident,
        kind: EntryType,
        at: datetime,
        agent: Agent,
        summary: str,
        *,
        users: tuple[str, ...] = (),
        event: Event | None = None,
    ) -> None:
        self.log.append(
            LogEntry(
                id=f"R{len(self.log) + 1:013}",
                type=kind,
                at=at,
                incident_id=incident.id,
                service_id=incident.service_id,
                agent=agent,
                summary=summary,
                users=users,
                event=event,
            )
        )
