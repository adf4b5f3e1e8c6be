"""The newest of what goes on without end, bounded by number and by bytes."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import Generic, TypeVar, final

__all__ = ["Recent"]

T = TypeVar("T")


@final
class Recent(Generic[T]):
    """Keeps at most ``number`` items of at most ``size`` bytes together, the oldest first; the newest always stays."""

    def __init__(self, *, number: int, size: int) -> None:
        self._number = number
        self._most = size
        self._kept: deque[tuple[T, int]] = deque()
        self._size = 0

    def __len__(self) -> int:
        return len(self._kept)

    def __iter__(self) -> Iterator[T]:
        return (item for item, _ in tuple(self._kept))

    def append(self, item: T, size: int) -> None:
        """Add an item of ``size`` bytes and forget the oldest that are too many."""
        self._kept.append((item, size))
        self._size += size
        while len(self._kept) > 1 and (len(self._kept) > self._number or self._size > self._most):
            self._size -= self._kept.popleft()[1]
