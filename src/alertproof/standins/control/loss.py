"""Datagrams that a knob throws away: every n-th, exactly."""

from __future__ import annotations

from collections.abc import Sequence
from typing import final

__all__ = ["Loss"]


@final
class Loss:
    """Throws away every ``every``-th of the datagrams that are seen while it is turned; 0 throws none away."""

    def __init__(self) -> None:
        self.every = 0
        self.seen = 0
        self.lost = 0

    def turn(self, every: int) -> None:
        """Throw away every n-th from now on, and count from 0."""
        self.every = 0
        self.seen = self.lost = 0
        self.every = every

    def left(self, datagrams: Sequence[bytes]) -> list[bytes]:
        """Return those that are not thrown away. By the one thread that receives."""
        every = self.every
        if not every:
            return list(datagrams)
        first = self.seen + 1
        self.seen += len(datagrams)
        kept = [each for number, each in enumerate(datagrams, first) if number % every]
        self.lost += len(datagrams) - len(kept)
        return kept
