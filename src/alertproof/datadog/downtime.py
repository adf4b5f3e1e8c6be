"""Downtimes: when a group is muted, and what is told in spite of it or at its end [DOWN, DSCOPE, PREV].

A downtime mutes notifications and never changes a state. Of what is due while a group is muted, only the recovery from
trouble that was told before goes out. When a downtime ends while the group is in trouble, that is told anew.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta, tzinfo
from enum import StrEnum
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from alertproof.datadog.monitor.definition import State
from alertproof.datadog.query.tree import AllOf, CommaList, MetricQuery, Scope, TagIs, walk
from alertproof.datadog.recurrence import Recurrence, occurrences
from alertproof.datadog.tagscope import TagScope, matches, read_downtime_scope
from alertproof.errors import ConfigError
from alertproof.tags import Group, Tags

if TYPE_CHECKING:
    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition

__all__ = [
    "ALL_BAD",
    "Downtime",
    "EndType",
    "Ending",
    "Fate",
    "Mute",
    "OneTime",
    "Recurring",
    "Span",
    "Spans",
    "downtimes_of_silenced",
    "ends_loudly",
    "fate",
    "is_muted",
    "muted_tags",
    "passes",
    "spans_of",
    "upcoming",
]

#: How far ahead the next stretch of a downtime is looked for, and how long one that recurs may last.
_TEN_YEARS = timedelta(days=3653)
ALL_BAD = frozenset({State.ALERT, State.WARN, State.NO_DATA})


class EndType(StrEnum):
    """How a downtime ended, spelled as ``notify_end_types`` does."""

    CANCELED = "canceled"
    EXPIRED = "expired"


class OneTime(Struct, frozen=True, kw_only=True):
    """From ``start`` to ``end``, None for ever."""

    start: datetime
    end: datetime | None = None


class Recurring(Struct, frozen=True, kw_only=True):
    """Again and again for ``duration``; ``start`` is local time in ``zone``.

    Raises `ConfigError` for one that would last longer than ten years.
    """

    rule: Recurrence
    start: datetime
    duration: timedelta
    zone: tzinfo

    def __post_init__(self) -> None:
        if self.duration > _TEN_YEARS:
            raise ConfigError(f"a downtime that recurs lasts at most {_TEN_YEARS.days} days, not {self.duration.days}")


class Downtime(Struct, frozen=True, kw_only=True):
    """One downtime.

    It targets the monitor ``monitor_id``, or those that have all of ``monitor_tags``; no tags target every monitor.
    ``scope`` is then matched with the tags of a group. ``canceled_at`` ends it, whatever its schedule says.
    """

    id: str
    scope: TagScope
    schedules: tuple[OneTime | Recurring, ...]
    monitor_id: int | None = None
    monitor_tags: Tags = frozenset()
    mute_first_recovery: bool = False
    notify_end_states: frozenset[State] = ALL_BAD
    notify_end_types: frozenset[EndType] = frozenset({EndType.EXPIRED})
    canceled_at: datetime | None = None

    def targets(self, monitor_id: int | None, monitor_tags: Tags, tags: Tags) -> bool:
        """Tell whether a group with ``tags`` of a monitor is ever muted by it; composites and parts are not joined."""
        if self.monitor_id is not None:
            return self.monitor_id == monitor_id and matches(self.scope, tags)
        return self.monitor_tags <= monitor_tags and matches(self.scope, tags)


class Span(NamedTuple):
    """One stretch of a downtime, ``start <= at < end``; None for ever."""

    start: datetime
    end: datetime | None
    downtime: Downtime
    how: EndType = EndType.EXPIRED

    def covers(self, at: datetime) -> bool:
        return self.start <= at and (self.end is None or at < self.end)


class Ending(NamedTuple):
    """The end of a stretch of a downtime."""

    at: datetime
    downtime: Downtime
    how: EndType


class Mute(Struct, frozen=True):
    """How a group is muted at an evaluation: by which downtimes, and which have ended since the one before."""

    active: tuple[Downtime, ...] = ()
    ended: tuple[Ending, ...] = ()


_UNMUTED = Mute()


class Spans(Struct, frozen=True):
    """All stretches of time in which one group is muted, by their start."""

    spans: tuple[Span, ...] = ()

    def at(self, at: datetime, since: datetime | None = None) -> Mute:
        """Return how the group is muted at ``at``; downtimes that ended in ``(since, at]`` have ended."""
        if not self.spans:
            return _UNMUTED
        ended = [
            Ending(span.end, span.downtime, span.how)
            for span in self.spans
            if span.end is not None and since is not None and since < span.end <= at
        ]
        return Mute(tuple(span.downtime for span in self.spans if span.covers(at)), tuple(ended))

    @property
    def boundaries(self) -> tuple[datetime, ...]:
        """Return the instants at which something begins or ends, sorted: between them nothing changes."""
        return tuple(sorted({at for span in self.spans for at in (span.start, span.end) if at is not None}))


# --- decisions ----------------------------------------------------------------------------------------


def passes(mute: Mute, old: State, new: State, *, was_told: bool) -> bool:
    """Tell whether a notification that is due goes out in spite of the downtimes.

    ``was_told`` says whether the trouble that ends was told, so before the downtime: muted trouble is not. The first
    recovery goes out, unless any of the downtimes mutes that too; trouble that came after it was never told.
    """
    if not mute.active:
        return True
    recovers = new is State.OK and old is not State.OK
    return recovers and was_told and not any(downtime.mute_first_recovery for downtime in mute.active)


def ends_loudly(mute: Mute, state: State) -> bool:
    """Tell whether the end of a downtime is told: the group is in a bad state that it names, and muted no more."""
    if mute.active:
        return False
    return any(
        state in ending.downtime.notify_end_states and ending.how in ending.downtime.notify_end_types
        for ending in mute.ended
    )


class Fate(StrEnum):
    """What becomes of a group's evaluation: *anew* is what the end of a downtime tells."""

    SENT = "sent"
    MUTED = "muted"
    ANEW = "anew"
    NOTHING = "nothing"


def fate(mute: Mute, old: State, new: State, *, is_due: bool, was_told: bool) -> Fate:
    """Return what becomes of an evaluation that led from ``old`` to ``new``.

    ``is_due`` says whether a notification would be sent if there were no downtimes; the end of trouble is due if its
    beginning was told or muted [PREV]. ``was_told`` says whether that beginning was told. What would only be repeated
    when a downtime ends is told anew: the repetition of something that was muted might reach nobody.
    """
    if is_due and not (old is new and ends_loudly(mute, new)):
        return Fate.SENT if passes(mute, old, new, was_told=was_told) else Fate.MUTED
    return Fate.ANEW if ends_loudly(mute, new) else Fate.NOTHING


def is_muted(
    downtimes: Iterable[Downtime], at: datetime, *, monitor_id: int | None, monitor_tags: Tags, tags: Tags
) -> bool:
    """Tell whether a group with ``tags`` of a monitor is muted at an instant."""
    return any(
        span.covers(at)
        for downtime in downtimes
        if downtime.targets(monitor_id, monitor_tags, tags)
        for span in _stretches(downtime, at, at)
    )


def spans_of(
    downtimes: Iterable[Downtime],
    since: datetime,
    until: datetime,
    *,
    monitor_id: int | None,
    monitor_tags: Tags,
    tags: Tags,
) -> Spans:
    """Return when a group with ``tags`` of a monitor is muted within ``[since, until]``.

    Each occurrence of a recurring downtime is a stretch of its own, and expires.
    """
    found = [
        span
        for downtime in downtimes
        if downtime.targets(monitor_id, monitor_tags, tags)
        for span in _stretches(downtime, since, until)
    ]
    return Spans(tuple(sorted(found, key=lambda span: (span.start, span.downtime.id))))


def upcoming(downtime: Downtime, at: datetime) -> Span | None:
    """Return the stretch that covers ``at``, else the next one of the coming ten years, or None."""
    left = (span for span in _stretches(downtime, at, at + _TEN_YEARS) if span.end is None or span.end > at)
    if len(downtime.schedules) == 1:
        return next(left, None)  # in order, so that no more of a recurrence is expanded
    return min(left, key=lambda span: span.start, default=None)


def _stretches(downtime: Downtime, since: datetime, until: datetime) -> Iterator[Span]:
    canceled = downtime.canceled_at
    for schedule in downtime.schedules:
        for start, end in _times(schedule, since, until):
            if canceled is not None and canceled <= start:
                continue
            cut = canceled is not None and (end is None or canceled < end)
            how = EndType.CANCELED if cut else EndType.EXPIRED
            span = Span(start, canceled if cut else end, downtime, how)
            if span.start <= until and (span.end is None or span.end >= since):
                yield span


def _times(
    schedule: OneTime | Recurring, since: datetime, until: datetime
) -> Iterator[tuple[datetime, datetime | None]]:
    if isinstance(schedule, OneTime):
        yield schedule.start, schedule.end
        return
    # A day more on both sides: the rule counts in local time, whose offset changes.
    first = _local(since, schedule.zone) - schedule.duration - timedelta(days=1)
    last = _local(until, schedule.zone) + timedelta(days=1)
    for begin in occurrences(schedule.rule, schedule.start, first, last):
        start = begin.replace(tzinfo=schedule.zone).astimezone(since.tzinfo)
        yield start, start + schedule.duration


def _local(at: datetime, zone: tzinfo) -> datetime:
    return at.astimezone(zone).replace(tzinfo=None)


def downtimes_of_silenced(silenced: Mapping[str, int | None], *, monitor_id: int | None) -> tuple[Downtime, ...]:
    """Return the downtimes of a monitor's ``silenced``: the epoch second of each end by scope, null for ever [OPTS].

    Raises `QuerySyntaxError` for a scope that is none.
    """
    return tuple(
        Downtime(
            id=f"silenced {scope}",
            scope=read_downtime_scope(scope),
            schedules=(
                OneTime(
                    start=datetime.fromtimestamp(0, UTC), end=None if end is None else datetime.fromtimestamp(end, UTC)
                ),
            ),
            monitor_id=monitor_id,
        )
        for scope, end in sorted(silenced.items())
    )


# --- whose tags count ---------------------------------------------------------------------------------


def muted_tags(definition: Definition, group: Group, assumptions: Assumptions) -> Tags:
    """Return the tags that a downtime's scope is matched with: the group's.

    By assumption also those that the query filters by: all hosts of a monitor on ``service:web`` are in the scope
    ``service:web`` [DSCOPE].
    """
    if not assumptions.query_tags_match_downtimes:
        return frozenset(group)
    required = [_required(node.scope) for node in walk(definition.tree) if isinstance(node, MetricQuery)]
    return frozenset(group) | (frozenset.intersection(*required) if required else frozenset())


def _required(scope: Scope) -> Tags:
    if isinstance(scope, TagIs):
        return frozenset() if "*" in scope.text else frozenset({scope.tag})
    if isinstance(scope, CommaList | AllOf):
        return frozenset().union(*map(_required, scope.items))
    return frozenset()
