"""What a search found, and whether it is enough for a launch. Pure."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import numpy as np

from alertproof.loadgen.capacity.estimate import BATCH, Estimate, base_share, estimate, student
from alertproof.loadgen.capacity.observed import SearchPlan, Second

__all__ = ["Answer", "Finding", "Outcome", "conclude", "judge"]

_SURE = 0.975
_TREND = 2.0  # standard errors between two halves of a search that are a trend
_HINT = 0.3  # ... and that make a pass depend on where the trend would lead
_NEAR_SHARE = 0.8  # of the allowed share: slow without load by so much, the rate has little to do with it


class Outcome(StrEnum):
    """Whether the platform takes the required rate."""

    PASS = "PASS"  # noqa: S105 - no password
    FAIL = "FAIL"
    INCONCLUSIVE = "INCONCLUSIVE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The capacity in arrivals per second, with a 95 % interval, and what is odd about it.

    ``rate`` is None where none was found: then the capacity lies between ``low`` and ``high``, of which ``high`` may be
    infinite. ``doubts`` are sentences, each of which keeps a search from a pass. ``late_low`` is the lower end at the
    search's end, where the capacity seemed to fall.
    """

    rate: float | None
    low: float
    high: float
    seconds: int
    base: float = 0.0
    late_low: float = math.inf
    doubts: tuple[str, ...] = ()

    def __str__(self) -> str:
        if self.rate is not None:
            return f"{self.rate:.4g}/s (95 % interval {self.low:.4g} to {self.high:.4g})"
        return f"at least {self.low:.4g}/s" if math.isinf(self.high) else f"below {self.high:.4g}/s"


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """An outcome, and why."""

    outcome: Outcome
    reason: str


def judge(finding: Finding, *, required: float, headroom: float = 1.0) -> Answer:
    """Decide whether the platform takes ``required`` arrivals per second, ``headroom`` times over.

    A pass needs the whole interval at or above the two multiplied; a failure has it all below ``required``.
    """
    wanted = f"{required:g}/s" + (f" times {headroom:g}" if headroom != 1.0 else "")
    if finding.high < required:
        return Answer(outcome=Outcome.FAIL, reason=f"the capacity is {finding}, and {required:g}/s are required")
    if finding.low < required * headroom:
        return Answer(outcome=Outcome.INCONCLUSIVE, reason=f"the capacity is {finding}, and {wanted} is required")
    if finding.doubts:
        return Answer(outcome=Outcome.INCONCLUSIVE, reason="; ".join(finding.doubts))
    if finding.late_low < required * headroom:
        reason = f"it may be falling: at the end of the search it may have been {finding.late_low:.4g}/s"
        return Answer(outcome=Outcome.INCONCLUSIVE, reason=f"the capacity is {finding}, but {reason}")
    return Answer(outcome=Outcome.PASS, reason=f"the capacity is {finding}, and {wanted} is required")


def conclude(
    seen: Sequence[Second], *, first: int | None, calm: Sequence[Second], overload: float, plan: SearchPlan
) -> Finding:
    """Return what the seconds of a search say; the arguments are those of `estimate`, ``first`` None without tracking.

    ``overload`` is the lowest rate that is known to overload.
    """
    doubts = []
    base, _ = base_share(calm)
    if base > _NEAR_SHARE * plan.share:
        doubts.append(f"{base:.1%} of the requests are slow or fail without any load, whatever the rate")
    if first is None:
        doubts.append("it never kept its limit, at any rate")
        return Finding(rate=None, low=0.0, high=min(overload, plan.start), seconds=0, base=base, doubts=tuple(doubts))
    found = estimate(seen, first=first, calm=calm, share=plan.share, most=overload)
    held = _held_at_ceiling(seen, plan)
    if held is not None and (found is None or found.high > plan.ceiling):
        low = plan.ceiling if held else (found.low if found else 0.0)
        if not held:
            doubts.append(f"at the ceiling of {plan.ceiling:g}/s it is not sure to keep its limit")
        return Finding(
            rate=None, low=min(low, plan.ceiling), high=math.inf, seconds=len(seen), base=base, doubts=tuple(doubts)
        )
    if found is None:
        doubts.append("the search was too short to tell")
        return Finding(rate=None, low=0.0, high=math.inf, seconds=len(seen) - first, base=base, doubts=tuple(doubts))
    trend, late_low = _trend(seen, first=first, calm=calm, overload=overload, plan=plan)
    return Finding(
        rate=found.rate,
        low=found.low,
        high=found.high,
        seconds=found.seconds,
        base=base,
        late_low=late_low,
        doubts=(*doubts, *trend),
    )


def _held_at_ceiling(seen: Sequence[Second], plan: SearchPlan) -> bool | None:
    """Return whether the limit is surely kept at the ceiling; None where it was not there for a while at the end."""
    there = 0
    while there < len(seen) and seen[-1 - there].rate >= plan.ceiling * 0.999:
        there += 1
    size = 10
    if there < 6 * size:
        return None
    last = seen[-(there // size * size) :]
    parts = [last[at : at + size] for at in range(0, len(last), size)]
    shares = np.array([sum(one.slow for one in part) / max(1, sum(one.n for one in part)) for part in parts])
    spread = float(shares.std(ddof=1)) / math.sqrt(len(shares))
    return bool(shares.mean() + student(_SURE, len(shares) - 1) * spread <= plan.share)


def _trend(
    seen: Sequence[Second], *, first: int, calm: Sequence[Second], overload: float, plan: SearchPlan
) -> tuple[list[str], float]:
    """Compare the two halves: return what to doubt, and the lower end at the end where the capacity seems to fall."""
    middle = first + (len(seen) - first) // 2
    halves: list[Estimate | None] = [
        estimate(part, first=start, calm=calm, share=plan.share, most=overload)
        for part, start in ((seen[:middle], first), (seen, middle))
    ]
    early, late = halves
    if early is None or late is None:
        return [], math.inf
    change, spread = math.log(late.rate / early.rate), math.hypot(early.spread, late.spread)
    doubts = []
    if abs(change) > max(_TREND * spread, 0.02):
        word = "fell" if change < 0 else "rose"
        doubts.append(f"the capacity {word} during the search, from {early.rate:.4g} to {late.rate:.4g}/s")
    if change > -_HINT * spread:
        return doubts, math.inf
    batches = (len(seen) - middle) // BATCH
    end = math.log(late.rate) + change / 2
    doubt = math.hypot(1.5 * late.spread, 0.5 * early.spread)
    return doubts, math.exp(end - student(0.95, batches - 1) * doubt)
