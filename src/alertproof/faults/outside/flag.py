"""The flag's keeper: sets it, and puts it back when its lease ends, its standard input closes or it is told to end.

The target does not know of a lease, so the keeper holds it: whoever started it may have died or hang.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from typing import final

import msgspec

from alertproof.clock import SystemClock
from alertproof.errors import FaultError
from alertproof.faults.outside.change import send
from alertproof.faults.outside.plan import PLAN, FlagPlan, Kept

_TRIES = 5
_PAUSE = timedelta(seconds=1)


@final
class _Keeper:
    def __init__(self, plan: FlagPlan) -> None:
        self._plan = plan
        self._ended = threading.Event()

    def run(self) -> None:
        """Hold the flag, and say each time how it stands."""
        signal.signal(signal.SIGTERM, lambda *_: self._ended.set())
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            send(self._plan.change)
        except FaultError as error:  # it may have been set all the same
            self._put_back(trouble=str(error))
            return
        self._say(Kept(stands=True))
        self._ended.wait(self._plan.lease_seconds)
        self._put_back()

    def _put_back(self, *, trouble: str = "") -> None:
        for _ in range(_TRIES):
            try:
                send(self._plan.undo)
            except FaultError as error:
                said = f"{trouble}; {error}" if trouble else str(error)
                self._say(Kept(stands=True, trouble=said))
                SystemClock().sleep(_PAUSE)
                continue
            self._say(Kept(stands=False, trouble=trouble))
            return

    def _listen(self) -> None:
        sys.stdin.buffer.read()
        self._ended.set()

    def _say(self, kept: Kept) -> None:
        try:
            os.write(sys.stdout.fileno(), msgspec.json.encode(kept) + b"\n")
        except BrokenPipeError:
            return  # the run is gone; the flag is put back all the same


if __name__ == "__main__":
    _Keeper(msgspec.json.decode(os.environ[PLAN], type=FlagPlan)).run()
