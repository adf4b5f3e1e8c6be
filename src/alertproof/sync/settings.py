"""Where the accounts of a target are, and what opens them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

from alertproof.errors import ConfigError
from alertproof.redact import Secret
from alertproof.requirements import Target
from alertproof.vendors import DatadogKeys

__all__ = ["URL_NAME", "Receivers", "Settings"]

#: The name in the environment of where the platform takes webhooks.
URL_NAME = "M3CORE_WEBHOOKS_URL"
_SECRET_NAME, _TOKEN_NAME = "M3CORE_PAGERDUTY_WEBHOOK_SECRET", "M3CORE_DATADOG_WEBHOOK_TOKEN"

_PAGERDUTY = "https://api.pagerduty.com"
_SENTRY = "https://sentry.io"


@dataclass(frozen=True, slots=True, kw_only=True)
class Receivers:
    """Where the platform takes webhooks, and what shows it that one is the vendor's; empty where nothing is said."""

    url: str = ""
    secret: Secret = field(default_factory=lambda: Secret(""))
    token: Secret = field(default_factory=lambda: Secret(""))

    def missing_for_pagerduty(self) -> str:
        """Return the first variable that PagerDuty's webhooks lack."""
        return self._missing(_SECRET_NAME, self.secret)

    def missing_for_datadog(self) -> str:
        """Return the first variable that Datadog's webhooks lack."""
        return self._missing(_TOKEN_NAME, self.token)

    def _missing(self, name: str, secret: Secret) -> str:
        return URL_NAME if not self.url else "" if secret.reveal() else name


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Where the accounts are and what opens them; without PagerDuty's or Sentry's token there is none of these."""

    datadog: str
    api_key: Secret
    app_key: Secret
    environment: str
    pagerduty: str = ""
    token: Secret = field(default_factory=lambda: Secret(""))
    sender: str = ""
    ca_file: str = ""
    sentry: str = ""
    sentry_token: Secret = field(default_factory=lambda: Secret(""))
    organization: str = ""
    project: str = ""
    receivers: Receivers = field(default_factory=Receivers)

    @classmethod
    def of(cls, target: Target, name: str, *, origin: str, environment: Mapping[str, str]) -> Self:
        """Return those of a stack, by its line, and of a platform elsewhere by the environment.

        ``origin`` is the environment that is watched where none is said. Raises `ConfigError` for a key that is
        missing.
        """
        stack = bool(target.endpoints.datadog)
        said = target.env if stack else environment

        def first(*names: str) -> str:
            return next((said[each] for each in names if said.get(each)), "")

        # A stack says where its Datadog is, and has no site.
        about = {**said, "DD_SITE": target.endpoints.datadog} if stack else said
        keys = DatadogKeys.of(about, wanted_by=f"target {name!r}")
        token, sentry_token = first("PAGERDUTY_API_TOKEN", "PAGERDUTY_TOKEN"), first("SENTRY_AUTH_TOKEN")
        if sentry_token and not first("SENTRY_ORG"):
            raise ConfigError(f"target {name!r}: SENTRY_AUTH_TOKEN is set; set SENTRY_ORG in the environment as well")
        sentry = target.endpoints.sentry_api if stack else first("SENTRY_URL") or _SENTRY
        pagerduty = target.endpoints.pagerduty if stack else first("PAGERDUTY_API_HOST") or _PAGERDUTY
        return cls(
            datadog=keys.host,
            api_key=keys.api_key,
            app_key=keys.app_key,
            environment=first("DD_ENV") or origin,
            pagerduty=_secure(pagerduty) if token else "",
            token=Secret(token),
            sender=said.get("PAGERDUTY_FROM", "alertproof@m3core.example" if target.drills is None else ""),
            ca_file=target.ca_file if stack else first("PAGERDUTY_CA_FILE"),
            sentry=sentry if sentry_token else "",
            sentry_token=Secret(sentry_token),
            organization=first("SENTRY_ORG"),
            project=first("SENTRY_PROJECT"),
            receivers=Receivers(
                url=first(URL_NAME).rstrip("/"), secret=Secret(first(_SECRET_NAME)), token=Secret(first(_TOKEN_NAME))
            ),
        )


def _secure(host: str) -> str:
    address = host if "://" in host else f"https://{host}"
    if not address.startswith("https://"):
        raise ConfigError(f"PAGERDUTY_API_HOST is {host!r}; its client asks by https:// alone")
    return address
