"""A cache that keeps nothing: what the platform has put there is taken away, again and again.

The queue is on the same server and is left alone: only keys of the cache go. Nothing has to be put back, and if this
process dies nobody takes away any more.
"""

from __future__ import annotations

from typing import final

import redis

from m3core.cache import KEYS
from m3core.faults import Fault

__all__ = ["CacheFlusher"]

_AT_ONCE = 1_000


@final
class CacheFlusher:
    """Empties the cache each time that it is tended; ``client`` is the cache's."""

    def __init__(self, client: redis.Redis) -> None:
        self._client = client
        self._taken = 0

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:  # noqa: ARG002 - there is one at a time
        """Empty it a first time."""
        self._taken = 0
        self.tend(fault)

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - as above
        """Empty it; return how many values were taken away since the beginning."""
        found = list(self._client.scan_iter(match=KEYS, count=_AT_ONCE))
        for first in range(0, len(found), _AT_ONCE):
            self._taken += int(self._client.unlink(*found[first : first + _AT_ONCE]))
        return self._taken

    def end(self, fault: Fault) -> None:
        """Do nothing: the cache fills by itself."""
