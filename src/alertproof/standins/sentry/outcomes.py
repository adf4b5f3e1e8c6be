"""Outcomes: how much of each category was accepted, dropped or reported lost, minute by minute of stack time.

The only view of what a 200 did not store. Source: docs.sentry.io/api/organizations/retrieve-event-counts-for-an-
organization-v2; categories and outcomes of getsentry/relay (data_category.rs, outcome.rs).
"""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from alertproof.sentry import Item
from alertproof.sentry.event import EventError
from alertproof.sentry.wire import NotJsonError, decode_json

__all__ = ["Count", "Key", "Outcomes", "measured", "reported"]

_CATEGORIES = {
    "attachment": "attachment",
    "check_in": "monitor",
    "event": "error",
    "feedback": "feedback",
    "form_data": "attachment",
    "log": "log_item",
    "nel": "log_item",
    "profile": "profile",
    "profile_chunk": "profile_chunk",
    "raw_security": "security",
    "replay_event": "replay",
    "replay_recording": "replay",
    "replay_video": "replay",
    "session": "session",
    "sessions": "session",
    "span": "span",
    "trace_metric": "trace_metric",
    "transaction": "transaction",
    "user_report": "feedback",
}
#: Lists of a client report, and the outcome that each stands for.
_REPORTED = {
    "discarded_events": "client_discard",
    "rate_limited_events": "rate_limited",
    "filtered_events": "filtered",
    "filtered_sampling_events": "filtered",
}


class Key(NamedTuple):
    """What is counted apart."""

    project_id: str
    category: str
    outcome: str
    reason: str


class Count(NamedTuple):
    """So many of one kind in the minute that began at ``minute``."""

    minute: datetime
    key: Key
    quantity: int


class Outcomes:
    """Counters per minute. Beyond ``KEPT`` counters the oldest minutes are forgotten."""

    KEPT = 100_000

    def __init__(self, *, kept: int = KEPT) -> None:
        self._kept = kept
        self._minutes: OrderedDict[datetime, Counter[Key]] = OrderedDict()
        self._size = 0

    def add(self, key: Key, quantity: int, at: datetime) -> None:
        """Count ``quantity`` at a stack instant."""
        minute = at.replace(second=0, microsecond=0)
        counters = self._minutes.setdefault(minute, Counter())
        self._size += key not in counters
        counters[key] += quantity
        while self._size > self._kept and len(self._minutes) > 1:
            self._size -= len(self._minutes.popitem(last=False)[1])

    def between(self, start: datetime, end: datetime) -> Iterator[Count]:
        """Return the counters of the minutes that begin within the range."""
        for minute, counters in self._minutes.items():
            if start <= minute <= end:
                yield from (Count(minute, key, quantity) for key, quantity in counters.items())


def measured(item: Item) -> Mapping[str, int]:
    """Return the quantity of each category that an item is; empty for one that is counted nowhere."""
    category = _CATEGORIES.get(item.type)
    if category is None:
        return {}
    if category == "attachment":
        return {category: max(1, len(item.payload))}
    count = item.headers.get("item_count")
    number = count if isinstance(count, int) and not isinstance(count, bool) and 0 < count <= 1_000_000 else 1
    found = {category: number}
    if item.type == "log":
        found["log_byte"] = len(item.payload)
    if item.type == "trace_metric":
        found["trace_metric_byte"] = len(item.payload)
    return found


def reported(payload: bytes) -> Iterable[tuple[str, str, str, int]]:
    """Return (outcome, reason, category, quantity) of a client report; raises `EventError` for one that is none."""
    try:
        document = decode_json(payload)
    except NotJsonError as error:
        raise EventError(f"the client_report item is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise EventError("the client_report item is not a JSON object")
    found = []
    for name, outcome in _REPORTED.items():
        listed: Any = document.get(name) or ()
        for entry in listed if isinstance(listed, list) else ():
            quantity = entry.get("quantity") if isinstance(entry, dict) else None
            if not isinstance(quantity, int) or isinstance(quantity, bool) or quantity < 0:
                raise EventError(f"the client_report item has no usable entry in {name}: {str(entry)[:100]}")
            found.append((outcome, str(entry.get("reason") or ""), str(entry.get("category") or ""), quantity))
    return found
