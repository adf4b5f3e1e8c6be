"""The processes that run checks, seen from the scheduler."""

from __future__ import annotations

import os
import queue
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import final

import msgspec

from alertproof.clock import Clock, SystemClock
from alertproof.errors import Broken, ConfigError
from alertproof.schedule.wire import Collected, Ended, FromWorker, Refused, Start, WatchedCheck
from alertproof.stack.processes import Child
from alertproof.verdict import Verdict

__all__ = ["Pool", "Worker"]

_COLLECT = timedelta(minutes=2)  # pytest, its plugins and the tests are imported
_END = timedelta(seconds=10)  # browsers are closed


@final
class Worker:
    """pytest in a process of its own, which ends with ours, also when that is killed."""

    def __init__(self, arguments: Sequence[str], *, clock: Clock | None = None) -> None:
        self._clock = clock or SystemClock()
        self.began = self._clock.monotonic()
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._child = Child(
            "a worker",
            [sys.executable, "-m", "alertproof.plugin.scheduled", *arguments],
            # What the child is to import is what we have imported.
            environment={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
        )
        self._reader = threading.Thread(target=self._read, name="worker", daemon=True)
        self._reader.start()
        self.checks = self._collected()

    @property
    def age(self) -> timedelta:
        return self._clock.monotonic() - self.began

    def run(self, run: str, check: str, *, within: timedelta) -> Ended:
        """Run a check; raises `Broken` when its end does not come in time: the worker is then of no use any more."""
        try:
            self._child.tell(msgspec.json.encode(Start(run=run, check=check)))
        except OSError as error:
            raise Broken(f"the worker has ended{self._child.last_words()}") from error
        message = self._next(within, f"{check} did not end")
        if not isinstance(message, Ended) or message.run != run:
            raise Broken(f"the worker said {message!r:.200} instead of how the run ended")
        return message

    def _collected(self) -> tuple[WatchedCheck, ...]:
        try:
            message = self._next(_COLLECT, "the checks were not collected")
        except Broken:
            self.stop(within=timedelta(0))
            raise
        if isinstance(message, Collected):
            return message.checks
        self.stop(within=timedelta(0))
        raise ConfigError(message.why if isinstance(message, Refused) else f"the worker said {message!r:.200}")

    def _read(self) -> None:
        for line in self._child.lines():
            self._lines.put(line)
        self._lines.put(None)

    def _next(self, within: timedelta, what: str) -> FromWorker:
        try:
            line = self._lines.get(timeout=within.total_seconds())
        except queue.Empty:
            raise Broken(f"{what} within {within.total_seconds():g} s{self._child.last_words()}") from None
        if line is None:
            raise Broken(f"{what}: the worker ended{self._child.last_words()}")
        try:
            message: FromWorker = msgspec.json.decode(line, type=FromWorker)
        except msgspec.DecodeError as error:
            raise Broken(f"the worker said {line[:200]!r}, which is no line of its own: {error}") from error
        return message

    def kill(self) -> None:
        """End the process at once: who waits for its word learns of it."""
        self._child.signal(signal.SIGKILL)

    def stop(self, *, within: timedelta = _END) -> None:
        """End the process; harmless when it has ended."""
        self._child.close_input()
        self._reader.join(timeout=within.total_seconds())
        self._child.signal(signal.SIGKILL)
        self._reader.join()  # before its pipe is closed under it
        self._child.end(within=_END)


@final
class Pool:
    """So many workers, each of which runs one check at a time; one that grows old or fails is replaced."""

    def __init__(self, arguments: Sequence[str], *, size: int, renew: timedelta) -> None:
        self._arguments = tuple(arguments)
        self._renew = renew
        self._free: queue.SimpleQueue[Worker | None] = queue.SimpleQueue()
        self._busy: set[Worker] = set()
        first = Worker(self._arguments)
        self.checks = first.checks
        self._free.put(first)
        for _ in range(size - 1):
            self._free.put(None)  # started when it is needed

    def run(self, run: str, check: str, *, within: timedelta) -> Ended:
        """Run a check on a free worker; a worker that is at fault makes the run broken."""
        clock = SystemClock()
        began = clock.monotonic()
        try:
            with self._worker() as worker:
                return worker.run(run, check, within=within)
        except (Broken, ConfigError) as error:
            return Ended(run=run, verdict=Verdict.BROKEN, wall=clock.monotonic() - began, reason=str(error))

    @contextmanager
    def _worker(self) -> Iterator[Worker]:
        worker = self._free.get()
        try:
            if worker is not None and worker.age > self._renew:
                worker.stop()  # logins and the like have an end
                worker = None
            if worker is None:
                worker = Worker(self._arguments)
            self._busy.add(worker)
            yield worker
        except BaseException:
            if worker is not None:
                worker.stop(within=timedelta(0))
                self._busy.discard(worker)
                worker = None
            raise
        finally:
            if worker is not None:
                self._busy.discard(worker)
            self._free.put(worker)

    def abort(self) -> None:
        """Kill what is under way: each run of it ends as broken."""
        for worker in tuple(self._busy):
            worker.kill()

    def stop(self) -> None:
        """End the workers, when none is busy any more."""
        while not self._free.empty():
            worker = self._free.get()
            if worker is not None:
                worker.stop()
