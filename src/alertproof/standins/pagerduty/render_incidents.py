"""Incidents, alerts, notes, log entries and notifications as JSON of REST API v2, and incidents as webhooks tell them.

Source: the openapi description of developer.pagerduty.com; developer.pagerduty.com/docs/webhooks.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, final

from alertproof.pagerduty import (
    Alert,
    Desk,
    EntryType,
    Event,
    Incident,
    LogEntry,
    Note,
    Status,
    pending,
)
from alertproof.standins.pagerduty.links import Links, wire_instant

__all__ = ["IncidentRenderer"]


@final
class IncidentRenderer(Links):
    """Shows what happened."""

    def __init__(self, desk: Desk, address: str) -> None:
        super().__init__(desk.directory, address)
        self._desk = desk

    def incident(self, incident: Incident) -> dict[str, Any]:
        """Return an incident. Only one that was opened by hand has a key: else the dedup keys are those of alerts."""
        records = self._desk.records
        alerts = records.alerts_of(incident.id)
        resolved = sum(alert.status is Status.RESOLVED for alert in alerts)
        first = records.log_of(incident.id)[0]
        due = pending(incident, self._directory.services[incident.service_id]) if incident.open else ()
        return self.entity("incident", "incidents", incident.id, _summary(incident)) | {
            "incident_number": incident.number,
            "title": incident.title,
            "description": incident.title,
            "created_at": wire_instant(incident.opened_at),
            "updated_at": wire_instant(incident.updated_at),
            "status": incident.status.value,
            "incident_key": incident.key,
            "service": self.service_reference(incident.service_id),
            "assigned_via": "direct_assignment" if incident.by_hand else "escalation_policy",
            "assignments": [
                {"at": wire_instant(incident.assigned_at), "assignee": self.user_reference(user)}
                for user in incident.assigned
            ],
            "acknowledgements": self._acknowledgements(incident),
            "pending_actions": [{"type": each.action, "at": wire_instant(each.at)} for each in due],
            "last_status_change_at": wire_instant(incident.changed_at),
            "last_status_change_by": self.agent(incident.changed_by, incident.service_id),
            "resolved_at": wire_instant(incident.resolved_at) if incident.resolved_at else None,
            "resolve_reason": self._reason(incident),
            "first_trigger_log_entry": self.entity(
                "trigger_log_entry_reference", "log_entries", first.id, first.summary
            ),
            "escalation_policy": self.policy_reference(incident.policy.id),
            "urgency": incident.urgency.value,
            "priority": None,
            "is_mergeable": incident.open,
            "teams": [],
            "pending_responders": [],
            "impacted_services": [self.service_reference(incident.service_id)],
            "body": {"type": "incident_body", "details": incident.details},
            "alert_counts": {"all": len(alerts), "triggered": len(alerts) - resolved, "resolved": resolved},
        }

    def told(self, incident: Incident) -> dict[str, Any]:
        """Return an incident as a webhook has it."""
        return self.entity("incident", "incidents", incident.id, incident.title) | {
            "number": incident.number,
            "status": incident.status.value,
            "incident_key": incident.key,
            "created_at": wire_instant(incident.opened_at),
            "title": incident.title,
            "service": self.service_reference(incident.service_id),
            "assignees": [self.user_reference(user) for user in incident.assigned],
            "escalation_policy": self.policy_reference(incident.policy.id),
            "teams": [],
            "priority": None,
            "urgency": incident.urgency.value,
            "conference_bridge": None,
            "resolve_reason": self._reason(incident),
        }

    def note(self, note: Note) -> dict[str, Any]:
        """Return a note."""
        return {
            "id": note.id,
            "user": self.user_reference(note.user_id),
            "channel": {"summary": "The PagerDuty website or APIs"},
            "content": note.content,
            "created_at": wire_instant(note.at),
        }

    def told_note(self, note: Note) -> dict[str, Any]:
        """Return a note as a webhook has it."""
        return {
            "incident": self._incident_reference(note.incident_id),
            "id": note.id,
            "content": note.content,
            "trimmed": False,
            "type": "incident_note",
        }

    def alert(self, alert: Alert) -> dict[str, Any]:
        """Return an alert with the body of its newest trigger."""
        path = f"incidents/{alert.incident_id}/alerts"
        return self.entity("alert", path, alert.id, alert.event.summary) | {
            "alert_key": alert.key,
            "status": alert.status.value,
            "severity": alert.severity.value,
            "suppressed": False,
            "created_at": wire_instant(alert.created_at),
            "resolved_at": wire_instant(alert.resolved_at) if alert.resolved_at else None,
            "service": self.service_reference(alert.service_id),
            "incident": self._incident_reference(alert.incident_id),
            "integration": self.integration_reference(alert.service_id, alert.integration_id),
            "body": {
                "type": "alert_body",
                "details": _custom_details(alert.event),
                "contexts": _contexts(alert.event),
                "cef_details": _cef_details(alert.event, alert.key),
            },
        }

    def log_entry(self, entry: LogEntry) -> dict[str, Any]:
        """Return a log entry; a trigger's channel holds the event."""
        shown = self.entity(f"{entry.type}_log_entry", "log_entries", entry.id, entry.summary) | {
            "created_at": wire_instant(entry.at),
            "agent": self.agent(entry.agent, entry.service_id),
            "channel": self._channel(entry),
            "service": self.service_reference(entry.service_id),
            "incident": self._incident_reference(entry.incident_id),
            "teams": [],
            "contexts": _contexts(entry.event) if entry.event else [],
        }
        if entry.type is EntryType.NOTIFY:
            shown["user"] = self.user_reference(entry.users[0])
        elif entry.users:
            shown["assignees"] = [self.user_reference(user) for user in entry.users]
        if entry.event:
            shown["event_details"] = {"description": entry.event.summary}
        return shown

    def notification(self, entry: LogEntry) -> dict[str, Any]:
        """Return how a user was told. Everybody is told by mail: contact methods are not modelled."""
        (user_id,) = entry.users
        user = self._directory.users.get(user_id)
        return {
            "id": entry.id,
            "type": "email_notification",
            "started_at": wire_instant(entry.at),
            "address": user.email if user else None,
            "status": "success",
            "conference_address": None,
            "user": self.user_reference(user_id),
        }

    def _acknowledgements(self, incident: Incident) -> list[dict[str, Any]]:
        if incident.acknowledged_at is None or incident.acknowledged_by is None:
            return []
        by = self.agent(incident.acknowledged_by, incident.service_id)
        return [{"at": wire_instant(incident.acknowledged_at), "acknowledger": by}]

    def _reason(self, incident: Incident) -> dict[str, Any] | None:
        if incident.merged_into is None:
            return None
        return {"type": "merge_resolve_reason", "incident": self._incident_reference(incident.merged_into)}

    def _incident_reference(self, incident_id: str) -> dict[str, Any]:
        incident = self._desk.incidents.get(incident_id)
        summary = _summary(incident) if incident else ""
        return self.entity("incident_reference", "incidents", incident_id, summary)

    def _channel(self, entry: LogEntry) -> dict[str, Any]:
        if entry.event:
            return {
                "type": "events_api_v2",
                "summary": entry.event.summary,
                "details": _custom_details(entry.event),
                "cef_details": _cef_details(entry.event, entry.event.dedup_key),
            }
        if entry.type is EntryType.ANNOTATE:
            return {"type": "note", "summary": entry.summary}
        # How a user is reached (push, mail, telephone) is the user's own rule, which is not modelled.
        return {"type": "website" if entry.agent.kind == "user" else "auto"}


def _summary(incident: Incident) -> str:
    return f"[#{incident.number}] {incident.title}"


def _custom_details(event: Event) -> Mapping[str, Any]:
    details = event.payload.get("custom_details")
    return details if isinstance(details, Mapping) else {}


def _contexts(event: Event) -> list[dict[str, Any]]:
    shown: list[dict[str, Any]] = []
    for name in ("link", "image"):
        listed = event.body.get(f"{name}s")
        listed = listed if isinstance(listed, list) else []
        shown += [{"type": name, **each} for each in listed if isinstance(each, Mapping)]
    return shown


def _cef_details(event: Event, key: str | None) -> dict[str, Any]:
    payload = event.payload
    return {
        "dedup_key": key,
        "description": event.summary,
        "message": event.summary,
        "severity": event.severity.value if event.severity else None,
        "source_origin": event.source,
        "source_component": payload.get("component"),
        "service_group": payload.get("group"),
        "event_class": payload.get("class"),
        "creation_time": payload.get("timestamp"),
        "client": event.body.get("client"),
        "client_url": event.body.get("client_url"),
        "details": _custom_details(event),
    }
