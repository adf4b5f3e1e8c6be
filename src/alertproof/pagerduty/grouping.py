"""Which open incident of its service a new alert joins, if its service groups."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from alertproof.pagerduty.event import Event
from alertproof.pagerduty.incident import Alert, Incident, Status
from alertproof.pagerduty.records import Records
from alertproof.pagerduty.service import Grouping, Service

__all__ = ["joined"]

#: An incident takes no more alerts than these; the next opens an incident of its own.
MOST_ALERTS = 1000


def joined(records: Records, service: Service, event: Event, at: datetime) -> Incident | None:
    """Return the newest open incident that an event's new alert belongs to, or None."""
    grouping = service.grouping
    if grouping is None:
        return None
    for incident in reversed(records.open_of(service.id)):
        alerts = records.alerts_of(incident.id)
        if alerts and len(alerts) < MOST_ALERTS and _belongs(grouping, incident, alerts, event, at):
            return incident
    return None


def _belongs(grouping: Grouping, incident: Incident, alerts: list[Alert], event: Event, at: datetime) -> bool:
    if grouping.kind == "time":
        return grouping.window is None or at < incident.opened_at + grouping.window
    newest = max(alert.appended_at for alert in alerts)
    if grouping.window is not None and at >= newest + grouping.window:
        return False
    wanted = _values(grouping, event)
    return any(
        _agree(grouping, wanted, _values(grouping, alert.event)) for alert in alerts if alert.status is Status.TRIGGERED
    )


def _agree(grouping: Grouping, these: Mapping[str, Any], those: Mapping[str, Any]) -> bool:
    same = [name in these and name in those and these[name] == those[name] for name in grouping.fields]
    return all(same) if grouping.aggregate == "all" else any(same)


def _values(grouping: Grouping, event: Event) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name in grouping.fields:
        value: Any = event.payload
        for part in name.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            found[name] = value
    return found
