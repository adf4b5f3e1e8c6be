"""What the agent itself looks up in Redis, which the hit rate of the platform must not show."""

from __future__ import annotations

import threading
from typing import final

__all__ = ["Lookups"]


@final
class Lookups:
    """Counts our own hits and misses. Safe to share between threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._hits = self._misses = 0

    def add(self, *, found: bool) -> None:
        """Count one."""
        with self._lock:
            self._hits += found
            self._misses += not found

    def so_far(self) -> tuple[int, int]:
        """Return all hits and all misses."""
        with self._lock:
            return self._hits, self._misses
