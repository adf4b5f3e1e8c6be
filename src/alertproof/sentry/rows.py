"""Rows: spans, logs and metrics as the search of Sentry's web API sees them, with typed attributes.

SDKs send them in containers (``{"items": [..]}`` with attributes ``{"value", "type"}``), and spans also inside a
transaction. One entry that cannot be read costs no other: it is named in what is returned beside the rows.
Source: develop.sentry.dev/sdk/telemetry (logs, metrics, spans).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal, TypeAlias

from alertproof.sentry.event import Event, EventError, instant_of
from alertproof.sentry.wire import NotJsonError, decode_json

__all__ = ["Dataset", "Row", "Value", "read_container", "transaction_fields", "transaction_spans"]

Dataset: TypeAlias = Literal["logs", "spans", "tracemetrics"]
Value: TypeAlias = str | float | bool | datetime
_Mapped: TypeAlias = Callable[[datetime], datetime]
_DATASETS: Mapping[str, Dataset] = {"log": "logs", "span": "spans", "trace_metric": "tracemetrics"}
#: What the search calls the fields of an entry.
_NAMES: Mapping[Dataset, Mapping[str, str]] = {
    "logs": {"trace_id": "trace", "level": "severity", "body": "message", "severity_number": "severity_number"},
    "spans": {
        "trace_id": "trace",
        "span_id": "id",
        "parent_span_id": "parent_span",
        "name": "span.name",
        "status": "span.status",
        "is_segment": "is_transaction",
    },
    "tracemetrics": {
        "trace_id": "trace",
        "span_id": "span_id",
        "name": "metric.name",
        "type": "metric.type",
        "unit": "metric.unit",
        "value": "value",
    },
}
#: Attributes that have a name of their own in a search.
_ALIASES = {
    "sentry.op": "span.op",
    "sentry.description": "span.description",
    "sentry.environment": "environment",
    "sentry.release": "release",
    "sentry.segment.name": "transaction",
    "sentry.trace.parent_span_id": "parent_span",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One row: ``fields`` by the names that a search uses; durations are milliseconds."""

    dataset: Dataset
    timestamp: datetime
    fields: Mapping[str, Value]

    @property
    def environment(self) -> str | None:
        """The environment, or None without one."""
        found = self.fields.get("environment")
        return found if isinstance(found, str) else None


def read_container(
    kind: str, payload: bytes, *, received: datetime, mapped: _Mapped
) -> tuple[tuple[Row, ...], tuple[str, ...]]:
    """Read the payload of a ``log``, ``span`` or ``trace_metric`` item.

    Args:
        kind: the item's type.
        payload: the JSON as sent: a container, or one entry by itself (older SDKs).
        received: when it arrived, already mapped; stands in for a missing timestamp.
        mapped: maps instants to the stack's time. Durations stay as they are.

    Returns:
        The rows, and why each entry that is not among them was dropped.

    Raises:
        EventError: not a JSON object.
    """
    try:
        document = decode_json(payload)
    except NotJsonError as error:
        raise EventError(f"the {kind} item is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise EventError(f"the {kind} item is not a JSON object")
    items = document.get("items", [document])
    if not isinstance(items, list):
        raise EventError(f"the {kind} item holds no list of items")
    rows, dropped = [], []
    for number, entry in enumerate(items):
        try:
            rows.append(_row(_DATASETS[kind], entry, received, mapped))
        except (EventError, OverflowError) as error:
            dropped.append(f"{kind} {number} of {len(items)}: {error}")
    return tuple(rows), tuple(dropped)


def transaction_spans(event: Event) -> Iterator[Row]:
    """Return the segment and the spans of a transaction as rows."""
    trace = event.payload["contexts"]["trace"]
    shared: dict[str, Value] = dict(event.tags) | _known(
        transaction=event.transaction,
        environment=event.environment,
        release=event.release,
        trace=_text(trace, "trace_id"),
    )
    yield _span(trace | {"description": event.transaction}, event.payload, event.timestamp, shared, segment=True)
    for span in event.payload.get("spans") or ():
        yield _span(span, span, event.timestamp, shared, segment=False)


def transaction_fields(event: Event) -> Mapping[str, Value]:
    """Return what a search sees of a transaction beside the fields of every event."""
    trace = event.payload["contexts"]["trace"]
    started = event.payload.get("start_timestamp")
    duration = _milliseconds(event.timestamp - started) if isinstance(started, datetime) else None
    return _known(
        **{"transaction.op": _text(trace, "op"), "transaction.status": _text(trace, "status")},
        **{"transaction.duration": duration},
    )


def _span(
    span: Mapping[str, Any], timed: Mapping[str, Any], ended: datetime, shared: Mapping[str, Value], *, segment: bool
) -> Row:
    start, end = timed.get("start_timestamp"), timed.get("timestamp")
    duration = _milliseconds(end - start) if isinstance(start, datetime) and isinstance(end, datetime) else None
    data = span.get("data")
    fields = dict(shared) | _attributes(data if isinstance(data, Mapping) else {})
    fields |= _known(
        **{
            "id": _text(span, "span_id"),
            "parent_span": _text(span, "parent_span_id"),
            "span.op": _text(span, "op"),
            "span.description": _text(span, "description"),
            "span.status": _text(span, "status"),
            "span.duration": duration,
            "is_transaction": segment,
        }
    )
    # A row stands where it began, as the web API has it.
    return Row(dataset="spans", timestamp=start if isinstance(start, datetime) else ended, fields=fields)


def _row(dataset: Dataset, entry: object, received: datetime, mapped: _Mapped) -> Row:
    if not isinstance(entry, dict):
        raise EventError("not a JSON object")
    attributes = entry.get("attributes")
    fields = _attributes(attributes if isinstance(attributes, Mapping) else {})
    fields |= _known(**{name: _plain(entry.get(key)) for key, name in _NAMES[dataset].items()})
    if dataset == "logs" and "message" not in fields:
        raise EventError("a log without a body")
    if dataset == "tracemetrics" and not {"metric.name", "value"} <= fields.keys():
        raise EventError("a metric without name or value")
    start = instant_of(entry.get("start_timestamp" if dataset == "spans" else "timestamp"))
    end = instant_of(entry.get("end_timestamp", entry.get("timestamp")))
    if dataset == "spans":
        if start is None or end is None or "trace" not in fields or "id" not in fields:
            raise EventError("a span without trace_id, span_id, start_timestamp or end_timestamp")
        fields["span.duration"] = _milliseconds(end - start)
        fields.setdefault("span.description", fields.get("span.name", ""))
    return Row(dataset=dataset, timestamp=mapped(start) if start else received, fields=fields)


def _attributes(given: Mapping[str, Any]) -> dict[str, Value]:
    found: dict[str, Value] = {}
    for name, sent in given.items():
        value = _plain(sent.get("value") if isinstance(sent, Mapping) else sent)
        if value is not None:
            found[_ALIASES.get(name, name)] = value
    return found


def _plain(value: object) -> Value | None:
    if isinstance(value, str | bool | float):
        return value
    if isinstance(value, int):
        return float(value)
    return None if value is None else str(value)


def _known(**values: Value | None) -> dict[str, Value]:
    return {name: value for name, value in values.items() if value is not None and value != ""}


def _text(given: Mapping[str, Any], name: str) -> str | None:
    value = given.get(name)
    return value if isinstance(value, str) and value else None


def _milliseconds(span: timedelta) -> float:
    return span / timedelta(milliseconds=1)
