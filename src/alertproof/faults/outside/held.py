"""A flag that is held, seen from the run: its keeper's process, and what that says."""

from __future__ import annotations

import os
import signal
import sys
import threading
from datetime import timedelta
from typing import final

import msgspec

from alertproof.clock import Clock
from alertproof.errors import FaultError
from alertproof.faults.kinds import FeatureFlag
from alertproof.faults.outside.change import require_secrets, send
from alertproof.faults.outside.plan import PLAN, FlagPlan, Kept
from alertproof.stack.processes import Child

__all__ = ["HeldFlag"]

_START = timedelta(seconds=30)  # a request may take ten, and the process has to start
_END = timedelta(seconds=60)  # five tries of ten seconds


@final
class HeldFlag:
    """A flag and its keeper. The keeper outlives a run that is killed by as long as it takes to put the flag back."""

    def __init__(self, fault: FeatureFlag, lease: timedelta, clock: Clock) -> None:
        told = fault.prepare()
        plan = msgspec.convert({**told, "lease_seconds": lease.total_seconds()}, FlagPlan)
        require_secrets(plan.change)
        require_secrets(plan.undo)
        self.kind = fault.kind
        self.ends = clock.monotonic() + lease
        self._undo = plan.undo
        self._last = Kept(stands=True)  # it may, from the moment that its keeper is started
        self._reader = threading.Thread(target=self._read, name="flag", daemon=True)
        self._child = Child(
            "the flag's keeper",
            [sys.executable, "-m", "alertproof.faults.outside.flag"],
            environment={**os.environ, PLAN: msgspec.json.encode(plan).decode()},
            death_signal=signal.SIGTERM,
        )

    def set(self) -> None:
        """Wait until the flag is set; raises `FaultError` with the reason why it was not."""
        self._last = msgspec.convert(self._child.ready_line(within=_START), Kept)
        self._reader.start()
        if self._last.trouble:
            raise FaultError(self._last.trouble)

    def _read(self) -> None:
        for line in self._child.lines():
            self._last = msgspec.json.decode(line, type=Kept)

    def stands(self) -> bool:
        """Return whether its keeper holds it."""
        return self._child.running() and self._last.stands

    def counts(self) -> tuple[int, int]:
        """Return that one flag was found and is set."""
        return 1, 1

    def end(self) -> None:
        """Have it put back, by its keeper or else at once; raises `FaultError` where neither can."""
        if self._child.exit_code is None or self._last.stands:
            self._child.close_input()
            if self._reader.ident is not None:
                self._reader.join(timeout=_END.total_seconds())
        self._child.end(within=timedelta(seconds=5))
        if self._last.stands:
            send(self._undo)
            self._last = Kept(stands=False)
