"""The requests of a span, or of an endpoint, as exact numbers: no buckets, so a limit has two sharp sides."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable
from datetime import timedelta
from fractions import Fraction

from alertproof.ranks import rank

__all__ = ["P50", "P95", "P99", "Samples", "microseconds"]

P50, P95, P99 = Fraction(50), Fraction(95), Fraction(99)
_MICROSECOND = timedelta(microseconds=1)


def microseconds(span: timedelta) -> int:
    """Return a span in whole microseconds, the unit of every latency here."""
    return span // _MICROSECOND


class Samples:
    """Requests: the latencies of those that were answered well, and of those that failed.

    A failed request ranks behind every answered one, as if it had taken for ever. Else a platform that fails fast
    would have the best percentiles, and "p95 is at most the limit" would not be the same as "at most 5 % of the
    requests are slow or failed".
    """

    def __init__(self, answered: Iterable[int] = (), failed: Iterable[int] = ()) -> None:
        self._answered = array("q", sorted(answered))
        self._failed = array("q", failed)

    @property
    def n(self) -> int:
        return len(self._answered) + len(self._failed)

    @property
    def failed(self) -> int:
        return len(self._failed)

    def with_failed(self, more: int) -> Samples:
        """Return these, and as many more of which none was answered."""
        return Samples(self._answered, (*self._failed, *[0] * more))

    def slow(self, limit: timedelta) -> int:
        """Count the requests that took longer than ``limit``, or failed."""
        return self.n - bisect_right(self._answered, microseconds(limit))

    def percentile(self, percent: Fraction) -> timedelta | None:
        """Return the latency that ``percent`` (0..100] of the requests kept, by nearest rank.

        It is that of a request that was sent, never a value between two. None without requests, and when the request
        of that rank failed.
        """
        at = rank(self.n, percent / 100)
        return None if at > len(self._answered) else timedelta(microseconds=self._answered[at - 1])

    def longest(self) -> timedelta | None:
        """Return the longest that any request took, one that failed included; None without requests."""
        longest = max((*self._answered[-1:], *self._failed), default=None)
        return None if longest is None else timedelta(microseconds=longest)
