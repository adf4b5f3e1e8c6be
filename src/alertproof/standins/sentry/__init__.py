"""The Sentry stand-in: takes envelopes as Relay does and answers the event part of the web API."""

from __future__ import annotations

__all__: list[str] = []
