"""How the API refers to something: id, type, summary and addresses."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from alertproof.pagerduty import Agent, Directory

__all__ = ["INTEGRATION_TYPE", "Links", "wire_instant"]

INTEGRATION_TYPE = "events_api_v2_inbound_integration"


def wire_instant(at: datetime) -> str:
    """Return the instant as PagerDuty writes it: UTC, cut to the second."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class Links:
    """References to what a directory names; ``address`` is the stand-in's own."""

    def __init__(self, directory: Directory, address: str) -> None:
        self._directory = directory
        self._address = address

    def entity(self, kind: str, path: str, identity: str, summary: str) -> dict[str, Any]:
        """Return what every entity and reference has."""
        address = f"{self._address}/{path}/{identity}"
        return {"id": identity, "type": kind, "summary": summary, "self": address, "html_url": address}

    def user_reference(self, user_id: str) -> dict[str, Any]:
        """Return a reference to a user."""
        return self.entity("user_reference", "users", user_id, self._directory.name_of(user_id))

    def service_reference(self, service_id: str) -> dict[str, Any]:
        """Return a reference to a service."""
        return self.entity("service_reference", "services", service_id, self._directory.name_of(service_id))

    def policy_reference(self, policy_id: str) -> dict[str, Any]:
        """Return a reference to an escalation policy."""
        name = self._directory.name_of(policy_id)
        return self.entity("escalation_policy_reference", "escalation_policies", policy_id, name)

    def schedule_reference(self, schedule_id: str) -> dict[str, Any]:
        """Return a reference to a schedule."""
        return self.entity("schedule_reference", "schedules", schedule_id, self._directory.name_of(schedule_id))

    def target_reference(self, target: str) -> dict[str, Any]:
        """Return a reference to a user or a schedule."""
        schedule = target in self._directory.schedules
        return self.schedule_reference(target) if schedule else self.user_reference(target)

    def integration_reference(self, service_id: str | None, integration_id: str) -> dict[str, Any]:
        """Return a reference to an integration."""
        integration = self._directory.integrations.get(integration_id)
        owner = integration.service_id if integration else service_id
        path, name = f"services/{owner}/integrations", self._directory.name_of(integration_id)
        return self.entity(f"{INTEGRATION_TYPE}_reference", path, integration_id, name)

    def agent(self, agent: Agent, service_id: str | None = None) -> dict[str, Any]:
        """Return a reference to who did something."""
        if agent.kind == "user":
            return self.user_reference(agent.id)
        if agent.kind == "service":
            return self.service_reference(agent.id)
        return self.integration_reference(service_id, agent.id)
