"""How many requests a tenant may send: one tenant's burst must not be the others' outage."""

from __future__ import annotations

import math
import time
from typing import final

from limits import RateLimitItemPerMinute
from limits.storage import MemoryStorage
from limits.strategies import SlidingWindowCounterRateLimiter

from m3core.suspicion import note_rate_abuse
from m3core.telemetry.metrics import Metrics

__all__ = ["TenantLimit", "TooManyRequests"]

_ONCE = RateLimitItemPerMinute(1)


@final
class TooManyRequests(Exception):
    """The tenant has used up its requests; ``retry_after`` whole seconds from now there are some again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests; again in {retry_after} s")
        self.retry_after = retry_after


@final
class TenantLimit:
    """So many requests a minute and tenant, 0 for no limit. Each process of the API counts for itself.

    Counted here and not in the cache: a script there would cost each request a ninth of its processor time, and the
    limit must hold while the cache is away. A sliding window: a burst at the turn of a minute does not get twice as
    much. Who was refused as often as it may send at all abuses the rate, which is noted once a minute.
    """

    def __init__(self, a_minute: int, metrics: Metrics) -> None:
        self._item = RateLimitItemPerMinute(a_minute) if a_minute else None
        self._window = SlidingWindowCounterRateLimiter(MemoryStorage())
        self._metrics = metrics

    def take(self, tenant: str) -> None:
        """Count a request of the tenant; raises `TooManyRequests` for one too many."""
        if self._item is None or self._window.hit(self._item, tenant):
            return
        again = self._window.get_window_stats(self._item, tenant)
        self._metrics.count("api.rate_limited", tenant=tenant)
        if not self._window.hit(self._item, "refused", tenant) and self._window.hit(_ONCE, "abuse", tenant):
            note_rate_abuse(self._metrics, tenant=tenant)
        raise TooManyRequests(max(1, math.ceil(again.reset_time - time.time())))
