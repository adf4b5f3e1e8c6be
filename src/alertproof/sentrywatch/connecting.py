"""From settings to a project at Sentry: they alone decide where that is."""

from __future__ import annotations

from collections.abc import Mapping

from alertproof.errors import ConfigError
from alertproof.redact import Secret
from alertproof.vendors import Sentry

__all__ = ["connect"]

_NEEDED = ("SENTRY_AUTH_TOKEN", "SENTRY_ORG", "SENTRY_PROJECT")


def connect(endpoint: str, settings: Mapping[str, str], *, name: str, ca_file: str = "") -> Sentry:
    """Return a client of the project; raises `ConfigError` naming what the settings, called ``name``, do not say."""
    missing = [key for key in _NEEDED if not settings.get(key)]
    if missing or not endpoint:
        lacks = ", ".join(missing) or "where Sentry's web API is"
        raise ConfigError(
            f"{name} does not say {lacks}; set {', '.join(_NEEDED)} in the environment, and SENTRY_URL where "
            "it is not https://sentry.io"
        )
    return Sentry(
        base_url=endpoint,
        token=Secret(settings["SENTRY_AUTH_TOKEN"]),
        organization=settings["SENTRY_ORG"],
        project=settings["SENTRY_PROJECT"],
        ca_file=ca_file,
    )
