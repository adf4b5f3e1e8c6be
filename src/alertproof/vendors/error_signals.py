"""Sends errors to Sentry by its official SDK: events of one issue, marked as a drill's."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from typing import Any

from alertproof.errors import ConfigError
from alertproof.telemetry.signals import ErrorSignal

__all__ = ["SentrySignals"]

_WITHIN = 5.0  # seconds that the SDK may take to send what it was given


class SentrySignals:
    """A client of its own for a DSN; the process's own client, if it has one, is not touched."""

    def __init__(self, dsn: str) -> None:
        self._dsn = dsn
        self._client: Any = None

    def close(self) -> None:
        """Send what is left, and end the client."""
        if self._client is not None:
            self._client.close(timeout=_WITHIN)

    def send(self, signals: Sequence[ErrorSignal], times: int) -> None:
        """Send each signal's events so many times over.

        Raises `ConfigError` without the SDK or a DSN. That they arrived is seen at Sentry: the SDK does not say it.
        """
        client = self._opened()
        scope = import_module("sentry_sdk").Scope
        for signal in signals:
            event = {
                "message": signal.message,
                "level": signal.level,
                "environment": signal.environment,
                "release": signal.release,
                "tags": dict(signal.tags),
                "fingerprint": ["alertproof-drill", signal.message],
            }
            for _ in range(signal.count * times):
                client.capture_event(dict(event), scope=scope())
        client.flush(timeout=_WITHIN)

    def _opened(self) -> Any:
        if self._client is None:
            if not self._dsn:
                raise ConfigError("errors are sent to a DSN, and the target says none: set SENTRY_DSN")
            try:
                sdk: Any = import_module("sentry_sdk")
            except ModuleNotFoundError as error:
                raise ConfigError("sending errors needs sentry_sdk: pip install 'alertproof[embedded]'") from error
            self._client = sdk.Client(dsn=self._dsn, default_integrations=False)
        return self._client
