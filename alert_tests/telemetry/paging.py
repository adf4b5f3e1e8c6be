"""Sentry's issue alerts of ``monitoring/`` on the target for the length of a run, with a PagerDuty service to tell.

The service is the run's own, so that no route of the platform's changes. What was installed goes when the run ends,
or the next test that breaks something would page by it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import httpx

from alertproof.addresses import is_loopback
from alertproof.vendors import PagerDuty

if TYPE_CHECKING:
    from alertproof.requirements import Specification, Target

__all__ = ["SERVICE", "issue_alerts"]

#: An issue is new, or it came back: one of both, whatever was broken before on this target.
_RULES = ("new-issue", "regression")
SERVICE = "m3core-telemetry"
_ON_CALL = "telemetry@m3core.example"


@contextmanager
def issue_alerts(target: Target, spec: Specification, pagerduty: PagerDuty) -> Iterator[None]:
    """Install the issue alerts, pointed at the target's environment, and take them away again."""
    env, base = target.env, target.endpoints.sentry_api
    headers = {"Authorization": f"Bearer {env['SENTRY_AUTH_TOKEN']}"}
    with httpx.Client(base_url=f"{base}/api/0", headers=headers, trust_env=not is_loopback(base)) as sentry:
        project = f"/projects/{env['SENTRY_ORG']}/{env['SENTRY_PROJECT']}"
        account, service = _service(sentry, env["SENTRY_ORG"], _key(pagerduty))
        _resolve(sentry, project)
        made = []
        try:
            for name in _RULES:
                rule = json.loads((spec.folder / "sentry" / "alerts" / f"{name}.json").read_text(encoding="utf-8"))
                body = {**rule, "environment": env["DD_ENV"], "actions": _to(rule["actions"], account, service)}
                made.append(_answered(sentry.post(f"{project}/rules/", json=body))["id"])
            yield
        finally:
            for identity in made:
                sentry.delete(f"{project}/rules/{identity}/").raise_for_status()


def _key(pagerduty: PagerDuty) -> str:
    """Return the routing key of the run's own service."""
    user = {"id": pagerduty.ensure_user(name="Telemetry run", email=_ON_CALL), "type": "user_reference"}
    policy = pagerduty.ensure_escalation_policy(SERVICE, rules=[(30, [user])], num_loops=0)
    _, key = pagerduty.ensure_service(
        SERVICE, description="Told by the runs of the telemetry tests.", policy_id=policy, urgency="low"
    )
    return key


def _service(sentry: httpx.Client, organization: str, key: str) -> tuple[str, str]:
    """Return the ids of Sentry's PagerDuty integration and of our service in it; add the service if need be."""
    rows = _answered(
        sentry.get(f"/organizations/{organization}/integrations/", params={"providerKey": "pagerduty"}),
    )
    account = str(rows[0]["id"])
    path = f"/organizations/{organization}/integrations/{account}/"
    table = _answered(sentry.get(path))["configData"]["service_table"]
    if not any(row["integration_key"] == key for row in table):
        table = [*table, {"service": SERVICE, "integration_key": key, "id": ""}]
        table = _answered(sentry.post(path, json={"service_table": table}))["configData"]["service_table"]
    return account, next(str(row["id"]) for row in table if row["integration_key"] == key)


def _resolve(sentry: httpx.Client, project: str) -> None:
    """Resolve what the fault door broke before: to an issue that is open and known, nothing new happens."""
    query = "is:unresolved error.type:DatabaseUnavailable"
    for issue in _answered(sentry.get(f"{project}/issues/", params={"query": query})):
        sentry.put(f"{project}/issues/", params={"id": issue["id"]}, json={"status": "resolved"}).raise_for_status()


def _to(actions: list[Mapping[str, Any]], account: str, service: str) -> list[dict[str, Any]]:
    """Return a rule's actions; those that page do so by the given service."""
    return [{**each, "account": account, "service": service} if "service" in each else dict(each) for each in actions]


def _answered(answer: httpx.Response) -> Any:
    if answer.is_error:
        raise AssertionError(f"Sentry refused {answer.request.url.path}: {answer.status_code} {answer.text[:300]}")
    return answer.json()
