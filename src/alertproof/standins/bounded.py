"""A list of the newest, bounded in number and in bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

__all__ = ["Bounded"]

_T = TypeVar("_T")


class Bounded(Generic[_T]):
    """Keeps what was added last: at most ``count`` things of together at most ``size`` bytes, and always the newest."""

    def __init__(self, *, count: int, size: int) -> None:
        self._count = count
        self._size = size
        self._kept: deque[tuple[_T, int]] = deque()
        self._weight = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[_T]:
        return (thing for thing, _ in self._kept)

    def add(self, thing: _T, size: int) -> list[_T]:
        """Keep a thing of ``size`` bytes; returns what is forgotten for it, oldest first."""
        self._kept.append((thing, size))
        self._weight += size
        forgotten = []
        while len(self._kept) > 1 and (len(self._kept) > self._count or self._weight > self._size):
            oldest, weight = self._kept.popleft()
            self._weight -= weight
            forgotten.append(oldest)
        return forgotten
