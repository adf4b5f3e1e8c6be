"""Time zones by their names in the tz database."""

from __future__ import annotations

from datetime import UTC, datetime, tzinfo
from functools import lru_cache

from alertproof.datadog.message.errors import TemplateError
from alertproof.datadog.message.tree import Span
from alertproof.errors import nearest

__all__ = ["find_zone", "local_time", "require_zone"]


@lru_cache(maxsize=512)
def find_zone(name: str) -> tzinfo | None:
    """Return a time zone, None for a name that the tz database does not have."""
    if name in {"UTC", "Etc/UTC"}:
        # Known on a machine without the database too.
        return UTC
    from zoneinfo import ZoneInfo, ZoneInfoNotFoundError  # noqa: PLC0415 - few monitors name a zone

    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def require_zone(name: str, *, template: str, span: Span) -> None:
    """Raise `TemplateError` for a time zone that nobody knows."""
    if find_zone(name) is None:
        message = f"there is no time zone {name!r}{_nearest(name)}"
        raise TemplateError(message, template=template, start=span.start, end=span.end)


def _nearest(name: str) -> str:
    from zoneinfo import available_timezones  # noqa: PLC0415 - few monitors name a zone

    close = nearest(name, available_timezones())
    return close if close.startswith(" (did") else "; write it as the tz database does, such as 'Asia/Tokyo'"


def local_time(at: datetime, zone: str) -> str:
    """Return ``2021-05-31 23:43:27+09:00``: an instant in a time zone, to the second [VAR]."""
    return at.astimezone(find_zone(zone)).isoformat(" ", "seconds")
