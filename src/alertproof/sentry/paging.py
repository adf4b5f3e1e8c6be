"""What Sentry sends to PagerDuty's Events API.

An issue alert has one dedup key per issue and never resolves; a metric alert has one per incident and does.
Source: getsentry/sentry (build_pagerduty_event_payload, build_incident_attachment).
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

from alertproof.sentry.event import Event
from alertproof.sentry.metric_rules import MetricRule, State

__all__ = ["issue_page", "metric_page"]

_MAX_SUMMARY = 1024
_SEVERITIES = {"debug": "info", "info": "info", "warning": "warning", "error": "error", "fatal": "critical"}
_UNITS = {"count": "events", "count_unique": "unique values"}


def issue_page(
    event: Event,
    *,
    routing_key: str,
    severity: str,
    short_id: str,
    project: str,
    link: str,
    details: Mapping[str, Any],
) -> dict[str, Any]:
    """Return the body for an issue alert's event.

    Args:
        event: the event that the rule tells of.
        routing_key: of the service.
        severity: the action's; ``default`` goes by the event's level.
        short_id: of the issue, which is the dedup key.
        project: the project's slug.
        link: address of the issue.
        details: the whole event as the web API shows it, which goes along.
    """
    return {
        "routing_key": routing_key,
        "event_action": "trigger",
        "dedup_key": short_id,
        "client": "sentry",
        "client_url": link,
        "payload": {
            "summary": (event.message or event.title)[:_MAX_SUMMARY],
            "severity": _SEVERITIES[event.level] if severity == "default" else severity,
            "source": event.transaction or event.culprit or "<unknown>",
            "component": project,
            "custom_details": details,
        },
        "links": [{"href": link, "text": "View Sentry Issue Details"}],
    }


def metric_page(
    rule: MetricRule,
    *,
    routing_key: str,
    severity: str,
    state: State,
    value: float | None,
    organization: str,
    incident: int,
    link: str,
) -> dict[str, Any]:
    """Return the body for a metric alert that came into ``state``; resolved ends what was triggered before.

    ``severity`` is the action's; ``default`` goes by the state, and a resolve is always ``info``.
    """
    resolved = state is State.RESOLVED
    chosen = "info" if resolved else str(state) if severity == "default" else severity
    return {
        "routing_key": routing_key,
        "event_action": "resolve" if resolved else "trigger",
        "dedup_key": f"incident_{organization}_{incident}",
        "payload": {
            "summary": rule.name,
            "severity": chosen,
            "source": str(incident),
            "custom_details": {"details": _told(rule, value)},
        },
        "links": [{"href": link, "text": f"{state.capitalize()}: {rule.name}"}],
    }


def _told(rule: MetricRule, value: float | None) -> str:
    minutes = rule.window // timedelta(minutes=1)
    span = "minute" if minutes == 1 else f"{minutes} minutes"
    what = _UNITS.get(rule.aggregate.name, f"{rule.aggregate.name}({rule.aggregate.field})")
    if rule.compared is not None and value is not None:
        ago = rule.compared // timedelta(minutes=1)
        side = "higher" if value >= 100 else "lower"
        return f"{what} {abs(value - 100):g}% {side} in the last {span} compared to the same time {ago} minutes ago"
    return f"{'-' if value is None else f'{value:g}'} {what} in the last {span}"
