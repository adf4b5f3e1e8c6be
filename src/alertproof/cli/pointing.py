"""How to point others at a running stack: SDKs by a shell's lines or in code, our own processes by a name."""

from __future__ import annotations

import os
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec

from alertproof.requirements import CONTROL_TOKEN, choose, load_targets

if TYPE_CHECKING:
    from alertproof.requirements import Target

__all__ = ["control_line", "in_code", "named_for_others", "shell_lines"]

#: What a client takes in code, by the part of the stack that it is for; the code reads the settings of `shell_lines`.
_IN_CODE = {
    "datadog": (
        ("Datadog, Python", 'datadog_api_client.Configuration(host=os.environ["DATADOG_HOST"])'),
        ("Datadog, Node", "const baseServer = new client.BaseServerConfiguration(process.env.DATADOG_HOST, {})"),
        ("", "client.createConfiguration({baseServer})"),
        ("Datadog, browser", "datadogRum.init({..., proxy: (to) => DATADOG_HOST + to.path + '?' + to.parameters})"),
    ),
    "sentry_dsn": (("Sentry, browser", "Sentry.init({dsn: SENTRY_DSN})"),),
    "pagerduty": (
        ("PagerDuty, Python", 'ca = ssl.create_default_context(cafile=os.environ["PAGERDUTY_CA_FILE"])'),
        ("", 'pagerduty.EventsApiV2Client(key, base_url=os.environ["PAGERDUTY_BASE_URL"], verify=ca)'),
        ("PagerDuty, Node", "fetch(process.env.PAGERDUTY_BASE_URL + '/v2/enqueue', {method: 'POST', body})"),
        ("PagerDuty, shell", "curl --cacert $PAGERDUTY_CA_FILE $PAGERDUTY_BASE_URL/v2/enqueue -d @event.json"),
    ),
}


def shell_lines(target: Target) -> list[str]:
    """Return ``export NAME=value`` for all that vendors' SDKs read from the environment, ready to be pasted."""
    return [f"export {name}={shlex.quote(value)}" for name, value in _settings(target)]


def in_code(target: Target) -> list[str]:
    """Return how clients that read no setting are pointed: for whom, in a column, and the code."""
    found = [line for part, lines in _IN_CODE.items() if getattr(target.endpoints, part) for line in lines]
    return [f"{who:<18} {code}" for who, code in found]


def control_line(target: Target) -> str:
    """Return the command that asks a control door what doors there are."""
    return f'curl -H "Authorization: Bearer ${CONTROL_TOKEN}" {target.endpoints.control}'


def named_for_others(target: Target, name: str, folder: Path) -> str:
    """Return a target as other processes are told of it: an embedded stack is started once, and not by each of them.

    Of such a one it is a file in ``folder``, which nobody else can read: it holds the stack's secrets.
    """
    if not choose(load_targets(Path("alertproof.toml")), name).embedded:
        return name
    path = folder / "stack.json"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        file.write(msgspec.json.encode(target) + b"\n")
    return str(path.resolve())


def _settings(target: Target) -> Iterator[tuple[str, str]]:
    """Yield the settings by the names that the SDKs give them; those of a part that is not there are left out."""
    endpoints, env = target.endpoints, target.env
    host, _, port = endpoints.dogstatsd.removeprefix("udp://").rpartition(":")
    wanted = (
        ("DD_API_KEY", env.get("DD_API_KEY", "")),
        ("DD_APP_KEY", env.get("DD_APP_KEY", "")),
        ("DD_ENV", env.get("DD_ENV", "")),
        # Of the datadog library, Terraform's provider, and most scripts; API clients take it as their host. There is
        # no DD_SITE: a site is a domain, of which clients make https addresses.
        ("DATADOG_HOST", endpoints.datadog),
        ("DD_TRACE_AGENT_URL", endpoints.datadog_agent),
        # For tracers that read no URL: the same host as DogStatsD's.
        ("DD_TRACE_AGENT_PORT", endpoints.datadog_agent.rpartition(":")[2]),
        ("DD_AGENT_HOST", host),
        ("DD_DOGSTATSD_PORT", port),
        ("DD_DOGSTATSD_URL", endpoints.dogstatsd),
        ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoints.otlp),
        ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf" if endpoints.otlp else ""),
        ("SENTRY_DSN", endpoints.sentry_dsn),
        ("SENTRY_URL", endpoints.sentry_api),
        ("SENTRY_AUTH_TOKEN", env.get("SENTRY_AUTH_TOKEN", "")),
        ("SENTRY_ORG", env.get("SENTRY_ORG", "")),
        ("SENTRY_PROJECT", env.get("SENTRY_PROJECT", "")),
        ("PAGERDUTY_BASE_URL", endpoints.pagerduty),
        ("PAGERDUTY_API_TOKEN", env.get("PAGERDUTY_API_TOKEN", "")),
        # PagerDuty's stand-in is on TLS. Node trusts its authority besides the public ones; where that cannot be said
        # by a setting, a client takes the file by itself, and everything else goes on as before.
        ("PAGERDUTY_CA_FILE", target.ca_file),
        ("NODE_EXTRA_CA_CERTS", target.ca_file),
        (CONTROL_TOKEN, env.get(CONTROL_TOKEN, "")),
    )
    yield from ((name, value) for name, value in wanted if value)
