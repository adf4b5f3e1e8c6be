"""From a target to the clients of its accounts and of its fault doors; the target alone decides where they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from alertproof.drills.load_door import LoadDoor
from alertproof.drills.traffic_door import TrafficDoor
from alertproof.errors import ConfigError
from alertproof.faults import Door, FaultDoor, OutsideDoor
from alertproof.loadgen import Traffic
from alertproof.redact import Secret
from alertproof.requirements import Target
from alertproof.sentrywatch import connect
from alertproof.telemetry.signals import ErrorSignal, EventSignal, MetricSignal, Signal, Way
from alertproof.vendors import Datadog, DatadogSignals, DogStatsdSignals, PagerDuty, Sentry, SentrySignals

__all__ = [
    "VENDORS",
    "Senders",
    "carried_of",
    "datadog_of",
    "doors_of",
    "load_of",
    "missing_settings",
    "outside_of",
    "pagerduty_of",
    "require_settings",
    "require_way",
    "sender_of",
    "sentry_of",
]

#: The settings that each vendor's client needs, by the vendor's endpoint.
VENDORS: Mapping[str, tuple[str, ...]] = {
    "datadog": ("DD_API_KEY", "DD_APP_KEY"),
    "sentry_api": ("SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT"),
    "pagerduty": ("PAGERDUTY_API_TOKEN",),
}
_NO_AGENT = "the target does not say where DogStatsD is: dogstatsd = 'udp://HOST:8125' in alertproof.toml, or way: api"
_PLATFORMS = ("DD_ENV", "M3CORE_FAULT_TOKEN", "M3CORE_SEED_PASSWORD", "M3CORE_RELEASE")


def missing_settings(target: Target, *, platform: bool = True) -> list[str]:
    """Return the settings that a drill needs and the target does not say; one without ``platform`` needs no door."""
    needed = [*(key for keys in VENDORS.values() for key in keys), *(_PLATFORMS if platform else _PLATFORMS[:1])]
    if target.drills is not None and target.drills.ways:  # a platform that has ways of its own may have no door
        needed = [key for key in needed if key != "M3CORE_FAULT_TOKEN"]
    return [key for key in needed if not target.env.get(key)]


def require_settings(target: Target, *, name: str, platform: bool = True) -> None:
    """Raise `ConfigError` where the target does not say all that a drill needs."""
    missing = missing_settings(target, platform=platform)
    if missing:
        raise ConfigError(f"target {name!r} does not say {', '.join(missing)}; set them in the environment")
    absent = [part for part in VENDORS if not getattr(target.endpoints, part)]
    if absent:
        raise ConfigError(
            f"target {name!r} does not say where {', '.join(absent)} is: drills need a stack (alertproof up --json), "
            "or an entry in alertproof.toml with a url (docs/targets.md)"
        )


def datadog_of(target: Target) -> Datadog:
    """Return the client of the target's Datadog."""
    keys = [Secret(target.env[name]) for name in VENDORS["datadog"]]
    return Datadog(host=target.endpoints.datadog, api_key=keys[0], app_key=keys[1], ca_file=target.ca_file)


class Senders:
    """Sends each signal to the vendor that it is for."""

    def __init__(self, datadog: DatadogSignals, sentry: SentrySignals, agent: DogStatsdSignals | None = None) -> None:
        self._datadog = datadog
        self._sentry = sentry
        self._agent = agent

    def close(self) -> None:
        """Close the clients."""
        self._datadog.close()
        self._sentry.close()
        if self._agent is not None:
            self._agent.close()

    def send(self, signals: Sequence[Signal], intervals: Sequence[datetime]) -> None:
        """Send them for each interval that began then, by real time."""
        errors = [one for one in signals if isinstance(one, ErrorSignal)]
        local = [one for one in signals if isinstance(one, MetricSignal | EventSignal) and one.way == "dogstatsd"]
        others = [one for one in signals if one not in errors and one not in local]
        if local and self._agent is not None:  # without one nothing goes that way: `require_way`
            self._agent.send(local, intervals)
        if others:
            self._datadog.send(others, intervals)
        if errors:
            self._sentry.send(errors, len(intervals))


def require_way(target: Target, way: Way) -> None:
    """Raise `ConfigError` where a signal cannot go that way to a target."""
    if way == "dogstatsd" and not target.endpoints.dogstatsd:
        raise ConfigError(_NO_AGENT)


def sender_of(target: Target) -> Senders:
    """Return what sends signals to the target's vendors."""
    keys = [Secret(target.env[name]) for name in VENDORS["datadog"]]
    datadog = DatadogSignals(host=target.endpoints.datadog, api_key=keys[0], app_key=keys[1], ca_file=target.ca_file)
    agent = DogStatsdSignals(target.endpoints.dogstatsd) if target.endpoints.dogstatsd else None
    return Senders(datadog, SentrySignals(target.endpoints.sentry_dsn), agent)


def sentry_of(target: Target) -> Sentry:
    """Return the client of the target's project at Sentry."""
    return connect(target.endpoints.sentry_api, target.env, name="the target", ca_file=target.ca_file)


def pagerduty_of(target: Target) -> PagerDuty:
    """Return the client of the target's PagerDuty."""
    return PagerDuty(
        base_url=target.endpoints.pagerduty,
        token=Secret(target.env["PAGERDUTY_API_TOKEN"]),
        from_email=target.env.get("PAGERDUTY_FROM", "alertproof@m3core.example"),
        ca_file=target.ca_file,
    )


def doors_of(target: Target) -> dict[Door, FaultDoor]:
    """Return the platform's fault doors, by the process whose they are."""
    places: dict[Door, str] = {
        "api": target.endpoints.m3core,
        "keeper": target.endpoints.m3core_keeper,
        "agent_keeper": target.endpoints.m3core_agent_keeper,
    }
    token = Secret(target.env.get("M3CORE_FAULT_TOKEN", ""))
    longest = _longest(target)
    return {door: FaultDoor(base_url=url, token=token, longest=longest) for door, url in places.items() if url}


def outside_of(target: Target) -> OutsideDoor:
    """Return the door for what comes to the target's platform from outside."""
    return OutsideDoor(target.endpoints.m3core, longest=_longest(target))


def carried_of(target: Target, traffic: Traffic) -> TrafficDoor:
    """Return the door for what the drill's own traffic carries."""
    return TrafficDoor(traffic, longest=_longest(target))


def load_of(target: Target, traffic: Traffic) -> LoadDoor:
    """Return the door for load that is sent beside the drill's own traffic."""
    return LoadDoor(target, traffic, longest=_longest(target))


def _longest(target: Target) -> timedelta | None:
    return target.drills.longest.delta if target.drills is not None else None
