"""Holds the share of slow requests, not the rate: a platform just above, or just below, what its alert asks for. Pure.

A fixed rate cannot do that: near the capacity the share is exponential in the rate, and the capacity is never known
that well. The controller is an integral of what is missing, and nothing of it is clipped, so that over N seconds the
mean share is the wanted one less ``0.05 * (ln(last rate) - ln(first rate)) / (gain * N)``, whatever the platform does.
"""

from __future__ import annotations

import math

from alertproof.loadgen.capacity.observed import Second

__all__ = ["Hold"]

_GAIN = 0.004  # how far one second moves ln(rate), for each 5 % of the requests that are missing
_UNIT = 0.05


class Hold:
    """Ask `rate` what to offer now; `see` each second when it is final.

    ``rate`` is the first one, near the capacity if that is known. ``share`` of the requests are to be slow. No rate is
    above ``ceiling``; where that is reached, the share may stay below what is wanted.
    """

    def __init__(self, *, rate: float, share: float, ceiling: float) -> None:
        if not 0 < rate <= ceiling:
            raise ValueError(f"rate is above 0 and at most the ceiling of {ceiling:g}, got {rate:g}")
        if not 0 < share < 1:
            raise ValueError(f"share is between 0 and 1, got {share:g}")
        self._share, self._ceiling = share, ceiling
        self._level = math.log(rate)

    @property
    def rate(self) -> float:
        """The rate to offer now."""
        return min(math.exp(self._level), self._ceiling)

    def see(self, second: Second) -> float:
        """Take in the next final second; return the rate to offer from now on."""
        seen = second.slow / second.n if second.n else 0.0
        self._level = min(self._level + _GAIN * (self._share - seen) / _UNIT, math.log(self._ceiling))
        return self.rate
