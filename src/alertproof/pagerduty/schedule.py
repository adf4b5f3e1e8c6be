"""Who is on call: schedules of layers with rotations, restrictions and overrides, as a function of the instant.

Turns are counted in the schedule's own local time, so that a handoff at nine stays at nine when the clocks change.
An override goes before all layers. Source: support.pagerduty.com (schedule basics), developer.pagerduty.com
(schedules).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from itertools import pairwise
from typing import Literal
from zoneinfo import ZoneInfo

from alertproof.errors import ConfigError

__all__ = ["Layer", "Override", "Restriction", "Schedule", "Shift", "shifts"]

_DAY = timedelta(days=1)
_WEEK = timedelta(weeks=1)
_SHORTEST_TURN = timedelta(minutes=30)
_LONGEST_TURN = timedelta(days=365)
#: No more changes than these are looked at in one range: a month of turns of half an hour in ten layers.
_MOST_CHANGES = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Restriction:
    """A stretch of each day, or of each week from ``weekday`` (1 is Monday), in which a layer is on call."""

    start: time
    duration: timedelta
    weekday: int | None = None

    def __post_init__(self) -> None:
        longest = _DAY if self.weekday is None else _WEEK
        if not timedelta(0) < self.duration < longest:
            raise ConfigError(f"a restriction is shorter than {longest} and not empty, got {self.duration}")
        if self.weekday is not None and not 1 <= self.weekday <= 7:
            raise ConfigError(f"start_day_of_week is 1 (Monday) to 7, got {self.weekday}")

    def last_start(self, local: datetime) -> datetime:
        """Return the newest start at or before a local instant."""
        start = datetime.combine(local.date(), self.start)
        if self.weekday is None:
            return start if start <= local else start - _DAY
        start -= timedelta(days=(local.isoweekday() - self.weekday) % 7)
        return start if start <= local else start - _WEEK

    def covers(self, local: datetime) -> bool:
        """Return whether a local instant is in it; its end is not."""
        return local < self.last_start(local) + self.duration


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One rotation: its users take turns of ``turn``, the first from ``virtual_start`` on."""

    id: str
    name: str
    start: datetime
    virtual_start: datetime
    turn: timedelta
    users: tuple[str, ...]
    end: datetime | None = None
    restrictions: tuple[Restriction, ...] = ()

    def __post_init__(self) -> None:
        if not self.users:
            raise ConfigError("Schedule layer users can't be blank")
        if not _SHORTEST_TURN <= self.turn <= _LONGEST_TURN:
            raise ConfigError(f"rotation_turn_length_seconds is half an hour to a year, got {self.turn}")
        if self.end is not None and self.end <= self.start:
            raise ConfigError("Schedule layer end must be after its start")

    def on_call(self, at: datetime, zone: ZoneInfo) -> str | None:
        """Return the user whose turn it is, or None outside of the layer."""
        if at < self.start or (self.end is not None and at >= self.end):
            return None
        local = _local(at, zone)
        if self.restrictions and not any(each.covers(local) for each in self.restrictions):
            return None
        return self.users[(local - _local(self.virtual_start, zone)) // self.turn % len(self.users)]

    def changes(self, since: datetime, until: datetime, zone: ZoneInfo) -> Iterator[datetime]:
        """Yield the instants in the range at which somebody else may be on call."""
        yield self.start
        if self.end is not None:
            yield self.end
        first, last = _local(since, zone), _local(until, zone)
        begin = _local(self.virtual_start, zone)
        turn = begin + (first - begin) // self.turn * self.turn
        while turn <= last:
            yield _absolute(turn, zone)
            turn += self.turn
        for each in self.restrictions:
            step = _DAY if each.weekday is None else _WEEK
            start = each.last_start(first)
            while start <= last:
                yield _absolute(start, zone)
                yield _absolute(start + each.duration, zone)
                start += step


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """Somebody who is on call instead, from ``start`` to before ``end``."""

    id: str
    start: datetime
    end: datetime
    user: str

    def __post_init__(self) -> None:
        if self.end <= self.start:
            raise ConfigError("Override must end after its start")


@dataclass(frozen=True, slots=True, kw_only=True)
class Schedule:
    """Layers and overrides. Of layers that are on call at once that of ``precedence`` wins.

    Which end of the list wins is not said by the API's documentation, so ``precedence`` is an option; of overrides
    that overlap the newest wins.
    """

    id: str
    name: str
    time_zone: str
    layers: tuple[Layer, ...]
    overrides: tuple[Override, ...] = ()
    description: str = ""
    precedence: Literal["first", "last"] = "last"

    @property
    def zone(self) -> ZoneInfo:
        """The time zone in which turns are counted."""
        return ZoneInfo(self.time_zone)

    def on_call(self, at: datetime) -> str | None:
        """Return the user who is on call, or None in a gap."""
        for override in reversed(self.overrides):
            if override.start <= at < override.end:
                return override.user
        zone = self.zone
        order = self.layers if self.precedence == "first" else reversed(self.layers)
        found = (layer.on_call(at, zone) for layer in order)
        return next((user for user in found if user is not None), None)

    def users(self) -> frozenset[str]:
        """Return everybody whom the schedule names."""
        return frozenset(user for layer in self.layers for user in layer.users) | {each.user for each in self.overrides}


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """A stretch in which one user is on call."""

    user: str
    start: datetime
    end: datetime


def shifts(schedule: Schedule, since: datetime, until: datetime) -> tuple[Shift, ...]:
    """Return who is on call from ``since`` to ``until``, cut to that range, in order; gaps are left out.

    Raises `ConfigError` for a range with more changes than the stand-in looks at.
    """
    edges = {since, until}
    for each in schedule.overrides:
        edges |= {each.start, each.end}
    zone = schedule.zone
    for layer in schedule.layers:
        for instant in layer.changes(since, until, zone):
            edges.add(instant)
            if len(edges) > _MOST_CHANGES:
                raise ConfigError(f"the range from {since} to {until} has too many turns; ask for a shorter one")
    instants = sorted(edge for edge in edges if since <= edge <= until)
    found: list[Shift] = []
    for start, end in pairwise(instants):
        user = schedule.on_call(start)
        if user is None:
            continue
        if found and (found[-1].user, found[-1].end) == (user, start):
            found[-1] = Shift(user=user, start=found[-1].start, end=end)
        else:
            found.append(Shift(user=user, start=start, end=end))
    return tuple(found)


def _local(at: datetime, zone: ZoneInfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def _absolute(local: datetime, zone: ZoneInfo) -> datetime:
    return local.replace(tzinfo=zone).astimezone(UTC)
