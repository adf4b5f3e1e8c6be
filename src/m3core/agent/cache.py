"""How well the cache's server does: how often it has what is asked for, how fast it answers, what it holds."""

from __future__ import annotations

import time
from typing import final

import redis

from m3core.agent.gauges import Gauges
from m3core.agent.lookups import Lookups

__all__ = ["CacheCollector"]

_PINGS = 5


@final
class CacheCollector:
    """Sends redis.hit_rate, redis.latency, redis.memory and redis.clients."""

    name = "redis"

    def __init__(self, client: redis.Redis, lookups: Lookups) -> None:
        self._client = client
        self._lookups = lookups
        self._before: tuple[int, int] | None = None

    def collect(self, gauges: Gauges) -> None:
        info = self._client.info()
        assert isinstance(info, dict)  # noqa: S101 - an asynchronous client would return a promise
        rate = self._hit_rate(int(info["keyspace_hits"]), int(info["keyspace_misses"]))
        if rate is not None:
            gauges.gauge("redis.hit_rate", rate)
        gauges.gauge("redis.memory", int(info["used_memory"]))
        gauges.gauge("redis.clients", int(info["connected_clients"]))
        for _ in range(_PINGS):
            start = time.perf_counter()
            self._client.ping()
            gauges.timing("redis.latency", time.perf_counter() - start)

    def _hit_rate(self, hits: int, misses: int) -> float | None:
        """Return the share of the lookups since the last sample that found something; None without any.

        Our own are taken out. A server that was started anew counts from nothing.
        """
        ours = self._lookups.so_far()
        now = hits - ours[0], misses - ours[1]
        before, self._before = self._before, now
        if before is None:
            return None
        found, missed = now[0] - before[0], now[1] - before[1]
        if found < 0 or missed < 0:
            return None
        return found / (found + missed) if found + missed else None
