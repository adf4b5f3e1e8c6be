"""Everything a drill needs of a platform, bound once: the vendors, the fault doors and the traffic."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Self

from alertproof.drills.connections import (
    carried_of,
    datadog_of,
    doors_of,
    load_of,
    outside_of,
    pagerduty_of,
    require_settings,
    sentry_of,
)
from alertproof.drills.deploy import Deployment, deploy, find_pushed
from alertproof.drills.preflight import preflight, surveyed
from alertproof.drills.safety import (
    Guard,
    GuardedClock,
    Quota,
    Watch,
    guarded_address,
    marked_specification,
    no_real_incident,
    require_allowed,
    require_within_limits,
)
from alertproof.drills.watched import TargetInUse, Watched
from alertproof.errors import ConfigError
from alertproof.faults import AnyDoor, Door, Fault, FeatureFlag, Ledger
from alertproof.loadgen import Traffic, TrafficPlan
from alertproof.requirements import DrillLimits, Specification, Target
from alertproof.sync import Settings
from alertproof.vendors import Datadog, PagerDuty

__all__ = ["Platform", "deployed_on", "require_preflight"]


def require_preflight(target: Target, name: str, spec: Specification) -> None:
    """Raise `ConfigError` with all that a preflight finds."""
    with surveyed(target, name=name, spec=spec) as survey:
        found = preflight(survey)
    if found:
        lines = "\n".join(f"  {problem}" for problem in found)
        raise ConfigError(f"no drill may start on target {name!r}:\n{lines}")


def deployed_on(
    target: Target, name: str, spec: Specification, datadog: Datadog, *, supporting: bool = True
) -> Deployment:
    """Bring the monitors of a specification to a target, or find them there where it says so.

    Without ``supporting`` only those of the specified alerts are brought.
    """
    limits = target.drills
    if limits is not None and limits.monitors == "pushed":
        return find_pushed(spec, environment=target.env["DD_ENV"], datadog=datadog)
    settings = Settings.of(target, name, origin=spec.environment, environment={})
    service = limits.service if limits is not None else ""
    return deploy(spec, settings=settings, datadog=datadog, service=service, supporting=supporting)


def _guard(limits: DrillLimits, spec: Specification, *, began: datetime, pagerduty: PagerDuty, quota: Quota) -> Guard:
    """Return what ends a drill on a target with limits."""
    ours = [spec.monitor_name(alert) for alert in (*spec.alerts, *spec.supporting)]
    services = {*spec.services, limits.service} if limits.others == "monitoring" else None
    watches: list[Watch] = [
        quota,
        no_real_incident(partial(pagerduty.incidents, since=began), ours=ours, services=services),
    ]
    if limits.guard:
        watches.append(guarded_address(limits.guard))
    return Guard(watches)


def _addresses(fault: Fault, door: AnyDoor, target: Target) -> Sequence[str]:
    """Return what a fault touches: a door, what keeps a flag, or else the platform itself."""
    if isinstance(fault, FeatureFlag):
        return [fault.change.url, *([fault.undo.url] if fault.undo else [])]
    return [target.endpoints.m3core if fault.door in ("outside", "traffic", "load") else door.base_url]


@dataclass(slots=True, kw_only=True)
class Platform(Watched):
    """A watched platform with steady traffic running."""

    doors: Mapping[Door, AnyDoor]
    traffic: Traffic
    quota: Quota

    @classmethod
    def connect(
        cls,
        target: Target,
        *,
        name: str,
        spec: Specification,
        ledger: Ledger,
        production: bool = False,
        rate: float = 50.0,
    ) -> Self:
        """Bring the monitoring to the target, or find it there, and start the traffic.

        ``production`` is what the command line said, ``rate`` the traffic's where the target has no limits. Raises
        `ConfigError` for a missing setting, for what the target does not allow, and with all that a preflight finds
        where the target has limits.
        """
        require_settings(target, name=name)
        require_within_limits(target, name, production=production)
        limits = target.drills
        if limits is not None:
            require_preflight(target, name, spec)
            if limits.monitors == "own":
                spec = marked_specification(spec, limits.service)
        with ExitStack() as stack:
            use = TargetInUse(target, ledger)
            stack.callback(use.end)
            datadog, sentry, pagerduty = datadog_of(target), sentry_of(target), pagerduty_of(target)
            for client in (datadog, sentry, pagerduty):
                stack.callback(client.close)
            traffic = Traffic(TrafficPlan.for_target(target, spec, rate=limits.rate if limits else rate))
            stack.callback(traffic.stop)
            deployment = deployed_on(target, name, spec, datadog)
            stack.callback(deployment.remove, datadog)
            traffic.wait_ready()
            stack.pop_all()  # from here on it is the platform's to close
        clock = target.stack_clock()
        most = (limits.requests, limits.of_one_drill) if limits else (sys.maxsize, sys.maxsize)
        quota = Quota(traffic.sent, run=most[0], drill=most[1])
        guard = _guard(limits, spec, began=clock.now(), pagerduty=pagerduty, quota=quota) if limits else None
        return cls(
            name=name,
            spec=spec,
            target=target,
            clock=GuardedClock(clock, guard) if guard else clock,
            datadog=datadog,
            sentry=sentry,
            pagerduty=pagerduty,
            doors={
                **doors_of(target),
                "outside": outside_of(target),
                "traffic": carried_of(target, traffic),
                "load": load_of(target, traffic),
            },
            ledger=ledger,
            deployment=deployment,
            traffic=traffic,
            use=use,
            quota=quota,
        )

    def close(self) -> None:
        """End the traffic, delete what was deployed, and close the clients."""
        self.traffic.stop()
        try:
            Watched.close(self)
        finally:
            for door in self.doors.values():
                door.close()

    def door_of(self, fault: Fault) -> AnyDoor:
        """Return the door of the platform that takes a fault.

        Raises `ConfigError` when the target says of none, and `BlastRadiusExceeded` when it does not allow the fault.
        """
        try:
            door = self.doors[fault.door]
        except KeyError:
            raise ConfigError(
                f"target {self.name!r} does not say where the platform's {fault.door} is, which does {fault.kind!r}"
            ) from None
        for address in _addresses(fault, door, self.target):
            require_allowed(fault, address, self.target.drills)
        return door
