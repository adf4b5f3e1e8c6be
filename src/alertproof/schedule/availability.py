"""The availability of checks, its error budget, and whether there are runs enough to tell. Pure."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import msgspec

from alertproof.binomial import at_most
from alertproof.schedule.record import Gap, ScheduledRun
from alertproof.verdict import Verdict

__all__ = ["Availability", "Judged", "availability", "exact_bounds", "judge", "runs_needed"]

_CONFIDENCE = 0.95
_STEPS = 60  # of a bisection: far below what a double can tell apart
_TRUST = 0.05  # a larger share of runs that could not tell makes the rest no sample of the whole


class Availability(msgspec.Struct, frozen=True, kw_only=True):
    """Counts of runs. ``unknown`` could not tell, ``missed`` slots were not run: neither is good or bad.

    A run that passed after an attempt that failed by the runner's own fault is ``good``, and counted in ``flaky``
    besides, as is one that was degraded in ``degraded``. Runs in quarantine, and skipped ones, are left out of all
    other counts.
    """

    good: int = 0
    bad: int = 0
    unknown: int = 0
    missed: int = 0
    flaky: int = 0
    degraded: int = 0
    quarantined: int = 0

    @property
    def n(self) -> int:
        """How many runs said something about the platform."""
        return self.good + self.bad

    @property
    def share(self) -> float | None:
        """The share of good runs; None without any."""
        return self.good / self.n if self.n else None

    @property
    def doubtful(self) -> bool:
        """Whether so many runs are missing or could not tell that the others may not stand for them."""
        silent = self.unknown + self.missed
        return silent > _TRUST * (self.n + silent)


class Judged(msgspec.Struct, frozen=True, kw_only=True):
    """An objective held against runs.

    ``met`` is None where too few runs tell, with 95 % confidence: ``low`` and ``high`` are the bounds, each exact.
    ``budget`` is how many runs of these may fail, ``spent`` the share of it that is gone.
    """

    objective: float
    met: bool | None
    low: float
    high: float
    needed: int
    budget: float
    spent: float


def availability(runs: Iterable[ScheduledRun], gaps: Iterable[Gap] = ()) -> Availability:
    """Count runs that have ended, and slots that were not run."""
    counts = dict.fromkeys(("good", "bad", "unknown", "missed", "flaky", "degraded", "quarantined"), 0)
    for run in runs:
        if run.quarantined:
            counts["quarantined"] += 1
        elif run.verdict is Verdict.PASSED:
            counts["good"] += 1
            counts["flaky"] += run.flaky
            counts["degraded"] += run.degraded
        elif run.verdict is Verdict.FAILED:
            counts["bad"] += 1
        elif run.verdict is Verdict.BROKEN:
            counts["unknown"] += 1
    counts["missed"] = sum(gap.slots for gap in gaps)
    return Availability(**counts)


def judge(seen: Availability, objective: float) -> Judged:
    """Hold an objective, such as 0.999, against what was seen."""
    low, high = exact_bounds(seen.good, seen.n)
    budget = (1 - objective) * seen.n
    return Judged(
        objective=objective,
        met=None if seen.doubtful or low < objective <= high else low >= objective,
        low=low,
        high=high,
        needed=runs_needed(objective),
        budget=budget,
        spent=seen.bad / budget if budget else 0.0,
    )


def runs_needed(objective: float) -> int:
    """Return how many runs without a failure it takes to show an objective with 95 % confidence: 2,995 for 99.9 %."""
    return math.ceil(math.log(1 - _CONFIDENCE) / math.log(objective))


def exact_bounds(good: int, n: int) -> tuple[float, float]:
    """Return the one-sided bounds of Clopper and Pearson on a share, each with 95 % confidence; (0, 1) of nothing."""
    if n == 0:
        return 0.0, 1.0
    bad, tail = n - good, 1 - _CONFIDENCE
    # The upper bound on the bad share is where so few bad ones would be seen in a twentieth of all cases.
    most_bad = 1.0 if bad == n else _root(lambda share: at_most(bad, n, share) - tail)
    least_bad = 0.0 if bad == 0 else _root(lambda share: tail - (1 - at_most(bad - 1, n, share)))
    return 1 - most_bad, 1 - least_bad


def _root(falling: Callable[[float], float]) -> float:
    low, high = 0.0, 1.0
    for _ in range(_STEPS):
        middle = (low + high) / 2
        low, high = (middle, high) if falling(middle) > 0 else (low, middle)
    return (low + high) / 2
