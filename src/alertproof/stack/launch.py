"""Starts ``alertproof up`` as a child and learns from its one line where everything is."""

from __future__ import annotations

import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

from alertproof.errors import StackError
from alertproof.requirements import Target, read_stack_line
from alertproof.stack.processes import Child

__all__ = ["LaunchedStack"]

_BOOT = timedelta(seconds=120)


class LaunchedStack:
    """A stack that this process owns: it ends with it, also when it is killed. Its accounts are empty."""

    def __init__(
        self,
        *,
        monitoring: Path,
        factor: float,
        unscrubbed: bool = False,
        platform: bool = True,
        capacity: float | None = None,
    ) -> None:
        self._child = Child(
            "alertproof up",
            [
                *(sys.executable, "-m", "alertproof", "up", "--json", "--until-eof", "--empty"),
                *("--factor", f"{factor:g}", "--monitoring", str(monitoring.resolve())),
                *(["--unscrubbed"] if unscrubbed else []),
                *([] if platform else ["--without-platform"]),
                *([] if capacity is None else ["--capacity", f"{capacity:g}"]),
            ],
            environment=os.environ,
            death_signal=signal.SIGTERM,  # it has parts to end and a folder to remove
        )

    def target(self) -> Target:
        """Return where everything answers; raises `StackError` with the end of the log."""
        line = self._child.ready_text(within=_BOOT)
        return read_stack_line(line, source="alertproof up --json")

    def stop(self) -> None:
        """End the stack and wait until its parts are gone; raises `StackError` if it had ended by itself."""
        died = None if self._child.running() else f"the stack ended by itself{self._child.last_words()}"
        self._child.close_input()
        self._child.end(within=timedelta(seconds=10))
        if died:
            raise StackError(died)
