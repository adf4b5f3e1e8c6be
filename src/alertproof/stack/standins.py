"""The stand-ins of a stack: each has a store, from which it goes on where it was when it is killed."""

from __future__ import annotations

import sys
from collections import Counter
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import final

from alertproof.stack.processes import Child

__all__ = ["StandIns"]


@final
class StandIns:
    """Starts stand-ins in a stack's folder, and starts those again that were killed."""

    #: So often one is started again; then it is as any part that ended, and the stack ends with it.
    MOST = 5

    def __init__(self, folder: Path, environment: Mapping[str, str]) -> None:
        self._folder = folder
        self._environment = dict(environment)
        self._commands: dict[str, list[str]] = {}
        self._killed: Counter[str] = Counter()

    def start(self, name: str, *arguments: str) -> Child:
        """Start one; it prints its line when it answers."""
        store = str(self._folder / f"{name}.store")
        self._commands[name] = [sys.executable, "-m", "alertproof.standins", name, *arguments, "--store", store]
        return self._child(name)

    def again(self, dead: Child, *, within: timedelta) -> Child | None:
        """Start one again that was killed by a signal, and wait until it answers.

        Returns None for another part, for one that ended by itself, and for one that was killed too often. Raises
        `StackError` when it does not answer in time.
        """
        was_killed = dead.exit_code is not None and dead.exit_code < 0
        if dead.name not in self._commands or not was_killed or self._killed[dead.name] >= self.MOST:
            return None
        self._killed[dead.name] += 1
        dead.end(within=timedelta(0))
        child = self._child(dead.name)
        child.ready_line(within=within)
        return child

    def _child(self, name: str) -> Child:
        # A log for each life: the last words of the one before stay readable.
        number = self._killed[name]
        log = self._folder / (f"{name}.{number}.log" if number else f"{name}.log")
        return Child(name, self._commands[name], environment=self._environment, log=log)
