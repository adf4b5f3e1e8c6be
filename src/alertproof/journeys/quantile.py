"""A quantile of few samples, with its exact interval from order statistics. Pure.

How many of ``n`` independent samples lie at or below the true quantile is binomial, whatever their distribution. So the
quantile lies between two of the sorted samples with a probability that is known exactly (David and Nagaraja, *Order
Statistics*, 7.1; Conover, *Practical Nonparametric Statistics*, 3.2). Samples that are equal only make it surer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from alertproof.binomial import exactly
from alertproof.ranks import nearest

__all__ = ["CONFIDENCE", "Estimated", "estimate", "fewest", "ranks"]

CONFIDENCE = 0.95


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimated:
    """A quantile (nearest rank) and the interval that holds the true one, in the unit of the samples."""

    value: float
    low: float
    high: float
    n: int


def estimate(samples: Sequence[float], share: float) -> Estimated | None:
    """Return the quantile ``share`` (0, 1) of samples and its interval; None with fewer samples than `fewest`."""
    found = ranks(len(samples), share)
    if found is None:
        return None
    ordered = sorted(samples)
    low, high = found
    return Estimated(value=nearest(ordered, share), low=ordered[low - 1], high=ordered[high - 1], n=len(ordered))


@cache
def ranks(n: int, share: float, confidence: float = CONFIDENCE) -> tuple[int, int] | None:
    """Return the ranks (1..n) of the samples that bound the quantile, each missed with half of the doubt at the most.

    None where not even the smallest and the largest of ``n`` samples are sure enough.
    """
    doubt = (1 - confidence) / 2
    below = [exactly(k, n, share) for k in range(n + 1)]
    # The quantile lies below the sample of rank r with the probability of fewer than r at or below it.
    low = max((r for r in range(1, n + 1) if math.fsum(below[:r]) <= doubt), default=None)
    high = min((s for s in range(1, n + 1) if math.fsum(below[s:]) <= doubt), default=None)
    return None if low is None or high is None else (low, high)


@cache
def fewest(share: float, confidence: float = CONFIDENCE) -> int:
    """Return the smallest number of samples of which a quantile's interval can be told: 13 for p75 and 95 %."""
    doubt = (1 - confidence) / 2
    return math.ceil(math.log(doubt) / math.log(max(share, 1 - share)))
