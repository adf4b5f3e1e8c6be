"""From the entry of a platform that runs elsewhere, and the environment, to a target."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

from alertproof.clock import Anchor
from alertproof.requirements.drilling import DrillLimits
from alertproof.requirements.targets import ClockWire, Endpoints, Target

if TYPE_CHECKING:
    from alertproof.requirements.targets import TargetEntry

__all__ = ["platform_at", "sentry_api_of"]

#: Settings and secrets that come from the environment by these names.
_FROM_ENVIRONMENT = (
    "DD_API_KEY",
    "DD_APP_KEY",
    "M3CORE_FAULT_TOKEN",
    "M3CORE_SEED_PASSWORD",
    "PAGERDUTY_API_TOKEN",
    "PAGERDUTY_FROM",
    "SENTRY_AUTH_TOKEN",
    "SENTRY_ORG",
    "SENTRY_PROJECT",
)
#: Other names for the same.
_ALIASES = {
    "DD_API_KEY": "DATADOG_API_KEY",
    "DD_APP_KEY": "DATADOG_APP_KEY",
    "PAGERDUTY_API_TOKEN": "PAGERDUTY_TOKEN",
}
_DATADOG, _SENTRY, _PAGERDUTY = "datadoghq.com", "https://sentry.io", "https://api.pagerduty.com"


def platform_at(entry: TargetEntry, *, environment: Mapping[str, str] = os.environ) -> Target:
    """Return the target of an entry with a ``url``: the platform, in real time, with its accounts.

    The environment outranks the entry. An account without a key there is none of the target's.
    """
    assert entry.url is not None  # noqa: S101 - the caller has looked
    clock = Anchor.at_now(1.0).encode()
    env = _settings(entry, environment)
    return Target(
        clock=ClockWire(real=clock["real"], stack=clock["stack"], factor=clock["factor"]),
        endpoints=_endpoints(entry, environment, env),
        ca_file=environment.get("PAGERDUTY_CA_FILE") or (str(entry.ca_file) if entry.ca_file else ""),
        env=env,
        allow=("read",) if entry.allow is None else entry.allow,
        production=entry.production,
        drills=entry.drills or DrillLimits(),
    )


def _settings(entry: TargetEntry, environment: Mapping[str, str]) -> dict[str, str]:
    found = {name: environment.get(name) or environment.get(_ALIASES.get(name, ""), "") for name in _FROM_ENVIRONMENT}
    found["DD_ENV"] = environment.get("DD_ENV") or entry.environment
    found["M3CORE_RELEASE"] = environment.get("M3CORE_RELEASE") or entry.release
    return {name: value for name, value in found.items() if value}


def _endpoints(entry: TargetEntry, environment: Mapping[str, str], env: Mapping[str, str]) -> Endpoints:
    site = environment.get("DD_SITE") or environment.get("DATADOG_SITE") or entry.datadog_site or _DATADOG
    pagerduty = environment.get("PAGERDUTY_API_HOST") or entry.pagerduty_host or _PAGERDUTY
    return Endpoints(
        m3core=(entry.url or "").rstrip("/"),
        m3core_web=(entry.web_url or "").rstrip("/"),
        m3core_keeper=(entry.keeper_url or "").rstrip("/"),
        m3core_agent_keeper=entry.agent_keeper_url.rstrip("/"),
        datadog=_address(site, "api.") if env.get("DD_API_KEY") else "",
        dogstatsd=environment.get("DD_DOGSTATSD_URL") or entry.dogstatsd,
        pagerduty=_address(pagerduty) if env.get("PAGERDUTY_API_TOKEN") else "",
        sentry_api=sentry_api_of(environment, entry.sentry_url),
        sentry_dsn=environment.get("SENTRY_DSN", ""),
    )


def _address(said: str, prefix: str = "") -> str:
    """Return a whole address as it is, and that of a bare host."""
    return (said if "://" in said else f"https://{prefix}{said}").rstrip("/")


def sentry_api_of(environment: Mapping[str, str], said: str = "") -> str:
    """Return where the Sentry of an environment answers, empty where it names no organization."""
    return (environment.get("SENTRY_URL") or said or _SENTRY).rstrip("/") if environment.get("SENTRY_ORG") else ""
