"""Holds the share of slow requests, not the rate: a platform just above, or just below, what its alert asks for. Pure.

A fixed rate cannot do that: near the capacity the share is exponential in the rate, and the capacity is never known
that well. Nor can a rate that is moved a little each second: a queue near its capacity answers a change only after tens
of seconds, and wanders meanwhile. So the load comes in waves. Each is a low rate, under which every queue empties, with
some arrivals more at its beginning. How many is what is learned, wave by wave: so many that the slow ones of all waves
together are the share that is wanted.
"""

from __future__ import annotations

from alertproof.loadgen.capacity.observed import Second

__all__ = ["Hold"]

_WAVE, _PUSH = 6, 2  # seconds of a wave, and of its beginning that has the arrivals more
_LEARNS = 0.2  # arrivals more, for each slow request that is missing in a wave
_MAKES_UP = 0.7  # of what is missing since the beginning, in each wave
_GROWS = 1.5  # from wave to wave, while nothing is slow at all
_FAR = 2.0  # waves' worth of slow requests: what is missing or too many beyond that is not made up for at once


class Hold:
    """Ask `rate` for each second that begins, in order, and `see` each second when it is final, as it comes.

    ``low`` is a rate that the platform takes with ease. ``share`` of the requests are to be slow. ``extra`` is how many
    arrivals a wave has more at first, where another hold has learned it. No rate is above ``ceiling``; where that is
    reached, the share may stay below what is wanted.
    """

    def __init__(self, *, low: float, share: float, ceiling: float, extra: float | None = None) -> None:
        if not 0 < low < ceiling:
            raise ValueError(f"the low rate is above 0 and below the ceiling of {ceiling:g}, got {low:g}")
        if not 0 < share < 1:
            raise ValueError(f"share is between 0 and 1, got {share:g}")
        self._low, self._share = low, share
        self._most = (ceiling - low) * _PUSH
        self.extra = min(low * _PUSH if extra is None else extra, self._most)
        self.settled = extra is not None
        self._wave = self.extra
        self._began = 0  # seconds
        self._n = self._slow = 0  # in this wave
        self._all = self._all_slow = 0  # since the share was first reached

    def rate(self) -> float:
        """Return the rate of the next second: each call is one."""
        at = self._began % _WAVE
        if at == 0:
            self._learn()
            self._wave = self.extra
        self._began += 1
        return self._low + (self._wave / _PUSH if at < _PUSH else 0.0)

    def see(self, second: Second) -> None:
        """Take in the next final second: all of its requests, whoever sent them."""
        self._n += second.n
        self._slow += second.slow

    def _learn(self) -> None:
        """Say how many arrivals more the next wave has, by what was seen since the last one began."""
        n, slow = self._n, self._slow
        self._n = self._slow = 0
        if not n:
            return
        if not self.settled:
            if not slow:
                self.extra = min(self.extra * _GROWS, self._most)
                return
            self.settled = True
        self._all, self._all_slow = self._all + n, self._all_slow + slow
        usual = self._share * n
        missing = max(-_FAR * usual, min(self._share * self._all - self._all_slow, _FAR * usual))
        wanted = usual + _MAKES_UP * missing
        self.extra = max(0.5 * self._low, min(self.extra + _LEARNS * (wanted - slow), self._most))
