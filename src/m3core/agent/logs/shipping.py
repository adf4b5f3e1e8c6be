"""Brings the log files' lines to the intake. What cannot be sent yet waits in its file, not in memory."""

from __future__ import annotations

import logging
import socket
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import final

from m3core.agent.logs.entries import Entries, origin_of
from m3core.agent.logs.intake import MOST_BYTES, MOST_LOGS, LogIntake
from m3core.agent.logs.tailing import Tail

__all__ = ["LogShipper", "batches"]

#: How often one after the other is read before what has come is sent: a request for each line would be dear.
_READS = 4
_log = logging.getLogger(__name__)


@final
class LogShipper(threading.Thread):
    """Follows ``files``, a service's name and a path each, looking at them every ``seconds``."""

    def __init__(self, files: Iterable[tuple[str, Path]], intake: LogIntake, *, tags: str, seconds: float) -> None:
        super().__init__(name="logs", daemon=True)
        host = socket.gethostname()
        self._files = [(Tail(path), Entries(origin_of(name, hostname=host, tags=tags))) for name, path in files]
        self._intake = intake
        self._seconds = seconds
        self._ending = threading.Event()
        self._unreadable: set[Path] = set()

    def run(self) -> None:
        while not self._ending.wait(self._seconds):
            self.ship()
        self.ship()  # the last words of the others, and ours
        for tail, _ in self._files:
            tail.close()
        self._intake.close()

    def ship(self) -> None:
        """Send all that has come."""
        while logs := [log for _ in range(_READS) for log in self._read()]:
            for batch in batches(logs):
                self._intake.send(batch, self._ending)

    def stop(self, *, within: float) -> None:
        """Send what has come, and end; what takes longer than ``within`` seconds is lost."""
        self._ending.set()
        self.join(timeout=within)

    def _read(self) -> Iterator[bytes]:
        for tail, entries in self._files:
            try:
                yield from entries.of(tail.read())
                self._unreadable.discard(tail.path)
            except OSError as error:
                tail.close()
                if tail.path not in self._unreadable:
                    _log.warning("logs are not shipped: %s", error)
                self._unreadable.add(tail.path)


def batches(logs: Iterable[bytes]) -> Iterator[list[bytes]]:
    """Yield the logs in requests that the intake takes."""
    waiting = deque(logs)
    while waiting:
        batch: list[bytes] = []
        size = 2
        while waiting and (not batch or (len(batch) < MOST_LOGS and size + len(waiting[0]) + 1 <= MOST_BYTES)):
            size += len(waiting[0]) + 1
            batch.append(waiting.popleft())
        yield batch
