"""The event stream: monitor transitions and the events that clients sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import msgspec

from alertproof.datadog import State, Transition
from alertproof.standins.bounded import Bounded
from alertproof.standins.control.later import Later
from alertproof.standins.datadog.agent.datagram import Event
from alertproof.standins.datadog.monitoring.monitors import Monitor
from alertproof.tags import group_label

__all__ = ["EventLog", "Kept", "transition_title"]

#: How a transition is called in a title. [VAR, OBS]
_WORDS = {
    State.ALERT: "Triggered",
    State.WARN: "Warn",
    State.NO_DATA: "No Data",
    State.UNKNOWN: "Unknown",
    State.OK: "Recovered",
}
#: The status of a transition's event; those of No Data and Unknown are not documented.
_STATUSES = {
    State.ALERT: "error",
    State.WARN: "warning",
    State.NO_DATA: "warning",
    State.UNKNOWN: "warning",
    State.OK: "success",
}
#: So far apart that no two are the same number when JSON's numbers round them.
_BETWEEN_IDS = 2048
_FIRST_ID = 7_000_000_000_000_000_000 // _BETWEEN_IDS * _BETWEEN_IDS + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One event of the stream, at a stack instant; ``monitor`` is what the API shows of its monitor.

    ``attributes`` are those of a change or an alert that a client sent.
    """

    id: int
    at: datetime
    title: str
    text: str
    status: str
    source: str
    tags: tuple[str, ...]
    host: str = ""
    aggregation_key: str = ""
    priority: str = "normal"
    monitor: Mapping[str, Any] | None = None
    category: str = ""
    attributes: Mapping[str, Any] = field(default_factory=dict)


class EventLog:
    """Events in the order they were added."""

    LIMIT = 100_000
    SIZE = 64 * 1024 * 1024

    def __init__(self, later: Later | None = None) -> None:
        self._later = later or Later()
        self._kept: Bounded[Kept] = Bounded(count=self.LIMIT, size=self.SIZE)
        self._next_id = _FIRST_ID

    def __iter__(self) -> Iterator[Kept]:
        return iter(tuple(self._kept))

    def transition(self, monitor: Monitor, transition: Transition, *, title: str, text: str) -> Kept:
        """Add the event of a monitor's transition."""
        definition = monitor.definition
        group = [str(tag) for tag in transition.group] or [group_label(transition.group)]
        return self.add(
            at=transition.at,
            title=title,
            text=text,
            status=_STATUSES[transition.new],
            source="alert",
            tags=tuple(dict.fromkeys([*definition.tags, *(str(tag) for tag in transition.group), "monitor"])),
            aggregation_key=f"{monitor.id}:{group_label(transition.group)}",
            monitor={
                "id": monitor.id,
                "name": definition.name,
                "type": monitor.body["type"],
                "query": definition.query,
                "message": definition.message,
                "tags": list(definition.tags),
                "groups": group,
                "created_at": int(monitor.created.timestamp() * 1000),
                "modified": int(monitor.modified.timestamp() * 1000),
            },
        )

    def sent(self, event: Event, at: float) -> Kept:
        """Add an event that a client sent, at epoch seconds of stack time."""
        return self.add(
            at=datetime.fromtimestamp(at, UTC),
            title=event.title,
            text=event.text,
            status=event.alert_type,
            source=event.source or "my_apps",
            tags=tuple(sorted(str(tag) for tag in event.tags)),
            host=event.host,
            aggregation_key=event.aggregation_key,
            priority=event.priority,
        )

    def between(self, start: datetime, end: datetime) -> list[Kept]:
        """Return the events with ``start <= at <= end``, oldest first."""
        found = [kept for kept in self._kept if start <= kept.at <= end]
        return sorted(found, key=lambda kept: (kept.at, kept.id))

    def get(self, number: int) -> Kept | None:
        """Return the event with this id, or None."""
        return next((kept for kept in self._kept if kept.id == number), None)

    def add(self, **fields: Any) -> Kept:
        """Add an event with these fields of `Kept`, but its id."""
        kept = Kept(id=self._next_id, **fields)
        self._next_id += _BETWEEN_IDS
        size = len(msgspec.json.encode(kept))
        self._later.do(lambda: self._show(kept, size), size)
        return kept

    def _show(self, kept: Kept, size: int) -> None:
        self._kept.add(kept, size)


def transition_title(monitor: Monitor, transition: Transition) -> str:
    """Return ``[P2] [Triggered on {tenant:acme}] Name``, for transitions that nobody was told of."""
    definition = monitor.definition
    word = _WORDS[transition.new]
    tags = group_label(transition.group)
    shown = f" on {{{tags}}}" if transition.group and definition.options.include_tags else ""
    priority = f"[P{definition.priority}] " if definition.priority else ""
    return f"{priority}[{word}{shown}] {definition.name}"
