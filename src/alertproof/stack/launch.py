"""Starts ``alertproof up`` as a child and learns from its one line where everything is."""

from __future__ import annotations

import os
import sys
import tempfile
from datetime import timedelta
from pathlib import Path

from alertproof.requirements import Target, read_stack_line
from alertproof.stack.processes import Child

__all__ = ["LaunchedStack"]

_BOOT = timedelta(seconds=120)


class LaunchedStack:
    """A stack that this process owns: it ends with it, also when it is killed."""

    def __init__(self, *, monitoring: Path, factor: float, environment: dict[str, str] | None = None) -> None:
        handle, name = tempfile.mkstemp(prefix="alertproof-up-", suffix=".log")
        os.close(handle)
        self._log = Path(name)
        self._child = Child(
            "alertproof up",
            [
                *(sys.executable, "-m", "alertproof", "up", "--json", "--until-eof"),
                *("--factor", f"{factor:g}", "--monitoring", str(monitoring.resolve())),
            ],
            environment={**os.environ, **(environment or {})},
            log=self._log,
        )

    def target(self) -> Target:
        """Return where everything answers; raises `StackError` with the end of the log."""
        line = self._child.ready_text(within=_BOOT)
        return read_stack_line(line, source="alertproof up --json")

    def stop(self) -> None:
        """End the stack and wait until its parts are gone."""
        self._child.close_input()
        self._child.end(within=timedelta(seconds=10))
        self._log.unlink(missing_ok=True)
