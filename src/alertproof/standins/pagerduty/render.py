"""Users, policies, schedules, services, integrations and windows as JSON of REST API v2.

Instants are in stack time and whole seconds, as PagerDuty writes them.
Source: the openapi description of developer.pagerduty.com.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, final

from alertproof.pagerduty import (
    Desk,
    EscalationPolicy,
    EscalationRule,
    Integration,
    Layer,
    MaintenanceWindow,
    Override,
    Restriction,
    Schedule,
    Service,
    Shift,
    Status,
    User,
    shifts,
)
from alertproof.standins.pagerduty.groupings import MINUTE, shown_grouping
from alertproof.standins.pagerduty.links import INTEGRATION_TYPE, Links, wire_instant

__all__ = ["AccountRenderer"]


@final
class AccountRenderer(Links):
    """Shows what an account is made of, as it is at one instant."""

    def __init__(self, desk: Desk, address: str, at: datetime) -> None:
        super().__init__(desk.directory, address)
        self._desk = desk
        self._at = at

    def user(self, user: User) -> dict[str, Any]:
        """Return a user."""
        method = self.contact_method(user)
        return self.entity("user", "users", user.id, user.name) | {
            "name": user.name,
            "email": user.email,
            "time_zone": user.time_zone,
            "color": "purple",
            "avatar_url": f"{self._address}/users/{user.id}/avatar",
            "billed": True,
            "role": user.role,
            "description": user.description,
            "invitation_sent": False,
            "job_title": user.job_title,
            "teams": [],
            "contact_methods": [{**method, "type": f"{method['type']}_reference"}],
            "notification_rules": [
                {**rule, "type": f"{rule['type']}_reference"} for rule in self.notification_rules(user)
            ],
            "coordinated_incidents": [],
        }

    def contact_method(self, user: User) -> dict[str, Any]:
        """Return the one way in which a user is told: by mail, as every new user is."""
        path = f"users/{user.id}/contact_methods"
        return self.entity("email_contact_method", path, f"{user.id}M", "Default") | {
            "label": "Default",
            "address": user.email,
            "send_short_email": False,
            "send_html_email": False,
        }

    def notification_rules(self, user: User) -> list[dict[str, Any]]:
        """Return when a user is told: at once, whatever the urgency."""
        method = self.contact_method(user)
        path = f"users/{user.id}/notification_rules"
        return [
            self.entity("assignment_notification_rule", path, f"{user.id}{urgency[0].upper()}", "0 minutes: channel")
            | {"start_delay_in_minutes": 0, "urgency": urgency, "contact_method": method}
            for urgency in ("high", "low")
        ]

    def policy(self, policy: EscalationPolicy) -> dict[str, Any]:
        """Return an escalation policy."""
        services = [each for each in self._directory.services.values() if each.policy_id == policy.id]
        return self.entity("escalation_policy", "escalation_policies", policy.id, policy.name) | {
            "name": policy.name,
            "description": policy.description,
            "num_loops": policy.loops,
            "on_call_handoff_notifications": "if_has_services",
            "escalation_rules": [self._rule(policy, place) for place in range(len(policy.rules))],
            "services": [self.service_reference(service.id) for service in services],
            "teams": [],
        }

    def service(self, service: Service, *, included: frozenset[str] = frozenset()) -> dict[str, Any]:
        """Return a service; its policy and integrations as references, or whole where included."""
        own = [each for each in self._directory.integrations.values() if each.service_id == service.id]
        policy = self._directory.policies[service.policy_id]
        opened = [each.opened_at for each in self._desk.records.open_of(service.id)]
        return self.entity("service", "services", service.id, service.name) | {
            "name": service.name,
            "description": service.description,
            "status": self._service_status(service),
            "created_at": wire_instant(service.created_at),
            "last_incident_timestamp": wire_instant(max(opened)) if opened else None,
            "acknowledgement_timeout": _seconds(service.acknowledgement_timeout),
            "auto_resolve_timeout": _seconds(service.auto_resolve_timeout),
            "alert_creation": "create_alerts_and_incidents",
            "alert_grouping_parameters": (shown_grouping(service.grouping, MINUTE) if service.grouping else None),
            "incident_urgency_rule": {"type": "constant", "urgency": service.urgency.value},
            "support_hours": None,
            "scheduled_actions": [],
            "escalation_policy": self.policy(policy)
            if "escalation_policies" in included
            else self.policy_reference(policy.id),
            "integrations": [
                self.integration(each) if "integrations" in included else self.integration_reference(None, each.id)
                for each in own
            ],
            "teams": [],
        }

    def whole(self, reference: Mapping[str, Any]) -> Mapping[str, Any]:
        """Return what a reference means; the reference itself where that is no more."""
        identity, directory = reference["id"], self._directory
        if reference["type"] == "user_reference" and identity in directory.users:
            return self.user(directory.users[identity])
        if reference["type"] == "schedule_reference" and identity in directory.schedules:
            return self.schedule(directory.schedules[identity])
        if reference["type"] == "escalation_policy_reference" and identity in directory.policies:
            return self.policy(directory.policies[identity])
        if reference["type"] == "service_reference" and identity in directory.services:
            return self.service(directory.services[identity])
        return reference

    def integration(self, integration: Integration) -> dict[str, Any]:
        """Return an integration with its key."""
        path = f"services/{integration.service_id}/integrations"
        return self.entity(INTEGRATION_TYPE, path, integration.id, integration.name) | {
            "name": integration.name,
            "service": self.service_reference(integration.service_id),
            "created_at": wire_instant(integration.created_at),
            "integration_key": integration.key,
            "vendor": None,
        }

    def schedule(
        self, schedule: Schedule, *, since: datetime | None = None, until: datetime | None = None
    ) -> dict[str, Any]:
        """Return a schedule; with a range, who is on call in it."""
        policies = [
            each
            for each in self._directory.policies.values()
            if any(schedule.id in rule.targets for rule in each.rules)
        ]
        entries = None
        if since is not None and until is not None:
            entries = [self._entry(shift) for shift in shifts(schedule, since, until)]
        return self.entity("schedule", "schedules", schedule.id, schedule.name) | {
            "name": schedule.name,
            "description": schedule.description,
            "time_zone": schedule.time_zone,
            "escalation_policies": [self.policy_reference(each.id) for each in policies],
            "users": [self.user_reference(user) for user in sorted(schedule.users())],
            "schedule_layers": [self._layer(layer) for layer in schedule.layers],
            "overrides_subschedule": {
                "name": "Overrides",
                "rendered_schedule_entries": [
                    self._entry(Shift(user=each.user, start=each.start, end=each.end)) for each in schedule.overrides
                ],
            },
            "final_schedule": {"name": "Final Schedule", "rendered_schedule_entries": entries},
            "teams": [],
        }

    def override(self, override: Override) -> dict[str, Any]:
        """Return an override."""
        return {
            "id": override.id,
            "start": wire_instant(override.start),
            "end": wire_instant(override.end),
            "user": self.user_reference(override.user),
        }

    def window(self, window: MaintenanceWindow) -> dict[str, Any]:
        """Return a maintenance window."""
        summary = window.description or "Maintenance window"
        return self.entity("maintenance_window", "maintenance_windows", window.id, summary) | {
            "sequence_number": window.number,
            "start_time": wire_instant(window.start),
            "end_time": wire_instant(window.end),
            "description": window.description,
            "created_by": self.user_reference(window.created_by),
            "services": [self.service_reference(service) for service in window.services],
            "teams": [],
        }

    def _rule(self, policy: EscalationPolicy, place: int) -> dict[str, Any]:
        rule: EscalationRule = policy.rules[place]
        return {
            "id": f"{policy.id}R{place + 1}",
            "escalation_delay_in_minutes": rule.delay // MINUTE,
            "targets": [self.target_reference(target) for target in rule.targets],
            "escalation_rule_assignment_strategy": "assign_to_everyone",
        }

    def _layer(self, layer: Layer) -> dict[str, Any]:
        return {
            "id": layer.id,
            "name": layer.name,
            "start": wire_instant(layer.start),
            "end": wire_instant(layer.end) if layer.end else None,
            "rotation_virtual_start": wire_instant(layer.virtual_start),
            "rotation_turn_length_seconds": _seconds(layer.turn),
            "users": [{"user": self.user_reference(user)} for user in layer.users],
            "restrictions": [_restriction(each) for each in layer.restrictions],
        }

    def _entry(self, shift: Shift) -> dict[str, Any]:
        return {
            "start": wire_instant(shift.start),
            "end": wire_instant(shift.end),
            "user": self.user_reference(shift.user),
        }

    def _service_status(self, service: Service) -> str:
        if not service.enabled:
            return "disabled"
        if self._directory.in_maintenance(service.id, self._at):
            return "maintenance"
        open_ = {each.status for each in self._desk.records.open_of(service.id)}
        if Status.TRIGGERED in open_:
            return "critical"
        return "warning" if open_ else "active"


def _seconds(span: timedelta | None) -> int | None:
    return span // timedelta(seconds=1) if span is not None else None


def _restriction(restriction: Restriction) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "type": "daily_restriction" if restriction.weekday is None else "weekly_restriction",
        "start_time_of_day": restriction.start.isoformat(),
        "duration_seconds": _seconds(restriction.duration),
    }
    return shown if restriction.weekday is None else shown | {"start_day_of_week": restriction.weekday}
