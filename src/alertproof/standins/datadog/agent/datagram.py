r"""The DogStatsD grammar: metrics, events and service checks, as the Agent reads them [DSD].

::

    metric = name ":" value { ":" value } "|" type { "|" field }       several values: not for sets
    type   = c | g | ms | h | s | d
    field  = "@" rate | "#" tags | "c:" container | "e:" external data | "card:" cardinality | "T" unix seconds
    event  = "_e{" bytes(title) "," bytes(text) "}:" title "|" text
             { "|d:" time | "|h:" host | "|k:" key | "|p:" priority | "|s:" source | "|t:" type | "|#" tags | "|c:" id }
    check  = "_sc|" name "|" 0..3 { "|d:" time | "|h:" host | "|#" tags | "|m:" message | "|c:" id }

The official client puts ``|c:`` behind a check's message, where the documentation wants the message last.

A new line inside a text travels as the two characters ``\n``; ``m:`` inside a check's message as ``m\:``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from math import isfinite
from typing import Literal, TypeAlias

import msgspec

from alertproof.standins.datadog.metrics.naming import metric_name, tag_set
from alertproof.tags import Tags

__all__ = ["Check", "Event", "Item", "Kind", "Malformed", "Sample", "parse_datagram"]

#: The smallest sample rate taken. A distribution's value counts 1/rate times: a rate of 1e-9 would be a bomb.
LOWEST_RATE = 1e-4
#: Instants outside are garbage, and a stack's clock would stretch them out of the calendar.
_EARLIEST = int(datetime(2000, 1, 1, tzinfo=UTC).timestamp())
_LATEST = int(datetime(2100, 1, 1, tzinfo=UTC).timestamp())
_MOST_DIGITS = 10
_NO_TAGS: Tags = frozenset()
_ALERT_TYPES = ("error", "warning", "info", "success")
_CARDINALITIES = ("none", "low", "orchestrator", "high")


class Kind(StrEnum):
    """The types of DogStatsD; a timer is a histogram of milliseconds."""

    COUNT = "c"
    GAUGE = "g"
    TIMER = "ms"
    HISTOGRAM = "h"
    SET = "s"
    DISTRIBUTION = "d"


_KINDS: dict[str, Kind] = {str(kind): kind for kind in Kind}


# Made by the thousand: a struct takes a fifth of a dataclass's time.
class Sample(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """One line of a metric; ``at`` is the client's own instant (real epoch seconds), for counts and gauges.

    ``values`` is empty for a set, whose element is ``member``. ``rate`` is above 0 and at most 1.
    """

    name: str
    kind: Kind
    values: tuple[float, ...] = ()
    member: str = ""
    rate: float = 1.0
    tags: Tags = frozenset()
    at: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """An event; ``at`` is the client's own instant (real epoch seconds), None for "now"."""

    title: str
    text: str
    at: int | None = None
    host: str = ""
    aggregation_key: str = ""
    priority: Literal["normal", "low"] = "normal"
    source: str = ""
    alert_type: str = "info"
    tags: Tags = frozenset()

    @property
    def size(self) -> int:
        """How many characters it holds in texts of any length."""
        texts = (self.title, self.text, self.host, self.aggregation_key, self.source)
        return sum(map(len, texts)) + _length(self.tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """A service check; ``status`` is 0 OK, 1 warning, 2 critical, 3 unknown."""

    name: str
    status: int
    at: int | None = None
    host: str = ""
    tags: Tags = frozenset()
    message: str = ""

    @property
    def size(self) -> int:
        """How many characters it holds in texts of any length."""
        return len(self.name) + len(self.host) + len(self.message) + _length(self.tags)


def _length(tags: Tags) -> int:
    return sum(len(str(tag)) for tag in tags)


@dataclass(frozen=True, slots=True, kw_only=True)
class Malformed:
    """A line that is not in the grammar, and why."""

    line: str
    reason: str


Item: TypeAlias = Sample | Event | Check | Malformed


class _Refused(ValueError):
    """A line is not in the grammar; the text says why."""


def parse_datagram(data: bytes) -> list[Item]:
    """Read every line of a datagram, in order; empty lines are nothing, bad ones become `Malformed`."""
    return [_parse_line(line) for line in data.split(b"\n") if line]


def _parse_line(line: bytes) -> Item:
    try:
        if line.startswith(b"_e{"):
            return _event(line)
        text = line.decode()
        return _check(text) if text.startswith("_sc|") else _sample(text)
    except _Refused as refused:
        return Malformed(line=line.decode("utf-8", "replace"), reason=str(refused))
    except UnicodeDecodeError:
        return Malformed(line=line.decode("utf-8", "replace"), reason="not UTF-8")


def _sample(text: str) -> Sample:
    head, *fields = text.split("|")
    raw_name, colon, raw_values = head.partition(":")
    if not colon:
        raise _Refused("no ':' between name and value")
    name = metric_name(raw_name)
    if name is None:
        raise _Refused(f"the name {raw_name!r} does not start with a letter")
    if not fields:
        raise _Refused("no type after the value")
    kind = _KINDS.get(fields[0])
    if kind is None:
        raise _Refused(f"unknown type {fields[0]!r}; known: {', '.join(_KINDS)}")
    rate, tags, at = _sample_fields(fields[1:])
    if at is not None and kind not in (Kind.COUNT, Kind.GAUGE):
        raise _Refused(f"a timestamp (T) is for counts and gauges, not for type {kind}")
    if kind is Kind.SET:
        return Sample(name=name, kind=kind, member=raw_values, rate=rate, tags=tags)
    values = tuple([_number(part) for part in raw_values.split(":")])
    return Sample(name=name, kind=kind, values=values, rate=rate, tags=tags, at=at)


def _sample_fields(fields: list[str]) -> tuple[float, Tags, int | None]:
    rate, tags, at = 1.0, _NO_TAGS, None
    for field in fields:
        if field.startswith("#"):
            tags = tag_set(field[1:])
        elif field.startswith("@"):
            rate = _number(field[1:])
            if not LOWEST_RATE <= rate <= 1:
                raise _Refused(f"sample rate {field!r} is not within {LOWEST_RATE} to 1")
        elif field.startswith("T"):
            at = _instant(field[1:])
        else:
            _origin(field)
    return rate, tags, at


def _origin(field: str) -> None:
    """Check a field that says where the client runs; the stand-in has no use for it."""
    if field.startswith("card:"):
        if field[5:] not in _CARDINALITIES:
            raise _Refused(f"unknown cardinality {field[5:]!r}; known: {', '.join(_CARDINALITIES)}")
    elif not field.startswith(("c:", "e:")):
        raise _Refused(f"unknown field {field!r}")


def _event(line: bytes) -> Event:
    lengths, separator, rest = line[3:].partition(b"}:")
    title_length, comma, text_length = lengths.partition(b",")
    if not (separator and comma and _is_count(title_length.decode()) and _is_count(text_length.decode())):
        raise _Refused("an event starts with _e{<bytes of title>,<bytes of text>}:")
    end_of_title, end_of_text = int(title_length), int(title_length) + 1 + int(text_length)
    if len(rest) < end_of_text or rest[end_of_title : end_of_title + 1] != b"|":
        raise _Refused("the lengths do not fit the event's title and text")
    tail = rest[end_of_text:].decode()
    if tail and not tail.startswith("|"):
        raise _Refused("the lengths do not fit the event's title and text")
    title, text = rest[:end_of_title].decode(), rest[end_of_title + 1 : end_of_text].decode()
    if not title:
        raise _Refused("an event without a title")
    fields = tail.split("|")[1:]
    return _with_event_fields(_unescape(title), _unescape(text), fields)


def _with_event_fields(title: str, text: str, fields: list[str]) -> Event:
    known: dict[str, str] = {}
    tags: Tags = frozenset()
    for field in fields:
        if field.startswith("#"):
            tags = tag_set(field[1:])
        elif field[:2] in ("d:", "h:", "k:", "p:", "s:", "t:"):
            known[field[0]] = field[2:]
        else:
            _origin(field)
    priority, alert_type = known.get("p", "normal"), known.get("t", "info")
    if priority not in ("normal", "low"):
        raise _Refused(f"unknown priority {priority!r}; known: normal, low")
    if alert_type not in _ALERT_TYPES:
        raise _Refused(f"unknown alert type {alert_type!r}; known: {', '.join(_ALERT_TYPES)}")
    return Event(
        title=title,
        text=text,
        at=_instant(known["d"]) if "d" in known else None,
        host=known.get("h", ""),
        aggregation_key=known.get("k", ""),
        priority="low" if priority == "low" else "normal",
        source=known.get("s", ""),
        alert_type=alert_type,
        tags=tags,
    )


def _check(text: str) -> Check:
    _, name, *fields = text.split("|")
    if not name:
        raise _Refused("a service check without a name")
    if not fields or fields[0] not in ("0", "1", "2", "3"):
        raise _Refused("a service check's status is 0, 1, 2 or 3")
    status, message = int(fields[0]), ""
    at: int | None = None
    host, tags = "", _NO_TAGS
    rest = fields[1:]
    for position, field in enumerate(rest):
        if field.startswith("#"):
            tags = tag_set(field[1:])
        elif field.startswith("d:"):
            at = _instant(field[2:])
        elif field.startswith("h:"):
            host = field[2:]
        elif field.startswith("m:"):
            message = _message(rest[position:])
            break
        else:
            _origin(field)
    return Check(name=name, status=status, at=at, host=host, tags=tags, message=message)


def _message(fields: list[str]) -> str:
    """Join a message that held '|', without the origin fields that the official client puts after it."""
    while len(fields) > 1 and fields[-1].startswith(("c:", "e:", "card:")):
        fields = fields[:-1]
    return _unescape("|".join(fields)[2:]).replace("m\\:", "m:")


def _unescape(text: str) -> str:
    return text.replace("\\n", "\n")


def _number(text: str) -> float:
    # Python reads "1_000" and " 1" too; the Agent does not.
    if "_" not in text and text == text.strip():
        try:
            value = float(text)
        except ValueError:
            pass
        else:
            if isfinite(value):
                return value
    raise _Refused(f"{text!r} is not a number")


def _instant(text: str) -> int:
    if not (_is_count(text) and _EARLIEST <= int(text) < _LATEST):
        raise _Refused(f"{text!r} is not an instant in unix seconds of the years 2000 to 2099")
    return int(text)


def _is_count(text: str) -> bool:
    # Python refuses to read numbers of thousands of digits; no length and no instant is that long.
    return text.isascii() and text.isdigit() and len(text) <= _MOST_DIGITS
