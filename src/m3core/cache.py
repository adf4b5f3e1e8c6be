"""The cache in front of the database. It may be away: then every look is a miss."""

from __future__ import annotations

import logging
from typing import final

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from m3core.telemetry.metrics import Metrics

__all__ = ["KEYS", "Cache", "connect"]

#: What all keys of the cache look like, as the server matches them: the queue is on the same one.
KEYS = "m3core:*"
#: How long a cached value is served, in seconds.
_TIME_TO_LIVE = 30
#: How long a changed row is not cached, in seconds: longer than anybody takes from reading a row to caching it.
_OUTDATED = 5
_log = logging.getLogger(__name__)


def connect(url: str, *, timeout: float | None) -> redis.Redis:
    """Return a client for ``url``; ``timeout`` in seconds, None for one that may wait (the queue's worker)."""
    return redis.Redis.from_url(
        url, socket_timeout=timeout, socket_connect_timeout=timeout or 3.0, retry=Retry(NoBackoff(), 1)
    )


@final
class Cache:
    """Texts by key. Keys carry the tenant, so that no tenant can be served another's value."""

    def __init__(self, client: redis.Redis, metrics: Metrics) -> None:
        self._client = client
        self._metrics = metrics

    def get(self, tenant: str, key: str) -> bytes | None:
        """Return the cached value, or None."""
        try:
            value = self._client.get(_key(tenant, key))
        except redis.RedisError as error:
            _log.warning("cache read failed: %s", error)
            self._count("get", "error")
            return None
        found = value if isinstance(value, bytes) and value else None
        self._count("get", "hit" if found else "miss")
        return found

    def put(self, tenant: str, key: str, value: bytes) -> None:
        """Keep ``value`` for a while, unless there is one or the key has just been outdated."""
        try:
            self._client.set(_key(tenant, key), value, ex=_TIME_TO_LIVE, nx=True)
            self._count("put", "ok")
        except redis.RedisError as error:
            self._count("put", "error")
            _log.warning("cache write failed: %s", error)

    def outdate(self, tenant: str, key: str) -> None:
        """Drop what is kept under ``key``, and keep out what was read before: an empty value holds its place."""
        try:
            self._client.set(_key(tenant, key), b"", ex=_OUTDATED)
            self._count("outdate", "ok")
        except redis.RedisError as error:
            self._count("outdate", "error")
            _log.warning("cache write failed: %s", error)

    def forget(self, tenant: str, key: str) -> None:
        """Drop what is kept under ``key``. The next to ask may cache it again at once."""
        try:
            self._client.delete(_key(tenant, key))
            self._count("forget", "ok")
        except redis.RedisError as error:
            self._count("forget", "error")
            _log.warning("cache delete failed: %s", error)

    def _count(self, operation: str, result: str) -> None:
        self._metrics.count("cache.requests", operation=operation, result=result)

    def ping(self) -> None:
        """Raises `redis.RedisError` when the server does not answer."""
        self._client.ping()


def _key(tenant: str, key: str) -> str:
    return KEYS.replace("*", f"{tenant}:{key}")
