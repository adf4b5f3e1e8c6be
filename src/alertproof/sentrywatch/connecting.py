"""From a target to its project at Sentry: the target alone decides where that is."""

from __future__ import annotations

from alertproof.errors import ConfigError
from alertproof.redact import Secret
from alertproof.requirements import Target
from alertproof.vendors import Sentry

__all__ = ["connect"]

_NEEDED = ("SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT")


def connect(target: Target, *, name: str) -> Sentry:
    """Return a client of the target's project; raises `ConfigError` naming what the target does not say."""
    missing = [key for key in _NEEDED if not target.env.get(key)]
    if missing or not target.endpoints.sentry_api:
        lacks = ", ".join(missing) or "where Sentry's web API is"
        raise ConfigError(
            f"target {name!r} does not say {lacks}; set {', '.join(_NEEDED)} in the environment, and SENTRY_URL where "
            "it is not https://sentry.io"
        )
    return Sentry(
        base_url=target.endpoints.sentry_api,
        token=Secret(target.env["SENTRY_AUTH_TOKEN"]),
        organization=target.env["SENTRY_ORG"],
        project=target.env["SENTRY_PROJECT"],
    )
