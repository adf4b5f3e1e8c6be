"""How many requests a tenant may send: one tenant's burst must not be the others' outage."""

from __future__ import annotations

import logging
import math
import time
from typing import final

from limits import RateLimitItemPerMinute
from limits.aio.storage import RedisStorage
from limits.aio.strategies import SlidingWindowCounterRateLimiter
from redis import RedisError

from m3core.telemetry.metrics import Metrics

__all__ = ["TenantLimit", "TooManyRequests"]

#: After a failure the cache is not asked for so many seconds: each time-out would be added to a request.
_REST = 5.0
_log = logging.getLogger(__name__)


@final
class TooManyRequests(Exception):
    """The tenant has used up its requests; ``retry_after`` whole seconds from now there are some again."""

    def __init__(self, retry_after: int) -> None:
        super().__init__(f"too many requests; again in {retry_after} s")
        self.retry_after = retry_after


@final
class TenantLimit:
    """So many requests a minute and tenant, counted in the cache over all processes; 0 for no limit.

    A sliding window: a burst at the turn of a minute does not get twice as much. While the cache is away, all pass.
    """

    def __init__(self, redis_url: str, a_minute: int, metrics: Metrics) -> None:
        self._item = RateLimitItemPerMinute(a_minute) if a_minute else None
        storage = RedisStorage(
            "async+" + redis_url.replace("unix://", "redis+unix://", 1),
            implementation="redispy",
            key_prefix="m3core:limits",
            socket_timeout=0.2,
            socket_connect_timeout=0.2,
        )
        self._window = SlidingWindowCounterRateLimiter(storage)
        self._metrics = metrics
        self._rests_until = 0.0

    async def take(self, tenant: str) -> None:
        """Count a request of the tenant; raises `TooManyRequests` for one too many."""
        if self._item is None or time.monotonic() < self._rests_until:
            return
        try:
            if await self._window.hit(self._item, tenant):
                return
            again = await self._window.get_window_stats(self._item, tenant)
        except RedisError as error:
            self._rests_until = time.monotonic() + _REST
            _log.warning("requests are not limited: the cache does not answer", extra={"error": type(error).__name__})
            return
        self._metrics.count("api.rate_limited", tenant=tenant)
        raise TooManyRequests(max(1, math.ceil(again.reset_time - time.time())))
