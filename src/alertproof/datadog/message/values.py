"""What the variables of a message are, how they are found and how they are printed [VAR]."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from alertproof.datadog.message.tree import Path

__all__ = ["Quantity", "Value", "Variables", "find", "instant", "number", "read_path", "shown"]


class Quantity(NamedTuple):
    """A number that is printed in its own way: 500000000.0 as ``500000000.0``, 1/3 as ``0.333333``."""

    number: float
    text: str


#: A mapping's keys are those behind a dot: ``{"host": {"name": "web"}}`` is ``host.name``.
Value: TypeAlias = "str | int | float | bool | datetime | Quantity | Mapping[str, Value] | Sequence[Value] | None"
Variables: TypeAlias = Mapping[str, Value]

_SEGMENT = re.compile(r"\[([^\[\]]+)\]|([^.\[\]\s!\"#%&'()*+,;<=>^`{|}~\\]+)|(\.)")
_MOST_SEGMENTS = 32
_NUMBER = re.compile(r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?", re.ASCII)


@lru_cache(maxsize=4096)
def read_path(text: str) -> Path | None:
    """Split ``host.name``, ``[dot.key].name`` or ``service.links[Runbook]``; None for what is no variable."""
    keys: list[str] = []
    at, before = 0, "."
    for match in _SEGMENT.finditer(text):
        bracketed, bare, period = match.groups()
        # Behind a bracket a key may follow at once, list[My Step]url; periods stand between keys only.
        if match.start() != at or (period and before == ".") or (bare and before == "bare"):
            return None
        at, before = match.end(), "." if period else "bare" if bare else "bracketed"
        if not period:
            keys.append(bracketed or bare)
    return tuple(keys) if before != "." and at == len(text) and len(keys) <= _MOST_SEGMENTS else None


def find(variables: Variables, path: Path, *, brackets: bool) -> Value:
    """Return a variable's value, None where there is none.

    A tag's key with a period is one key only in brackets [VAR]; without ``brackets`` it is found anyway. Below the
    first key, in the attributes of an event, periods separate keys or are part of one, whichever is there. The first
    key alone, ``{{host}}`` for ``{{host.name}}``, has no value.
    """
    name = ".".join(path)
    if name in variables:
        value = variables[name]
        return None if isinstance(value, Mapping) else value
    first, rest = path[0], path[1:]
    if not brackets:
        return _descend(variables, _split(path))
    return _descend(variables[first], _split(rest)) if rest and first in variables else None


@lru_cache(maxsize=4096)
def _split(path: Path) -> tuple[str, ...]:
    return tuple(key for part in path for key in part.split("."))[:_MOST_SEGMENTS]


def _descend(value: Value, keys: tuple[str, ...]) -> Value:
    while keys:
        if isinstance(value, Mapping):
            key, taken = ".".join(keys), len(keys)
            while key not in value:
                taken -= 1
                if not taken:
                    return None
                key = ".".join(keys[:taken])
            value, keys = value[key], keys[taken:]
        elif isinstance(value, Sequence) and not isinstance(value, str | Quantity):
            index = int(keys[0]) if re.fullmatch(r"-?\d{1,6}", keys[0]) else len(value)
            if not -len(value) <= index < len(value):
                return None
            value, keys = value[index], keys[1:]
        else:
            return None
    return value


def shown(value: Value) -> str:  # noqa: PLR0911 - one per kind of value
    """Return a value as a message prints it; nothing where there is none."""
    match value:
        case None:
            return ""
        case bool():
            return "true" if value else "false"
        case Quantity():
            return value.text
        case str():
            return value
        case int():
            # An event's attribute may have more digits than Python prints.
            return str(value) if abs(value) < 10**30 else f"{float(min(value, 10**300)):g}"
        case float():
            return repr(value)
        case datetime():
            return f"{value.astimezone(UTC):%a %b %d %Y %H:%M:%S} UTC"
        case Mapping():
            return json.dumps(value, default=str, ensure_ascii=False)
        case _:
            return ",".join(shown(item) for item in value)


def number(value: Value) -> int | float | None:
    """Return a value as a number, also of a text that is one; None for what is none."""
    match value:
        case Quantity():
            return value.number
        case bool() | None:
            return None
        case int() | float():
            return value
        case str() if _NUMBER.fullmatch(value.strip()) and len(value) <= 300:
            text = value.strip()
            return int(text) if text.lstrip("+-").isdigit() and len(text) <= 18 else float(text)
        case _:
            return None


def instant(value: Value) -> datetime | None:
    """Return a value as an instant, None for what is none."""
    return value if isinstance(value, datetime) else None
