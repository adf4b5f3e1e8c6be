"""Brings the monitoring of a specification to a target for a drill, and takes it away again.

All of it that watches is brought, not only the alerts that are drilled: *nothing else* is said by what could have
spoken. It is read, created and marked as ``alertproof monitors push`` does it, under marks of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alertproof.drills.safety.marking import marked_payload
from alertproof.errors import ConfigError
from alertproof.requirements import Specification
from alertproof.sync import Accounts, Action, Done, Marks, Plan, Reference, Settings, apply
from alertproof.sync.things import MANAGED_BY, Wanted
from alertproof.sync.webhooks import DatadogWebhooks, WebhookTokens
from alertproof.vendors import Datadog

__all__ = ["Deployment", "create_missing", "deploy", "find_pushed"]

_KEY = "alertproof_key:"
#: What of Datadog's watches and tells, by its folder of ``datadog/``.
_KINDS = {"slos": "SLO", "monitors": "monitor", "rules": "notification rule"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is drilled, in order: the monitors' ids by the alert's name, the SLOs' and the notification rules' ids.

    A monitor that is no alert of the specification, as a part of a composite, is there by its file's name.
    """

    monitors: Mapping[str, int]
    slos: Mapping[str, str] = field(default_factory=dict)
    rules: Mapping[str, str] = field(default_factory=dict)
    #: Whether they were there before, and stay.
    found: bool = False

    def alert_of(self, monitor_id: int) -> str:
        """Return the name of the alert whose monitor this is."""
        return next((name for name, one in self.monitors.items() if one == monitor_id), f"monitor {monitor_id}")

    def remove(self, datadog: Datadog) -> None:
        """Delete again what was created, the last first: a part is not deleted before its composite."""
        if self.found:
            return
        for rule_id in self.rules.values():
            datadog.delete_notification_rule(rule_id)
        for monitor_id in reversed([*self.monitors.values()]):
            datadog.delete_monitor(monitor_id)
        for slo_id in self.slos.values():
            datadog.delete_slo(slo_id)


def deploy(
    spec: Specification, *, settings: Settings, datadog: Datadog, service: str = "", supporting: bool = True
) -> Deployment:
    """Create services, routes, SLOs, monitors and notification rules for the environment of ``settings``.

    With a ``service``, only SLOs, and monitors that are marked and page it alone. Without ``supporting`` only the
    alerts that are drilled, for a target that has no data of anything else. What an earlier run made for the
    environment and did not take away is deleted first. What PagerDuty has already is used as it is, and so is a
    notification rule. A webhook that a rule tells is made where the target takes webhooks, and stays. Raises
    `ConfigError` where the monitors are pushed to that environment: they would page beside those of the drill.
    """
    _require_not_pushed(settings.environment, datadog)
    marks = Marks(environment=settings.environment, drill=True)
    _clear(marks, datadog)
    only = _watching(spec) if supporting else _drilled(spec)
    with Accounts(settings, spec.folder, marks=marks, only=only) as accounts:
        if service:
            accounts.wanted = [_marked(each, service) for each in accounts.wanted if each.kind in ("monitor", "SLO")]
        done = _created(accounts.plan(), accounts)
    made = _deployment(spec, [each for each in done if each.error is None])
    failed = next((each.error for each in done if each.error is not None), None)
    if failed is not None:
        made.remove(datadog)
        raise failed
    return made


def find_pushed(spec: Specification, *, environment: str, datadog: Datadog) -> Deployment:
    """Return the monitors and SLOs that are pushed to an environment; raises `ConfigError` where one is missing."""
    marks = (MANAGED_BY, f"alertproof_env:{environment}")
    pushed: dict[str, list[int]] = {}
    for monitor in datadog.monitors(*marks):
        for tag in monitor["tags"]:
            if tag.startswith(_KEY):
                pushed.setdefault(tag.removeprefix(_KEY), []).append(int(monitor["id"]))
    for alert in spec.drilled.values():
        found = len(pushed.get(alert.monitor.stem, ()))
        if found != 1:
            raise ConfigError(
                f"{found} monitors of {alert.monitor.name} are pushed to env:{environment}, one is drilled; see: "
                "alertproof preflight"
            )
    keys = {alert.slo.stem for alert in spec.drilled.values() if alert.slo is not None}
    return Deployment(
        monitors={_alert_of(key, spec): ids[0] for key, ids in pushed.items()},
        slos={key: one for key in sorted(keys) for one in datadog.slos_tagged(*marks, f"{_KEY}{key}")},
        found=True,
    )


def _marked(wanted: Wanted, service: str) -> Wanted:
    if wanted.kind != "monitor":
        return wanted
    payload = marked_payload(wanted.payload, service)
    return replace(wanted, name=str(payload["name"]), payload=payload)


def _watching(spec: Specification) -> set[Reference]:
    folder, called = spec.folder / "datadog", {DatadogWebhooks.name: "webhooks"}
    kinds = {**{kind: name for name, kind in _KINDS.items()}, **called}
    found = {(kind, path.stem) for kind, name in kinds.items() for path in (folder / name).glob("*.json")}
    return found | {(WebhookTokens.name, WebhookTokens.VARIABLE)}


def _drilled(spec: Specification) -> set[Reference]:
    alerts = spec.drilled.values()
    slos = {("SLO", alert.slo.stem) for alert in alerts if alert.slo is not None}
    return {("monitor", alert.monitor.stem) for alert in alerts} | slos


def _deployment(spec: Specification, done: list[Done]) -> Deployment:
    ids = {kind: {one.step.key: one.id for one in done if one.step.kind == kind} for kind in _KINDS.values()}
    return Deployment(
        monitors={_alert_of(key, spec): int(identity) for key, identity in ids["monitor"].items()},
        slos=ids["SLO"],
        rules=ids["notification rule"],
    )


def _alert_of(key: str, spec: Specification) -> str:
    """Return the name of the alert whose monitor's file is called so; the file's where it is no alert's."""
    alerts = {**spec.supporting, **spec.alerts}
    return next((name for name, alert in alerts.items() if alert.monitor.stem == key), key)


def create_missing(plan: Plan, accounts: Accounts) -> Exception | None:
    """Carry out a plan's creations and nothing else of it; returns why it stopped, None where it did not."""
    return next((each.error for each in _created(plan, accounts) if each.error is not None), None)


def _created(plan: Plan, accounts: Accounts) -> list[Done]:
    """Carry out a plan's creations and nothing else of it; returns what became of each."""
    creations = tuple(step for step in plan.steps if step.action is Action.CREATE)
    done: list[Done] = []
    apply(replace(plan, steps=creations), accounts.kinds, accounts.ids, done.append)
    return done


def _require_not_pushed(environment: str, datadog: Datadog) -> None:
    pushed = datadog.monitors_tagged("managed_by:alertproof", f"alertproof_env:{environment}")
    if pushed:
        raise ConfigError(
            f"{len(pushed)} monitors are pushed to env:{environment} and would page beside those of the drill; start a "
            'stack for drills without any: alertproof up --empty; elsewhere, drill those: drills.monitors = "pushed"'
        )


def _clear(marks: Marks, datadog: Datadog) -> None:
    """Delete what a killed run left behind: its monitors would page beside ours."""
    ours = [tag for tag in marks.of("") if not tag.startswith(_KEY)]
    for monitor_id in reversed([*datadog.monitors_tagged(*ours)]):
        datadog.delete_monitor(monitor_id)
    for slo_id in datadog.slos_tagged(*ours):
        datadog.delete_slo(slo_id)
