"""The event that a notification to a PagerDuty handle becomes.

Datadog documents neither the payload nor the dedup key of its PagerDuty integration; the body follows the
Events API v2 (developer.pagerduty.com, "Send an alert event") and a published sample [3P-PD].
"""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Any

from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.datadog.monitor.definition import State
from alertproof.datadog.webhook import event_type
from alertproof.tags import group_label

if TYPE_CHECKING:
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.notify import Notification

__all__ = ["pagerduty_event"]

_LONGEST_SUMMARY = 1024
_DEFAULT = Assumptions()


def pagerduty_event(
    notification: Notification,
    *,
    definition: Definition,
    routing_key: str,
    assumptions: Assumptions = _DEFAULT,
) -> dict[str, Any]:
    """Return the Events v2 body: a trigger for Alert, Warn, No Data and renotifications, a resolve for OK.

    All events of one monitor's group carry the same dedup key. An incident is resolved only by the recovery's own
    notification: a service that it does not tell keeps its incident open [PD-2017].
    """
    group = group_label(notification.group)
    monitor = definition.id if definition.id is not None else definition.name
    identity = f"{assumptions.org_id}/{monitor}/{group}"
    event: dict[str, Any] = {
        "routing_key": routing_key,
        "event_action": "resolve" if notification.state is State.OK else "trigger",
        "dedup_key": hashlib.sha256(identity.encode()).hexdigest(),
    }
    blind = assumptions.no_data_severity
    severities = {State.ALERT: "critical", State.WARN: "warning", State.NO_DATA: blind, State.UNKNOWN: blind}
    if notification.state not in severities:
        return event
    event["client"] = "Datadog"
    event["payload"] = {
        "summary": notification.title[:_LONGEST_SUMMARY],
        "source": "Datadog",
        "severity": severities[notification.state],
        "timestamp": notification.at.isoformat(),
        "custom_details": {
            "title": notification.title,
            "body": notification.body,
            "query": definition.query,
            "tags": ", ".join([*definition.tags, *(str(tag) for tag in notification.group)]),
            "priority": "normal",
            "monitor_state": notification.transition,
            "event_type": event_type(definition),
        },
    }
    return event
