"""Sentry's issue alerts of ``monitoring/`` on the target for the length of a run, with a PagerDuty service to tell.

The service is the run's own, so that no route of the platform's changes. What was installed goes when the run ends,
or the next test that breaks something would page by it too.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlencode

from alertproof.redact import Secret
from alertproof.sync import SentryAccount
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
    env = target.env
    sentry = SentryAccount(
        base_url=target.endpoints.sentry_api, token=Secret(env["SENTRY_AUTH_TOKEN"]), organization=env["SENTRY_ORG"]
    )
    project = f"/api/0/projects/{sentry.organization}/{env['SENTRY_PROJECT']}"
    made: list[str] = []
    try:
        account, service = _service(sentry, _key(pagerduty))
        _resolve(sentry, project)
        for name in _RULES:
            rule = json.loads((spec.folder / "sentry" / "alerts" / f"{name}.json").read_text(encoding="utf-8"))
            body = {**rule, "environment": env["DD_ENV"], "actions": _to(rule["actions"], account, service)}
            made.append(sentry.send(f"to create the alert {name}", "POST", f"{project}/rules/", body)["id"])
        yield
    finally:
        for identity in made:
            sentry.send(f"to delete alert {identity}", "DELETE", f"{project}/rules/{identity}/")
        sentry.close()


def _key(pagerduty: PagerDuty) -> str:
    """Return the routing key of the run's own service."""
    user = {"id": pagerduty.ensure_user(name="Telemetry run", email=_ON_CALL), "type": "user_reference"}
    policy = pagerduty.ensure_escalation_policy(SERVICE, rules=[(30, [user])], num_loops=0)
    _, key = pagerduty.ensure_service(
        SERVICE, description="Told by the runs of the telemetry tests.", policy_id=policy, urgency="low"
    )
    return key


def _service(sentry: SentryAccount, key: str) -> tuple[str, str]:
    """Return the ids of Sentry's PagerDuty integration and of our service in it; add the service if need be."""
    root = f"/api/0/organizations/{sentry.organization}/integrations/"
    account = str(sentry.get("for the PagerDuty integration", f"{root}?providerKey=pagerduty")[0]["id"])
    path = f"{root}{account}/"
    table = sentry.get("to read the PagerDuty integration", path)["configData"]["service_table"]
    if not any(row["integration_key"] == key for row in table):
        body = {"service_table": [*table, {"service": SERVICE, "integration_key": key, "id": ""}]}
        table = sentry.send(f"to add the service {SERVICE}", "POST", path, body)["configData"]["service_table"]
    return account, next(str(row["id"]) for row in table if row["integration_key"] == key)


def _resolve(sentry: SentryAccount, project: str) -> None:
    """Resolve what the fault door broke before: to an issue that is open and known, nothing new happens."""
    query = urlencode({"query": "is:unresolved error.type:DatabaseUnavailable"})
    for issue in sentry.get("to list issues", f"{project}/issues/?{query}") or ():
        doing, path = f"to resolve issue {issue['id']}", f"{project}/issues/?{urlencode({'id': issue['id']})}"
        sentry.send(doing, "PUT", path, {"status": "resolved"})


def _to(actions: list[Mapping[str, Any]], account: str, service: str) -> list[dict[str, Any]]:
    """Return a rule's actions; those that page do so by the given service."""
    return [{**each, "account": account, "service": service} if "service" in each else dict(each) for each in actions]
