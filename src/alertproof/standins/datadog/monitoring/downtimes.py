"""The account's downtimes: kept as version 2 of the API has them, and evaluated by the engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Any

from msgspec.structs import replace

from alertproof.datadog.downtime import Downtime, Span, muted_tags, upcoming
from alertproof.datadog.downtime_payload import load_downtime, zone_called
from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.errors import AlertproofError
from alertproof.standins.bounded import FullError, Weights
from alertproof.standins.datadog.monitoring.monitors import Monitor
from alertproof.standins.datadog.wire import ApiError
from alertproof.standins.journal import drawn
from alertproof.tags import Group, parse_tags

__all__ = ["WRITABLE", "DowntimeBook", "Kept", "Status", "muted_groups"]

#: What a client may send.
WRITABLE = (
    "display_timezone",
    "message",
    "monitor_identifier",
    "mute_first_recovery_notification",
    "notify_end_states",
    "notify_end_types",
    "schedule",
    "scope",
)
#: What the server adds [CASS].
_DEFAULTS: Mapping[str, Any] = {
    "display_timezone": "UTC",
    "message": None,
    "mute_first_recovery_notification": False,
    "notify_end_states": ["alert", "no data", "warn"],
    "notify_end_types": ["expired"],
}
_ASSUMPTIONS = Assumptions()
_FIRST_NUMBER = 1_000_001


class Status(StrEnum):
    """Where a downtime is in its life."""

    ACTIVE = "active"
    CANCELED = "canceled"
    ENDED = "ended"
    SCHEDULED = "scheduled"


@dataclass(slots=True, kw_only=True)
class Kept:
    """One downtime; ``number`` is its id in version 1, whose ``recurrence`` is kept as it was sent."""

    id: str
    number: int
    attributes: Mapping[str, Any]
    downtime: Downtime
    created: datetime
    modified: datetime
    canceled: datetime | None = None
    recurrence: Mapping[str, Any] | None = None

    def next(self, now: datetime) -> Span | None:
        """Return the stretch that it is in, or its next."""
        return None if self.canceled is not None else upcoming(self.downtime, now)

    def status(self, now: datetime) -> Status:
        """Return where it is in its life."""
        if self.canceled is not None:
            return Status.CANCELED
        span = self.next(now)
        if span is None:
            return Status.ENDED
        return Status.ACTIVE if span.covers(now) else Status.SCHEDULED


class DowntimeBook:
    """Downtimes by id, in the order of creation."""

    #: Beyond these, or so many bytes of them, the oldest that is over is forgotten.
    KEPT = 10_000
    SIZE = 64 * 1024 * 1024

    def __init__(self) -> None:
        self._kept: dict[str, Kept] = {}
        self._weights = Weights(count=self.KEPT, size=self.SIZE)
        self._next_number = _FIRST_NUMBER

    def __iter__(self) -> Iterator[Kept]:
        return iter(tuple(self._kept.values()))

    @property
    def downtimes(self) -> tuple[Downtime, ...]:
        """All of them, as monitors are evaluated with."""
        return tuple(kept.downtime for kept in self._kept.values())

    def get(self, name: str) -> Kept:
        """Return one by its id of version 2; raises `ApiError` 404."""
        if name not in self._kept:
            raise ApiError(404, "Downtime not found")
        return self._kept[name]

    def numbered(self, number: int) -> Kept:
        """Return one by its id of version 1; raises `ApiError` 404."""
        found = next((kept for kept in self._kept.values() if kept.number == number), None)
        if found is None:
            raise ApiError(404, "Downtime not found")
        return found

    def create(self, given: Mapping[str, Any], now: datetime, *, recurrence: Mapping[str, Any] | None = None) -> Kept:
        """Add a downtime from attributes of version 2; raises `ApiError` 400 for what is wrong or not modelled."""
        name = str(drawn.uuid4())
        attributes = _complete({**_DEFAULTS, **given}, now)
        kept = Kept(
            id=name,
            number=self._next_number,
            attributes=attributes,
            downtime=_read(name, attributes, now),
            created=now,
            modified=now,
            recurrence=recurrence,
        )
        self._weigh(name, now, attributes, recurrence)
        self._kept[name] = kept
        self._next_number += 1
        return kept

    def update(
        self, kept: Kept, given: Mapping[str, Any], now: datetime, *, recurrence: Mapping[str, Any] | None = None
    ) -> None:
        """Replace the attributes given; raises as :meth:`create`, and for one that is over."""
        if kept.status(now) in {Status.CANCELED, Status.ENDED}:
            raise ApiError(400, f"the downtime is {kept.status(now)}: it cannot be changed any more")
        attributes = _complete({**kept.attributes, **given}, kept.created)
        downtime = _read(kept.id, attributes, kept.created)
        recurrence = recurrence if "schedule" in given else kept.recurrence
        self._weigh(kept.id, now, attributes, recurrence)
        kept.downtime, kept.attributes, kept.modified, kept.recurrence = downtime, attributes, now, recurrence

    def cancel(self, kept: Kept, now: datetime) -> None:
        """End a downtime now, whatever its schedule says; one that is over stays as it is."""
        if kept.status(now) in {Status.CANCELED, Status.ENDED}:
            return
        kept.canceled = kept.modified = now
        kept.downtime = replace(kept.downtime, canceled_at=now)

    def _weigh(self, name: str, now: datetime, *parts: object) -> None:
        """Make room for a downtime; raises `ApiError` 400 where only those are left that are not over."""
        while True:
            try:
                self._weights.put(name, *parts)
            except FullError as error:
                over = (kept for kept in self._kept.values() if kept.status(now) in {Status.CANCELED, Status.ENDED})
                oldest = next(over, None)
                if oldest is None:
                    raise ApiError(400, f"{error}; none of its downtimes is over") from error
                del self._kept[oldest.id]
                self._weights.drop(oldest.id)
            else:
                return


def muted_groups(kept: Kept, monitor: Monitor, now: datetime) -> tuple[Group, ...]:
    """Return the groups of a monitor that an active downtime mutes."""
    if kept.status(now) is not Status.ACTIVE:
        return ()
    tags = parse_tags(monitor.definition.tags)
    return tuple(
        group
        for group in sorted(monitor.statuses)
        if kept.downtime.targets(monitor.id, tags, muted_tags(monitor.definition, group, _ASSUMPTIONS))
    )


def _read(name: str, attributes: Mapping[str, Any], created: datetime) -> Downtime:
    identifier = attributes.get("monitor_identifier")
    if isinstance(identifier, Mapping) and identifier.get("monitor_tags") == []:
        raise ApiError(400, "monitor_identifier.monitor_tags: [] is too short; it holds at least one tag, or '*'")
    try:
        zone_called(str(attributes.get("display_timezone", "UTC")))
        return load_downtime({"data": {"id": name, "attributes": attributes}}, created=created, source="downtime")
    except AlertproofError as error:
        raise ApiError(400, str(error).removeprefix("downtime: ")) from error


def _complete(attributes: Mapping[str, Any], created: datetime) -> dict[str, Any]:
    """Fill in when it starts and ends, where the client left that to the server."""
    schedule = attributes.get("schedule")
    schedule = {} if schedule is None else schedule
    if not isinstance(schedule, Mapping):
        raise ApiError(400, f"{schedule!r} is not of type 'object'")
    if schedule.get("recurrences") == []:
        raise ApiError(400, "schedule.recurrences: [] is too short; a downtime that recurs has at least one recurrence")
    if schedule.get("recurrences") is not None:
        return {**attributes, "schedule": {"timezone": "UTC", **schedule}}
    start = schedule.get("start")
    began = created.astimezone(UTC).isoformat(timespec="microseconds") if start is None else start
    return {**attributes, "schedule": {"start": began, "end": schedule.get("end")}}
