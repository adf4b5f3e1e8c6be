"""A record of the event platform as the variables of a message have it: ``{{log.message}}``, ``{{span.tags.env}}``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog.message import Value, Variables
    from alertproof.telemetry.records import Record

__all__ = ["EVENT_ROOTS", "record_variables"]

#: The first name of the variables of each kind of record, and what of it stands right behind that [VAR].
_NAMES: Mapping[str, tuple[str, tuple[str, ...]]] = {
    "audits": ("audit", ()),
    "ci-pipelines": ("cipipeline", ()),
    "ci-tests": ("citest", ()),
    "database-monitoring": ("databasemonitoring", ()),
    "events": ("event", ("id", "title")),
    "logs": ("log", ("host", "id", "service", "source", "span_id", "status", "trace_id")),
    "rum": ("rum", ("service", "status")),
    "spans": (
        "span",
        ("env", "operation_name", "resource_name", "service", "span_id", "status", "trace_id", "type"),
    ),
}
_ISSUE = "issue"
#: The variables that are taken from a record that the query found, so that there are none where it found none.
EVENT_ROOTS = frozenset({_ISSUE, "synthetics", *(root for root, _ in _NAMES.values())})


def record_variables(kind: str, record: Record, *, in_issue: bool = False) -> Variables:
    """Return the variables that tell of a record; ``in_issue`` says that error tracking found it, as its issue's."""
    attributes: Mapping[str, Value] = {name: _plain(value) for name, value in record.attributes.items()}
    tags = _tags(record)
    found: dict[str, Value] = {}
    if kind in _NAMES:
        root, reserved = _NAMES[kind]
        known: dict[str, Value] = {name: attributes.get(name, tags.get(name)) for name in reserved}
        known |= {"attributes": _nested(attributes), "tags": tags, "timestamp": datetime.fromtimestamp(record.at, UTC)}
        if kind == "events":
            known |= {"text": record.text, "host": {"name": attributes.get("host", tags.get("host"))}}
        elif record.text:
            known["message"] = record.text
        found[root] = known
    if in_issue:
        found[_ISSUE] = {"attributes": _nested({name.removeprefix("issue."): attributes[name] for name in attributes})}
    return found


def _plain(value: Value) -> Value:
    """Return a whole number as one: a status code is 503, not 503.0."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _tags(record: Record) -> Mapping[str, Value]:
    """Return each key's values, several of them in lexicographic order with commas."""
    values: dict[str, list[str]] = {}
    for tag in sorted(record.tags):
        values.setdefault(tag.key, []).append(tag.value)
    return {key: ",".join(found) for key, found in values.items()}


def _nested(attributes: Mapping[str, Value]) -> Value:
    """Return ``http.status_code`` as ``http`` with a ``status_code`` in it; below a single value it stays one key."""
    tree: dict[str, Value] = {}
    for name in sorted(attributes):
        inner, rest = tree, name
        while "." in rest:
            key, _, behind = rest.partition(".")
            below = inner.setdefault(key, {})
            if not isinstance(below, dict):
                break
            inner, rest = below, behind
        inner[rest] = attributes[name]
    return tree
