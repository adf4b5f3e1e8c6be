from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest
from starlette.testclient import TestClient

from alertproof.clock import VirtualClock
from alertproof.pagerduty import Desk, Directory
from alertproof.standins.pagerduty.courier import Courier
from alertproof.standins.pagerduty.serve import application

START = datetime(2026, 3, 1, tzinfo=UTC)
TOKEN = {"Authorization": "Token token=abc"}


@dataclass
class PagerDuty:
    """The app itself, on a clock moved by hand."""

    client: TestClient
    clock: VirtualClock

    def get(self, path: str, **parameters: Any) -> Any:
        response = self.client.get(path, params=parameters, headers=TOKEN)
        assert response.status_code == 200, response.text
        return response.json()

    def refused(self, method: str, path: str, *, status: int = 400, **options: Any) -> dict[str, Any]:
        headers = TOKEN | options.pop("headers", {})
        response = self.client.request(method, path, headers=headers, **options)
        assert response.status_code == status, response.text
        error: dict[str, Any] = response.json()["error"]
        return error

    def post(self, path: str, entity: str, /, **fields: Any) -> Any:
        response = self.client.post(path, json={entity: fields}, headers=TOKEN)
        assert response.status_code == 201, response.text
        return response.json()[entity]

    def put(self, path: str, *, email: str | None = "ada@example.com", **fields: Any) -> Any:
        headers = TOKEN | ({"From": email} if email is not None else {})
        return self.client.put(path, json={"incident": {"type": "incident_reference"} | fields}, headers=headers)

    def account(self, urgency: str = "severity_based", name: str = "api") -> tuple[dict[str, Any], dict[str, Any]]:
        """Make two people, a policy of two levels and a service with a door; returns service and integration."""
        people = [self.person(each) for each in ("ada", "bob")]
        rules = [
            {"escalation_delay_in_minutes": 5, "targets": [{"id": person, "type": "user_reference"}]}
            for person in people
        ]
        policy = self.post("/escalation_policies", "escalation_policy", name=f"{name} policy", escalation_rules=rules)
        service = self.post(
            "/services",
            "service",
            name=name,
            escalation_policy={"id": policy["id"], "type": "escalation_policy_reference"},
            incident_urgency_rule={"type": "constant", "urgency": urgency},
        )
        path = f"/services/{service['id']}/integrations"
        kind = "events_api_v2_inbound_integration"
        return service, self.post(path, "integration", type=kind, name="datadog")

    def person(self, name: str) -> str:
        found = self.get("/users", query=f"{name}@example.com")["users"]
        return str((found or [self.post("/users", "user", name=name, email=f"{name}@example.com")])[0]["id"])

    def send(self, integration: dict[str, Any], action: str, key: str = "k", **payload: Any) -> Any:
        body: dict[str, Any] = {
            "routing_key": integration["integration_key"],
            "event_action": action,
            "dedup_key": key,
        }
        if action == "trigger":
            body["payload"] = {"summary": "it broke", "source": "test", "severity": "critical"} | payload
        response = self.client.post("/v2/enqueue", json=body)
        assert response.status_code == 202
        return response.json()


@pytest.fixture
def pagerduty() -> Iterator[PagerDuty]:
    clock = VirtualClock(START)
    with TestClient(application(Desk(Directory()), clock, Courier(clock))) as client:
        yield PagerDuty(client, clock)
