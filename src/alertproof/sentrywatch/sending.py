"""One event of our own, by the official SDK and a DSN: does what is sent there arrive in the project that is meant?"""

from __future__ import annotations

import uuid
from collections.abc import Mapping
from datetime import timedelta
from importlib import import_module
from typing import Any

from alertproof.errors import ConfigError

__all__ = ["CHECK_TAG", "send_check_event"]

#: The tag by which the event is found again.
CHECK_TAG = "alertproof_check"
_TITLE = "alertproof: a check of the DSN"


def send_check_event(dsn: str, *, environment: str, release: str, within: timedelta) -> Mapping[str, str]:
    """Send an event of level info by a client of its own and return the tags by which it is found.

    All of them are one issue. The process's own client, if it has one, is not touched. Raises `ConfigError` where the
    SDK is missing.
    """
    try:
        sdk: Any = import_module("sentry_sdk")
    except ModuleNotFoundError as error:
        raise ConfigError("sending an event needs sentry_sdk: pip install 'alertproof[embedded]'") from error
    identity = uuid.uuid4().hex
    client = sdk.Client(dsn=dsn, environment=environment, release=release, default_integrations=False)
    event = {"message": _TITLE, "level": "info", "fingerprint": [CHECK_TAG], "tags": {CHECK_TAG: identity}}
    client.capture_event(event, scope=sdk.Scope())
    client.close(timeout=within.total_seconds())
    return {CHECK_TAG: identity}
