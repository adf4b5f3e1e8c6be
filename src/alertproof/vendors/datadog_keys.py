"""Where a Datadog account is and what opens it, out of the settings that Datadog's own tools read."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from alertproof.errors import ConfigError
from alertproof.redact import Secret

__all__ = ["DatadogKeys"]

_SITE = "datadoghq.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class DatadogKeys:
    """``site`` is as it was said; ``host`` is the address of its API."""

    site: str
    host: str
    api_key: Secret
    app_key: Secret

    @classmethod
    def of(cls, said: Mapping[str, str], *, wanted_by: str) -> Self:
        """Read ``DD_API_KEY``, ``DD_APP_KEY`` and ``DD_SITE`` or their aliases; raises `ConfigError` without a key.

        ``wanted_by`` begins the error's text.
        """
        keys = {}
        for name in ("API_KEY", "APP_KEY"):
            value = said.get(f"DD_{name}") or said.get(f"DATADOG_{name}")
            if not value:
                raise ConfigError(f"{wanted_by}: DD_{name} is missing; set it in the environment")
            keys[name.lower()] = Secret(value)
        site = said.get("DD_SITE") or said.get("DATADOG_SITE") or _SITE
        # A whole address is for an account that is reached in another way than by its site.
        host = site if site.startswith(("http://", "https://")) else f"https://api.{site}"
        return cls(site=site, host=host, **keys)
