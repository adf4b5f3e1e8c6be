"""The control doors of an embedded stack, which no account has: what a drill asks them."""

from __future__ import annotations

from typing import Any

import httpx

from alertproof.addresses import is_loopback
from alertproof.errors import VendorUnavailable
from alertproof.requirements import Target

__all__ = ["ask_door", "not_known"]


def ask_door(target: Target, door: str, page: str) -> dict[str, Any]:
    """Return what the control door at an address says; raises `VendorUnavailable`."""
    try:
        with httpx.Client(timeout=10.0, trust_env=not is_loopback(door)) as client:
            answer = client.get(f"{door}/{page}", headers=target.control_headers()).raise_for_status()
            found: dict[str, Any] = answer.json()
    except httpx.HTTPError as error:
        raise VendorUnavailable(f"the stack's control door did not answer: {error!r}") from error
    return found


def not_known(target: Target) -> list[str]:
    """Return which requests no stand-in knew since its start, a line for each vendor; nothing without control doors."""
    endpoints = target.endpoints
    doors = {
        "Datadog": endpoints.control,
        "Sentry": endpoints.sentry_control,
        "PagerDuty": endpoints.pagerduty_control,
    }
    return [line for vendor, door in doors.items() if door for line in _not_known(target, vendor, door)]


def _not_known(target: Target, vendor: str, door: str) -> list[str]:
    try:
        told = ask_door(target, door, "unknown")
    except VendorUnavailable as error:
        return [f"the stack's {vendor} could not say which requests it did not know: {error}"]
    if not told["count"]:
        return []
    first, more = told["requests"][0], told["count"] - 1
    others = f", and {more} more" if more else ""
    return [f"the stack's {vendor} did not know {first['method']} {first['path'][:200]}{others}"]
