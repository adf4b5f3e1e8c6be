"""How to point SDKs, in any language, at a running stack: lines for a shell."""

from __future__ import annotations

import shlex
from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from alertproof.requirements import Target

__all__ = ["shell_lines"]


def shell_lines(target: Target) -> list[str]:
    """Return ``export NAME=value`` for all that vendors' SDKs read from the environment, ready to be pasted."""
    return [f"export {name}={shlex.quote(value)}" for name, value in _settings(target)]


def _settings(target: Target) -> Iterator[tuple[str, str]]:
    """Yield the settings by the names that the SDKs give them; those of a part that is not there are left out."""
    endpoints, env = target.endpoints, target.env
    host, _, port = endpoints.dogstatsd.removeprefix("udp://").rpartition(":")
    wanted = (
        ("DD_API_KEY", env.get("DD_API_KEY", "")),
        ("DD_APP_KEY", env.get("DD_APP_KEY", "")),
        ("DD_ENV", env.get("DD_ENV", "")),
        # Of the datadog library, Terraform's provider, and most scripts; API clients take it as their host.
        ("DATADOG_HOST", endpoints.datadog),
        ("DD_TRACE_AGENT_URL", endpoints.datadog_agent),
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
    )
    yield from ((name, value) for name, value in wanted if value)
