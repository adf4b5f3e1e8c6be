"""Conditions and filters of issue alerts: what must hold for an event before anybody is told.

One `Condition` serves both models of Sentry, the rules of a project and the workflows of an organization, which name
the same things differently. What is known and not modelled is refused by name when a rule is made, never skipped when
it is evaluated. Source: docs.sentry.io/product/alerts/create-alerts/issue-alert-config; getsentry/sentry (rules).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from msgspec import Struct

from alertproof.errors import NotModelled, nearest
from alertproof.sentry.event import Event, promoted_tags, stack_frames
from alertproof.sentry.search import field_values

__all__ = ["Condition", "Occurrence", "RuleError", "condition_holds", "read_condition"]

_INTERVALS = {
    "1m": timedelta(minutes=1),
    "5m": timedelta(minutes=5),
    "15m": timedelta(minutes=15),
    "1h": timedelta(hours=1),
    "1d": timedelta(days=1),
    "1w": timedelta(weeks=1),
    "30d": timedelta(days=30),
}
_AGES = {
    "minute": timedelta(minutes=1),
    "hour": timedelta(hours=1),
    "day": timedelta(days=1),
    "week": timedelta(weeks=1),
}
_LEVELS = {"fatal": 50, "error": 40, "warning": 30, "info": 20, "debug": 10, "sample": 0}
#: How texts are compared; all in lower case. [getsentry/sentry, rules/match.py]
_MATCHES: Mapping[str, Callable[[str, str], bool]] = {
    "eq": lambda value, wanted: value == wanted,
    "sw": lambda value, wanted: value.startswith(wanted),
    "ew": lambda value, wanted: value.endswith(wanted),
    "co": lambda value, wanted: wanted in value,
    "in": lambda value, wanted: value in [part.strip() for part in wanted.split(",")],
}
_CONTRARY = {"ne": "eq", "nsw": "sw", "new": "ew", "nc": "co", "nin": "in"}
_SET = {"is": True, "ns": False}
_ATTRIBUTES = {
    "environment": "environment",
    "error.handled": "error.handled",
    "exception.type": "error.type",
    "exception.value": "error.value",
    "message": "message",
    "platform": "platform",
    "type": "event.type",
    "user.email": "user.email",
    "user.id": "user.id",
    "user.ip_address": "user.ip",
    "user.username": "user.username",
}
_FRAMES = {"stacktrace.abs_path": "abs_path", "stacktrace.filename": "filename", "stacktrace.module": "module"}


class RuleError(Exception):
    """A rule that cannot be made: ``field`` of it, and why."""

    def __init__(self, field: str, message: str) -> None:
        super().__init__(f"{field}: {message}")
        self.field = field
        self.message = message


class Condition(Struct, frozen=True):
    """One condition or filter: what it asks (``kind``), and its options with every value as text."""

    kind: str
    options: Mapping[str, str] = {}


@dataclass(frozen=True, slots=True, kw_only=True)
class Occurrence:
    """An event of an issue, as a rule sees it.

    ``first`` and ``regressed`` say what it did to its issue, ``seen`` how many events that has with this one, and
    ``recent`` gives the issue's events of a span before this one was received, this one included, newest first.
    """

    event: Event
    first: bool
    regressed: bool
    seen: int
    first_seen: datetime
    latest_release: str | None
    recent: Callable[[timedelta], Iterator[Event]]


def read_condition(kind: str, given: Mapping[str, Any], *, where: str) -> Condition:
    """Return the condition of a kind with the options that are given.

    Raises:
        NotModelled: a kind that is not among the modelled ones.
        RuleError: an option is missing or not among its values; names ``where`` it stands.
    """
    options = {name: _text(value) for name, value in given.items() if value is not None}
    required = _OPTIONS.get(kind)
    if required is None:
        known = ", ".join(sorted(_OPTIONS))
        raise NotModelled(f"{where}: {kind} is not modelled{nearest(kind, _OPTIONS)} (modelled: {known})")
    if options.get("comparisonType", "count") != "count":
        raise NotModelled(f"{where}: {kind} with comparisonType {options['comparisonType']!r} is not modelled")
    for name, allowed in required.items():
        value = options.get(name)
        if name == "value" and options.get("match") in _SET:
            continue
        if value is None or (allowed is not None and not allowed(value)):
            raise RuleError(where, f"{kind} needs a usable {name}, got {value!r}")
    return Condition(kind, options)


def condition_holds(condition: Condition, occurrence: Occurrence) -> bool:
    """Whether a condition that `read_condition` made holds."""
    return _HOLDS[condition.kind](condition.options, occurrence)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _frequency(options: Mapping[str, str], occurrence: Occurrence) -> bool:
    # More than the value, not as many. One event too many decides, the rest need not be looked at.
    limit = int(options["value"])
    return any(number > limit for number, _ in enumerate(occurrence.recent(_INTERVALS[options["interval"]]), 1))


def _users(options: Mapping[str, str], occurrence: Occurrence) -> bool:
    limit, seen = int(options["value"]), set()
    for event in occurrence.recent(_INTERVALS[options["interval"]]):
        seen.add(dict(promoted_tags(event)).get("user"))
        if len(seen - {None}) > limit:
            return True
    return False


def _tagged(options: Mapping[str, str], occurrence: Occurrence) -> bool:
    wanted = options["key"].lower()
    values = [value for key, value in promoted_tags(occurrence.event) if key.lower() == wanted]
    return _matched(options, values)


def _attribute(options: Mapping[str, str], occurrence: Occurrence) -> bool:
    name, event = options["attribute"], occurrence.event
    if name in _FRAMES:
        frames = [frame for each in event.exceptions for frame in stack_frames(each)]
        return _matched(options, [str(frame[_FRAMES[name]]) for frame in frames if frame.get(_FRAMES[name])])
    return _matched(options, [str(value) for value in field_values(event, _ATTRIBUTES[name])])


def _matched(options: Mapping[str, str], values: list[str]) -> bool:
    match = options["match"]
    if match in _SET:
        return bool(values) is _SET[match]
    wanted = options["value"].lower()
    same = _MATCHES[_CONTRARY.get(match, match)]
    found = any(same(value.lower(), wanted) for value in values)
    return not found if match in _CONTRARY else found


def _level(options: Mapping[str, str], occurrence: Occurrence) -> bool:
    level, wanted = _LEVELS[occurrence.event.level], int(options["level"])
    return {"eq": level == wanted, "gte": level >= wanted, "lte": level <= wanted}[options["match"]]


def _age(options: Mapping[str, str], occurrence: Occurrence) -> bool:
    age = occurrence.event.received - occurrence.first_seen
    limit = int(options["value"]) * _AGES[options["time"]]
    return age > limit if options["comparison_type"] == "older" else age < limit


def _latest_release(_options: Mapping[str, str], occurrence: Occurrence) -> bool:
    return occurrence.latest_release is not None and occurrence.event.release == occurrence.latest_release


def _whole(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10


def _match_known(text: str) -> bool:
    return text in _MATCHES or text in _CONTRARY or text in _SET


_Allowed = Callable[[str], bool]
_COUNTED: Mapping[str, _Allowed | None] = {"value": _whole, "interval": _INTERVALS.__contains__}
#: Of each modelled kind, its options and which values they may have (any where nothing is said).
_OPTIONS: Mapping[str, Mapping[str, _Allowed | None]] = {
    "age_comparison": {
        "comparison_type": {"older", "newer"}.__contains__,
        "value": _whole,
        "time": _AGES.__contains__,
    },
    "event_attribute": {
        "attribute": lambda name: name in _ATTRIBUTES or name in _FRAMES,
        "match": _match_known,
        "value": None,
    },
    "event_frequency": _COUNTED,
    "event_unique_user_frequency": _COUNTED,
    "every_event": {},
    "first_seen_event": {},
    "issue_occurrences": {"value": _whole},
    "latest_release": {},
    "level": {
        "level": lambda level: _whole(level) and int(level) in _LEVELS.values(),
        "match": {"eq", "gte", "lte"}.__contains__,
    },
    "reappeared_event": {},
    "regression_event": {},
    "tagged_event": {"key": None, "match": _match_known, "value": None},
}
_HOLDS: Mapping[str, Callable[[Mapping[str, str], Occurrence], bool]] = {
    "age_comparison": _age,
    "event_attribute": _attribute,
    "event_frequency": _frequency,
    "event_unique_user_frequency": _users,
    "every_event": lambda _options, _occurrence: True,
    "first_seen_event": lambda _options, occurrence: occurrence.first,
    "issue_occurrences": lambda options, occurrence: occurrence.seen >= int(options["value"]),
    "latest_release": _latest_release,
    "level": _level,
    # Nothing here archives an issue until something happens, so that none comes back from there.
    "reappeared_event": lambda _options, _occurrence: False,
    "regression_event": lambda _options, occurrence: occurrence.regressed,
    "tagged_event": _tagged,
}
