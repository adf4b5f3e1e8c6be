"""A drill's own monitors: marked in their name, and telling nobody but the service of drills. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

import msgspec

from alertproof.datadog import handles
from alertproof.requirements import Specification, Told

__all__ = ["MARK", "marked_payload", "marked_specification"]

#: What every page of a drill's own monitor begins its monitor's name with.
MARK = "[DRILL] "
_PAGERDUTY = "pagerduty-"


def _redirected(text: str, service: str) -> str:
    """Return a message in which every handle of PagerDuty is the service's, and none of another kind is left."""
    for handle in sorted(handles(text), key=len, reverse=True):
        told = f"@{_PAGERDUTY}{service}" if handle.startswith(_PAGERDUTY) else ""
        text = re.sub(rf"@{re.escape(handle)}(?![\w.@/-])", lambda _, told=told: told, text)  # type: ignore[misc]
    return text


def marked_payload(payload: Mapping[str, Any], service: str) -> dict[str, Any]:
    """Return a monitor's payload with the mark in its name, that pages the service of drills alone."""
    options = dict(payload.get("options") or {})
    if options.get("escalation_message"):
        options["escalation_message"] = _redirected(str(options["escalation_message"]), service)
    message = _redirected(str(payload.get("message") or ""), service)
    return {**payload, "name": f"{MARK}{payload['name']}", "message": message, "options": options}


def marked_specification(spec: Specification, service: str) -> Specification:
    """Return the specification as it is for a drill's own monitors: the service of drills is told, with low urgency."""

    def told(before: Told) -> Told:
        return msgspec.structs.replace(before, pagerduty=service, urgency="low")

    alerts = {name: msgspec.structs.replace(alert, told=told(alert.told)) for name, alert in spec.alerts.items()}
    return msgspec.structs.replace(spec, alerts=alerts)
