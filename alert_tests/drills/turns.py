"""Drills side by side, each on a stack of its own; one that is marked ``alone`` waits until no other is under way.

Under xdist each worker process has its stack. The drills of a file hold one lock with the others, or by themselves.
"""

from __future__ import annotations

import fcntl
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

from alertproof.clock import SystemClock, wait_until

__all__ = ["turn"]

_LONGEST = timedelta(minutes=15)
_EVERY = timedelta(milliseconds=100)


@contextmanager
def turn(*, alone: bool) -> Iterator[str]:
    """Wait for the drill's turn, and hold it; yield what is wrong, empty when nothing is."""
    run = os.environ.get("PYTEST_XDIST_TESTRUNUID")
    if run is None:
        yield ""
        return
    path, clock = Path(tempfile.gettempdir()) / f"alertproof-turns-{run}", SystemClock()
    with path.open("w", encoding="utf-8") as file:

        def taken() -> bool | None:
            try:
                fcntl.flock(file, (fcntl.LOCK_EX if alone else fcntl.LOCK_SH) | fcntl.LOCK_NB)
            except BlockingIOError:
                return None
            return True

        got = wait_until(taken, clock=clock, deadline=clock.now() + _LONGEST, every=_EVERY)
        minutes = _LONGEST // timedelta(minutes=1)
        yield "" if got else f"no turn within {minutes} minutes: another worker still drills; run this drill by itself"
