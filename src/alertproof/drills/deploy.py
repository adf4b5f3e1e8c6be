"""Brings the alerts of a specification to a target for a drill, and takes them away again.

They are read, created and marked as ``alertproof monitors push`` does it, under marks of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alertproof.errors import ConfigError
from alertproof.requirements import Specification
from alertproof.sync import Accounts, Action, Done, Marks, Plan, Settings, apply
from alertproof.vendors import Datadog

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


def deploy(spec: Specification, *, settings: Settings, datadog: Datadog) -> Deployment:
    """Create services, routes, SLOs and monitors for the environment of ``settings``.

    What an earlier run made for it and did not take away is deleted first. What PagerDuty has already is used as it is.
    Raises `ConfigError` where the monitors are pushed to that environment: they would page beside those of the drill.
    """
    _require_not_pushed(settings.environment, datadog)
    marks = Marks(environment=settings.environment, drill=True)
    _clear(marks, datadog)
    monitors = {name: ("monitor", alert.monitor.stem) for name, alert in spec.alerts.items()}
    slos = {alert.slo.stem: ("SLO", alert.slo.stem) for alert in spec.alerts.values() if alert.slo is not None}
    only = {*monitors.values(), *slos.values()}
    with Accounts(settings, spec.folder, marks=marks, only=only) as accounts:
        plan = accounts.plan()
        creations = tuple(step for step in plan.steps if step.action is Action.CREATE)
        failed = _created(replace(plan, steps=creations), accounts)
        found = accounts.ids.by_key
    made = Deployment(
        monitors={name: int(found[each]) for name, each in monitors.items() if each in found},
        slos={name: found[each] for name, each in slos.items() if each in found},
    )
    if failed is not None:
        made.remove(datadog)
        raise failed
    return made


def _created(plan: Plan, accounts: Accounts) -> Exception | None:
    """Carry a plan out; returns why it stopped, None where it did not."""
    failed: list[Exception] = []

    def told(done: Done) -> None:
        if done.error is not None:
            failed.append(done.error)

    apply(plan, accounts.kinds, accounts.ids, told)
    return next(iter(failed), None)


def _require_not_pushed(environment: str, datadog: Datadog) -> None:
    pushed = datadog.monitors_tagged("managed_by:alertproof", f"alertproof_env:{environment}")
    if pushed:
        raise ConfigError(
            f"{len(pushed)} monitors are pushed to env:{environment} and would page beside those of the drill; start a "
            "stack for drills without any: alertproof up --empty"
        )


def _clear(marks: Marks, datadog: Datadog) -> None:
    """Delete what a killed run left behind: its monitors would page beside ours."""
    ours = [tag for tag in marks.of("") if not tag.startswith("alertproof_key:")]
    for monitor_id in reversed([*datadog.monitors_tagged(*ours)]):
        datadog.delete_monitor(monitor_id)
    for slo_id in datadog.slos_tagged(*ours):
        datadog.delete_slo(slo_id)
