"""The event stream as records, so that events are searched, and monitored, as logs are."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

from alertproof.standins.datadog.eventplatform.events import EventLog
from alertproof.standins.datadog.eventplatform.events import Kept as Event
from alertproof.standins.datadog.eventplatform.store import Kept, flat
from alertproof.standins.datadog.metrics.naming import tag_set
from alertproof.telemetry.records import Record

__all__ = ["KIND", "EventRecords", "event_shown"]

KIND = "events"
_LAST = datetime.max.replace(tzinfo=UTC)


class EventRecords:
    """Events as records, made when they are asked for."""

    def __init__(self, log: EventLog) -> None:
        self._log = log

    def __call__(self, start: float, end: float) -> Iterator[Kept]:
        """Yield the events within ``[start, end]`` (stack, epoch seconds), oldest first."""
        until = _LAST if end == float("inf") else datetime.fromtimestamp(end, UTC)
        for event in self._log.between(datetime.fromtimestamp(start, UTC), until):
            shown = event_shown(event)
            attributes = shown["attributes"]["attributes"]
            own = {"source": event.source, "status": event.status, "priority": event.priority, "host": event.host}
            record = Record(
                at=event.at.timestamp(),
                attributes=flat(attributes) | {name: value for name, value in own.items() if value},
                tags=tag_set(list(event.tags)),
                text=f"{event.title}\n{event.text}",
            )
            yield Kept(id=str(event.id), record=record, shown=shown)


def event_shown(event: Event) -> dict[str, Any]:
    """Return an event as version 2 of the API shows it."""
    attributes: dict[str, Any] = {
        **event.attributes,
        "aggregation_key": event.aggregation_key,
        "date_happened": int(event.at.timestamp()),
        "evt": {"id": str(event.id), "name": event.title},
        "hostname": event.host,
        "priority": event.priority,
        "source_type_name": event.source,
        "sourcecategory": "monitor_alert" if event.monitor else "api",
        "status": event.status,
        "tags": list(event.tags),
        "timestamp": int(event.at.timestamp() * 1000),
        "title": event.title,
    }
    if event.category:
        attributes["evt"]["category"] = event.category
    if event.monitor is not None:
        attributes |= {
            "monitor": dict(event.monitor),
            "monitor_id": event.monitor["id"],
            "monitor_groups": event.monitor["groups"],
        }
    return {
        "id": str(event.id),
        "type": "event",
        "attributes": {
            "attributes": attributes,
            "message": event.text,
            "tags": [f"source:{event.source}", *event.tags],
            "timestamp": event.at.isoformat(timespec="milliseconds"),
        },
    }
