"""From which locations a check fails, and since when that makes an outage. Pure.

One failing location is the way there; two are the platform. Where a check runs at one location only, that one decides.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

import msgspec

from alertproof.schedule.record import ScheduledRun
from alertproof.verdict import Verdict

__all__ = ["At", "Outage", "Standing", "outages", "standing"]

_QUORUM = 2
_SILENT = 3  # intervals after its last run a location says nothing any more


class At(StrEnum):
    """What a location says of a check."""

    PASSING = "passing"
    FAILING = "failing"
    SILENT = "silent"


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """What each location says of a check at one instant. ``failing`` is None where too few say anything."""

    locations: dict[str, At]
    quorum: int

    @property
    def failing(self) -> bool | None:
        said = [*self.locations.values()]
        if said.count(At.FAILING) >= self.quorum:
            return True
        return None if len(said) - said.count(At.SILENT) < self.quorum else False

    @property
    def words(self) -> str:
        """``passing``, ``failing from 2 of 3 locations``, ``silent at 1 of 3 locations``."""
        said, all_ = [*self.locations.values()], len(self.locations)
        parts = [
            f"{state} {'from' if state is At.FAILING else 'at'} {said.count(state)} of {all_} locations"
            for state in (At.FAILING, At.SILENT)
            if state in said
        ]
        if all_ == 1:
            return str(said[0])
        return ", ".join(parts) or "passing"


class Outage(msgspec.Struct, frozen=True, kw_only=True):
    """A span in which a check failed from enough locations; ``until`` is None while it lasts."""

    check: str
    since: datetime
    until: datetime | None
    locations: tuple[str, ...]
    reason: str


def standing(
    runs: Sequence[ScheduledRun], *, locations: Mapping[str, timedelta], at: datetime, quorum: int | None = None
) -> Standing:
    """Return what locations say of one check at an instant; ``locations`` gives the interval of each.

    ``quorum`` is how many must fail: two, or one where there is but one location. A run in quarantine says nothing.
    """
    said = dict.fromkeys(locations, At.SILENT)
    for run in _telling(runs):
        if run.location in said and run.ended is not None and run.ended <= at:
            fresh = at - run.ended <= _SILENT * locations[run.location]
            said[run.location] = _SAYS[run.verdict] if fresh else At.SILENT
    return Standing(locations=said, quorum=quorum or min(_QUORUM, len(locations)) or 1)


_SAYS: dict[Verdict | None, At] = {Verdict.PASSED: At.PASSING, Verdict.FAILED: At.FAILING}


def outages(
    runs: Sequence[ScheduledRun], *, locations: Mapping[str, timedelta], at: datetime, quorum: int | None = None
) -> list[Outage]:
    """Return the outages of one check up to an instant, the oldest first.

    One begins when so many locations fail at once and ends when they do not any more, or say nothing any more.
    """
    needed = quorum or min(_QUORUM, len(locations)) or 1
    failing: dict[str, str] = {}
    found: list[Outage] = []
    since: datetime | None = None
    seen: dict[str, str] = {}
    for instant, location, reason in _changes(runs, locations, at):
        if reason is None:
            failing.pop(location, None)
        else:
            failing[location] = reason
        if len(failing) >= needed:
            since = since or instant
            seen |= failing
        elif since is not None:
            found.append(_outage(runs, since, instant, seen))
            since, seen = None, {}
    if since is not None:
        found.append(_outage(runs, since, None, seen))
    return found


def _outage(runs: Sequence[ScheduledRun], since: datetime, until: datetime | None, seen: Mapping[str, str]) -> Outage:
    return Outage(
        check=runs[0].check, since=since, until=until, locations=tuple(sorted(seen)), reason=next(iter(seen.values()))
    )


def _telling(runs: Iterable[ScheduledRun]) -> list[ScheduledRun]:
    telling = [run for run in runs if run.ended is not None and run.verdict in _SAYS and not run.quarantined]
    return sorted(telling, key=lambda run: (run.ended, run.id))


def _changes(
    runs: Sequence[ScheduledRun], locations: Mapping[str, timedelta], at: datetime
) -> list[tuple[datetime, str, str | None]]:
    """Return when each location began to fail, with why, or ended to: by a run that passed, or by its silence."""
    changes: list[tuple[datetime, str, str | None]] = []
    last: dict[str, datetime] = {}
    for run in _telling(runs):
        if run.location not in locations or run.ended is None or run.ended > at:
            continue
        patience = _SILENT * locations[run.location]
        before = last.get(run.location)
        if before is not None and run.ended - before > patience:
            changes.append((before + patience, run.location, None))
        last[run.location] = run.ended
        changes.append((run.ended, run.location, run.reason if run.verdict is Verdict.FAILED else None))
    changes += [
        (ended + _SILENT * locations[location], location, None)
        for location, ended in last.items()
        if ended + _SILENT * locations[location] < at
    ]
    return sorted(changes, key=lambda change: (change[0], change[1]))
