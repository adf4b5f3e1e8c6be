"""The life of an incident: opened, told, acknowledged, escalated, resolved; each step writes its lines to the log."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeAlias, final

from alertproof.pagerduty.agenda import Agenda
from alertproof.pagerduty.directory import Directory
from alertproof.pagerduty.event import Event
from alertproof.pagerduty.incident import Agent, Due, EntryType, Incident, Note, Status, pending
from alertproof.pagerduty.records import Records
from alertproof.pagerduty.service import EscalationPolicy, Service, Urgency

__all__ = ["Happening", "Life", "Observer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Happening:
    """What a webhook tells of: ``kind`` as in ``incident.triggered``, the incident as it was then."""

    kind: str
    at: datetime
    agent: Agent
    incident: Incident
    note: Note | None = None


Observer: TypeAlias = Callable[[Happening], None]


@final
class Life:
    """Moves incidents. Nobody is asked here whether a step is allowed: that is the desk's."""

    def __init__(self, directory: Directory, records: Records) -> None:
        self._directory = directory
        self._records = records
        self._observers: list[Observer] = []
        self._agenda = Agenda()

    def subscribe(self, observer: Observer) -> None:
        """Let an observer be told of everything that webhooks tell."""
        self._observers.append(observer)

    def advance(self, at: datetime) -> None:
        """Let everything happen that is due up to and including ``at``: each at its own instant, in order."""
        while (name := self._agenda.next(at)) is not None:
            incident = self._records.incidents[name]
            self._happen(incident, self._pending(incident)[0])

    def reconsider(self, service_id: str) -> None:
        """Take a service's changed timeouts into account."""
        for incident in self._records.open_of(service_id):
            self._plan(incident)

    def someone(self, policy: EscalationPolicy, at: datetime, first: int = 1) -> tuple[int, tuple[str, ...]] | None:
        """Return the first level from ``first`` on that somebody is on call for, and who; None if there is none."""
        for level, rule in enumerate(policy.rules[first - 1 :], first):
            users = self._directory.told(rule, at)
            if users:
                return level, users
        return None

    def open(
        self,
        service: Service,
        policy: EscalationPolicy,
        agent: Agent,
        at: datetime,
        *,
        title: str,
        urgency: Urgency,
        assigned: tuple[str, ...] = (),
        event: Event | None = None,
        key: str | None = None,
        details: str | None = None,
    ) -> Incident:
        """Open an incident and tell the people given, or those on call at the policy's first level that has any."""
        number = self._records.next_number()
        level, users = self.someone(policy, at) or (1, ())
        incident = Incident(
            id=f"Q{number:013}",
            number=number,
            service_id=service.id,
            title=title,
            urgency=urgency,
            policy=policy,
            opened_at=at,
            changed_at=at,
            changed_by=agent,
            updated_at=at,
            assigned_at=at,
            level=level,
            level_since=None if assigned else at,
            assigned=assigned or users,
            by_hand=bool(assigned),
            key=key,
            details=details,
        )
        self._records.write(self._keep(incident), EntryType.TRIGGER, at, agent, "Triggered", event=event)
        self._tell(incident, at, EntryType.ASSIGN, Agent("service", service.id))
        self._say("incident.triggered", incident, agent, at)
        return incident

    def acknowledge(self, incident: Incident, agent: Agent, at: datetime, *, until: datetime | None = None) -> Incident:
        """Acknowledge, or snooze up to an instant."""
        was = incident.status
        changed = replace(
            incident,
            status=Status.ACKNOWLEDGED,
            acknowledged_at=at,
            acknowledged_by=agent,
            snoozed_until=until,
            changed_at=incident.changed_at if was is Status.ACKNOWLEDGED else at,
            changed_by=incident.changed_by if was is Status.ACKNOWLEDGED else agent,
            updated_at=at,
        )
        self._keep(changed)
        if was is Status.TRIGGERED:
            self._records.write(changed, EntryType.ACKNOWLEDGE, at, agent, "Acknowledged")
            self._say("incident.acknowledged", changed, agent, at)
        if until is not None:
            self._records.write(changed, EntryType.SNOOZE, at, agent, f"Snoozed until {until.isoformat()}")
        return changed

    def resolve(self, incident: Incident, agent: Agent, at: datetime, *, merged_into: str | None = None) -> Incident:
        """Resolve an incident with all its alerts."""
        for alert in self._records.alerts_of(incident.id):
            if alert.status is Status.TRIGGERED:
                self._records.keep_alert(replace(alert, status=Status.RESOLVED, resolved_at=at))
        changed = replace(
            incident,
            status=Status.RESOLVED,
            resolved_at=at,
            acknowledged_at=None,
            acknowledged_by=None,
            snoozed_until=None,
            level_since=None,
            assigned=(),
            merged_into=merged_into,
            changed_at=at,
            changed_by=agent,
            updated_at=at,
        )
        self._keep(changed)
        self._records.write(changed, EntryType.RESOLVE, at, agent, "Resolved")
        self._say("incident.resolved", changed, agent, at)
        return changed

    def assign(self, incident: Incident, users: tuple[str, ...], agent: Agent, at: datetime) -> Incident:
        """Give an incident to people by hand: it escalates no more, and they are told."""
        changed = replace(self._triggered(incident, at), assigned=users, by_hand=True, level_since=None)
        self._keep(changed)
        self._tell(changed, at, EntryType.ASSIGN, agent)
        self._say("incident.reassigned", changed, agent, at)
        return changed

    def move(self, incident: Incident, policy: EscalationPolicy, level: int, agent: Agent, at: datetime) -> Incident:
        """Take an incident to a level of a policy by hand, and tell who is on call there or above."""
        found, users = self.someone(policy, at, level) or (level, ())
        delegated = policy.id != incident.policy.id
        kind = EntryType.DELEGATE if delegated else EntryType.ESCALATE
        changed = replace(
            self._triggered(incident, at),
            policy=policy,
            level=found,
            loop=0,
            level_since=at,
            assigned=users,
            by_hand=False,
        )
        self._keep(changed)
        self._tell(changed, at, kind, agent)
        self._say("incident.delegated" if delegated else "incident.escalated", changed, agent, at)
        return changed

    def rise(self, incident: Incident, urgency: Urgency, agent: Agent, at: datetime) -> Incident:
        """Change the urgency; one that becomes high is told anew and begins to escalate."""
        since = at if urgency is Urgency.HIGH and incident.level_since is not None else incident.level_since
        changed = self._keep(replace(incident, urgency=urgency, level_since=since, updated_at=at))
        self._records.write(changed, EntryType.URGENCY_CHANGE, at, agent, f"Urgency changed to {urgency}")
        if urgency is Urgency.HIGH and changed.status is Status.TRIGGERED:
            self._notify(changed, at)
        return changed

    def rename(self, incident: Incident, title: str, at: datetime) -> Incident:
        """Change the title; nobody is told."""
        return self._keep(replace(incident, title=title, updated_at=at))

    def annotate(self, incident: Incident, user_id: str, content: str, at: datetime) -> Note:
        """Add a person's note."""
        identity = self._records.next_id("N")
        note = Note(id=identity, incident_id=incident.id, user_id=user_id, at=at, content=content)
        agent = Agent("user", user_id)
        self._records.add_note(note)
        self._records.write(incident, EntryType.ANNOTATE, at, agent, content)
        self._say("incident.annotated", incident, agent, at, note)
        return note

    def _happen(self, incident: Incident, due: Due) -> None:
        service = Agent("service", incident.service_id)
        if due.action == "resolve":
            self.resolve(incident, service, due.at)
        elif due.action == "unacknowledge":
            self._unacknowledge(incident, service, due.at)
        else:
            self._escalate(incident, service, due.at)

    def _unacknowledge(self, incident: Incident, service: Agent, at: datetime) -> None:
        changed = replace(
            incident,
            status=Status.TRIGGERED,
            acknowledged_at=None,
            acknowledged_by=None,
            snoozed_until=None,
            level_since=None if incident.by_hand else at,
            changed_at=at,
            changed_by=service,
            updated_at=at,
        )
        self._keep(changed)
        text = "Snooze ended" if incident.snoozed_until else "Acknowledgement timed out"
        self._records.write(changed, EntryType.UNACKNOWLEDGE, at, service, text)
        self._notify(changed, at)
        self._say("incident.unacknowledged", changed, service, at)

    def _escalate(self, incident: Incident, service: Agent, at: datetime) -> None:
        higher = self.someone(incident.policy, at, incident.level + 1)
        if higher is not None:
            level, users = higher
            changed = replace(incident, level=level, level_since=at, assigned=users, assigned_at=at, updated_at=at)
        elif incident.loop < incident.policy.loops:
            self._records.write(incident, EntryType.REPEAT, at, service, "Escalation policy repeated")
            # With nobody on call at all the loop passes in silence.
            level, users = self.someone(incident.policy, at) or (1, ())
            changed = replace(
                incident,
                level=level,
                loop=incident.loop + 1,
                level_since=at,
                assigned=users,
                assigned_at=at,
                updated_at=at,
            )
        else:
            self._records.write(incident, EntryType.EXHAUST, at, service, "Escalation policy exhausted")
            self._keep(replace(incident, level_since=None))
            return
        self._keep(changed)
        self._tell(changed, at, EntryType.ESCALATE, service)
        self._say("incident.escalated", changed, service, at)

    def _triggered(self, incident: Incident, at: datetime) -> Incident:
        """Return an incident as new people find it: triggered, whoever had acknowledged it."""
        return replace(
            incident,
            status=Status.TRIGGERED,
            acknowledged_at=None,
            acknowledged_by=None,
            snoozed_until=None,
            assigned_at=at,
            updated_at=at,
        )

    def _tell(self, incident: Incident, at: datetime, kind: EntryType, agent: Agent) -> None:
        names = ", ".join(self._directory.name_of(user) for user in incident.assigned) or "nobody"
        verb = {EntryType.ASSIGN: "Assigned", EntryType.DELEGATE: "Delegated"}.get(kind, "Escalated")
        self._records.write(incident, kind, at, agent, f"{verb} to {names}", users=incident.assigned)
        self._notify(incident, at)

    def _notify(self, incident: Incident, at: datetime) -> None:
        service = Agent("service", incident.service_id)
        for user in incident.assigned:
            text = f"Notified {self._directory.name_of(user)} ({incident.urgency} urgency)"
            self._records.write(incident, EntryType.NOTIFY, at, service, text, users=(user,))

    def _say(self, kind: str, incident: Incident, agent: Agent, at: datetime, note: Note | None = None) -> None:
        happening = Happening(kind=kind, at=at, agent=agent, incident=incident, note=note)
        for observe in self._observers:
            observe(happening)

    def _pending(self, incident: Incident) -> tuple[Due, ...]:
        return pending(incident, self._directory.services[incident.service_id])

    def _plan(self, incident: Incident) -> None:
        due = self._pending(incident) if incident.open else ()
        self._agenda.put(incident.id, incident.number, due[0].at if due else None)

    def _keep(self, incident: Incident) -> Incident:
        self._records.keep(incident)
        self._plan(incident)
        return incident
