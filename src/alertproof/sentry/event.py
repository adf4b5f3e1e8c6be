"""Events: what a Sentry project stores of an ``event`` or ``transaction`` item, in one shape.

SDKs write tags as an object or as pairs, breadcrumbs as a list or as ``{"values": [..]}``, instants as numbers
or as text. Reading settles that and nothing else: no value is cut, masked or left out, because a scrubbing
test looks for its canary in all of it. What is not readable is kept in ``errors`` with its value, as Relay
does. Source: develop.sentry.dev/sdk/data-model/event-payloads.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, TypeAlias

from alertproof.errors import AlertproofError
from alertproof.sentry.wire import NotJsonError, decode_json

__all__ = ["Event", "EventError", "Kind", "instant_of", "promoted_tags", "read_event", "sample_rate_of"]

Kind: TypeAlias = Literal["error", "transaction"]
_LEVELS = frozenset({"fatal", "error", "warning", "info", "debug"})
_LISTS = ("exception", "threads", "breadcrumbs")
_TAG_KEY = re.compile(r"[a-zA-Z0-9_.:-]+")
#: Instants outside are garbage, and a stack's clock could stretch them out of the calendar.
_EARLIEST = datetime(2000, 1, 1, tzinfo=UTC)
_LATEST = datetime(2100, 1, 1, tzinfo=UTC)
_ID = re.compile(r"[0-9a-f]{32}")


class EventError(AlertproofError):
    """A payload that is not an event; Sentry would drop it after its 200."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One stored event.

    ``payload`` is the whole of it in the settled shape: ``tags`` sorted pairs, ``exception``, ``threads`` and
    ``breadcrumbs`` as ``{"values": [..]}``, every mapped instant an aware datetime. ``timestamp`` is when it
    happened (for a transaction: ended), ``received`` when it arrived.
    """

    event_id: str
    kind: Kind
    timestamp: datetime
    received: datetime
    level: str
    platform: str
    environment: str | None
    release: str | None
    transaction: str | None
    message: str
    tags: tuple[tuple[str, str], ...]
    exceptions: tuple[Mapping[str, Any], ...]
    payload: Mapping[str, Any]
    errors: tuple[Mapping[str, Any], ...] = ()

    @property
    def title(self) -> str:
        """Return what an issue is called: ``Type: value``, else the message's first line, else the name."""
        if self.exceptions:
            last = self.exceptions[-1]
            kind, value = last.get("type"), str(last.get("value") or "")
            first = value.strip().split("\n", 1)[0]
            return f"{kind}: {first}" if kind and first else str(kind or first or "<unknown>")
        return self.message.strip().split("\n", 1)[0] or self.transaction or "<unlabeled event>"

    @property
    def culprit(self) -> str:
        """Return where it happened: the transaction, else module and function of the innermost frame."""
        if self.transaction:
            return self.transaction
        frames = stack_frames(self.exceptions[-1]) if self.exceptions else ()
        if not frames:
            return ""
        where, function = frames[-1].get("module") or frames[-1].get("filename"), frames[-1].get("function")
        return f"{where} in {function}" if where and function else str(where or function or "")


def stack_frames(exception: Mapping[str, Any]) -> tuple[Mapping[str, Any], ...]:
    """Return the frames of an exception, innermost last."""
    trace = exception.get("stacktrace")
    return _objects(trace.get("frames")) if isinstance(trace, Mapping) else ()


def promoted_tags(event: Event) -> tuple[tuple[str, str], ...]:
    """Return the tags with those that Sentry derives from other fields, sorted by key."""
    payload = event.payload
    mechanism = event.exceptions[-1].get("mechanism") if event.exceptions else None
    mechanism = mechanism if isinstance(mechanism, Mapping) else {}
    handled = mechanism.get("handled")
    request = payload.get("request")
    derived = {
        "level": event.level,
        "environment": event.environment,
        "release": event.release,
        "dist": payload.get("dist"),
        "logger": payload.get("logger"),
        "server_name": payload.get("server_name"),
        "transaction": event.transaction,
        "mechanism": mechanism.get("type"),
        "handled": {True: "yes", False: "no"}.get(handled) if isinstance(handled, bool) else None,
        "url": request.get("url") if isinstance(request, Mapping) else None,
        "user": _user_tag(payload.get("user")),
    }
    known = {key: str(value) for key, value in derived.items() if value is not None and value != ""}
    return tuple(sorted({**dict(event.tags), **known}.items()))


def read_event(
    payload: bytes,
    *,
    kind: Kind,
    event_id: str | None,
    received: datetime,
    mapped: Callable[[datetime], datetime],
    sample_rate: float | None = None,
) -> Event:
    """Read an item's payload.

    Args:
        payload: the JSON as sent.
        kind: from the item's type.
        event_id: the envelope header's, which wins over the payload's.
        received: when it arrived, already mapped; stands in for a missing timestamp.
        mapped: maps the instants of the payload (a stack's clock). Durations stay as they are: the start and
            the spans of a transaction move with its end.
        sample_rate: the envelope's, see `sample_rate_of`.

    Raises:
        EventError: not a JSON object, no usable id, a transaction without a trace context, or an instant that
            ``mapped`` takes out of the calendar.
    """
    try:
        document = decode_json(payload)
    except NotJsonError as error:
        raise EventError(f"the {kind} item is not JSON: {error}") from error
    if not isinstance(document, dict):
        raise EventError(f"the {kind} item is not a JSON object")
    own_id = str(document.get("event_id") or "").replace("-", "").lower()
    identity = event_id or own_id
    if not _ID.fullmatch(identity):
        raise EventError(f"the {kind} item has no event_id of 32 hex digits, got {identity!r}")
    contexts = document.get("contexts")
    if kind == "transaction" and not (isinstance(contexts, dict) and isinstance(contexts.get("trace"), dict)):
        raise EventError(f"transaction {identity} is missing valid trace context")
    _write_sample_rate(document, sample_rate, identity)
    try:
        return _settled(document, kind, identity, received, mapped)
    except OverflowError as error:
        raise EventError(f"{kind} {identity} has an instant that the stack's clock cannot show") from error


def sample_rate_of(headers: Mapping[str, Any]) -> float | None:
    """Return the rate in an envelope's dynamic sampling context, the header ``trace``; None without a usable one."""
    context = headers.get("trace")
    with contextlib.suppress(TypeError, ValueError):
        rate = float(context["sample_rate"]) if isinstance(context, dict) and "sample_rate" in context else -1.0
        return rate if 0 <= rate <= 1 else None
    return None


def _write_sample_rate(document: dict[str, Any], sample_rate: float | None, identity: str) -> None:
    """Let the trace context say the envelope's sample rate and no other: what a client wrote there is not believed.

    As Relay does, which makes a trace context of the event's id where there is none. [getsentry/relay, TraceContext]
    """
    contexts = document.get("contexts")
    contexts = dict(contexts) if isinstance(contexts, dict) else {}
    trace = contexts.get("trace")
    if sample_rate is None and not isinstance(trace, dict):
        return
    trace = dict(trace) if isinstance(trace, dict) else {"trace_id": identity, "span_id": identity[:16]}
    trace.pop("client_sample_rate", None)
    contexts["trace"] = trace if sample_rate is None else trace | {"client_sample_rate": sample_rate}
    document["contexts"] = contexts


def _settled(
    document: dict[str, Any],
    kind: Kind,
    identity: str,
    received: datetime,
    mapped: Callable[[datetime], datetime],
) -> Event:
    errors: list[Mapping[str, Any]] = list(_objects(document.get("errors")))
    tags = _tags(document.get("tags"), errors)
    level = document.get("level") or ("error" if kind == "error" else "info")
    if not isinstance(level, str) or level not in _LEVELS:
        errors.append({"type": "invalid_data", "name": "level", "value": level})
        level = "error"
    timestamp = _instant(document.get("timestamp"), "timestamp", errors)
    happened = mapped(timestamp) if timestamp else received
    settled = dict(document) | {"event_id": identity, "timestamp": happened, "tags": tags, "level": level}
    if timestamp:
        _move_with_end(settled, timestamp, happened)
    settled |= {name: {"values": _values(settled[name])} for name in _LISTS if name in settled}
    for crumb in settled.get("breadcrumbs", {}).get("values", ()):
        instant = _instant(crumb.get("timestamp"), "breadcrumbs.timestamp", errors)
        if instant:
            crumb["timestamp"] = mapped(instant)
    return Event(
        event_id=identity,
        kind=kind,
        timestamp=happened,
        received=received,
        level=level,
        platform=str(document.get("platform") or "other"),
        environment=_environment(document, errors),
        release=_text(document.get("release")),
        transaction=_text(document.get("transaction")),
        message=_message(document),
        tags=tags,
        exceptions=tuple(settled.get("exception", {}).get("values", ())),
        payload=settled,
        errors=tuple(errors),
    )


def _move_with_end(settled: dict[str, Any], end: datetime, moved_end: datetime) -> None:
    """Move the start and the spans by as much as the end moved, so that every duration stays."""
    shift = moved_end - end
    unusable: list[Mapping[str, Any]] = []
    start = _instant(settled.get("start_timestamp"), "start_timestamp", unusable)
    if start:
        settled["start_timestamp"] = start + shift
    spans = []
    for span in _objects(settled.get("spans")):
        instants = {name: _instant(span.get(name), name, unusable) for name in ("start_timestamp", "timestamp")}
        moved = {name: instant + shift for name, instant in instants.items() if instant}
        spans.append(dict(span) | moved)
    if "spans" in settled:
        settled["spans"] = spans


def instant_of(value: object) -> datetime | None:
    """Return the instant that epoch seconds or ISO text mean, or None for what is no instant of this century."""
    with contextlib.suppress(ValueError, OverflowError):
        instant = _EARLIEST
        if isinstance(value, int | float) and not isinstance(value, bool):
            instant = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(seconds=value)
        elif isinstance(value, str):
            instant = datetime.fromisoformat(value)
            instant = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
        if _EARLIEST < instant < _LATEST:
            return instant
    return None


def _instant(value: object, name: str, errors: list[Mapping[str, Any]]) -> datetime | None:
    if value is None:
        return None
    instant = instant_of(value)
    if instant is not None:
        return instant
    errors.append({"type": "invalid_data", "name": name, "value": value})
    return None


def _tags(given: object, errors: list[Mapping[str, Any]]) -> tuple[tuple[str, str], ...]:
    pairs = list(given.items()) if isinstance(given, dict) else given if isinstance(given, list) else []
    tags: dict[str, str] = {}
    for pair in pairs:
        if not isinstance(pair, list | tuple) or len(pair) != 2:
            errors.append({"type": "invalid_data", "name": "tags", "value": pair})
            continue
        key, value = pair
        if not isinstance(key, str) or not _TAG_KEY.fullmatch(key) or isinstance(value, dict | list):
            errors.append({"type": "invalid_data", "name": "tags", "value": [key, value]})
        elif value is not None:
            tags[key] = str(value).lower() if isinstance(value, bool) else str(value)
    return tuple(sorted(tags.items()))


def _environment(document: Mapping[str, Any], errors: list[Mapping[str, Any]]) -> str | None:
    given = document.get("environment", "production")
    if isinstance(given, str) and given and "/" not in given:
        return given
    if given is not None:
        errors.append({"type": "invalid_data", "name": "environment", "value": given})
    return None


def _message(document: Mapping[str, Any]) -> str:
    for name in ("logentry", "message"):
        entry = document.get(name)
        if isinstance(entry, Mapping):
            entry = entry.get("formatted") or entry.get("message")
        if isinstance(entry, str) and entry:
            return entry
    return ""


def _values(given: object) -> list[dict[str, Any]]:
    listed = given.get("values") if isinstance(given, dict) and "values" in given else given
    return [dict(entry) for entry in _objects(listed if isinstance(listed, list) else [listed])]


def _objects(given: object) -> tuple[Mapping[str, Any], ...]:
    return tuple(entry for entry in given if isinstance(entry, Mapping)) if isinstance(given, list) else ()


def _text(value: object) -> str | None:
    return value if isinstance(value, str) and value else None


def _user_tag(user: object) -> str | None:
    if not isinstance(user, Mapping):
        return None
    for key, name in (("id", "id"), ("username", "username"), ("email", "email"), ("ip_address", "ip")):
        if user.get(key):
            return f"{name}:{user[key]}"
    return None
