"""What the scheduler and a worker say to each other: one line of JSON each."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TypeAlias

import msgspec

from alertproof.verdict import Verdict

__all__ = ["Collected", "Ended", "FromWorker", "Quarantine", "Refused", "Start", "Vitals", "WatchedCheck"]


class Quarantine(msgspec.Struct, frozen=True, kw_only=True):
    """A check that is known to fail: who sees to it, until which day, and why."""

    owner: str
    until: date
    why: str


class WatchedCheck(msgspec.Struct, frozen=True, kw_only=True):
    """A check as its test declares it; a span that it leaves out is None."""

    name: str
    kind: str
    every: timedelta | None = None
    jitter: timedelta | None = None
    quarantine: Quarantine | None = None


class Vitals(msgspec.Struct, frozen=True, kw_only=True):
    """The worst of each vital over the pages of a journey, in milliseconds; CLS has no unit."""

    ttfb: float | None = None
    fcp: float | None = None
    lcp: float | None = None
    inp: float | None = None
    cls: float | None = None


class Start(msgspec.Struct, frozen=True, kw_only=True):
    """Run a check; ``run`` is the name that the store knows the run by."""

    run: str
    check: str


class Collected(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The worker's first word: what there is to run."""

    checks: tuple[WatchedCheck, ...]


class Refused(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """The worker's first and last word where it cannot run anything."""

    why: str


class Ended(msgspec.Struct, frozen=True, kw_only=True, tag=True):
    """A run ended.

    ``reason`` is why it did not pass; of one that passed, what was nearly wrong. ``earlier`` are the reasons of the
    attempts before the last one. ``took`` is the longest request of a probe or the sum of a journey's steps, None where
    nothing was measured. ``records`` are the lines that ``run.jsonl`` would hold.
    """

    run: str
    verdict: Verdict
    wall: timedelta
    reason: str = ""
    earlier: tuple[str, ...] = ()
    took: timedelta | None = None
    vitals: Vitals | None = None
    records: tuple[str, ...] = ()

    @property
    def degraded(self) -> bool:
        """Whether it passed, and something was nearly wrong."""
        return self.verdict is Verdict.PASSED and bool(self.reason)


FromWorker: TypeAlias = Collected | Refused | Ended
