"""In a stack that stands, an alert of Sentry's reaches PagerDuty: over TLS, with the stack's own authority."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sentry_sdk
from tests.stack.accounts import Account, account_of

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
    with account_of(target) as account:
        yield account


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
