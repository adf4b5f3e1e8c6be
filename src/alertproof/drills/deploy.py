"""Brings the alerts of a specification to a target for a drill, and takes them away again.

They are read, created and marked as ``alertproof monitors push`` does it, under marks of their own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from alertproof.drills.safety.marking import marked_payload
from alertproof.errors import ConfigError
from alertproof.requirements import Specification
from alertproof.sync import Accounts, Action, Done, Marks, Plan, Settings, apply
from alertproof.sync.things import MANAGED_BY, Wanted
from alertproof.vendors import Datadog

__all__ = ["Deployment", "create_missing", "deploy", "find_pushed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deployment:
    """What is drilled: the monitors' ids by the alert's name, and the SLOs' ids."""

    monitors: Mapping[str, int]
    slos: Mapping[str, str] = field(default_factory=dict)
    #: Whether they were there before, and stay.
    found: bool = False

    def alert_of(self, monitor_id: int) -> str:
        """Return the name of the alert whose monitor this is."""
        return next((name for name, one in self.monitors.items() if one == monitor_id), f"monitor {monitor_id}")

    def remove(self, datadog: Datadog) -> None:
        """Delete again what was created, the last first: a part is not deleted before its composite."""
        if self.found:
            return
        for monitor_id in reversed([*self.monitors.values()]):
            datadog.delete_monitor(monitor_id)
        for slo_id in self.slos.values():
            datadog.delete_slo(slo_id)


def deploy(spec: Specification, *, settings: Settings, datadog: Datadog, service: str = "") -> Deployment:
    """Create services, routes, SLOs and monitors for the environment of ``settings``.

    With a ``service``, only SLOs, and monitors that are marked and page it alone. What an earlier run made for the
    environment and did not take away is deleted first. What PagerDuty has already is used as it is. Raises
    `ConfigError` where the monitors are pushed to that environment: they would page beside those of the drill.
    """
    _require_not_pushed(settings.environment, datadog)
    marks = Marks(environment=settings.environment, drill=True)
    _clear(marks, datadog)
    monitors = {name: ("monitor", alert.monitor.stem) for name, alert in spec.drilled.items()}
    slos = {alert.slo.stem: ("SLO", alert.slo.stem) for alert in spec.drilled.values() if alert.slo is not None}
    only = {*monitors.values(), *slos.values()}
    with Accounts(settings, spec.folder, marks=marks, only=only) as accounts:
        if service:
            accounts.wanted = [_marked(each, service) for each in accounts.wanted if each.kind in ("monitor", "SLO")]
        failed = create_missing(accounts.plan(), accounts)
        found = accounts.ids.by_key
    made = Deployment(
        monitors={name: int(found[each]) for name, each in monitors.items() if each in found},
        slos={name: found[each] for name, each in slos.items() if each in found},
    )
    if failed is not None:
        made.remove(datadog)
        raise failed
    return made


def find_pushed(spec: Specification, *, environment: str, datadog: Datadog) -> Deployment:
    """Return the monitors and SLOs that are pushed to an environment; raises `ConfigError` where one is missing."""
    marks = (MANAGED_BY, f"alertproof_env:{environment}")
    monitors: dict[str, int] = {}
    slos: dict[str, str] = {}
    for name, alert in spec.drilled.items():
        found = datadog.monitors_tagged(*marks, f"alertproof_key:{alert.monitor.stem}")
        if len(found) != 1:
            raise ConfigError(
                f"{len(found)} monitors of {alert.monitor.name} are pushed to env:{environment}, one is drilled; see: "
                "alertproof preflight"
            )
        monitors[name] = found[0]
        if alert.slo is not None:
            key = f"alertproof_key:{alert.slo.stem}"
            slos.update((alert.slo.stem, one) for one in datadog.slos_tagged(*marks, key))
    return Deployment(monitors=monitors, slos=slos, found=True)


def _marked(wanted: Wanted, service: str) -> Wanted:
    if wanted.kind != "monitor":
        return wanted
    payload = marked_payload(wanted.payload, service)
    return replace(wanted, name=str(payload["name"]), payload=payload)


def create_missing(plan: Plan, accounts: Accounts) -> Exception | None:
    """Carry out a plan's creations and nothing else of it; returns why it stopped, None where it did not."""
    creations = tuple(step for step in plan.steps if step.action is Action.CREATE)
    failed: list[Exception] = []

    def told(done: Done) -> None:
        if done.error is not None:
            failed.append(done.error)

    apply(replace(plan, steps=creations), accounts.kinds, accounts.ids, told)
    return next(iter(failed), None)


def _require_not_pushed(environment: str, datadog: Datadog) -> None:
    pushed = datadog.monitors_tagged("managed_by:alertproof", f"alertproof_env:{environment}")
    if pushed:
        raise ConfigError(
            f"{len(pushed)} monitors are pushed to env:{environment} and would page beside those of the drill; start a "
            'stack for drills without any: alertproof up --empty; elsewhere, drill those: drills.monitors = "pushed"'
        )


def _clear(marks: Marks, datadog: Datadog) -> None:
    """Delete what a killed run left behind: its monitors would page beside ours."""
    ours = [tag for tag in marks.of("") if not tag.startswith("alertproof_key:")]
    for monitor_id in reversed([*datadog.monitors_tagged(*ours)]):
        datadog.delete_monitor(monitor_id)
    for slo_id in datadog.slos_tagged(*ours):
        datadog.delete_slo(slo_id)
