"""The fields of bodies of REST API v2, read one by one; what is wrong is refused in the form of the server's texts."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alertproof.errors import NotModelled
from alertproof.standins.pagerduty.asking import invalid, parse_instant

__all__ = [
    "moment",
    "objects",
    "optional_text",
    "reference",
    "references",
    "seconds",
    "text",
    "time_zone",
    "unmodelled",
    "whole",
]

_LONGEST = 255
#: A year; more seconds than any timeout has.
_MOST_SECONDS = 366 * 86_400


def text(body: Mapping[str, Any], name: str, *, longest: int = _LONGEST) -> str:
    """Return a text that is neither missing nor blank."""
    value = body.get(name)
    if not isinstance(value, str) or not value.strip():
        raise invalid(f"{_said(name)} can't be blank")
    if len(value) > longest:
        raise invalid(f"{_said(name)} is too long (maximum is {longest} characters)")
    return value


def optional_text(body: Mapping[str, Any], name: str, default: str = "") -> str:
    """Return a text that may be missing, null or empty."""
    value = body.get(name, default)
    if not isinstance(value, str | None):
        raise invalid(f"{_said(name)} must be a string")
    return value or ""


def whole(value: object, name: str, *, most: int = _MOST_SECONDS) -> int:
    """Return a number that is whole and not below 0."""
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= most:
        raise invalid(f"{name} must be a whole number from 0 to {most}, got {value!r}")
    return value


def seconds(body: Mapping[str, Any], name: str, default: timedelta | None) -> timedelta | None:
    """Return a timeout; 0 and null turn it off."""
    if name not in body:
        return default
    value = body[name]
    return timedelta(seconds=whole(value, name)) if value else None


def moment(body: Mapping[str, Any], name: str) -> datetime:
    """Return an instant in ISO 8601."""
    return parse_instant(body.get(name), name)


def reference(body: Mapping[str, Any], name: str) -> str:
    """Return the id of what a field refers to."""
    value = body.get(name)
    if not isinstance(value, Mapping) or not isinstance(value.get("id"), str) or not value["id"]:
        raise invalid(f"{_said(name)} can't be blank")
    identity: str = value["id"]
    return identity


def references(body: Mapping[str, Any], name: str) -> tuple[str, ...]:
    """Return the ids of what a list refers to, each once."""
    return tuple(dict.fromkeys(reference({name: each}, name) for each in objects(body, name)))


def objects(body: Mapping[str, Any], name: str) -> list[Mapping[str, Any]]:
    """Return a list of objects."""
    value = body.get(name)
    if not isinstance(value, list) or not all(isinstance(each, Mapping) for each in value):
        raise invalid(f"{_said(name)} must be a list of objects")
    return value


def time_zone(body: Mapping[str, Any], name: str, default: str) -> str:
    """Return the name of a time zone."""
    value = optional_text(body, name, default) or default
    try:
        ZoneInfo(value)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise invalid(f"{_said(name)} is not included in the list: {value!r}") from None
    return value


def unmodelled(body: Mapping[str, Any], what: str, names: Collection[str]) -> None:
    """Refuse fields that are known but not modelled, unless they are empty."""
    given = sorted(name for name in names if body.get(name) not in (None, [], {}))
    if given:
        raise NotModelled(f"the {what} option {given[0]!r} is not modelled")


def _said(name: str) -> str:
    return name.replace("_", " ").capitalize()
