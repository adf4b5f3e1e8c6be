"""Snapshots are written by a process forked for it: it has the state of that moment, and nobody waits for it."""

from __future__ import annotations

import contextlib
import ctypes
import gc
import os
import signal
import warnings
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import final

from alertproof.clock import SystemClock
from alertproof.errors import AlertproofError
from alertproof.standins.journal.snapshot import Part, dumped, write_state

__all__ = ["Folding"]

_STANDARD_ERROR = 2
_PR_SET_PDEATHSIG = 1
_LONGEST = timedelta(minutes=5)
#: Asks Linux to end a process with its parent. Looked up before any fork, for that takes a lock.
_PRCTL = getattr(ctypes.CDLL(None), "prctl", None)


@final
class Folding:
    """One snapshot on its way to ``path``. Raises `OSError` if there can be no process for it.

    One that takes ``longest``, in real time, hangs and is ended.
    """

    def __init__(self, path: Path, parts: Mapping[str, Part], *, longest: timedelta = _LONGEST) -> None:
        self.path = path
        self._clock = SystemClock()
        self._until = self._clock.monotonic() + longest
        with warnings.catch_warnings():
            # Threads are no danger to a child that only writes: it takes none of their locks.
            warnings.simplefilter("ignore", DeprecationWarning)
            parent = os.getpid()
            self._pid = os.fork()
        if self._pid == 0:
            _write_and_end(path, parts, parent)

    def over(self) -> bool | None:
        """Return whether it was written, None as long as it is being."""
        pid, status = os.waitpid(self._pid, os.WNOHANG)
        if pid == 0 and self._clock.monotonic() >= self._until:
            self.stop()
            return False
        return None if pid == 0 else status == 0

    def stop(self) -> None:
        """End it, written or not."""
        with contextlib.suppress(ProcessLookupError, ChildProcessError):
            os.kill(self._pid, signal.SIGKILL)
            os.waitpid(self._pid, 0)


def _write_and_end(path: Path, parts: Mapping[str, Part], parent: int) -> None:
    code = 1
    try:
        # Whoever begins anew in the folder of one that was killed must not find its snapshot there some time later.
        if _PRCTL is not None:
            _PRCTL(_PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            return
        with contextlib.suppress(ValueError):
            signal.set_wakeup_fd(-1)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, signal.SIG_DFL)
        # The ports and the lock are free as soon as the stand-in itself is gone.
        os.closerange(_STANDARD_ERROR + 1, os.sysconf("SC_OPEN_MAX"))
        gc.disable()
        write_state(path, dumped(parts))
        code = 0
    except AlertproofError as error:
        # Not through sys.stderr, whose lock a thread may have held in the moment of the fork.
        os.write(_STANDARD_ERROR, f"alertproof.standins: {error}\n".encode())
    finally:
        # Whatever happened: nothing of the stand-in may run in two processes.
        os._exit(code)
