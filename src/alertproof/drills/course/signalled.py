"""A target that is sent signals instead of being broken: its vendors, what is deployed there, and the signals."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from typing import Self

from alertproof.drills.connections import Senders, datadog_of, pagerduty_of, require_settings, sender_of, sentry_of
from alertproof.drills.course.sentry_alerts import with_sentry
from alertproof.drills.platform import deployed_on, require_preflight
from alertproof.drills.safety import marked_specification, require_within_limits
from alertproof.drills.signals import healthy, metrics_of
from alertproof.drills.watched import TargetInUse, Watched
from alertproof.errors import BlastRadiusExceeded, ConfigError
from alertproof.faults import Fault, Ledger, SignalDoor
from alertproof.requirements import Specification, Target
from alertproof.telemetry.signals import MetricSignal

__all__ = ["Signalled"]

_LONGEST = timedelta(hours=12)  # by the target's clock: the longest course
_MARGIN = timedelta(seconds=15)  # real


@dataclass(slots=True, kw_only=True)
class Signalled(Watched):
    """Watched vendors; where no platform runs, healthy signals are sent all the time in its place."""

    sender: Senders
    door: SignalDoor

    @classmethod
    def connect(
        cls, target: Target, *, name: str, spec: Specification, ledger: Ledger, production: bool = False
    ) -> Self:
        """Bring the specified alerts to the target, or find them there, and begin with healthy signals.

        ``production`` is what the command line said. Raises `ConfigError` for a missing setting, for what the target
        does not allow, and with all that a preflight finds where the target has limits.
        """
        require_settings(target, name=name, platform=False)
        require_within_limits(target, name, production=production)
        if target.drills is not None:
            require_preflight(target, name, spec)
            if target.drills.monitors == "own":
                spec = marked_specification(spec, target.drills.service)
        clock = target.stack_clock()
        with ExitStack() as stack:
            use = TargetInUse(target, ledger)
            stack.callback(use.end)
            datadog, sentry, pagerduty = datadog_of(target), sentry_of(target), pagerduty_of(target)
            sender = sender_of(target)
            for client in (datadog, sentry, pagerduty, sender):
                stack.callback(client.close)
            door = SignalDoor(sender, clock, steady=() if target.endpoints.m3core else _healthy(spec, target))
            stack.callback(door.close)
            deployment = deployed_on(target, name, spec, datadog, supporting=False)
            stack.pop_all()  # from here on it is this object's to close
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

    def close(self) -> None:
        """End all signals, delete what was deployed, and close the clients."""
        try:
            Watched.close(self)
        finally:
            self.door.close()
            self.sender.close()

    def door_of(self, fault: Fault) -> SignalDoor:
        """Return the door for signals.

        Raises `ConfigError` for a fault that breaks a platform, and `BlastRadiusExceeded` where the target does not
        allow signals.
        """
        if fault.door != "signals":
            raise ConfigError(f"{fault.kind!r} breaks a platform, and this drill only sends signals: use a signal")
        limits = self.target.drills
        if limits is not None and fault.kind not in limits.faults:
            raise BlastRadiusExceeded(f"the target does not allow the fault {fault.kind!r} (drills.faults)")
        return self.door

    def lease(self) -> timedelta:
        """Return the longest that a signal may be sent, by real time."""
        longest = self.real_span(_LONGEST) + _MARGIN
        limits = self.target.drills
        return longest if limits is None else min(longest, limits.longest.delta)


def _healthy(spec: Specification, target: Target) -> Sequence[MetricSignal]:
    environment = target.env["DD_ENV"]
    metrics: set[str] = set()
    for alert in spec.alerts.values():
        metrics |= metrics_of(alert.indicator)
    return healthy(spec.history, metrics, environment=environment)
