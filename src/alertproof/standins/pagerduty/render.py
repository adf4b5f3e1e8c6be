"""Users, policies, services, incidents, alerts and log entries as JSON of REST API v2.

Instants are in stack time and whole seconds, as PagerDuty writes them.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, final

from alertproof.pagerduty import (
    Agent,
    Alert,
    Desk,
    EscalationPolicy,
    EscalationRule,
    Event,
    Incident,
    Integration,
    LogEntry,
    Service,
    Status,
    User,
    pending,
)
from alertproof.pagerduty.incident import EntryType

__all__ = ["INTEGRATION_TYPE", "Renderer", "wire_instant"]

INTEGRATION_TYPE = "events_api_v2_inbound_integration"


def wire_instant(at: datetime) -> str:
    """Return the instant as PagerDuty writes it: UTC, cut to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


@final
class Renderer:
    """Shows what the desk holds; ``address`` is the stand-in's own, for links."""

    def __init__(self, desk: Desk, address: str) -> None:
        self._desk = desk
        self._directory = desk.directory
        self._address = address

    def user(self, user: User) -> dict[str, Any]:
        """Return a user."""
        return self._entity("user", "users", user.id, user.name) | {
            "name": user.name,
            "email": user.email,
            "time_zone": "Etc/UTC",
            "role": "user",
        }

    def policy(self, policy: EscalationPolicy) -> dict[str, Any]:
        """Return an escalation policy."""
        services = [each for each in self._directory.services.values() if each.policy_id == policy.id]
        return self._entity("escalation_policy", "escalation_policies", policy.id, policy.name) | {
            "name": policy.name,
            "description": policy.description,
            "num_loops": policy.loops,
            "escalation_rules": [self._rule(policy, place) for place in range(len(policy.rules))],
            "services": [self._service_reference(service.id) for service in services],
            "teams": [],
        }

    def service(self, service: Service, *, with_integrations: bool = False) -> dict[str, Any]:
        """Return a service; its integrations as references, or whole."""
        own = [each for each in self._directory.integrations.values() if each.service_id == service.id]
        policy = self._directory.policies[service.policy_id]
        return self._entity("service", "services", service.id, service.name) | {
            "name": service.name,
            "description": service.description,
            "status": self._service_status(service),
            "created_at": wire_instant(service.created_at),
            "acknowledgement_timeout": _seconds(service.acknowledgement_timeout),
            "auto_resolve_timeout": _seconds(service.auto_resolve_timeout),
            "alert_creation": "create_alerts_and_incidents",
            "incident_urgency_rule": {"type": "constant", "urgency": service.urgency.value},
            "escalation_policy": self._policy_reference(policy),
            "integrations": [
                self.integration(each) if with_integrations else self._integration_reference(each) for each in own
            ],
            "teams": [],
        }

    def integration(self, integration: Integration) -> dict[str, Any]:
        """Return an integration with its key."""
        path = f"services/{integration.service_id}/integrations"
        return self._entity(INTEGRATION_TYPE, path, integration.id, integration.name) | {
            "name": integration.name,
            "service": self._service_reference(integration.service_id),
            "created_at": wire_instant(integration.created_at),
            "integration_key": integration.key,
        }

    def incident(self, incident: Incident) -> dict[str, Any]:
        """Return an incident. It has no key of its own: the dedup key is that of its alerts."""
        alerts = self._desk.alerts_of(incident.id)
        resolved = sum(alert.status is Status.RESOLVED for alert in alerts)
        first = next(entry for entry in self._desk.log if entry.incident_id == incident.id)
        since = wire_instant(incident.level_since or incident.opened_at)
        summary = f"[#{incident.number}] {incident.title}"
        service = self._directory.services[incident.service_id]
        acknowledgements = []
        if incident.acknowledged_at and incident.acknowledged_by:
            agent = self._agent(incident.acknowledged_by)
            acknowledgements.append({"at": wire_instant(incident.acknowledged_at), "acknowledger": agent})
        return self._entity("incident", "incidents", incident.id, summary) | {
            "incident_number": incident.number,
            "title": incident.title,
            "description": incident.title,
            "created_at": wire_instant(incident.opened_at),
            "updated_at": wire_instant(incident.changed_at),
            "status": incident.status.value,
            "incident_key": None,
            "service": self._service_reference(incident.service_id),
            "assigned_via": "escalation_policy",
            "assignments": [{"at": since, "assignee": self._user_reference(user)} for user in incident.assigned],
            "acknowledgements": acknowledgements,
            "pending_actions": [{"type": due.action, "at": wire_instant(due.at)} for due in pending(incident, service)],
            "last_status_change_at": wire_instant(incident.changed_at),
            "last_status_change_by": self._agent(incident.changed_by),
            "resolved_at": wire_instant(incident.resolved_at) if incident.resolved_at else None,
            "resolve_reason": None,
            "first_trigger_log_entry": self._entity(
                "trigger_log_entry_reference", "log_entries", first.id, first.summary
            ),
            "escalation_policy": self._policy_reference(incident.policy),
            "urgency": incident.urgency.value,
            "priority": None,
            "teams": [],
            "alert_counts": {"all": len(alerts), "triggered": len(alerts) - resolved, "resolved": resolved},
        }

    def alert(self, alert: Alert) -> dict[str, Any]:
        """Return an alert with the body of its newest trigger."""
        integration = self._directory.integrations[alert.integration_id]
        path = f"incidents/{alert.incident_id}/alerts"
        return self._entity("alert", path, alert.id, alert.event.summary) | {
            "alert_key": alert.key,
            "status": alert.status.value,
            "severity": alert.severity.value,
            "suppressed": False,
            "created_at": wire_instant(alert.created_at),
            "resolved_at": wire_instant(alert.resolved_at) if alert.resolved_at else None,
            "service": self._service_reference(alert.service_id),
            "incident": self._entity("incident_reference", "incidents", alert.incident_id, ""),
            "integration": self._integration_reference(integration),
            "body": {
                "type": "alert_body",
                "details": _custom_details(alert.event),
                "contexts": _contexts(alert.event),
                "cef_details": _cef_details(alert.event, alert.key),
            },
        }

    def log_entry(self, entry: LogEntry) -> dict[str, Any]:
        """Return a log entry; a trigger's channel holds the event."""
        incident = self._desk.incidents[entry.incident_id]
        shown = self._entity(f"{entry.type}_log_entry", "log_entries", entry.id, entry.summary) | {
            "created_at": wire_instant(entry.at),
            "agent": self._agent(entry.agent),
            "channel": self._channel(entry),
            "service": self._service_reference(entry.service_id),
            "incident": self._entity("incident_reference", "incidents", incident.id, incident.title),
            "teams": [],
            "contexts": _contexts(entry.event) if entry.event else [],
        }
        if entry.type is EntryType.NOTIFY:
            shown["user"] = self._user_reference(entry.users[0])
        elif entry.users:
            shown["assignees"] = [self._user_reference(user) for user in entry.users]
        if entry.event:
            shown["event_details"] = {"description": entry.event.summary}
        return shown

    def _channel(self, entry: LogEntry) -> dict[str, Any]:
        if entry.event:
            return {
                "type": "events_api_v2",
                "summary": entry.event.summary,
                "details": _custom_details(entry.event),
                "cef_details": _cef_details(entry.event, entry.event.dedup_key),
            }
        # How a user is reached (push, mail, telephone) is the user's own rule, which is not modelled.
        return {"type": "website" if entry.agent.kind == "user" else "auto"}

    def _rule(self, policy: EscalationPolicy, place: int) -> dict[str, Any]:
        rule: EscalationRule = policy.rules[place]
        return {
            "id": f"{policy.id}R{place + 1}",
            "escalation_delay_in_minutes": rule.delay // timedelta(minutes=1),
            "targets": [self._user_reference(target) for target in rule.targets],
        }

    def _service_status(self, service: Service) -> str:
        open_ = {each.status for each in self._desk.incidents.values() if each.open and each.service_id == service.id}
        if Status.TRIGGERED in open_:
            return "critical"
        return "warning" if open_ else "active"

    def _agent(self, agent: Agent) -> dict[str, Any]:
        if agent.kind == "user":
            return self._user_reference(agent.id)
        if agent.kind == "service":
            return self._service_reference(agent.id)
        return self._integration_reference(self._directory.integrations[agent.id])

    def _user_reference(self, user_id: str) -> dict[str, Any]:
        return self._entity("user_reference", "users", user_id, self._directory.users[user_id].name)

    def _service_reference(self, service_id: str) -> dict[str, Any]:
        name = self._directory.services[service_id].name
        return self._entity("service_reference", "services", service_id, name)

    def _policy_reference(self, policy: EscalationPolicy) -> dict[str, Any]:
        return self._entity("escalation_policy_reference", "escalation_policies", policy.id, policy.name)

    def _integration_reference(self, integration: Integration) -> dict[str, Any]:
        path = f"services/{integration.service_id}/integrations"
        return self._entity(f"{INTEGRATION_TYPE}_reference", path, integration.id, integration.name)

    def _entity(self, kind: str, path: str, identity: str, summary: str) -> dict[str, Any]:
        address = f"{self._address}/{path}/{identity}"
        return {"id": identity, "type": kind, "summary": summary, "self": address, "html_url": address}


def _seconds(span: timedelta | None) -> int | None:
    return span // timedelta(seconds=1) if span is not None else None


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
