"""Brings the monitoring definitions to a target through the vendors' public interfaces, and takes them away again."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from alertproof.datadog import load_definition, retarget, retarget_text
from alertproof.errors import ConfigError, nearest
from alertproof.requirements import AlertSpec, Specification, read_struct
from alertproof.sync import PagerDutyFile
from alertproof.vendors import Datadog, PagerDuty

__all__ = ["Deployment", "deploy"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What was created: the monitors' ids by the alert's name, and the SLOs' ids."""

    monitors: Mapping[str, int]
    slos: Mapping[str, str] = field(default_factory=dict)

    def alert_of(self, monitor_id: int) -> str:
        """Return the name of the alert whose monitor this is."""
        return next((name for name, one in self.monitors.items() if one == monitor_id), f"monitor {monitor_id}")

    def remove(self, datadog: Datadog) -> None:
        """Delete the monitors and SLOs again, the last first: a part is not deleted before its composite."""
        for monitor_id in reversed([*self.monitors.values()]):
            datadog.delete_monitor(monitor_id)
        for slo_id in self.slos.values():
            datadog.delete_slo(slo_id)


def _require(path: Path, name: str, targets: Sequence[str], known: Mapping[str, object]) -> None:
    for one in sorted(set(targets) - known.keys()):
        raise ConfigError(f"{path}: {name}: no user or schedule {one!r}{nearest(one, known)}")


def _route(spec: Specification, datadog: Datadog, pagerduty: PagerDuty) -> None:
    path = spec.folder / "pagerduty" / "services.json"
    wanted = read_struct(path, PagerDutyFile)
    users = {user.email: pagerduty.ensure_user(name=user.name, email=user.email) for user in wanted.users}
    targets = {email: {"id": user, "type": "user_reference"} for email, user in users.items()}
    for schedule in wanted.schedules:
        _require(path, schedule.name, schedule.users, users)
        number = pagerduty.ensure_schedule(schedule.body([users[email] for email in schedule.users]))
        targets[schedule.name] = {"id": number, "type": "schedule_reference"}
    policies = {}
    for policy in wanted.escalation_policies:
        _require(path, policy.name, [one for rule in policy.escalation_rules for one in rule.targets], targets)
        rules: list[tuple[int, list[Mapping[str, str]]]] = [
            (rule.escalation_delay_in_minutes, [targets[one] for one in rule.targets])
            for rule in policy.escalation_rules
        ]
        policies[policy.name] = pagerduty.ensure_escalation_policy(policy.name, rules=rules, num_loops=policy.num_loops)
    for service in wanted.services:
        if service.escalation_policy not in policies:
            hint = nearest(service.escalation_policy, policies)
            raise ConfigError(f"{path}: {service.name}: no escalation policy {service.escalation_policy!r}{hint}")
        _, key = pagerduty.ensure_service(
            service.name,
            description=service.description,
            policy_id=policies[service.escalation_policy],
            urgency=service.urgency,
        )
        datadog.route_to_pagerduty(service=service.name, integration_key=key)


def _marks(environment: str) -> tuple[str, str]:
    """Return the tags by which a later run knows what an earlier one deployed to this environment."""
    return "managed_by:alertproof", f"managed_env:{environment}"


def _clear(environment: str, datadog: Datadog) -> None:
    """Delete what a killed run left behind: its monitors would page beside ours."""
    for monitor_id in reversed([*datadog.monitors_tagged(*_marks(environment))]):
        datadog.delete_monitor(monitor_id)
    for slo_id in datadog.slos_tagged(*_marks(environment)):
        datadog.delete_slo(slo_id)


def _slo(spec: Specification, path: Path, environment: str, datadog: Datadog) -> str:
    payload: dict[str, Any] = json.loads((spec.folder / path).read_text(encoding="utf-8"))
    query = {
        key: retarget_text(text, origin=spec.environment, environment=environment)
        for key, text in payload["query"].items()
    }
    tags = [*payload.get("tags", ()), *_marks(environment)]
    return datadog.create_slo({**payload, "query": query, "tags": tags})


def _monitor(spec: Specification, alert: AlertSpec, environment: str, slos: Mapping[str, str]) -> dict[str, Any]:
    """Return the monitor's API JSON for this environment; only ``env:`` and an SLO's id differ from the file."""
    path = spec.folder / alert.monitor
    raw = path.read_bytes()
    definition = retarget(load_definition(raw, source=str(path)), environment=environment, origin=spec.environment)
    query = definition.query
    for name, slo_id in slos.items():
        query = query.replace(f'"{name}"', f'"{slo_id}"')
    payload: dict[str, Any] = json.loads(raw)
    payload = payload.get("definition", payload)
    # By its id composites among the files name it; an account gives its own.
    payload.pop("id", None)
    return {**payload, "query": query, "tags": [*payload.get("tags", ()), *_marks(environment)]}


def deploy(spec: Specification, *, environment: str, datadog: Datadog, pagerduty: PagerDuty) -> Deployment:
    """Create services, routes, SLOs and monitors; scopes that name the specification's environment name this one.

    What an earlier run deployed to the same environment and did not take away is deleted first.
    """
    _clear(environment, datadog)
    _route(spec, datadog, pagerduty)
    monitors: dict[str, int] = {}
    slos: dict[str, str] = {}
    try:
        for name, alert in spec.alerts.items():
            if alert.slo is not None:
                slos[alert.slo.stem] = _slo(spec, alert.slo, environment, datadog)
            monitors[name] = datadog.create_monitor(_monitor(spec, alert, environment, slos))
    except BaseException:
        Deployment(monitors=monitors, slos=slos).remove(datadog)
        raise
    return Deployment(monitors=monitors, slos=slos)
