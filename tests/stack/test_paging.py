"""In a stack that stands, an alert of Sentry's reaches PagerDuty: over TLS, with the stack's own authority."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
import sentry_sdk

from alertproof.clock import SystemClock, wait_until
from alertproof.requirements import Target, load_specification
from alertproof.stack.supervisor import StackPlan, Supervisor

MONITORING = Path(__file__).parents[2] / "monitoring"
RULE = {
    "name": "new issues",
    "actionMatch": "any",
    "frequency": 30,
    "conditions": [{"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}],
    "actions": [
        {
            "id": "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction",
            "account": "1",
            "service": "1",
            "severity": "critical",
        }
    ],
}


@pytest.fixture
def target() -> Iterator[Target]:
    with Supervisor(StackPlan(specification=load_specification(MONITORING))) as supervisor:
        yield supervisor.start()


@pytest.fixture
def pagerduty(target: Target) -> Iterator[Account]:
    verify = ssl.create_default_context(cafile=target.ca_file)
    headers = {"Authorization": f"Token token={target.env['PAGERDUTY_API_TOKEN']}", "From": "ada@example.com"}
    address = target.endpoints.pagerduty
    with httpx.Client(base_url=address, headers=headers, verify=verify, trust_env=False) as client:
        yield Account(client)


class Account:
    """A PagerDuty account whose service has one door for events."""

    def __init__(self, client: httpx.Client) -> None:
        self._client = client

    def door(self) -> str:
        """Make a person, a policy, a service and a door; returns the door's key."""
        person = self._made("users", "user", name="Ada", email="ada@example.com")
        rule = {"escalation_delay_in_minutes": 5, "targets": [{"id": person["id"], "type": "user_reference"}]}
        policy = self._made("escalation_policies", "escalation_policy", name="p", escalation_rules=[rule])
        reference = {"id": policy["id"], "type": "escalation_policy_reference"}
        service = self._made("services", "service", name="s", escalation_policy=reference)
        path = f"services/{service['id']}/integrations"
        return str(
            self._made(path, "integration", type="events_api_v2_inbound_integration", name="e")["integration_key"]
        )

    def incidents(self) -> Any:
        """Return the incidents, or None before the first."""
        return self._client.get("/incidents").raise_for_status().json()["incidents"] or None

    def _made(self, path: str, kind: str, **fields: Any) -> Any:
        return self._client.post(f"/{path}", json={kind: {"type": kind} | fields}).raise_for_status().json()[kind]


def test_a_rule_of_sentrys_pages_who_is_on_call(target: Target, pagerduty: Account) -> None:
    org, project = target.env["SENTRY_ORG"], target.env["SENTRY_PROJECT"]
    table = {"service_table": [{"service": "s", "integration_key": pagerduty.door()}]}
    bearer = {"Authorization": f"Bearer {target.env['SENTRY_AUTH_TOKEN']}"}
    for path, body in ((f"organizations/{org}/integrations/1/", table), (f"projects/{org}/{project}/rules/", RULE)):
        address = f"{target.endpoints.sentry_api}/api/0/{path}"
        httpx.post(address, json=body, headers=bearer, trust_env=False).raise_for_status()

    client = sentry_sdk.Client(dsn=target.endpoints.sentry_dsn, default_integrations=False)
    client.capture_event({"message": "the till is on fire", "level": "error"}, scope=sentry_sdk.Scope())
    client.close(timeout=5)

    clock = SystemClock()
    deadline = clock.now() + timedelta(seconds=20)
    found = wait_until(pagerduty.incidents, clock=clock, deadline=deadline, every=timedelta(milliseconds=50))
    told = httpx.get(
        f"{target.endpoints.sentry_control}/notifications", headers=target.control_headers(), trust_env=False
    ).text
    assert found is not None, f"no incident within 20 s; Sentry's notifications: {told}"
    (incident,) = found
    assert (incident["title"], incident["status"]) == ("the till is on fire", "triggered")
    assert [each["assignee"]["summary"] for each in incident["assignments"]] == ["Ada"]
