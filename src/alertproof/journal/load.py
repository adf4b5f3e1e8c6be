"""What a load run measured. Every instant and span is real time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from alertproof.verdict import Expectation, Verdict

__all__ = ["EndpointSeen", "LoadJournal", "LoadTick"]


class LoadTick(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that were to start within one second; ``second`` counts from the run's beginning.

    ``slow`` counts those that took longer than the run's limit *or* failed, from the intended start: the two whole
    numbers n and slow are exact, and add up over seconds and workers. ``p95`` is that of this second alone, None
    without requests. ``dropped`` were never sent because too many were under way; ``lag`` is the worst lateness of
    the generator itself.
    """

    second: int
    target_rate: float
    n: int
    slow: int
    failed: int
    p95: timedelta | None = None
    dropped: int = 0
    lag: timedelta = timedelta(0)


class EndpointSeen(msgspec.Struct, frozen=True, kw_only=True):
    """The requests of one name over the run, warm-up left out; latency counts from the intended start."""

    name: str
    n: int
    slow: int
    failed: int
    p50: timedelta | None = None
    p95: timedelta | None = None
    p99: timedelta | None = None
    longest: timedelta | None = None


class LoadJournal(msgspec.Struct, frozen=True, kw_only=True):
    """One load run of a profile; ``limit`` is the latency that a good request keeps.

    ``slow_allowed`` is the largest share of slow requests that the profile allows: at 5 % slow, p95 is the limit.

    ``n``, ``slow``, ``failed`` and the percentiles leave the first ``warm_up`` out; the ticks hold it.
    """

    check: str
    target: str
    profile: str
    scenario: str
    verdict: Verdict
    reason: str = ""
    began: datetime
    wall: timedelta
    limit: timedelta
    slow_allowed: float = 0.05
    warm_up: timedelta = timedelta(0)
    n: int = 0
    slow: int = 0
    failed: int = 0
    p95: timedelta | None = None
    ticks: tuple[LoadTick, ...] = ()
    endpoints: tuple[EndpointSeen, ...] = ()
    expectations: tuple[Expectation, ...] = ()
