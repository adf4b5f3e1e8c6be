"""The PagerDuty account of a stack that stands."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx

from alertproof.requirements import Target


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

    def changes(self) -> Any:
        """Return the change events, or None before the first."""
        return self._client.get("/change_events").raise_for_status().json()["change_events"] or None

    def _made(self, path: str, kind: str, **fields: Any) -> Any:
        return self._client.post(f"/{path}", json={kind: {"type": kind} | fields}).raise_for_status().json()[kind]


@contextmanager
def account_of(target: Target) -> Iterator[Account]:
    """Open a stack's account."""
    verify = ssl.create_default_context(cafile=target.ca_file)
    headers = {"Authorization": f"Token token={target.env['PAGERDUTY_API_TOKEN']}", "From": "ada@example.com"}
    address = target.endpoints.pagerduty
    with httpx.Client(base_url=address, headers=headers, verify=verify, trust_env=False) as client:
        yield Account(client)
