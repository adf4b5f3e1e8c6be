"""What an option is when nobody writes it: the server's defaults, and those of Terraform's provider."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from alertproof.datadog.loading.declared import AppliedDefault

__all__ = ["PROVIDER", "SERVER", "provider_defaults", "server_defaults"]

SERVER = "Datadog's API"
PROVIDER = "Terraform's provider"

#: What the server adds to a monitor that says nothing [OPTS].
_OF_SERVER: Mapping[str, Any] = {
    "include_tags": True,
    "new_host_delay": 300,
    "notify_no_data": False,
    "require_full_window": False,
}
#: What the provider sends of itself [TFPROV].
_OF_PROVIDER: Mapping[str, Any] = {
    "include_tags": True,
    "new_host_delay": 300,
    "no_data_timeframe": 10,
    "notify_no_data": False,
    "require_full_window": True,
}


def server_defaults(payload: Mapping[str, Any]) -> tuple[AppliedDefault, ...]:
    """Return the server's defaults for the options that a payload of the API does not have."""
    options = payload.get("options")
    given = options if isinstance(options, Mapping) else {}
    missing = {name: value for name, value in _OF_SERVER.items() if given.get(name) is None}
    if given.get("on_missing_data"):
        missing.pop("notify_no_data", None)
    return tuple(AppliedDefault(option=name, value=value, origin=SERVER) for name, value in missing.items())


def provider_defaults(options: Mapping[str, Any]) -> tuple[AppliedDefault, ...]:
    """Return what the provider sends for the options that a resource does not have.

    It sends no ``no_data_timeframe`` beside ``on_missing_data`` or a custom schedule [TFPROV].
    """
    missing = {name: value for name, value in _OF_PROVIDER.items() if options.get(name) is None}
    scheduled = "custom_schedule" in (options.get("scheduling_options") or {})
    if options.get("on_missing_data") or scheduled:
        missing.pop("no_data_timeframe", None)
        missing.pop("notify_no_data", None)
    return tuple(AppliedDefault(option=name, value=value, origin=PROVIDER) for name, value in missing.items())
