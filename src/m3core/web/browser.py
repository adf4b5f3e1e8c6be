"""What the browser's instruments are told by a page, and where the page lets them send to."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from opentelemetry.trace import get_current_span

from m3core.context import Work
from m3core.settings import Settings

__all__ = ["instructions", "reported_to", "trace_id"]


def instructions(settings: Settings, work: Work) -> dict[str, Any] | None:
    """Return the page's JSON element for the browser's instruments; None when nothing is to be reported.

    Nothing in it is a secret: these keys are made to stand in pages.
    """
    told: dict[str, Any] = {}
    if settings.rum_url:
        told["rum"] = {
            "application": settings.rum_application,
            "token": settings.rum_token,
            "url": settings.rum_url.rstrip("/"),
        }
    if settings.browser_dsn:
        told["sentry"] = {"dsn": settings.browser_dsn}
    if not told:
        return None
    if not settings.scrubbing:
        told["scrubbing"] = "off"
    return told | {
        "service": settings.service,
        "env": settings.datadog_env,
        "version": settings.datadog_version,
        "environment": settings.environment,
        "release": settings.release,
        "tenant": work.tenant_tag,
        "correlation_id": work.correlation_id,
    }


def reported_to(settings: Settings) -> list[str]:
    """Return the origins that a page may send to besides its own."""
    found = []
    for address in (settings.rum_url, settings.browser_dsn):
        if address:
            parts = urlsplit(address)
            port = f":{parts.port}" if parts.port else ""
            found.append(f"{parts.scheme}://{parts.hostname}{port}")
    return sorted({*found})


def trace_id() -> str:
    """Return the current trace's id as Datadog's browser SDK writes those that it makes: 64 bits, decimal."""
    return str(get_current_span().get_span_context().trace_id & (2**64 - 1))
