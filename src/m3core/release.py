"""Marks a release where people look for the cause of a change: Sentry, Datadog and PagerDuty. Run once per deploy."""

from __future__ import annotations

import socket
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, final

import httpx

from m3core.settings import SettingsError

__all__ = ["Release", "Vendors", "load_vendors", "mark"]

_PROJECT = "m3core"
_SERVICES = ("m3core-api", "m3core-web", "m3core-worker")


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One deploy of one version. ``url`` leads to what was deployed, such as the run of CI."""

    version: str
    environment: str
    url: str | None = None

    @property
    def name(self) -> str:
        """The release's name in Sentry, which the platform sends with its errors: ``m3core@2026.11.0``."""
        return self.version if "@" in self.version else f"{_PROJECT}@{self.version}"

    @property
    def number(self) -> str:
        """The version alone, which every metric, span and log has as its tag."""
        return self.name.rpartition("@")[2]

    @property
    def summary(self) -> str:
        return f"M3CoreCRM {self.number} deployed to {self.environment}"


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Sentry:
    url: str
    token: str = field(repr=False)
    org: str
    project: str


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Datadog:
    url: str
    api_key: str = field(repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class PagerDuty:
    url: str
    routing_key: str = field(repr=False)


@final
@dataclass(frozen=True, slots=True, kw_only=True)
class Vendors:
    """Who is to be told; None is not configured."""

    sentry: Sentry | None
    datadog: Datadog | None
    pagerduty: PagerDuty | None


def load_vendors(environment: Mapping[str, str]) -> Vendors:
    """Read who is to be told, in the vendors' own names; raises `SettingsError` for half of one, and for nobody."""
    said = {name: value.strip() for name, value in environment.items() if value.strip()}
    sentry = None
    wanted = ("SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT")
    missing = [name for name in wanted if name not in said]
    if "SENTRY_AUTH_TOKEN" in said and missing:
        raise SettingsError(f"SENTRY_AUTH_TOKEN is set; set {' and '.join(missing)} as well, or unset it")
    if not missing:
        token, org, project = (said[name] for name in wanted)
        sentry = Sentry(url=said.get("SENTRY_URL", "https://sentry.io"), token=token, org=org, project=project)
    datadog = None
    if "DD_API_KEY" in said:
        site = f"https://api.{said.get('DD_SITE', 'datadoghq.com')}"
        datadog = Datadog(url=said.get("DATADOG_HOST", site), api_key=said["DD_API_KEY"])
    pagerduty = None
    if "PAGERDUTY_ROUTING_KEY" in said:
        events = said.get("PAGERDUTY_EVENTS_URL", "https://events.pagerduty.com")
        pagerduty = PagerDuty(url=events, routing_key=said["PAGERDUTY_ROUTING_KEY"])
    if not (sentry or datadog or pagerduty):
        raise SettingsError(
            "nobody is to be told of the release; set SENTRY_AUTH_TOKEN, SENTRY_ORG and SENTRY_PROJECT, or DD_API_KEY,"
            " or PAGERDUTY_ROUTING_KEY"
        )
    return Vendors(sentry=sentry, datadog=datadog, pagerduty=pagerduty)


def mark(release: Release, vendors: Vendors) -> int:
    """Tell every vendor that is configured, and a person what came of it; returns the exit code.

    0 when all have taken it, 1 when one has not: the others are told all the same.
    """
    steps: list[tuple[str, Callable[[httpx.Client], None]]] = []
    if (sentry := vendors.sentry) is not None:
        steps.append(("Sentry", lambda client: _tell_sentry(client, sentry, release)))
    if (datadog := vendors.datadog) is not None:
        steps.append(("Datadog", lambda client: _tell_datadog(client, datadog, release)))
    if (pagerduty := vendors.pagerduty) is not None:
        steps.append(("PagerDuty", lambda client: _tell_pagerduty(client, pagerduty, release)))
    failed = False
    # A connection that was not made is tried again; what was sent is not, for it may have been taken.
    with httpx.Client(transport=httpx.HTTPTransport(retries=2), timeout=15) as client:
        for vendor, tell in steps:
            try:
                tell(client)
            except (httpx.HTTPError, httpx.InvalidURL, _Refused) as error:
                failed = True
                print(f"{vendor}: {release.name} is not marked: {error}", file=sys.stderr)  # noqa: T201 - for a person
            else:
                print(f"{vendor}: {release.name} is marked in {release.environment}")  # noqa: T201 - for a person
    return 1 if failed else 0


class _Refused(Exception):
    """A vendor did not take it; the text says what it answered."""


def _tell_sentry(client: httpx.Client, to: Sentry, release: Release) -> None:
    """Create the release and its deploy.

    [docs.sentry.io/api/releases]
    """
    headers = {"Authorization": f"Bearer {to.token}"}
    releases = f"{to.url.rstrip('/')}/api/0/organizations/{to.org}/releases/"
    now = datetime.now(UTC).isoformat()
    made: dict[str, Any] = {"version": release.name, "projects": [to.project], "dateReleased": now}
    deploy = {"environment": release.environment, "name": release.number, "dateFinished": now}
    if release.url:
        made["url"] = deploy["url"] = release.url
    _post(client, releases, made, headers)
    _post(client, f"{releases}{release.name}/deploys/", deploy, headers)


def _tell_datadog(client: httpx.Client, to: Datadog, release: Release) -> None:
    """Post an event, which dashboards lay over their graphs.

    [docs.datadoghq.com/api/latest/events, version 1]
    """
    tags = [f"env:{release.environment}", f"version:{release.number}", *(f"service:{name}" for name in _SERVICES)]
    event = {
        "title": release.summary,
        "text": release.url or release.summary,
        "tags": [*tags, "event:deploy"],
        "alert_type": "info",
        "aggregation_key": f"deploy-{release.environment}-{release.number}",
    }
    _post(client, f"{to.url.rstrip('/')}/api/v1/events", event, {"DD-API-KEY": to.api_key})


def _tell_pagerduty(client: httpx.Client, to: PagerDuty, release: Release) -> None:
    """Send a change event, which stands beside incidents.

    [developer.pagerduty.com, "Send a Change Event"]
    """
    change: dict[str, Any] = {
        "routing_key": to.routing_key,
        "payload": {
            "summary": release.summary,
            "timestamp": datetime.now(UTC).isoformat(),
            "source": socket.gethostname(),
            "custom_details": {"version": release.number, "environment": release.environment},
        },
    }
    if release.url:
        change["links"] = [{"href": release.url, "text": "What was deployed"}]
    _post(client, f"{to.url.rstrip('/')}/v2/change/enqueue", change, {})


def _post(client: httpx.Client, url: str, body: Mapping[str, Any], headers: Mapping[str, str]) -> None:
    answer = client.post(url, json=dict(body), headers=dict(headers))
    if not answer.is_success:
        raise _Refused(f"{url} answered {answer.status_code} {answer.text[:300]}")
