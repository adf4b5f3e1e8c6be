"""Events API v2: bodies as senders write them, checked as the server checks them.

Source: developer.pagerduty.com/docs/events-api-v2. The texts of errors are those that the server is seen to
send; where none is known, the text has the same form.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

import msgspec

from alertproof.errors import AlertproofError
from alertproof.pagerduty.service import Severity

__all__ = ["MAX_BODY", "Action", "ChangeEvent", "Event", "EventRefused", "parse_change", "parse_event"]

#: Bytes of a whole body.
MAX_BODY = 512 * 1024
_KEY_LENGTH = 32
_MAX_DEDUP_KEY = 255
_MAX_SUMMARY = 1024
_RULESET = "R"


class Action(StrEnum):
    """What an event asks for (``event_action``)."""

    TRIGGER = "trigger"
    ACKNOWLEDGE = "acknowledge"
    RESOLVE = "resolve"


class EventRefused(AlertproofError):
    """A body that is no event; ``errors`` are the server's texts, ``status`` its word for the kind."""

    def __init__(self, status: str, message: str, errors: tuple[str, ...]) -> None:
        super().__init__(status, message, errors)
        self.status = status
        self.message = message
        self.errors = errors

    def __str__(self) -> str:
        return f"{self.message}: {'; '.join(self.errors)}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One event. ``severity`` is None unless the action is a trigger; ``payload`` and ``body`` are as sent.

    ``size`` is that of the whole body in bytes.
    """

    routing_key: str
    action: Action
    dedup_key: str | None
    summary: str
    source: str
    severity: Severity | None
    payload: Mapping[str, Any]
    body: Mapping[str, Any]
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeEvent:
    """A change that was made to a service; never tells anybody."""

    routing_key: str
    summary: str
    body: Mapping[str, Any]
    size: int


def parse_event(data: bytes | Mapping[str, Any]) -> Event:
    """Read the body of ``/v2/enqueue``; raises `EventRefused` with everything that is wrong."""
    body, size = _object(data)
    errors = _key_errors(body)
    action = body.get("event_action")
    if action not in list(Action):
        errors.append(_choice("event_action", action, "'trigger', 'acknowledge' or 'resolve'"))
    dedup_key = body.get("dedup_key")
    if dedup_key is None:
        if action in (Action.ACKNOWLEDGE, Action.RESOLVE):
            errors.append("'dedup_key' is missing or blank")
    elif not isinstance(dedup_key, str) or not dedup_key:
        errors.append("'dedup_key' is missing or blank")
    elif len(dedup_key) > _MAX_DEDUP_KEY:
        errors.append(f"Length of 'dedup_key' is incorrect (should be at most {_MAX_DEDUP_KEY} characters)")
    payload = body.get("payload")
    if action == Action.TRIGGER:
        errors += _payload_errors(payload)
    errors += _attached_errors(body)
    _refuse(errors)
    details = payload if isinstance(payload, Mapping) else {}
    return Event(
        routing_key=str(body["routing_key"]),
        action=Action(str(action)),
        dedup_key=dedup_key,
        summary=str(details.get("summary", "")),
        source=str(details.get("source", "")),
        severity=Severity(details["severity"]) if action == Action.TRIGGER else None,
        payload=details,
        body=body,
        size=size,
    )


def parse_change(data: bytes | Mapping[str, Any]) -> ChangeEvent:
    """Read the body of ``/v2/change/enqueue``; raises `EventRefused` with everything that is wrong.

    The key of a ruleset, which begins with R, takes no change events; in which words that is said is not known.
    """
    body, size = _object(data)
    errors = _key_errors(body)
    if not errors and body["routing_key"].startswith(_RULESET):
        errors.append("'routing_key' is invalid (a ruleset takes no change events)")
    payload = body.get("payload")
    if not isinstance(payload, Mapping):
        errors.append("'payload' is missing or blank")
    else:
        errors += [*_text_errors(payload, "summary"), *_detail_errors(payload)]
        if not isinstance(payload.get("source"), str | None):
            errors.append("'payload.source' is invalid (must be a string)")
    errors += _attached_errors(body)
    _refuse(errors)
    summary = str(payload["summary"]) if isinstance(payload, Mapping) else ""
    return ChangeEvent(routing_key=str(body["routing_key"]), summary=summary, body=body, size=size)


def _object(data: bytes | Mapping[str, Any]) -> tuple[Mapping[str, Any], int]:
    if isinstance(data, Mapping):
        return data, len(msgspec.json.encode(data))
    unrecognized = "Unrecognized object", "Event object format is unrecognized"
    if len(data) > MAX_BODY:
        raise EventRefused(*unrecognized, (f"Event is larger than {MAX_BODY} bytes",))
    try:
        body = msgspec.json.decode(data)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise EventRefused(*unrecognized, ("JSON parse error",)) from None
    if not isinstance(body, dict):
        raise EventRefused(*unrecognized, ("JSON parse error",))
    return body, len(data)


def _refuse(errors: list[str]) -> None:
    if errors:
        raise EventRefused("invalid event", "Event object is invalid", tuple(errors))


def _key_errors(body: Mapping[str, Any]) -> list[str]:
    key = body.get("routing_key")
    if not isinstance(key, str) or not key:
        return ["'routing_key' is missing or blank"]
    if len(key) != _KEY_LENGTH:
        return [f"Length of 'routing_key' is incorrect (should be {_KEY_LENGTH} characters)"]
    return []


def _payload_errors(payload: object) -> list[str]:
    if not isinstance(payload, Mapping):
        return ["'payload' is missing or blank"]
    errors = [*_text_errors(payload, "summary"), *_text_errors(payload, "source")]
    severity = payload.get("severity")
    if severity not in list(Severity):
        errors.append(_choice("payload.severity", severity, "'critical', 'warning', 'error' or 'info'"))
    return errors + _detail_errors(payload)


def _detail_errors(payload: Mapping[str, Any]) -> list[str]:
    errors = []
    details, timestamp = payload.get("custom_details"), payload.get("timestamp")
    if details is not None and not isinstance(details, Mapping):
        errors.append("'payload.custom_details' is invalid (must be an object)")
    if timestamp is not None and not _is_instant(timestamp):
        errors.append("'payload.timestamp' is invalid (must be an ISO 8601 date and time)")
    errors += [
        f"'payload.{name}' is invalid (must be a string)"
        for name in ("component", "group", "class")
        if not isinstance(payload.get(name), str | None)
    ]
    return errors


def _attached_errors(body: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with links, images and the client, which any event may have."""
    errors = []
    for name, needed in (("links", "href"), ("images", "src")):
        given = body.get(name)
        if given is not None and not (isinstance(given, list) and all(_has_text(each, needed) for each in given)):
            errors.append(f"'{name}' is invalid (must be a list of objects with a '{needed}')")
    errors += [
        f"'{name}' is invalid (must be a string)"
        for name in ("client", "client_url")
        if not isinstance(body.get(name), str | None)
    ]
    return errors


def _has_text(entry: object, name: str) -> bool:
    return isinstance(entry, Mapping) and isinstance(entry.get(name), str) and bool(entry[name])


def _is_instant(value: object) -> bool:
    if not isinstance(value, str):
        return False
    try:
        datetime.fromisoformat(value)
    except ValueError:
        return False
    return True


def _text_errors(payload: Mapping[str, Any], name: str) -> list[str]:
    value = payload.get(name)
    if not isinstance(value, str) or not value.strip():
        return [f"'payload.{name}' is missing or blank"]
    if name == "summary" and len(value) > _MAX_SUMMARY:
        return [f"Length of 'payload.summary' is incorrect (should be at most {_MAX_SUMMARY} characters)"]
    return []


def _choice(name: str, value: object, choices: str) -> str:
    if value is None or value == "":
        return f"'{name}' is missing or blank"
    return f"'{name}' is invalid (must be one of the following: {choices})"
