"""Greenlets that are kept: to hand work to one that waits costs a seventh of what it costs to start one."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Generic, TypeVarTuple

import gevent
from gevent.hub import Waiter

__all__ = ["Hands"]

_Job = TypeVarTuple("_Job")
_LOOK = 0.02


class Hands(Generic[*_Job]):
    """Do ``work`` side by side, at most ``most`` at a time; they are started as they are needed."""

    def __init__(self, work: Callable[[*_Job], object], *, most: int) -> None:
        self._work = work
        self._most = most
        self._loop = gevent.get_hub().loop
        self._idle: list[Waiter[tuple[*_Job]]] = []
        self._all: list[gevent.Greenlet[..., object]] = []
        self.busy = 0

    @property
    def free(self) -> bool:
        """Whether one more may be given."""
        return self.busy < self._most

    def give(self, *job: *_Job) -> None:
        """Have a job done; it begins when the caller next waits."""
        self.busy += 1
        if self._idle:
            self._loop.run_callback(self._idle.pop().switch, job)
        else:
            self._all.append(gevent.spawn(self._live, job))

    def _live(self, job: tuple[*_Job]) -> None:
        while True:
            try:
                self._work(*job)
            finally:
                self.busy -= 1
            waiter: Waiter[tuple[*_Job]] = Waiter()
            self._idle.append(waiter)
            job = waiter.get()

    def join(self, *, within: timedelta) -> bool:
        """Wait until all is done; return whether it is."""
        left = within.total_seconds()
        while self.busy and left > 0:
            gevent.sleep(_LOOK)
            left -= _LOOK
        return not self.busy

    def end(self) -> None:
        """Break off what is still being done."""
        self._idle.clear()
        gevent.killall(self._all)
