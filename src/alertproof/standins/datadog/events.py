"""The event stream: monitor transitions and the events that clients sent, and the searching of it."""

from __future__ import annotations

import re
import shlex
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from alertproof.datadog import State, Transition
from alertproof.standins.datadog.datagram import Event
from alertproof.standins.datadog.monitors import Monitor
from alertproof.standins.datadog.wire import ApiError
from alertproof.tags import group_label

__all__ = ["EventLog", "Kept", "event_search", "page", "transition_title", "when"]

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
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_RELATIVE = re.compile(r"now(?:-(\d+)([smhdw]))?")
_FIRST_ID = 7_000_000_000_000_000_001


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """One event of the stream, at a stack instant; ``monitor`` is what the API shows of its monitor."""

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


class EventLog:
    """Events in the order they were added."""

    LIMIT = 100_000

    def __init__(self) -> None:
        self._kept: deque[Kept] = deque(maxlen=self.LIMIT)
        self._next_id = _FIRST_ID

    def transition(self, monitor: Monitor, transition: Transition, *, title: str, text: str) -> Kept:
        """Add the event of a monitor's transition."""
        definition = monitor.definition
        group = [str(tag) for tag in transition.group] or [group_label(transition.group)]
        return self._add(
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
        return self._add(
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

    def _add(self, **fields: Any) -> Kept:
        kept = Kept(id=self._next_id, **fields)
        self._next_id += 1
        self._kept.append(kept)
        return kept


def transition_title(monitor: Monitor, transition: Transition) -> str:
    """Return ``[P2] [Triggered on {tenant:acme}] Name``, for transitions that nobody was told of."""
    definition = monitor.definition
    word = _WORDS[transition.new]
    tags = group_label(transition.group)
    shown = f" on {{{tags}}}" if transition.group and definition.options.include_tags else ""
    priority = f"[P{definition.priority}] " if definition.priority else ""
    return f"{priority}[{word}{shown}] {definition.name}"


def event_search(query: str) -> Callable[[Kept], bool]:
    """Read a search: terms that must all hold.

    A word is looked for in title and text, ``key:value`` in the tags, and ``source: status: @monitor.id:``
    in the event. Raises `ApiError` 400 for the rest of the language.
    """
    if "(" in query or ")" in query:
        raise ApiError(400, f"Query parsing error: the stand-in searches without parentheses, got {query!r}")
    try:
        terms = shlex.split(query)
    except ValueError as error:
        raise ApiError(400, f"Query parsing error: {error}") from error
    tests = [_term(term) for term in terms if term not in ("*", "AND")]
    return lambda kept: all(test(kept) for test in tests)


def _term(term: str) -> Callable[[Kept], bool]:
    if term in ("OR", "NOT") or term.startswith("-") or "*" in term or "?" in term:
        raise ApiError(400, f"Query parsing error: the stand-in does not search events by {term!r}")
    key, colon, value = term.partition(":")
    if not colon:
        return lambda kept: term.lower() in f"{kept.title}\n{kept.text}".lower()
    if key == "source":
        return lambda kept: kept.source == value
    if key == "status":
        return lambda kept: kept.status == value
    if key in ("monitor_id", "@monitor_id", "@monitor.id"):
        return lambda kept: kept.monitor is not None and str(kept.monitor["id"]) == value
    if key.startswith("@"):
        raise ApiError(400, f"Query parsing error: the stand-in does not search events by {key!r}")
    return lambda kept: term in kept.tags


def when(text: str, now: datetime) -> datetime:
    """Read ``now-15m``, ISO 8601 or milliseconds; raises `ApiError` 400. All are stack time."""
    relative = _RELATIVE.fullmatch(text)
    try:
        if relative:
            amount, unit = relative.groups()
            return now - timedelta(**{_UNITS[unit]: int(amount)}) if unit else now
        if text.isdigit():
            return datetime.fromtimestamp(int(text) / 1000, UTC)
        at = datetime.fromisoformat(text)
    except (ValueError, OverflowError, OSError) as error:
        raise ApiError(400, f"not a time: {text[:100]!r}; give now-15m, ISO 8601 or milliseconds") from error
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def page(found: Sequence[Kept], *, after: int | None, limit: int) -> tuple[Sequence[Kept], int | None]:
    """Return the page behind the event ``after``, and the id to go on from if there is more."""
    first = 0
    if after is not None:
        positions = [position for position, kept in enumerate(found) if kept.id == after]
        if not positions:
            raise ApiError(400, "Invalid cursor")
        first = positions[0] + 1
    shown = found[first : first + limit]
    return shown, shown[-1].id if len(found) > first + limit else None
