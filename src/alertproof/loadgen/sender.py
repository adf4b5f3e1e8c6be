"""The child process that sends the load, seen from the run."""

from __future__ import annotations

import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator, Mapping
from contextlib import suppress
from datetime import timedelta
from typing import Protocol

import msgspec

from alertproof.clock import SystemClock, wait_until
from alertproof.errors import Broken
from alertproof.loadgen.crew import POST, Post
from alertproof.loadgen.wire import DRAIN, PLAN, Ended, LoadPlan, Message, Ready, Trouble, decode, rate_order
from alertproof.stack.processes import Child

__all__ = ["Generator", "Sender", "work_for"]

_START = timedelta(seconds=30)  # to import Locust and the scenario, and to log in
_SILENCE = timedelta(seconds=15)  # the child speaks each second
_END = timedelta(seconds=2)


def work_for(post: Post, *, environment: Mapping[str, str]) -> int:
    """Be a worker of a master elsewhere, in a process of its own, until the load is sent.

    Returns its exit code: 0 for a part that was sent and told. What the process says of another end goes to standard
    error. Ctrl-C ends it.
    """
    with subprocess.Popen(
        [sys.executable, "-m", "alertproof.loadgen.bridge"],
        env={**os.environ, **environment, POST: msgspec.json.encode(post).decode()},
        stdin=subprocess.PIPE,
        process_group=0,  # Ctrl-C is for us; the child learns it from its input
    ) as child:
        try:
            return child.wait()
        except KeyboardInterrupt:
            return 130
        finally:
            child.kill()


class Generator(Protocol):
    """Who sends the load: `Sender`, or a test's own."""

    def messages(self) -> Iterator[Message]:
        """Return what it says until its last word."""
        ...

    def offer(self, rate: float) -> None:
        """Have arrivals come at another rate."""
        ...

    def drain(self) -> None:
        """Have no further arrival started."""
        ...

    def stop(self) -> None:
        """End it."""
        ...


class Sender:
    """Locust in a process of its own: it patches the sockets of its whole process. Ends with ours, also when killed."""

    def __init__(self, plan: LoadPlan, *, environment: Mapping[str, str], silence: timedelta = _SILENCE) -> None:
        self._silence = silence
        self._lines: queue.SimpleQueue[bytes | None] = queue.SimpleQueue()
        self._child = Child(
            "load",
            [sys.executable, "-m", "alertproof.loadgen.bridge"],
            environment={**os.environ, **environment, PLAN: msgspec.json.encode(plan).decode()},
        )
        self._reader = threading.Thread(target=self._read, name="load", daemon=True)
        self._reader.start()

    def _read(self) -> None:
        for line in self._child.lines():
            self._lines.put(line)
        self._lines.put(None)

    def messages(self) -> Iterator[Message]:
        """Return what the child says until its last word; raises `Broken` when that does not come."""
        patience = max(_START, self._silence)
        while True:
            message = self._next(patience)
            if isinstance(message, Ready):
                patience = self._silence
            yield message
            if isinstance(message, Ended | Trouble):
                return

    def _next(self, patience: timedelta) -> Message:
        try:
            line = self._lines.get(timeout=patience.total_seconds())
        except queue.Empty:
            raise Broken(
                f"the generator said nothing for {patience.total_seconds():g} s; a scenario that computes for long, or "
                f"waits outside of Locust's client, keeps it from sending{self._child.last_words()}"
            ) from None
        if line is None:
            clock = SystemClock()
            wait_until(self._exit_code, clock=clock, deadline=clock.now() + _END, every=timedelta(milliseconds=10))
            raise Broken(f"the generator ended with code {self._exit_code()} before its time{self._child.last_words()}")
        try:
            return decode(line)
        except msgspec.DecodeError as error:
            raise Broken(f"the generator said {line[:200]!r}, which is no line of its own: {error}") from error

    def _exit_code(self) -> int | None:
        return self._child.exit_code

    def drain(self) -> None:
        """Have no further arrival started; the last word comes when what is under way is answered, or timed out.

        Harmless when the child has ended.
        """
        with suppress(OSError):
            self._child.tell(DRAIN)

    def offer(self, rate: float) -> None:
        """Have arrivals come at another rate, from the next one on; the plan is an adaptive one.

        Harmless when the child has ended.
        """
        with suppress(OSError):
            self._child.tell(rate_order(rate))

    def stop(self) -> None:
        """End the child; harmless when it has ended."""
        self._child.close_input()
        self._reader.join(timeout=_END.total_seconds())
        self._child.signal(signal.SIGKILL)
        self._reader.join()  # before its pipe is closed under it
        self._child.end(within=_END)
