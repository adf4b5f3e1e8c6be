"""From the seconds of a search to the capacity, with an interval. Pure.

The share of slow requests is modelled as ``base + (1 - base) * logistic(slope * (x - x0))``, ``x`` being the logarithm
of the rate that the platform has been under lately (a queue remembers some seconds) and ``base`` the share that is slow
without any load. ``slope`` differs between platforms by two orders of magnitude, so it is integrated out on a grid
together with the capacity. Seconds depend on each other, so their number says nothing of the certainty: the interval
comes from leaving out one batch of 25 s after the other (jackknife).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from alertproof.loadgen.capacity.observed import Second

__all__ = ["BATCH", "Estimate", "base_share", "estimate", "student"]

_MEMORY = 12.0  # seconds over which the rate is smoothed
BATCH = 25  #: seconds left out at a time: longer than most queues remember near their capacity
_DISPERSION = 40.0  # how many requests in a row count as one: at the capacity, slow ones come in bursts
_SLOPE, _SLOPE_SPREAD = 25.0, 0.8  # of ln(odds) by ln(rate): the middle and the spread (of its logarithm) beforehand
_SLOPES = np.exp(np.linspace(math.log(3.0), math.log(300.0), 13))
_COARSE, _FINE = 41, 61
_SURE = 0.975
_MOST_BASE = 0.6  # of the allowed share: a base nearer to it leaves nothing to be seen
_IDLE = 0.55  # of the highest rate before the first overload: what is below shows the base
_SEEN_BASE = 8  # slow requests below it that are no chance
# The width of the posterior is right for every queue that was tried when as many requests as are sent in so many
# seconds count as one. It steadies the jackknife's, which knows only ten batches, with the weight of so many more.
_BURST, _WEIGHT = 5.5, 10
_OVERLOAD_DOUBT = 0.05  # of ln(rate): how sharply a rate that overloaded twice bounds the capacity

_Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """The highest rate at which the allowed share of slow requests is kept, with a 95 % interval.

    ``spread`` is the standard error of the rate's logarithm.
    """

    rate: float
    low: float
    high: float
    spread: float
    seconds: int

    @property
    def half_width(self) -> float:
        """Half of the interval, as a share of the rate."""
        return (self.high - self.low) / 2 / self.rate


def estimate(
    seen: Sequence[Second], *, first: int, calm: Sequence[Second], share: float, most: float = math.inf
) -> Estimate | None:
    """Return the rate at which ``share`` of the requests are slow; None with fewer than four batches of seconds.

    ``seen`` are all seconds of the search, of which those from ``first`` on are looked at; ``calm`` are those before
    the first overload, and ``most`` is a rate that overloads.
    """
    rates = np.array([one.rate for one in seen])
    n = np.array([one.n for one in seen], dtype=float)
    slow = np.array([one.slow for one in seen], dtype=float)
    first += (len(seen) - first) % BATCH
    batches = (len(seen) - first) // BATCH
    if batches < 4:
        return None
    x = np.log(smoothed(rates))[first:]
    base, idle = base_share(calm)
    doubt = math.sqrt(2 * base * (1 - base) / idle) if base else 0.0  # two: in bursts of its own
    base = min(base, _MOST_BASE * share)
    model = _Model(x, n[first:], slow[first:], share=share, most=most)
    middle, narrow = model.located(base)
    levels = np.linspace(middle - 8 * narrow, middle + 8 * narrow, _FINE)
    batch = model.by_batch(levels, base)
    whole = batch.sum(axis=-1)
    point, width = _posterior(levels, whole)
    left_out = np.array([_posterior(levels, whole - batch[:, :, index])[0] for index in range(batches)])
    variance = (batches - 1) / batches * float(((left_out - left_out.mean()) ** 2).sum())
    freedom = batches - 1
    width *= math.sqrt(max(1.0, _BURST * float(n[first:].mean()) / _DISPERSION))
    variance = (freedom * variance + _WEIGHT * width**2) / (freedom + _WEIGHT)
    freedom += _WEIGHT
    if doubt:
        shifted = [model.located(min(max(0.0, base + sign * doubt), _MOST_BASE * share))[0] for sign in (-1, 1)]
        variance += ((shifted[1] - shifted[0]) / 2) ** 2
    spread = math.sqrt(variance)
    reach = student(_SURE, freedom) * spread
    return Estimate(
        rate=math.exp(point),
        low=math.exp(point - reach),
        high=math.exp(point + reach),
        spread=spread,
        seconds=len(seen) - first,
    )


def smoothed(rates: _Floats) -> _Floats:
    """Return the rate that a platform has been under lately: exponentially weighted over `_MEMORY` seconds."""
    held, lately = rates[0], np.empty_like(rates)
    for index, rate in enumerate(rates):
        held += (rate - held) / _MEMORY
        lately[index] = held
    return lately


def student(probability: float, freedom: float) -> float:
    """Return a quantile of Student's distribution, to 0.2 % from 4 degrees of freedom on (Cornish-Fisher)."""
    z = NormalDist().inv_cdf(probability)
    g1 = (z**3 + z) / 4
    g2 = (5 * z**5 + 16 * z**3 + 3 * z) / 96
    g3 = (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384
    g4 = (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160
    return z + g1 / freedom + g2 / freedom**2 + g3 / freedom**3 + g4 / freedom**4


def base_share(calm: Sequence[Second]) -> tuple[float, int]:
    """Return the share that is slow without load, and of how many requests.

    ``calm`` are the seconds before the first overload; those well below their highest rate are looked at.
    """
    highest = max((one.rate for one in calm), default=0.0)
    idle = [one for one in calm if one.rate < _IDLE * highest]
    requests, slow = sum(one.n for one in idle), sum(one.slow for one in idle)
    return (slow / requests if slow >= _SEEN_BASE else 0.0), requests


class _Model:
    """The likelihood of the seconds, over a grid of levels (ln of the capacity) and slopes."""

    def __init__(self, x: _Floats, n: _Floats, slow: _Floats, *, share: float, most: float) -> None:
        self._x, self._n, self._slow, self._share, self._most = x, n, slow, share, math.log(most)

    def located(self, base: float) -> tuple[float, float]:
        """Return the mean and the standard deviation of the level."""
        levels = np.linspace(self._x.min() - 0.22, self._x.max() + 0.26, _COARSE)
        middle, narrow = _posterior(levels, self.by_batch(levels, base).sum(axis=-1))
        narrow = max(narrow, float(levels[1] - levels[0]) / 2)
        levels = np.linspace(middle - 5 * narrow, middle + 5 * narrow, _COARSE)
        return _posterior(levels, self.by_batch(levels, base).sum(axis=-1))

    def by_batch(self, levels: _Floats, base: float) -> _Floats:
        """Return the logarithm of the likelihood by level, slope and batch."""
        allowed = (self._share - base) / (1 - base)
        odds = _SLOPES[None, :, None] * (self._x - levels[:, None])[:, None, :] + math.log(allowed / (1 - allowed))
        np.clip(odds, -30.0, 30.0, out=odds)
        if base:
            q = base + (1 - base) / (1 + np.exp(-odds))
            found = self._slow * np.log(q) + (self._n - self._slow) * np.log1p(-np.minimum(q, 1 - 1e-12))
        else:
            found = self._slow * odds - self._n * np.log1p(np.exp(odds))
        batches = found.reshape(*found.shape[:2], -1, BATCH).sum(axis=-1) / _DISPERSION
        above = np.maximum(0.0, levels - self._most) / _OVERLOAD_DOUBT
        batches -= (0.5 * above**2 / batches.shape[-1])[:, None, None]
        return np.asarray(batches)


def _posterior(levels: _Floats, likelihood: _Floats) -> tuple[float, float]:
    beforehand = -0.5 * (np.log(_SLOPES / _SLOPE) / _SLOPE_SPREAD) ** 2
    weights = likelihood + beforehand
    weights = np.exp(weights - weights.max()).sum(axis=1)
    weights /= weights.sum()
    mean = float(weights @ levels)
    return mean, math.sqrt(float(weights @ (levels - mean) ** 2))
