"""A target that is sent signals instead of being broken: its vendors, what is deployed there, and the signals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from alertproof.drills.connections import Senders, datadog_of, pagerduty_of, require_settings, sender_of, sentry_of
from alertproof.drills.course.sentry_alerts import create_rules, with_sentry
from alertproof.drills.deploy import deploy
from alertproof.drills.signals import healthy, metrics_of
from alertproof.drills.watched import TargetInUse, Watched
from alertproof.errors import ConfigError
from alertproof.faults import Fault, Ledger, SignalDoor
from alertproof.requirements import Specification, Target
from alertproof.sync import Settings
from alertproof.telemetry.signals import MetricSignal

__all__ = ["Signalled"]


@dataclass(slots=True, kw_only=True)
class Signalled(Watched):
    """Watched vendors; where no platform runs, healthy signals are sent all the time in its place."""

    sender: Senders
    door: SignalDoor

    @classmethod
    def connect(cls, target: Target, *, name: str, spec: Specification, ledger: Ledger) -> Self:
        """Deploy the specified alerts, and begin with healthy signals; raises `ConfigError` for a missing setting."""
        require_settings(target, name=name, platform=False)
        use = TargetInUse(target, ledger)
        datadog, sentry, pagerduty = datadog_of(target), sentry_of(target), pagerduty_of(target)
        sender = sender_of(target)
        clock = target.stack_clock()
        door = SignalDoor(sender, clock, steady=() if target.endpoints.m3core else _healthy(spec, target))
        try:
            settings = Settings.of(target, name, origin=spec.environment, environment={})
            deployment = deploy(spec, settings=settings, datadog=datadog)
        except BaseException:
            door.close()
            for client in (datadog, sentry, pagerduty, sender):
                client.close()
            use.end()
            raise
        return cls(
            name=name,
            spec=with_sentry(spec),
            target=target,
            clock=clock,
            datadog=datadog,
            sentry=sentry,
            pagerduty=pagerduty,
            ledger=ledger,
            deployment=deployment,
            use=use,
            sender=sender,
            door=door,
        )

    def push_rules(self) -> None:
        """Create the rules at Sentry that are not there yet."""
        settings = Settings.of(self.target, self.name, origin=self.spec.environment, environment={})
        create_rules(settings, self.spec)

    def close(self) -> None:
        """End all signals, delete what was deployed, and close the clients."""
        try:
            Watched.close(self)
        finally:
            self.door.close()
            self.sender.close()

    def door_of(self, fault: Fault) -> SignalDoor:
        """Return the door for signals; raises `ConfigError` for a fault that breaks a platform."""
        if fault.door != "signals":
            raise ConfigError(f"{fault.kind!r} breaks a platform, and this drill only sends signals: use a signal")
        return self.door


def _healthy(spec: Specification, target: Target) -> Sequence[MetricSignal]:
    environment = target.env["DD_ENV"]
    metrics: set[str] = set()
    for alert in spec.alerts.values():
        metrics |= metrics_of(alert.indicator)
    return healthy(spec.history, metrics, environment=environment)
