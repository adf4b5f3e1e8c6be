"""What Datadog makes of a JSON log before any pipeline: its message, time, status, host, service and attributes.

[docs.datadoghq.com/logs/log_configuration/pipelines, "Preprocessing"]
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import msgspec

from alertproof.standins.datadog.wire import UNREADABLE

__all__ = ["Log", "read_log"]

#: The attributes that each reserved one is taken from, the first that is there.
_MESSAGES = ("message", "msg", "log")
_TIMES = (
    *("@timestamp", "timestamp", "_timestamp", "Timestamp", "eventTime", "date", "published_date"),
    "syslog.timestamp",
)
_HOSTS = ("host", "hostname", "syslog.hostname")
_SERVICES = ("service", "syslog.appname", "dd.service")
_STATUSES = ("status", "severity", "level", "syslog.severity")
#: By syslog's number, and by how a text begins.
_BY_NUMBER = ("emergency", "alert", "critical", "error", "warn", "notice", "info", "debug")
_BY_TEXT = (
    *(("emerg", "emergency"), ("f", "emergency"), ("a", "alert"), ("c", "critical"), ("e", "error"), ("w", "warn")),
    *(
        ("n", "notice"),
        ("i", "info"),
        ("d", "debug"),
        ("trace", "debug"),
        ("verbose", "debug"),
        ("o", "ok"),
        ("s", "ok"),
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """One log; ``at`` is the real instant that it says, None where it says none."""

    message: str
    at: datetime | None
    status: str
    host: str
    service: str
    source: str
    tags: tuple[str, ...]
    attributes: Mapping[str, Any]


def read_log(item: Mapping[str, Any], more_tags: str = "") -> Log:
    """Read an item of the intake: a message that is a JSON object gives its attributes, beside the item's own."""
    attributes = {name: value for name, value in item.items() if name not in {"ddsource", "ddtags", "message"}}
    text = _text(item.get("message"))
    inner = _object(text)
    if inner is not None:
        attributes |= {name: value for name, value in inner.items() if name not in {"ddsource", "ddtags"}}
        text = _text(_first(inner, _MESSAGES)) or text
    said = _texts(item.get("ddtags"), (inner or {}).get("ddtags"), more_tags)
    return Log(
        message=text,
        at=_instant(_first(attributes, _TIMES)),
        status=_status(_first(attributes, _STATUSES)),
        host=_text(_first(attributes, ("hostname", *_HOSTS))),
        service=_text(_first(attributes, _SERVICES)),
        source=_text(item.get("ddsource") or (inner or {}).get("ddsource")),
        tags=said,
        attributes={name: value for name, value in attributes.items() if name not in {"hostname", "service", "host"}},
    )


def _object(text: str) -> dict[str, Any] | None:
    if not text.lstrip().startswith("{"):
        return None
    try:
        # Strictly: what could not be written as JSON again, NaN or half a surrogate pair, stays a text.
        found = msgspec.json.decode(text)
    except UNREADABLE:
        return None
    return found if isinstance(found, dict) else None


def _first(attributes: Mapping[str, Any], names: tuple[str, ...]) -> Any:
    """Return the first of some attributes that is there; a name with a period may be a path."""
    for name in names:
        if name in attributes:
            return attributes[name]
        outer, period, inner = name.partition(".")
        if period and isinstance(attributes.get(outer), Mapping) and inner in attributes[outer]:
            return attributes[outer][inner]
    return None


def _text(value: object) -> str:
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _texts(*given: object) -> tuple[str, ...]:
    """Split lists of tags, ``env:prod,team:crm``."""
    return tuple(text.strip() for each in given for text in _text(each).split(",") if text.strip())


def _status(value: object) -> str:
    text = _text(value).strip().lower()
    if text.isdecimal():
        return _BY_NUMBER[int(text)] if len(text) < 3 and int(text) < len(_BY_NUMBER) else "info"
    return next((status for begin, status in _BY_TEXT if text.startswith(begin)), "info")


def _instant(value: object) -> datetime | None:
    """Read ISO 8601 or epoch milliseconds; what is neither says no time."""
    try:
        if isinstance(value, int | float) or (isinstance(value, str) and value.isdigit()):
            return datetime.fromtimestamp(float(value) / 1000, UTC)
        if isinstance(value, str):
            at = datetime.fromisoformat(value)
            return at if at.tzinfo else at.replace(tzinfo=UTC)
    except (ValueError, OverflowError, OSError):
        return None
    return None
