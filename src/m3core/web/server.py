"""Runs the web service until it is told to stop."""

from __future__ import annotations

import logging

from m3core.listening import listen
from m3core.settings import Settings
from m3core.telemetry import sentry, tracing
from m3core.telemetry.metrics import Metrics
from m3core.web.app import create_web_app

__all__ = ["serve_pages"]

_FLUSH_SECONDS = 2.0


def serve_pages(settings: Settings, *, host: str, port: int) -> None:
    """Answer requests until SIGTERM or SIGINT, then send what the instruments still hold."""
    # It would log every call's address, in which stand the words of a search.
    logging.getLogger("httpx").setLevel(logging.WARNING)
    metrics = Metrics(settings)
    listen(create_web_app(settings, metrics), host=host, port=port, announced_as="m3core_web")
    sentry.flush(_FLUSH_SECONDS)
    tracing.flush(settings)
    metrics.close()
