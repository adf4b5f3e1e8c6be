"""Which requests of the steady traffic carry a header: an exact share, for as long as a lease lasts."""

from __future__ import annotations

import math
from datetime import timedelta
from fractions import Fraction
from typing import final

import msgspec

__all__ = ["Carried", "Carry"]

_FINEST = 10_000  # a share is meant to so many parts: three times 0.05 is 0.15


class Carry(msgspec.Struct, frozen=True, kw_only=True):
    """A ``share`` (0..1) of the requests, of one ``tenant`` if given, carries a header for ``lease_seconds``."""

    name: str
    value: str
    share: float
    lease_seconds: float
    tenant: str | None = None


@final
class Carried:
    """Decides request for request. Any hundred in a row that match hold exactly a share of whole hundredths."""

    def __init__(self, carry: Carry, *, began: timedelta) -> None:
        self._carry = carry
        self._share = Fraction(carry.share).limit_denominator(_FINEST)
        self._ends = began + timedelta(seconds=carry.lease_seconds)
        self._matched = 0

    def header(self, tenant: str, *, now: timedelta) -> dict[str, str]:
        """Return what the next request of a tenant carries; ``began`` and ``now`` are of one monotonic clock."""
        if now >= self._ends or self._carry.tenant not in (None, tenant):
            return {}
        before = math.floor(self._matched * self._share)
        self._matched += 1
        hit = math.floor(self._matched * self._share) > before
        return {self._carry.name: self._carry.value} if hit else {}
