"""Reads the records of a test: logs, spans, RUM events, events, and what else the event platform searches."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from alertproof.tags import parse_tags
from alertproof.telemetry.records import Record, Value

if TYPE_CHECKING:
    from collections.abc import Iterator

    from alertproof.offline.document import Entry
    from alertproof.tags import Tags

__all__ = ["KINDS", "InputRecords", "read_records"]

#: The kinds of records that a test may have.
KINDS = (
    *("logs", "spans", "rum", "events"),
    *("audits", "ci-pipelines", "ci-tests", "database-monitoring", "error-tracking", "llm-observability"),
    *("network-path", "network-performance", "processes"),
)
#: Attributes that need no ``@`` in a search [LOGSYN].
_RESERVED = ("host", "index", "service", "source", "status")
_KEYS = ("at", "every", "until", "message", "tags", "attributes", *_RESERVED)
# A record a second for two months; more is a slip of the keyboard that would eat the memory.
_MOST_RECORDS = 5_000_000


class InputRecords(Struct, frozen=True, kw_only=True):
    """One record, or the same one each ``every`` from ``first`` to ``last``, both included; after the test's start."""

    first: timedelta
    last: timedelta
    every: timedelta
    attributes: dict[str, Value]
    tags: Tags
    text: str

    def at(self, start: float) -> Iterator[Record]:
        """Yield the records of a test that begins at ``start``."""
        offset = self.first
        while offset <= self.last:
            at = start + offset.total_seconds()
            yield Record(at=at, attributes=self.attributes, tags=self.tags, text=self.text)
            offset += self.every


def read_records(entry: Entry) -> InputRecords:
    """Read one item of ``logs``, ``spans`` or another kind."""
    keys = entry.mapping(_KEYS, needed=("at",))
    first = keys["at"].duration()
    every, until = keys.get("every"), keys.get("until")
    if (every is None) != (until is None):
        entry.fail("every and until go together: a record each so often, up to then")
    step = every.duration() if every else timedelta(seconds=1)
    last = until.duration() if until else first
    if every and not step:
        every.fail("a record comes at most once a moment")
    if last < first or (last - first) // step > _MOST_RECORDS:
        entry.fail("until comes before at, or is far beyond it")
    attributes = dict(_flat(keys["attributes"])) if "attributes" in keys else {}
    attributes |= {name: _value(keys[name]) for name in _RESERVED if name in keys}
    return InputRecords(
        first=first,
        last=last,
        every=step,
        attributes=attributes,
        tags=parse_tags(keys["tags"].text()) if "tags" in keys else frozenset(),
        text=keys["message"].text() if "message" in keys else "",
    )


def _flat(entry: Entry, path: str = "") -> Iterator[tuple[str, Value]]:
    """Yield the attributes by path: ``{http: {status_code: 500}}`` is ``http.status_code``."""
    for key, inner in entry.pairs().items():
        name = f"{path}{key}"
        if isinstance(inner.value, dict):
            yield from _flat(inner, f"{name}.")
        else:
            yield name, _value(inner)


def _value(entry: Entry) -> Value:
    """Return a number or a truth where it is written as one, without quotes; else the text."""
    text = entry.text()
    if entry.quoted:
        return text
    if text in {"true", "false"}:
        return text == "true"
    try:
        return float(text)
    except ValueError:
        return text
