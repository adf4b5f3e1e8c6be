"""What the history holds. Every instant and span is real time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from alertproof.schedule.timetable import Timetable
from alertproof.schedule.wire import Quarantine, Vitals
from alertproof.verdict import Verdict

__all__ = ["Claim", "Gap", "PlannedCheck", "ScheduledRun"]


class PlannedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check that is run at a location."""

    name: str
    kind: str
    location: str
    timetable: Timetable
    quarantine: Quarantine | None = None

    def quarantined(self, at: datetime) -> bool:
        """Whether its failures are known at an instant; the last day of a quarantine still belongs to it."""
        return self.quarantine is not None and at.date() <= self.quarantine.until


class Gap(msgspec.Struct, frozen=True, kw_only=True):
    """So many slots of a check that were not run, and why; ``until`` is when the next one began."""

    check: str
    location: str
    slots: int
    since: datetime
    until: datetime
    why: str


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A slot that this scheduler alone runs, with the gap that was before it."""

    run: str
    slot: int
    due: datetime
    gap: Gap | None


class ScheduledRun(msgspec.Struct, frozen=True, kw_only=True):
    """One run. ``verdict`` and ``ended`` are None while it is under way.

    ``reason`` is why it did not pass, or what was nearly wrong. ``earlier`` are the reasons of the attempts before the
    last one, ``took`` what it measured (see `Ended`).
    ``interrupted``: the scheduler was ended while it ran.
    """

    id: str
    check: str
    location: str
    network: str
    kind: str
    slot: int
    due: datetime
    began: datetime
    ended: datetime | None
    verdict: Verdict | None
    reason: str
    earlier: tuple[str, ...]
    took: timedelta | None
    vitals: Vitals | None
    quarantined: bool
    interrupted: bool

    @property
    def flaky(self) -> bool:
        """Whether it passed, but not at the first attempt."""
        return self.verdict is Verdict.PASSED and bool(self.earlier)

    @property
    def degraded(self) -> bool:
        """Whether it passed, and something was nearly wrong."""
        return self.verdict is Verdict.PASSED and bool(self.reason)
