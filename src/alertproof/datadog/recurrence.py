"""Recurrence rules of downtimes: what Datadog's guides use of RFC 5545's RRULE [DOWN].

Known are FREQ DAILY, WEEKLY, MONTHLY and YEARLY with INTERVAL, COUNT, UNTIL, WKST, BYMONTH, BYMONTHDAY and BYDAY; the
other parts are refused by name. Everything is in local time without a zone, as a rule's start is.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, tzinfo
from typing import NamedTuple

from alertproof.errors import ConfigError, NotModelled, nearest

__all__ = ["Recurrence", "WeekDay", "occurrences", "read_recurrence"]

_WEEKDAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_FREQUENCIES = ("DAILY", "WEEKLY", "MONTHLY", "YEARLY")
_KNOWN = ("BYDAY", "BYMONTH", "BYMONTHDAY", "COUNT", "FREQ", "INTERVAL", "UNTIL", "WKST")
_NOT_MODELLED = ("BYHOUR", "BYMINUTE", "BYSECOND", "BYSETPOS", "BYWEEKNO", "BYYEARDAY", "BYEASTER")
_BESIDE = ("DTEND", "DTSTART", "DURATION")
_DAY = re.compile(r"([+-]?\d{1,2})?(MO|TU|WE|TH|FR|SA|SU)")
_UNTIL = re.compile(r"(\d{8})(?:T(\d{6})(Z?))?")
#: More than a rule needs, and few enough to count from its start.
_MOST = 100_000


class WeekDay(NamedTuple):
    """``3MO`` is the third Monday of a month, ``-1FR`` its last Friday, ``MO`` (with 0) each Monday."""

    ordinal: int
    weekday: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Recurrence:
    """When something begins again; ``until`` is the last possible beginning."""

    frequency: str
    interval: int = 1
    count: int | None = None
    until: datetime | None = None
    week_start: int = 0
    months: tuple[int, ...] = ()
    month_days: tuple[int, ...] = ()
    days: tuple[WeekDay, ...] = ()


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
    )
    _require_modelled(rule, text)
    return rule


def _parts(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for part in text.strip().removeprefix("RRULE:").rstrip(";").split(";"):
        name, equals, value = (each.strip().upper() for each in part.partition("="))
        if name in _BESIDE:
            raise ConfigError(
                f"{name} is not part of a downtime's recurrence; give start and duration beside it: {text}"
            )
        if name in _NOT_MODELLED:
            raise NotModelled(f"the recurrence part {name} is not modelled: {text}")
        if name not in _KNOWN or not equals or not value or name in found:
            raise ConfigError(f"{part!r} is no part of a recurrence{nearest(name, _KNOWN)}: {text}")
        found[name] = value
    return found


def _require_modelled(rule: Recurrence, text: str) -> None:
    if 0 in rule.month_days:
        raise ConfigError(f"a month has no day 0: {text}")
    if rule.frequency == "WEEKLY" and rule.month_days:
        raise ConfigError(f"BYMONTHDAY does not go with FREQ=WEEKLY: {text}")
    if rule.frequency in {"DAILY", "WEEKLY"} and any(day.ordinal for day in rule.days):
        raise ConfigError(f"a numbered day such as 3MO does not go with FREQ={rule.frequency}: {text}")
    if len({bool(day.ordinal) for day in rule.days}) > 1:
        # RFC 5545 adds them up, common implementations take what is in both.
        raise NotModelled(f"a recurrence with numbered days and others is not modelled: {text}")
    if rule.frequency == "YEARLY" and rule.days and not rule.months:
        raise NotModelled(f"FREQ=YEARLY with BYDAY and without BYMONTH is not modelled: {text}")


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


# --- expanding ----------------------------------------------------------------------------------------


def occurrences(rule: Recurrence, start: datetime, after: datetime, before: datetime) -> Iterator[datetime]:
    """Yield the beginnings within ``[after, before]``, in order; all instants are local times without a zone.

    As in the common implementations, the start itself is one only if the rule says so.
    """
    last = before if rule.until is None else min(before, rule.until)
    counted = 0
    # A limited number has to be counted from the start; otherwise expansion begins where it matters.
    for period in _periods(rule, start, start if rule.count else max(start, after), last):
        for day in sorted(set(period)):
            begin = datetime.combine(day, start.time())
            if begin < start or begin > last:
                continue
            counted += 1
            if rule.count is not None and counted > rule.count:
                return
            if begin >= after:
                yield begin


def _periods(rule: Recurrence, start: datetime, first: datetime, last: datetime) -> Iterator[list[date]]:
    """Yield the days of each day, week, month or year that the rule's interval hits, about those wanted."""
    if rule.frequency in {"DAILY", "WEEKLY"}:
        yield from _day_periods(rule, start.date(), first.date(), last.date())
        return
    step = rule.interval if rule.frequency == "MONTHLY" else 12 * rule.interval
    origin = start.year * 12 + start.month - 1
    if rule.frequency == "YEARLY":
        origin = start.year * 12
    begin = max(0, (first.year * 12 + first.month - 1 - origin) // step)
    end = last.year * 12 + last.month - 1
    for month in range(origin + begin * step, end + 1, step):
        if rule.frequency == "MONTHLY":
            yield _of_month(rule, *divmod(month, 12), start.day)
        else:
            yield _of_year(rule, month // 12, start)


def _day_periods(rule: Recurrence, start: date, first: date, last: date) -> Iterator[list[date]]:
    weekly = rule.frequency == "WEEKLY"
    origin = start - timedelta(days=(start.weekday() - rule.week_start) % 7 if weekly else 0)
    step = rule.interval * (7 if weekly else 1)
    begin = max(0, (first - origin).days // step)
    wanted = {day.weekday for day in rule.days}
    for offset in range(begin * step, (last - origin).days + 1, step):
        days = [origin + timedelta(days=offset + more) for more in range(7 if weekly else 1)]
        chosen = wanted or ({start.weekday()} if weekly else set(range(7)))
        yield [day for day in days if day.weekday() in chosen and _is_wanted(rule, day)]


def _is_wanted(rule: Recurrence, day: date) -> bool:
    length = monthrange(day.year, day.month)[1]
    in_month = not rule.months or day.month in rule.months
    on_day = not rule.month_days or day.day in rule.month_days or day.day - length - 1 in rule.month_days
    return in_month and on_day


def _of_month(rule: Recurrence, year: int, month_index: int, start_day: int) -> list[date]:
    length = monthrange(year, month_index + 1)[1]
    days = [date(year, month_index + 1, number + 1) for number in range(length)]
    if rule.days:
        chosen = {day for wanted in rule.days for day in _of_weekday(days, wanted)}
        days = [day for day in days if day in chosen]
    elif not rule.month_days:
        days = [day for day in days if day.day == start_day]
    return [day for day in days if _is_wanted(rule, day)]


def _of_weekday(days: list[date], wanted: WeekDay) -> list[date]:
    found = [day for day in days if day.weekday() == wanted.weekday]
    if not wanted.ordinal:
        return found
    index = wanted.ordinal - 1 if wanted.ordinal > 0 else wanted.ordinal
    return [found[index]] if -len(found) <= index < len(found) else []


def _of_year(rule: Recurrence, year: int, start: datetime) -> list[date]:
    months = rule.months or (range(1, 13) if rule.month_days else (start.month,))
    return [day for month in months for day in _of_month(rule, year, month - 1, start.day)]
