"""Everything a drill needs of its target, bound once: the vendors, the fault door, the traffic and the clock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

import httpx

from alertproof.clock import ScaledClock
from alertproof.drills.deploy import Deployment, deploy
from alertproof.errors import ConfigError, VendorUnavailable
from alertproof.faults import FaultDoor, Ledger
from alertproof.loadgen import Traffic, TrafficPlan
from alertproof.redact import Secret
from alertproof.requirements import Specification, Target
from alertproof.vendors import Datadog, PagerDuty, Sentry

__all__ = ["Platform"]

_NEEDED = ("DD_API_KEY", "DD_APP_KEY", "DD_ENV", "SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT")
_NEEDED_TOO = ("PAGERDUTY_API_TOKEN", "M3CORE_FAULT_TOKEN", "M3CORE_SEED_PASSWORD", "M3CORE_RELEASE")


def _vendors(target: Target) -> tuple[Datadog, Sentry, PagerDuty]:
    """Return a client for each vendor; the target alone decides where it goes."""
    env, endpoints = target.env, target.endpoints
    datadog = Datadog(host=endpoints.datadog, api_key=env["DD_API_KEY"], app_key=env["DD_APP_KEY"])
    sentry = Sentry(
        base_url=endpoints.sentry_api,
        token=Secret(env["SENTRY_AUTH_TOKEN"]),
        organization=env["SENTRY_ORG"],
        project=env["SENTRY_PROJECT"],
    )
    pagerduty = PagerDuty(
        base_url=endpoints.pagerduty,
        token=Secret(env["PAGERDUTY_API_TOKEN"]),
        from_email="alertproof@m3core.example",
        ca_file=target.ca_file,
    )
    return datadog, sentry, pagerduty


def _traffic_plan(target: Target, spec: Specification) -> TrafficPlan:
    return TrafficPlan(
        base_url=target.endpoints.m3core,
        tenants=spec.tenants,
        password=target.env["M3CORE_SEED_PASSWORD"],
        environment=target.env["DD_ENV"],
        dogstatsd=target.endpoints.dogstatsd,
        probe_every=10.0 / target.clock.factor,
    )


@dataclass(slots=True, kw_only=True)
class Platform:
    """A target with its vendors at hand, the monitoring deployed and steady traffic running."""

    name: str
    spec: Specification
    target: Target
    clock: ScaledClock
    datadog: Datadog
    sentry: Sentry
    pagerduty: PagerDuty
    door: FaultDoor
    ledger: Ledger
    deployment: Deployment
    traffic: Traffic

    @classmethod
    def connect(cls, target: Target, *, name: str, spec: Specification, ledger: Ledger) -> Self:
        """Deploy the monitoring to the target and start the traffic; raises `ConfigError` for a missing setting."""
        missing = [key for key in (*_NEEDED, *_NEEDED_TOO) if not target.env.get(key)]
        if missing:
            raise ConfigError(f"target {name!r} does not say {', '.join(missing)}; set them in the environment")
        env, endpoints, clock = target.env, target.endpoints, target.stack_clock()
        datadog, sentry, pagerduty = _vendors(target)
        traffic = Traffic(_traffic_plan(target, spec))
        try:
            deployment = deploy(spec, environment=env["DD_ENV"], datadog=datadog, pagerduty=pagerduty)
            traffic.wait_ready()
        except BaseException:
            traffic.stop()
            raise
        return cls(
            name=name,
            spec=spec,
            target=target,
            clock=clock,
            datadog=datadog,
            sentry=sentry,
            pagerduty=pagerduty,
            door=FaultDoor(base_url=endpoints.m3core, token=Secret(env["M3CORE_FAULT_TOKEN"])),
            ledger=ledger,
            deployment=deployment,
            traffic=traffic,
        )

    def close(self) -> None:
        """End the traffic, delete what was deployed, and close the clients."""
        self.traffic.stop()
        try:
            self.deployment.remove(self.datadog)
        finally:
            for client in (self.datadog, self.sentry, self.pagerduty, self.door):
                client.close()

    @property
    def environment(self) -> str:
        return self.target.env["DD_ENV"]

    def real(self, at: datetime) -> datetime:
        """Map an instant of the target's clock to real time."""
        return self.clock.anchor.to_real(at)

    def stack(self, at: datetime) -> datetime:
        """Map a real instant to the target's clock."""
        return self.clock.anchor.to_stack(at)

    def real_span(self, span: timedelta) -> timedelta:
        """Return how long a span of the target's clock takes in real time."""
        return span / self.clock.anchor.factor

    def trouble(self, *, since: datetime) -> list[str]:
        """Return why the target's own monitoring cannot be believed since then: late clocks, lost telemetry.

        A target without a control door has a clock that cannot slip, and nothing to ask.
        """
        door = self.target.endpoints.control
        if not door:
            return []
        try:
            clock = httpx.get(f"{door}/clock", timeout=10.0).raise_for_status().json()
            health = httpx.get(f"{door}/health", timeout=10.0).raise_for_status().json()
        except httpx.HTTPError as error:
            raise VendorUnavailable(f"the stack's control door did not answer: {error!r}") from error
        first = since.timestamp()
        late = [
            f"clock slipped: the evaluation of {datetime.fromtimestamp(one['at'], UTC):%H:%M} was "
            f"{max(one['began_s'], one['ended_s']):.0f} stack seconds late; "
            "the machine is too busy for this clock's factor"
            for one in clock["late"]
            if one["at"] >= first
        ]
        lost = [
            f"the stack's Datadog reports {name.replace('_', ' ')}: {health[name]}"
            for name in ("dropped_datagrams", "malformed", "evaluation_failures", "undelivered")
            if health[name]
        ]
        return late + lost
