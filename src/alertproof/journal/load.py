"""What a load run measured. Every instant and span is real time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from alertproof.verdict import Expectation, Verdict

__all__ = ["EndpointSeen", "FailureSeen", "LoadJournal", "LoadTick"]


class LoadTick(msgspec.Struct, frozen=True, kw_only=True):
    """The requests that were to start within one second; ``second`` counts from the run's beginning.

    ``arrivals`` are the tasks of the scenario that were to start then and did; each may send several requests, ``n`` of
    them in all. A later request of a task counts in the second in which it began, or in the last.

    ``slow`` counts those that took longer than the run's limit *or* failed, from the intended start: the two whole
    numbers n and slow are exact, and add up over seconds and workers. ``p95`` is that of this second alone. A failed
    request ranks behind every answered one: a percentile is None without requests, and where its rank falls on a
    failed one. ``dropped`` were never sent because too many were under way; ``lag`` is the worst lateness of
    the generator itself.
    """

    second: int
    target_rate: float
    arrivals: int
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


class FailureSeen(msgspec.Struct, frozen=True, kw_only=True):
    """Requests of one name that failed in the same way; ``correlation_id`` is that of one of them."""

    name: str
    trouble: str
    n: int
    correlation_id: str


class LoadJournal(msgspec.Struct, frozen=True, kw_only=True):
    """One load run of a profile; ``limit`` is the latency that a good request keeps.

    ``slow_allowed`` is the largest share of slow requests that the profile allows: at 5 % slow, p95 is the limit.

    ``n``, ``slow``, ``failed`` and the percentiles leave the first ``warm_up`` out; the ticks hold it.
    ``lag_p99`` is how late the generator itself was: of the arrivals, all but the latest hundredth started within.
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
    lag_p99: timedelta = timedelta(0)
    ticks: tuple[LoadTick, ...] = ()
    endpoints: tuple[EndpointSeen, ...] = ()
    failures: tuple[FailureSeen, ...] = ()
    expectations: tuple[Expectation, ...] = ()
