"""Reads downtimes as the two versions of the API take them [APIPY, CASS]."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta, tzinfo
from typing import Annotated, Any

import msgspec

from alertproof.datadog.downtime import ALL_BAD, Downtime, EndType, OneTime, Recurring
from alertproof.datadog.message.zones import find_zone
from alertproof.datadog.monitor.definition import State
from alertproof.datadog.recurrence import Recurrence, WeekDay, read_recurrence
from alertproof.datadog.tagscope import read_downtime_scope
from alertproof.errors import ConfigError, NotModelled, QuerySyntaxError, nearest
from alertproof.tags import Tags, parse_tags

__all__ = ["load_downtime", "zone_called"]

_STATES = {"alert": State.ALERT, "no data": State.NO_DATA, "warn": State.WARN}
_DURATION = re.compile(r"([1-9]\d{0,5})([mhdw])")
_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_FREQUENCIES = {"days": "DAILY", "weeks": "WEEKLY", "months": "MONTHLY", "years": "YEARLY"}
_WEEK_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_EXPIRED = frozenset({EndType.EXPIRED})

#: Within the years that a date can have, whatever is added to it.
_Epoch = Annotated[int, msgspec.Meta(ge=0, le=200_000_000_000)]
_Instant = Annotated[datetime, msgspec.Meta(tz=True)]
_Local = Annotated[datetime, msgspec.Meta(tz=False)]
_Count = Annotated[int, msgspec.Meta(ge=1, le=100_000)]


class _Target(msgspec.Struct):
    monitor_id: int | None = None
    monitor_tags: list[str] | None = None


class _Again(msgspec.Struct):
    duration: str
    rrule: str
    start: _Local | None = None


class _Schedule(msgspec.Struct):
    start: _Instant | None = None
    end: _Instant | None = None
    recurrences: list[_Again] | None = None
    timezone: str = "UTC"


class _Second(msgspec.Struct):
    """Attributes of ``/api/v2/downtime``."""

    monitor_identifier: _Target
    scope: str
    schedule: _Schedule | None = None
    mute_first_recovery_notification: bool = False
    notify_end_states: list[str] | None = None
    notify_end_types: list[str] | None = None
    canceled: _Instant | None = None


class _OldAgain(msgspec.Struct):
    type: str
    period: _Count = 1
    rrule: str = ""
    until_date: _Epoch | None = None
    until_occurrences: _Count | None = None
    week_days: list[str] | None = None


class _First(msgspec.Struct):
    """A downtime of ``/api/v1/downtime``."""

    id: int | str = ""
    scope: str | list[str] = "*"
    start: _Epoch | None = None
    end: _Epoch | None = None
    timezone: str = "UTC"
    monitor_id: int | None = None
    monitor_tags: list[str] | None = None
    recurrence: _OldAgain | None = None
    mute_first_recovery_notification: bool = False
    notify_end_states: list[str] | None = None
    notify_end_types: list[str] | None = None
    canceled: _Epoch | None = None
    disabled: bool = False


def load_downtime(payload: Mapping[str, Any], *, created: datetime, source: str) -> Downtime:
    """Read a downtime of ``/api/v2/downtime`` (with or without ``data`` and ``attributes``) or of ``/api/v1/downtime``.

    ``created`` is when it starts if it does not say so. ``source`` says in messages where the payload came from.
    Raises `ConfigError` for a payload that the API would refuse and `NotModelled` for a recurrence not expanded.
    """
    data = payload["data"] if isinstance(payload.get("data"), Mapping) else payload
    attributes = data["attributes"] if isinstance(data.get("attributes"), Mapping) else data
    try:
        if "monitor_identifier" in attributes:
            return _second_version(msgspec.convert(attributes, _Second), str(data.get("id", "")), created)
        return _first_version(msgspec.convert(attributes, _First), created)
    except (QuerySyntaxError, ConfigError, msgspec.ValidationError) as error:
        raise ConfigError(f"{source}: {error}") from error
    except NotModelled as error:
        raise NotModelled(f"{source}: {error}") from error


# --- /api/v2 ------------------------------------------------------------------------------------------


def _second_version(read: _Second, name: str, created: datetime) -> Downtime:
    target = read.monitor_identifier
    if (target.monitor_id is None) is (target.monitor_tags is None):
        raise ConfigError("monitor_identifier has a monitor_id or monitor_tags")
    schedule = read.schedule or _Schedule()
    schedules: tuple[OneTime | Recurring, ...]
    if schedule.recurrences is None:
        schedules = (_one_time(schedule.start, schedule.end, created),)
    else:
        zone = zone_called(schedule.timezone)
        schedules = tuple(_recurring(each, zone, created) for each in schedule.recurrences)
    return Downtime(
        id=name,
        scope=read_downtime_scope(read.scope),
        schedules=schedules,
        monitor_id=target.monitor_id,
        monitor_tags=_tags(target.monitor_tags),
        mute_first_recovery=read.mute_first_recovery_notification,
        notify_end_states=_end_states(read.notify_end_states),
        notify_end_types=_end_types(read.notify_end_types),
        canceled_at=read.canceled,
    )


def _recurring(read: _Again, zone: tzinfo, created: datetime) -> Recurring:
    duration = _DURATION.fullmatch(read.duration)
    if duration is None:
        raise ConfigError(f"{read.duration!r} is no duration such as 30m, 2h, 1d or 1w")
    start = read.start or created.astimezone(zone).replace(tzinfo=None)
    if not 1970 <= start.year <= 9000:
        raise ConfigError(f"a downtime does not start in the year {start.year}")
    return Recurring(
        rule=read_recurrence(read.rrule, zone),
        start=start,
        duration=timedelta(**{_UNITS[duration[2]]: int(duration[1])}),
        zone=zone,
    )


# --- /api/v1 ------------------------------------------------------------------------------------------


def _first_version(read: _First, created: datetime) -> Downtime:
    start, end = _epoch(read.start) or created, _epoch(read.end)
    schedule: OneTime | Recurring = _one_time(start, end, created)
    if read.recurrence is not None:
        schedule = _old_recurring(read.recurrence, start, end, zone_called(read.timezone))
    return Downtime(
        id=str(read.id),
        scope=read_downtime_scope(read.scope if isinstance(read.scope, str) else " AND ".join(read.scope)),
        schedules=() if read.disabled else (schedule,),
        monitor_id=read.monitor_id,
        monitor_tags=_tags(read.monitor_tags),
        mute_first_recovery=read.mute_first_recovery_notification,
        notify_end_states=_end_states(read.notify_end_states),
        notify_end_types=_end_types(read.notify_end_types),
        canceled_at=_epoch(read.canceled),
    )


def _old_recurring(read: _OldAgain, start: datetime, end: datetime | None, zone: tzinfo) -> Recurring:
    if end is None:
        raise ConfigError("a recurring downtime has an end: that of its first occurrence")
    local = start.astimezone(zone).replace(tzinfo=None)
    return Recurring(rule=_old_rule(read, zone), start=local, duration=end - start, zone=zone)


def _old_rule(read: _OldAgain, zone: tzinfo) -> Recurrence:
    if read.type == "rrule":
        return read_recurrence(read.rrule, zone)
    if read.type not in _FREQUENCIES:
        raise ConfigError(f"{read.type!r} is no type of recurrence{nearest(read.type, (*_FREQUENCIES, 'rrule'))}")
    if read.until_date is not None and read.until_occurrences is not None:
        raise ConfigError("a recurrence has until_date or until_occurrences, not both")
    until = _epoch(read.until_date)
    _require_known(read.week_days or (), _WEEK_DAYS, "week_days")
    return Recurrence(
        frequency=_FREQUENCIES[read.type],
        interval=read.period,
        count=read.until_occurrences,
        until=None if until is None else until.astimezone(zone).replace(tzinfo=None),
        days=tuple(WeekDay(0, _WEEK_DAYS.index(day)) for day in read.week_days or ()),
    )


# --- both ---------------------------------------------------------------------------------------------


def _one_time(start: datetime | None, end: datetime | None, created: datetime) -> OneTime:
    begin = start or created
    if end is not None and end <= begin:
        raise ConfigError(f"the downtime ends at {end.isoformat()}, before it starts")
    return OneTime(start=begin, end=end)


def _epoch(seconds: int | None) -> datetime | None:
    return None if seconds is None else datetime.fromtimestamp(seconds, UTC)


def zone_called(name: str) -> tzinfo:
    """Return a time zone by its name in the tz database; raises `ConfigError`."""
    zone = find_zone(name)
    if zone is None:
        raise ConfigError(f"there is no time zone {name!r}; write it as the tz database does, Europe/Berlin")
    return zone


def _tags(texts: Sequence[str] | None) -> Tags:
    return parse_tags([text for text in texts or () if text != "*"])


def _end_states(given: Sequence[str] | None) -> frozenset[State]:
    if given is None:
        return ALL_BAD
    _require_known(given, _STATES, "notify_end_states")
    return frozenset(_STATES[each] for each in given)


def _end_types(given: Sequence[str] | None) -> frozenset[EndType]:
    if given is None:
        return _EXPIRED
    _require_known(given, tuple(EndType), "notify_end_types")
    return frozenset(EndType(each) for each in given)


def _require_known(given: Sequence[str], known: Mapping[str, State] | Sequence[str], name: str) -> None:
    for each in given:
        if each not in known:
            raise ConfigError(f"{each!r} is none of {name}{nearest(each, known)}")
