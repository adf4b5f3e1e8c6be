"""The binomial distribution, for exact bounds on counts; by logarithms, since a choice of thousands is no float.

Pure.
"""

from __future__ import annotations

import math

__all__ = ["at_most", "exactly"]


def exactly(hit: int, n: int, share: float) -> float:
    """Return the chance that exactly ``hit`` (0..n) of ``n`` are hit, each with a chance of ``share`` (0..1)."""
    return math.exp(_log(hit, n, share))


def at_most(hit: int, n: int, share: float) -> float:
    """Return the chance that at most ``hit`` of ``n`` are hit, each with a chance of ``share`` (0..1)."""
    logs = [_log(one, n, share) for one in range(hit + 1)]
    top = max(logs, default=-math.inf)
    if top == -math.inf:
        return 0.0
    return min(1.0, math.exp(top) * math.fsum(math.exp(one - top) for one in logs))


def _log(hit: int, n: int, share: float) -> float:
    ways = math.lgamma(n + 1) - math.lgamma(hit + 1) - math.lgamma(n - hit + 1)
    return ways + _times(hit, share) + _times(n - hit, 1 - share)


def _times(count: int, share: float) -> float:
    if not count:
        return 0.0
    return count * math.log(share) if share > 0 else -math.inf
