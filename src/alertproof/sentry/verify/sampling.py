"""Whether a count of sampled things fits the rate: an exact bound of the binomial distribution.

The rate in force is read from an event's dynamic sampling context (`sample_rate`). A count is the second witness: of so
many roots, so many were kept; by chance alone it leaves the range below only once in ten thousand times.
"""

from __future__ import annotations

from alertproof.binomial import exactly
from alertproof.sentry.verify.judge import Judged

__all__ = ["allowed_range", "judge_sampling"]

#: How often chance alone may leave the range, both sides together.
DOUBT = 1e-4


def allowed_range(of: int, rate: float, *, doubt: float = DOUBT) -> tuple[int, int]:
    """Return the fewest and the most of ``of`` that a rate leaves, but for a share of ``doubt`` of all runs."""
    low, below = 0, 0.0
    while low < of and (below := below + exactly(low, of, rate)) < doubt / 2:
        low += 1
    high, above = of, 0.0
    while high > 0 and (above := above + exactly(high, of, rate)) < doubt / 2:
        high -= 1
    return low, high


def judge_sampling(taken: int, of: int, rate: float, *, doubt: float = DOUBT) -> Judged:
    """Judge whether ``taken`` of ``of`` fit the rate; too few to tell the rate from none or all are no answer."""
    wanted = f"{rate:g} of {of}"
    if of == 0:
        return Judged(what="sampled", wanted=wanted, met=None, found="nothing was there to be sampled")
    low, high = allowed_range(of, rate, doubt=doubt)
    found = f"{taken}, which is {taken / of:.3g}; by chance from {low} to {high}"
    if 0 < rate < 1 and (low == 0 or high == of):
        return Judged(what="sampled", wanted=wanted, met=None, found=f"{found}: too few to tell it from none or all")
    return Judged(what="sampled", wanted=wanted, met=low <= taken <= high, found=found)
