"""Custom schedules: a monitor is evaluated when its recurrences come, and not every minute [SCHED]."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from typing import TYPE_CHECKING

from msgspec import Struct

from alertproof.datadog.message.zones import find_zone
from alertproof.datadog.recurrence import Recurrence, occurrences, read_recurrence
from alertproof.errors import ConfigError

if TYPE_CHECKING:
    from alertproof.datadog.monitor.validation import PayloadReader

__all__ = ["Schedule", "read_schedules", "read_zone", "scheduled"]

#: Where a schedule without a start is counted from, which only says the time of day.
_LONG_AGO = datetime(2020, 1, 1)  # noqa: DTZ001 - local time
_DAY = timedelta(days=1)
#: As much of a name is shown in an error.
_WIDEST = 60


class Schedule(Struct, frozen=True, kw_only=True):
    """One recurrence of a custom schedule; ``start`` is local time in ``zone``."""

    rule: Recurrence
    start: datetime
    zone: tzinfo


def scheduled(schedules: tuple[Schedule, ...], since: datetime, until: datetime) -> list[datetime]:
    """Return the instants within ``(since, until]`` at which a monitor with these schedules is evaluated, sorted."""
    found = set()
    for each in schedules:
        # A day more on both sides: the rule counts in local time, whose offset changes.
        first, last = (_local(since, each.zone) - _DAY, _local(until, each.zone) + _DAY)
        for begin in occurrences(each.rule, each.start, first, last):
            at = begin.replace(tzinfo=each.zone).astimezone(UTC)
            if since < at <= until:
                found.add(at)
    return sorted(found)


def _local(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def read_schedules(scheduling: PayloadReader) -> tuple[Schedule, ...]:
    """Read ``custom_schedule`` of the scheduling options; what is wrong with it is told to the reader.

    Raises `NotModelled`, naming the part, for a recurrence that is not expanded.
    """
    recurrences = scheduling.object("custom_schedule").objects("recurrences")
    return tuple(each for reader in recurrences if (each := _schedule(reader)) is not None)


def _schedule(reader: PayloadReader) -> Schedule | None:
    zone = read_zone(reader, "timezone")
    text = reader.text("rrule", needed=True)
    start = _start(reader)
    try:
        rule = read_recurrence(text, zone) if text else None
    except ConfigError as error:
        reader.errors.append(f"custom_schedule: {error}")
        return None
    if rule is None:
        return None
    if start is None and (not rule.hours or rule.interval > 1 or rule.count is not None):
        reader.errors.append(f"custom_schedule: when {text} begins, and at what time of day, 'start' has to say")
    if len(rule.hours) > 1 or len(rule.minutes) > 1:
        reader.errors.append(f"custom_schedule: evaluation frequencies must be a day or longer, not as in {text}")
    return Schedule(rule=rule, start=start or _LONG_AGO, zone=zone)


def read_zone(reader: PayloadReader, name: str) -> tzinfo:
    """Return a time zone, UTC where none is given; one that there is not is told to the reader."""
    text = reader.text(name) or "UTC"
    zone = find_zone(text)
    if zone is None:
        reader.errors.append(f"there is no timezone {text[:_WIDEST]!r}")
    return zone or UTC


def _start(reader: PayloadReader) -> datetime | None:
    """Read ``2023-08-31T16:30:00``, which is local time."""
    text = reader.text("start")
    if not text:
        return None
    try:
        start = datetime.fromisoformat(text)
    except ValueError:
        start = None
    if start is None or start.tzinfo is not None:
        reader.errors.append(f"start must be a local time such as 2023-08-31T16:30:00, not {text!r}")
        return None
    return start
