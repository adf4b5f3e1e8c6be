"""The desk: the state of one PagerDuty account, moved by events, by people and by time.

Dedup is per routing key and dedup key. A trigger opens an alert and its incident, or is appended to the open
alert of the pair; acknowledge and resolve reach only an open alert under the same routing key and are dropped
otherwise; after a resolve the next trigger opens anew. An incident resolves with its last alert. While a service is
disabled or in maintenance its new triggers open nothing and are not made up for later; what is open goes on. Every
change takes its instant, and instants never go back. Left out: paused notifications, support hours, teams, priorities.

Source: developer.pagerduty.com/docs/events-api-v2, support.pagerduty.com/docs/dynamic-notifications.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import count
from typing import Literal, final

from alertproof.errors import AlertproofError, nearest
from alertproof.pagerduty.directory import Directory
from alertproof.pagerduty.event import Action, ChangeEvent, Event, EventRefused
from alertproof.pagerduty.grouping import joined
from alertproof.pagerduty.incident import Agent, Alert, EntryType, Incident, LogEntry, Status
from alertproof.pagerduty.life import Life
from alertproof.pagerduty.orchestration import orchestrated
from alertproof.pagerduty.recent import Recent
from alertproof.pagerduty.records import Records
from alertproof.pagerduty.service import Integration, Service, Severity, Urgency, urgency_of

__all__ = ["Accepted", "Assumptions", "Change", "Desk", "DeskError", "Dropped"]


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
        urgency_rises: on a severity-based service a worse trigger of an open alert, or a worse alert that is grouped,
            makes its low-urgency incident high; it never sinks again.
        snooze_acknowledges: a triggered incident that is snoozed is acknowledged by that; else it is refused.
        layer_precedence: which end of a schedule's list of layers wins where two are on call.
    """

    unknown_routing_key: Literal["drop", "refuse"] = "drop"
    urgency_rises: bool = True
    snooze_acknowledges: bool = True
    layer_precedence: Literal["first", "last"] = "last"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """A change event of an integration."""

    id: str
    at: datetime
    service_id: str
    integration_id: str
    event: ChangeEvent


@final
class Desk:
    """Incidents, alerts and the log, each in the order in which they came.

    Of what did nothing (`dropped`) and of changes only the newest are kept: senders that are set up wrong repeat.
    """

    KEPT = 10_000
    BYTES = 64 * 1024 * 1024

    def __init__(self, directory: Directory, assumptions: Assumptions | None = None) -> None:
        self.directory = directory
        self.assumptions = assumptions or Assumptions()
        self.records = Records()
        self.life = Life(directory, self.records)
        self.changes: Recent[Change] = Recent(number=self.KEPT, size=self.BYTES)
        self.dropped: Recent[Dropped] = Recent(number=self.KEPT, size=self.BYTES)
        self._keyless = count(1)
        self._changes = count(1)

    @property
    def incidents(self) -> dict[str, Incident]:
        """The incidents by id, in the order in which they were opened."""
        return self.records.incidents

    @property
    def alerts(self) -> dict[str, Alert]:
        """The alerts by id."""
        return {alert.id: alert for alert in self.records.alerts()}

    @property
    def log(self) -> list[LogEntry]:
        """The log of all incidents, oldest first."""
        return self.records.log

    def accept(self, event: Event, at: datetime) -> Accepted:
        """Take an event; raises `EventRefused` only for an unknown routing key, if the desk refuses those."""
        self.advance(at)
        key = event.dedup_key or self.fresh_key()
        integration = self.door(event.routing_key)
        if integration is None:
            return self._drop(event, key, at, "no integration has this routing key")
        left = orchestrated(self.directory.services[integration.service_id].orchestration, event)
        if left is None:
            return self._drop(event, key, at, "a rule of the service's orchestration suppresses it")
        event = left
        alert = self.records.open_alert(event.routing_key, key)
        if event.action is Action.TRIGGER:
            return self._trigger(integration, alert, key, event, at)
        if alert is None:
            return self._drop(event, key, at, f"no open alert to {event.action}")
        incident = self.incidents[alert.incident_id]
        agent = Agent("integration", integration.id)
        if event.action is Action.RESOLVE:
            self.resolve_alert(alert, agent, at)
        elif incident.status is Status.TRIGGERED:
            self.life.acknowledge(incident, agent, at)
        return Accepted(dedup_key=key, incident_id=incident.id)

    def record_change(self, change: ChangeEvent, at: datetime) -> bool:
        """Keep a change event, which tells nobody; returns whether an integration has its key, raises as `accept`."""
        self.advance(at)
        integration = self.door(change.routing_key)
        if integration is None:
            return False
        kept = Change(
            id=f"C{next(self._changes):013}",
            at=at,
            service_id=integration.service_id,
            integration_id=integration.id,
            event=change,
        )
        self.changes.append(kept, change.size)
        return True

    def acknowledge(self, incident_id: str, user_id: str, at: datetime) -> Incident:
        """Let a user acknowledge; raises `DeskError` (1001 resolved, 1002 acknowledged already, 2100 unknown)."""
        incident = self.asked(incident_id, at)
        if incident.status is Status.ACKNOWLEDGED:
            raise DeskError("Incident Already Acknowledged", code=1002)
        return self.life.acknowledge(incident, Agent("user", user_id), at)

    def resolve(self, incident_id: str, user_id: str, at: datetime) -> Incident:
        """Let a user resolve; raises `DeskError` (1001 resolved already, 2100 unknown)."""
        return self.life.resolve(self.asked(incident_id, at), Agent("user", user_id), at)

    def snooze(self, incident_id: str, user_id: str, at: datetime, until: datetime) -> Incident:
        """Let a user put an incident off; raises `DeskError` (1001, 1012 not acknowledged, 2100)."""
        incident = self.asked(incident_id, at)
        if incident.status is Status.TRIGGERED and not self.assumptions.snooze_acknowledges:
            raise DeskError("Incident Not Acknowledged", code=1012)
        return self.life.acknowledge(incident, Agent("user", user_id), at, until=until)

    def merge(self, incident_id: str, sources: list[str], user_id: str, at: datetime) -> Incident:
        """Let a user put the alerts of other incidents into this one and resolve those; raises `DeskError`.

        All must be open (1001) and there (2100); an incident cannot be merged into itself (2001).
        """
        target = self.asked(incident_id, at)
        merged = [self.asked(name, at) for name in dict.fromkeys(sources)]
        if target in merged:
            raise DeskError("An incident cannot be merged into itself", code=2001)
        agent = Agent("user", user_id)
        for source in merged:
            for alert in self.records.alerts_of(source.id):
                self.records.move_alert(alert, target.id)
            self.life.resolve(source, agent, at, merged_into=target.id)
        return target

    def resolve_alert(self, alert: Alert, agent: Agent, at: datetime) -> Alert:
        """Resolve an open alert, and its incident with the last one."""
        resolved = self.records.keep_alert(replace(alert, status=Status.RESOLVED, resolved_at=at))
        incident = self.incidents[alert.incident_id]
        alerts = self.records.alerts_of(incident.id)
        if incident.open and all(each.status is Status.RESOLVED for each in alerts):
            self.life.resolve(incident, agent, at)
        return resolved

    def advance(self, at: datetime) -> None:
        """Let everything happen that is due up to and including ``at``: each at its own instant, in order."""
        self.life.advance(at)

    def alerts_of(self, incident_id: str) -> list[Alert]:
        """Return the alerts of an incident."""
        return self.records.alerts_of(incident_id)

    def log_of(self, incident_id: str) -> list[LogEntry]:
        """Return the log of an incident, oldest first."""
        return self.records.log_of(incident_id)

    def asked(self, incident_id: str, at: datetime) -> Incident:
        """Return an incident that is open; raises `DeskError` (1001 resolved, 2100 unknown)."""
        self.advance(at)
        incident = self.incidents.get(incident_id)
        if incident is None:
            raise DeskError(f"Incident {incident_id!r} not found{nearest(incident_id, self.incidents)}", code=2100)
        if not incident.open:
            raise DeskError("Incident Already Resolved", code=1001)
        return incident

    def why_not(self, service: Service, at: datetime) -> str | None:
        """Return why nothing new opens on a service now whoever is on call, or None."""
        if not service.enabled:
            return "the service is disabled"
        if self.directory.in_maintenance(service.id, at):
            return "the service is in maintenance"
        if self.records.full():
            return f"the stand-in keeps at most {Records.KEPT} open incidents"
        return None

    def door(self, key: str) -> Integration | None:
        """Return the integration of a routing key, if there is one; raises as `accept`."""
        integration = self.directory.integration_by_key(key)
        if integration is None and self.assumptions.unknown_routing_key == "refuse":
            errors = ("'routing_key' is not the key of any integration",)
            raise EventRefused("invalid event", "Event object is invalid", errors)
        return integration

    def fresh_key(self) -> str:
        """Return the next key for an event that has none."""
        return hashlib.md5(f"event {next(self._keyless)}".encode(), usedforsecurity=False).hexdigest()

    def _drop(self, event: Event, key: str, at: datetime, reason: str) -> Accepted:
        self.dropped.append(Dropped(at=at, reason=reason, event=event), event.size)
        return Accepted(dedup_key=key, incident_id=None)

    def _trigger(self, integration: Integration, alert: Alert | None, key: str, event: Event, at: datetime) -> Accepted:
        if alert is not None:
            return Accepted(dedup_key=key, incident_id=self._append(alert, event, at).incident_id)
        service = self.directory.services[integration.service_id]
        reason = self.why_not(service, at)
        if reason is None and self.life.someone(self.directory.policies[service.policy_id], at) is None:
            reason = "nobody is on call"
        if reason is not None:
            return self._drop(event, key, at, reason)
        return Accepted(dedup_key=key, incident_id=self._open(integration, service, key, event, at).id)

    def _open(self, integration: Integration, service: Service, key: str, event: Event, at: datetime) -> Incident:
        severity = event.severity or Severity.CRITICAL
        agent = Agent("integration", integration.id)
        incident = joined(self.records, service, event, at)
        if incident is None:
            incident = self.life.open(
                service,
                self.directory.policies[service.policy_id],
                agent,
                at,
                title=event.summary,
                urgency=urgency_of(service.urgency, severity),
                event=event,
            )
        else:
            self.records.write(incident, EntryType.TRIGGER, at, agent, "Grouped", event=event)
            self._raise(incident, service, severity, agent, at)
        alert = Alert(
            id=self.records.next_id("A"),
            incident_id=incident.id,
            service_id=service.id,
            integration_id=integration.id,
            key=key,
            severity=severity,
            created_at=at,
            appended_at=at,
            event=event,
        )
        self.records.keep_alert(alert)
        return incident

    def _append(self, before: Alert, event: Event, at: datetime) -> Alert:
        severity = event.severity or before.severity
        changed = replace(before, event=event, severity=severity, count=before.count + 1, appended_at=at)
        alert = self.records.keep_alert(changed)
        incident = self.incidents[alert.incident_id]
        agent = Agent("integration", alert.integration_id)
        self.records.write(incident, EntryType.TRIGGER, at, agent, "Triggered again", event=event)
        self._raise(incident, self.directory.services[alert.service_id], severity, agent, at)
        return alert

    def _raise(self, incident: Incident, service: Service, severity: Severity, agent: Agent, at: datetime) -> None:
        worse = incident.urgency is Urgency.LOW and urgency_of(service.urgency, severity) is Urgency.HIGH
        if worse and self.assumptions.urgency_rises:
            self.life.rise(incident, Urgency.HIGH, agent, at)
