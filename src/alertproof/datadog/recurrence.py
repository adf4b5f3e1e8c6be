"""Recurrence rules of downtimes and schedules: what Datadog's guides use of RFC 5545's RRULE [DOWN, SCHED].

Known are FREQ DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY, BYDAY, BYHOUR,
BYMINUTE and BYSETPOS; the other parts are refused by name. Everything is in local time without a zone, as a rule's
start is. dateutil expands.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, tzinfo
from typing import NamedTuple

from msgspec import Struct

from alertproof.errors import ConfigError, NotModelled, nearest

__all__ = ["Recurrence", "WeekDay", "occurrences", "read_recurrence"]

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_KNOWN = (
    *("BYDAY", "BYHOUR", "BYMINUTE", "BYMONTH", "BYMONTHDAY", "BYSETPOS"),
    *("COUNT", "FREQ", "INTERVAL", "UNTIL", "WKST"),
)
_NOT_MODELLED = ("BYSECOND", "BYWEEKNO", "BYYEARDAY", "BYEASTER")
_BESIDE = ("DTEND", "DTSTART", "DURATION")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
_LEAP_YEAR = 2024
#: More than a rule needs, and few enough to count from its start.
_MOST = 100_000


class WeekDay(NamedTuple):
    """``3MO`` is the third Monday of a month, ``-1FR`` its last Friday, ``MO`` (with 0) each Monday."""

    ordinal: int
    weekday: int


class Recurrence(Struct, frozen=True, kw_only=True):
    """When something begins again; ``until`` is the last possible beginning.

    ``positions`` pick some of the beginnings of each month, or other period: -1 is the last.
    """

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    days: tuple[WeekDay, ...] = ()
    hours: tuple[int, ...] = ()
    minutes: tuple[int, ...] = ()
    positions: tuple[int, ...] = ()


def read_recurrence(text: str, zone: tzinfo = UTC) -> Recurrence:
    """Read ``FREQ=WEEKLY;BYDAY=MO,FR``; ``zone`` is that of the start, into which an UNTIL in UTC is turned.

    Raises `ConfigError` for a malformed rule and `NotModelled`, naming the part, for one that is not expanded.
    """
    parts = _parts(text)
    frequency = parts.get("FREQ", "")
    if frequency in {"SECONDLY", "MINUTELY", "HOURLY"}:
        raise NotModelled(f"the recurrence FREQ={frequency} is not modelled: {text}")
    if frequency not in _FREQUENCIES:
        raise ConfigError(f"a recurrence has a FREQ of {', '.join(_FREQUENCIES)}: {text}")
    if "COUNT" in parts and "UNTIL" in parts:
        raise ConfigError(f"a recurrence has COUNT or UNTIL, not both: {text}")
    rule = Recurrence(
        frequency=frequency,
        interval=_whole(parts.get("INTERVAL", "1"), 1, _MOST, text),
        count=_whole(parts["COUNT"], 1, _MOST, text) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"], zone, text) if "UNTIL" in parts else None,
        week_start=_weekday(parts.get("WKST", "MO"), text),
        months=tuple(_whole(each, 1, 12, text) for each in _listed(parts, "BYMONTH")),
        month_days=tuple(_whole(each, -31, 31, text) for each in _listed(parts, "BYMONTHDAY")),
        days=tuple(_day(each, text) for each in _listed(parts, "BYDAY")),
        hours=tuple(_whole(each, 0, 23, text) for each in _listed(parts, "BYHOUR")),
        minutes=tuple(_whole(each, 0, 59, text) for each in _listed(parts, "BYMINUTE")),
        positions=tuple(_whole(each, -366, 366, text) for each in _listed(parts, "BYSETPOS")),
    )
    _require_modelled(rule, text)
    return rule


def _parts(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in text.strip().removeprefix("RRULE:").rstrip(";").split(";"):
        name, _, value = (each.strip().upper() for each in part.partition("="))
        if name in _BESIDE:
            raise ConfigError(
                f"{name} is not part of a downtime's recurrence; give start and duration beside it: {text}"
            )
        if name in _NOT_MODELLED:
            raise NotModelled(f"the recurrence part {name} is not modelled: {text}")
        if name not in _KNOWN:
            raise ConfigError(f"{part!r} is no part of a recurrence{nearest(name, _KNOWN)}: {text}")
        if not value:
            raise ConfigError(f"{name} of a recurrence has no value: {text}")
        if name in found:
            raise ConfigError(f"{name} of a recurrence is given twice: {text}")
        found[name] = value
    return found


def _require_modelled(rule: Recurrence, text: str) -> None:
    if 0 in rule.month_days:
        raise ConfigError(f"a month has no day 0: {text}")
    if 0 in rule.positions or (rule.positions and not (rule.days or rule.month_days or rule.months or rule.hours)):
        raise ConfigError(f"BYSETPOS picks the first, 1, or the last, -1, of what other parts begin: {text}")
    longest = max(monthrange(_LEAP_YEAR, month)[1] for month in rule.months or range(1, 13))
    if rule.month_days and min(map(abs, rule.month_days)) > longest:
        raise ConfigError(f"the months of the recurrence have at most {longest} days, so that it never comes: {text}")
    if rule.frequency == "WEEKLY" and rule.month_days:
        raise ConfigError(f"BYMONTHDAY does not go with FREQ=WEEKLY: {text}")
    numbers = [abs(day.ordinal) for day in rule.days if day.ordinal]
    if rule.frequency in {"DAILY", "WEEKLY"} and numbers:
        raise ConfigError(f"a numbered day such as 3MO does not go with FREQ={rule.frequency}: {text}")
    most = 53 if rule.frequency == "YEARLY" and not rule.months else 5
    if any(number > most for number in numbers):
        raise ConfigError(f"a day of the week comes at most {most} times, so none is number {max(numbers)}: {text}")
    if len({bool(day.ordinal) for day in rule.days}) > 1:
        # RFC 5545 adds them up, common implementations take what is in both.
        raise NotModelled(f"a recurrence with numbered days and others is not modelled: {text}")


def _listed(parts: Mapping[str, str], name: str) -> list[str]:
    return parts[name].split(",") if name in parts else []


def _whole(value: str, least: int, most: int, text: str) -> int:
    if not re.fullmatch(r"[+-]?\d{1,9}", value, re.ASCII) or not least <= int(value) <= most:
        raise ConfigError(f"{value!r} is no whole number from {least} to {most}: {text}")
    return int(value)


def _weekday(value: str, text: str) -> int:
    if value not in _WEEKDAYS:
        raise ConfigError(f"{value!r} is no day of the week ({', '.join(_WEEKDAYS)}): {text}")
    return _WEEKDAYS.index(value)


def _day(value: str, text: str) -> WeekDay:
    match = _DAY.fullmatch(value)
    if match is None or (match[1] and int(match[1]) == 0):
        raise ConfigError(f"{value!r} is no day of the week such as MO or 3MO: {text}")
    return WeekDay(int(match[1] or 0), _weekday(match[2], text))


def _until(value: str, zone: tzinfo, text: str) -> datetime:
    match = _UNTIL.fullmatch(value)
    try:
        until = datetime.strptime(f"{match[1]}{match[2] or '000000'}", "%Y%m%d%H%M%S") if match else None  # noqa: DTZ007 - local time
    except ValueError:
        until = None
    if match is None or until is None:
        raise ConfigError(f"{value!r} is no UNTIL such as 20240131T000000Z: {text}")
    return until.replace(tzinfo=UTC).astimezone(zone).replace(tzinfo=None) if match[3] else until


def occurrences(rule: Recurrence, start: datetime, after: datetime, before: datetime) -> Iterator[datetime]:
    """Yield the beginnings within ``[after, before]``, in order; all instants are local times without a zone.

    The start itself is one only if the rule says so.
    """
    from dateutil import rrule  # noqa: PLC0415 - few monitors have a schedule

    expanded = rrule.rrule(
        getattr(rrule, rule.frequency),
        dtstart=start,
        interval=rule.interval,
        count=rule.count,
        until=rule.until,
        wkst=rule.week_start,
        bymonth=rule.months or None,
        bymonthday=rule.month_days or None,
        byhour=rule.hours or None,
        byminute=rule.minutes or None,
        bysetpos=rule.positions or None,
        byweekday=[rrule.weekday(day.weekday, day.ordinal or None) for day in rule.days] or None,
    )
    for begin in expanded:
        if begin > before:
            return
        if begin >= after:
            yield begin
