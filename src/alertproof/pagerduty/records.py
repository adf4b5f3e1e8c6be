"""Incidents with their alerts, notes and log. Of resolved incidents only the newest are kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import count
from typing import final

from alertproof.pagerduty.event import Event
from alertproof.pagerduty.incident import Agent, Alert, EntryType, Incident, LogEntry, Note, Status

__all__ = ["Records"]


@dataclass(slots=True)
class _File:
    """What belongs to one incident; the alerts by id, the weight in bytes of the events in its log."""

    alerts: dict[str, Alert] = field(default_factory=dict)
    log: list[LogEntry] = field(default_factory=list)
    notes: list[Note] = field(default_factory=list)
    weight: int = 0
    triggers: int = 0


@final
class Records:
    """Everything by id, in the order in which it came."""

    #: Incidents that are kept, and bytes of the events in their logs; beyond these the oldest resolved is forgotten.
    KEPT = 10_000
    BYTES = 256 * 1024 * 1024
    #: Triggers that one incident's log takes, and their bytes: PagerDuty has such a limit, its number is not said.
    TRIGGERS = 1000
    INCIDENT_BYTES = 8 * 1024 * 1024
    #: Other entries and notes of one incident.
    ENTRIES = 10_000

    def __init__(self) -> None:
        self.incidents: dict[str, Incident] = {}
        self._entries: dict[str, LogEntry] = {}
        self._files: dict[str, _File] = {}
        self._open: dict[str, dict[str, None]] = {}
        self._keys: dict[tuple[str, str], Alert] = {}
        self._resolved: dict[str, None] = {}
        self._weight = 0
        self._counts = {prefix: count(1) for prefix in "QARN"}

    @property
    def log(self) -> list[LogEntry]:
        """The log of all incidents, oldest first."""
        return list(self._entries.values())

    def entry(self, identity: str) -> LogEntry | None:
        """Return an entry of the log, or None."""
        return self._entries.get(identity)

    def next_number(self) -> int:
        """Return a number that no incident had."""
        return next(self._counts["Q"])

    def next_id(self, prefix: str) -> str:
        """Return an id that was never given: ``A`` of an alert, ``N`` of a note."""
        return f"{prefix}{next(self._counts[prefix]):013}"

    def alerts(self) -> Iterable[Alert]:
        """Return all alerts, by their incidents."""
        return (alert for file in self._files.values() for alert in file.alerts.values())

    def alerts_of(self, incident_id: str) -> list[Alert]:
        """Return the alerts of an incident."""
        return list(self._files[incident_id].alerts.values())

    def log_of(self, incident_id: str) -> list[LogEntry]:
        """Return the log of an incident, oldest first."""
        return list(self._files[incident_id].log)

    def notes_of(self, incident_id: str) -> list[Note]:
        """Return the notes of an incident, oldest first."""
        return list(self._files[incident_id].notes)

    def open_of(self, service_id: str) -> list[Incident]:
        """Return the open incidents of a service, oldest first."""
        return [self.incidents[name] for name in self._open.get(service_id, ())]

    def open_alert(self, routing_key: str, key: str) -> Alert | None:
        """Return the open alert of a pair, or None."""
        return self._keys.get((routing_key, key))

    def full(self) -> bool:
        """Return whether there is no room for one more incident; the oldest resolved ones are forgotten for it."""
        while len(self.incidents) >= self.KEPT or self._weight >= self.BYTES:
            oldest = next(iter(self._resolved), None)
            if oldest is None:
                return True
            self._forget(oldest)
        return False

    def keep(self, incident: Incident) -> Incident:
        """Keep an incident, new or changed."""
        self._files.setdefault(incident.id, _File())
        self.incidents[incident.id] = incident
        of_service = self._open.setdefault(incident.service_id, {})
        if incident.open:
            of_service[incident.id] = None
            return incident
        of_service.pop(incident.id, None)
        if not of_service:
            del self._open[incident.service_id]
        self._resolved.setdefault(incident.id)
        return incident

    def keep_alert(self, alert: Alert) -> Alert:
        """Keep an alert, new or changed."""
        pair = (alert.event.routing_key, alert.key)
        self._files[alert.incident_id].alerts[alert.id] = alert
        if alert.status is Status.TRIGGERED:
            self._keys[pair] = alert
        elif pair in self._keys and self._keys[pair].id == alert.id:
            del self._keys[pair]
        return alert

    def move_alert(self, alert: Alert, incident_id: str) -> Alert:
        """Let an alert belong to another incident."""
        del self._files[alert.incident_id].alerts[alert.id]
        return self.keep_alert(replace(alert, incident_id=incident_id))

    def add_note(self, note: Note) -> None:
        """Keep a note."""
        notes = self._files[note.incident_id].notes
        if len(notes) < self.ENTRIES:
            notes.append(note)

    def write(
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
        """Write a line to the log of an incident; of triggers beyond its limit only that there were."""
        file = self._files[incident.id]
        if event is not None and not self._takes(file, event):
            if file.triggers > self.TRIGGERS:
                return
            # Said once.
            file.triggers = self.TRIGGERS + 1
            kind, summary, event = EntryType.REACH_TRIGGER_LIMIT, "Reached the limit of triggers", None
        elif len(file.log) >= self.ENTRIES + self.TRIGGERS and kind is not EntryType.RESOLVE:
            return
        entry = LogEntry(
            id=self.next_id("R"),
            type=kind,
            at=at,
            incident_id=incident.id,
            service_id=incident.service_id,
            agent=agent,
            summary=summary,
            users=users,
            event=event,
        )
        file.log.append(entry)
        self._entries[entry.id] = entry

    def _takes(self, file: _File, event: Event) -> bool:
        if file.triggers >= self.TRIGGERS or (file.weight and file.weight + event.size > self.INCIDENT_BYTES):
            return False
        file.triggers += 1
        file.weight += event.size
        self._weight += event.size
        return True

    def _forget(self, incident_id: str) -> None:
        file = self._files.pop(incident_id)
        self._weight -= file.weight
        for entry in file.log:
            del self._entries[entry.id]
        del self._resolved[incident_id]
        del self.incidents[incident_id]
