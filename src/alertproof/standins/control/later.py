"""Delayed sight: a vendor acknowledges at once, and what was sent is found only some time later."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from contextvars import Context
from datetime import timedelta

__all__ = ["Later"]


class Later:
    """Does what makes received things visible: at once, or ``delay`` (stack time) later, in the order of receipt.

    All of it in the event loop's thread. What is turned off lets go of all that waits, as a vendor that catches up.
    """

    #: So many actions wait at most, of together so many bytes; beyond, the oldest is done before its time.
    MOST = 100_000
    SIZE = 64 * 1024 * 1024

    def __init__(self, factor: float = 1.0) -> None:
        self._factor = factor
        self._delay = timedelta(0)
        self._waiting: deque[tuple[float, Callable[[], None], int]] = deque()
        self._weight = 0
        self._timer: asyncio.TimerHandle | None = None

    @property
    def delay(self) -> timedelta:
        return self._delay

    @property
    def active(self) -> bool:
        """Whether what is done now would wait."""
        return bool(self._delay or self._waiting)

    @property
    def waiting(self) -> int:
        """How many actions wait."""
        return len(self._waiting)

    def turn(self, delay: timedelta) -> None:
        """Delay from now on by ``delay``, in stack time; by nothing does all that waits."""
        self._delay = delay
        if delay:
            return
        if self._timer is not None:
            # It is for one that no longer waits; who comes next may be due long before it.
            self._timer.cancel()
            self._timer = None
        while self._waiting:
            self._next()

    def do(self, action: Callable[[], None], size: int = 0) -> None:
        """Do it, of ``size`` bytes, when it is due. It must not raise when it is late: nobody is there to be told."""
        if not self.active:
            action()
            return
        loop = asyncio.get_running_loop()
        self._waiting.append((loop.time() + self._delay.total_seconds() / self._factor, action, size))
        self._weight += size
        while len(self._waiting) > 1 and (len(self._waiting) > self.MOST or self._weight > self.SIZE):
            self._next()
        if self._timer is None:
            self._arm(loop)

    def _arm(self, loop: asyncio.AbstractEventLoop) -> None:
        # In a context of its own: in that of whoever comes first a clock may stand still.
        due = self._waiting[0][0] if self._waiting else None
        self._timer = None if due is None else loop.call_at(due, self._due, loop, context=Context())

    def _due(self, loop: asyncio.AbstractEventLoop) -> None:
        # A timer comes up to its resolution early; nothing may be seen before its time.
        try:
            while self._waiting and self._waiting[0][0] <= loop.time():
                self._next()
        finally:
            self._arm(loop)

    def _next(self) -> None:
        _, action, size = self._waiting.popleft()
        self._weight -= size
        action()
