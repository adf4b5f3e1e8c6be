"""Everything a drill needs of a platform, bound once: the vendors, the fault doors and the traffic."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from alertproof.drills.connections import datadog_of, doors_of, pagerduty_of, require_settings, sentry_of
from alertproof.drills.deploy import deploy
from alertproof.drills.watched import TargetInUse, Watched
from alertproof.errors import ConfigError
from alertproof.faults import AnyDoor, Door, Fault, Ledger, OutsideDoor
from alertproof.loadgen import Traffic, TrafficPlan
from alertproof.requirements import Specification, Target
from alertproof.sync import Settings

__all__ = ["Platform"]


@dataclass(slots=True, kw_only=True)
class Platform(Watched):
    """A watched platform with steady traffic running."""

    doors: Mapping[Door, AnyDoor]
    traffic: Traffic

    @classmethod
    def connect(cls, target: Target, *, name: str, spec: Specification, ledger: Ledger) -> Self:
        """Deploy the monitoring to the target and start the traffic; raises `ConfigError` for a missing setting."""
        require_settings(target, name=name)
        clock = target.stack_clock()
        use = TargetInUse(target, ledger)
        datadog, sentry, pagerduty = datadog_of(target), sentry_of(target), pagerduty_of(target)
        traffic = Traffic(TrafficPlan.for_target(target, spec))
        try:
            settings = Settings.of(target, name, origin=spec.environment, environment={})
            deployment = deploy(spec, settings=settings, datadog=datadog)
            traffic.wait_ready()
        except BaseException:
            traffic.stop()
            for client in (datadog, sentry, pagerduty):
                client.close()
            use.end()
            raise
        return cls(
            name=name,
            spec=spec,
            target=target,
            clock=clock,
            datadog=datadog,
            sentry=sentry,
            pagerduty=pagerduty,
            doors={**doors_of(target), "outside": OutsideDoor(target.endpoints.m3core)},
            ledger=ledger,
            deployment=deployment,
            traffic=traffic,
            use=use,
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
        """Return the door of the platform that takes a fault; raises `ConfigError` when the target says of none."""
        try:
            return self.doors[fault.door]
        except KeyError:
            raise ConfigError(
                f"target {self.name!r} does not say where the platform's {fault.door} is, which does {fault.kind!r}"
            ) from None
