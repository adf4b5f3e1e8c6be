"""Grouping: which events are one issue.

**Emulated.** The wire carries only the SDK's fingerprint; Sentry's hash is made on its servers by a versioned
algorithm with per-project rules. Emulated is the documented order: fingerprint, else stack trace, else type
and value of the exception, else the message. So "one issue or two" is answered for the plain cases; the hash
itself means nothing, and server-side rules, enhancements and the merging of messages that differ in a number
are not there. Source: docs.sentry.io/concepts/data-management/event-grouping.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from alertproof.sentry.event import Event, stack_frames

__all__ = ["Basis", "Grouping", "group"]

_VARIABLE = re.compile(r"\{\{\s*([^}]+?)\s*\}\}")


class Basis(StrEnum):
    """What decided."""

    FINGERPRINT = "fingerprint"
    STACK_TRACE = "stack trace"
    EXCEPTION = "exception"
    MESSAGE = "message"


@dataclass(frozen=True, slots=True)
class Grouping:
    """The key of the issue (32 hex digits; equal for the events of one issue) and what decided it."""

    key: str
    basis: Basis


def group(event: Event) -> Grouping:
    """Return the issue that an error event belongs to."""
    basis, default = _default(event)
    fingerprint = event.payload.get("fingerprint")
    if not isinstance(fingerprint, list) or not fingerprint:
        return Grouping(_hash(default), basis)
    if [str(part) for part in fingerprint] in (["{{ default }}"], ["{{default}}"]):
        return Grouping(_hash(default), basis)
    parts: list[str] = []
    for part in fingerprint:
        name = _VARIABLE.fullmatch(str(part))
        parts += default if name and name[1] == "default" else [_filled(str(part), event)]
    return Grouping(_hash(["fingerprint", *parts]), Basis.FINGERPRINT)


def _default(event: Event) -> tuple[Basis, list[str]]:
    framed = [part for exception in event.exceptions for part in _stack(exception)]
    if framed:
        return Basis.STACK_TRACE, ["stack", *framed]
    if event.exceptions:
        named = [f"{each.get('type')}: {each.get('value')}" for each in event.exceptions]
        return Basis.EXCEPTION, ["exception", *named]
    entry = event.payload.get("logentry")
    template = entry.get("message") if isinstance(entry, Mapping) else None
    return Basis.MESSAGE, ["message", str(template or event.message)]


def _stack(exception: Mapping[str, Any]) -> list[str]:
    frames = stack_frames(exception)
    # Frames of libraries decide only when there is nothing else.
    chosen = [frame for frame in frames if frame.get("in_app") is True] or list(frames)
    if not chosen:
        return []
    return [str(exception.get("type")), *(_frame(frame) for frame in chosen)]


def _frame(frame: Mapping[str, Any]) -> str:
    # The line's text and not its number: an issue survives an edit above it.
    line = str(frame.get("context_line") or "").strip()
    return "|".join((str(frame.get("module") or frame.get("filename")), str(frame.get("function")), line))


def _filled(text: str, event: Event) -> str:
    def value(match: re.Match[str]) -> str:
        # A variable that is not known or has no value stays as it is written: it is the same in all events.
        return _variable(match[1], event) or match[0]

    return _VARIABLE.sub(value, text)


def _variable(name: str, event: Event) -> str | None:
    last: Mapping[str, Any] = event.exceptions[-1] if event.exceptions else {}
    frames = stack_frames(last)
    in_app = [frame for frame in frames if frame.get("in_app") is True] or list(frames)
    innermost: Mapping[str, Any] = in_app[-1] if in_app else {}
    known: dict[str, object] = {
        "transaction": event.transaction,
        "error.type": last.get("type"),
        "error.value": last.get("value"),
        "stack.function": innermost.get("function"),
        "stack.module": innermost.get("module"),
        "level": event.level,
        "logger": event.payload.get("logger"),
        "message": event.message,
    }
    if name.startswith("tags."):
        return dict(event.tags).get(name.removeprefix("tags."))
    value = known.get(name)
    return str(value) if value else None


def _hash(parts: list[str]) -> str:
    # Not for secrecy: 32 hex digits are what Sentry shows.
    return hashlib.md5("\x1f".join(parts).encode(), usedforsecurity=False).hexdigest()
