"""A second of a capacity search, as it is kept and shown."""

from __future__ import annotations

from datetime import timedelta

import msgspec

__all__ = ["CapacityTick"]


class CapacityTick(msgspec.Struct, frozen=True, kw_only=True):
    """A second that is final, as the search saw it: ``phase`` is where it stood after it."""

    second: int
    phase: str
    rate: float
    n: int
    slow: int
    in_flight: int
    p95: timedelta | None  # None as well where its rank falls on a request that failed or is still pending
