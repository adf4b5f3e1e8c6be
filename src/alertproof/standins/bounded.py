"""What is kept, bounded in number and in bytes: a list of the newest, and the weights of things by name."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar

import msgspec

__all__ = ["Bounded", "FullError", "Weights"]

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


class FullError(Exception):
    """There is no room for a thing; the text says how much there is."""


class Weights:
    """How many bytes the things of a book weigh, by name: at most ``count`` of together at most ``size`` bytes."""

    def __init__(self, *, count: int, size: int) -> None:
        self._count = count
        self._size = size
        self._weights: dict[str, int] = {}
        self._sum = 0

    def put(self, name: str, *parts: object) -> None:
        """Note that a thing, new or not, consists of these parts; raises `FullError` where there is no room for it."""
        weight = sum(len(msgspec.json.encode(part)) for part in parts)
        before = self._weights.get(name)
        total = self._sum - (before or 0) + weight
        if (before is None and len(self._weights) >= self._count) or total > self._size:
            raise FullError(f"the stand-in keeps at most {self._count} of a kind, and {self._size} bytes of them")
        self._weights[name], self._sum = weight, total

    def drop(self, name: str) -> None:
        """Note that a thing is gone."""
        self._sum -= self._weights.pop(name, 0)
