"""Keeps the API or the agent running: starts it, and stops it only when its fault door is asked to.

Neither can stop itself on purpose and come back. One that ends by itself is not started again: the keeper ends in the
same way, so that whoever watches over it learns how.
"""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Mapping, Sequence
from typing import final
from urllib.parse import urlsplit

import psutil

from m3core.breakers.holding import CannotBreak
from m3core.faults import Fault

__all__ = ["Hanger", "Kept", "Stopper", "keep_agent", "keep_api"]

#: How often the API's process is looked at, in seconds.
_LOOK = 0.1
#: How often it is started anew when it does not answer: its port may be somebody's for a moment, such as a client's
#: that knocked there in vain.
_ATTEMPTS = 5
_LAST_WORDS = 1.5
_PR_SET_PDEATHSIG = 1


@final
class Kept:
    """One of the platform's processes, with an ``environment``, started as often as it has to be.

    ``command`` makes the arguments of ``python -m m3core`` from what it said when it was ready the last time, None at
    first. ``ended`` is called when it has ended by itself. One thread starts it every time: the kernel ends a child
    with the thread that started it.
    """

    def __init__(
        self,
        command: Callable[[Mapping[str, str] | None], Sequence[str]],
        *,
        ended: Callable[[], None],
        environment: Mapping[str, str],
    ) -> None:
        self._command = command
        self._ended = ended
        self._environment = dict(environment)
        self._changed = threading.Condition()
        self._wanted, self._closing = True, False
        self._process: subprocess.Popen[bytes] | None = None
        self._answers = False
        self._attempts = 0
        self.said: Mapping[str, str] | None = None
        self.exit_code: int | None = None
        self._thread = threading.Thread(target=self._keep, name="keeper", daemon=True)

    def start(self) -> None:
        """Start it, without waiting until it answers."""
        self._thread.start()

    def answers(self) -> bool:
        """Wait until it is ready; returns whether it was before it ended."""
        with self._changed:
            self._changed.wait_for(lambda: self._answers or self.exit_code is not None)
            return self._answers

    def want(self, *, running: bool, within: float) -> None:
        """Have it run or not, and wait until its process is there or gone; raises `TimeoutError`."""
        with self._changed:
            self._wanted = running
            self._changed.notify_all()
            if not self._changed.wait_for(lambda: (self._process is not None) is running, timeout=within):
                raise TimeoutError(f"its process was not {'started' if running else 'gone'} within {within:g} s")

    @property
    def stopped(self) -> bool:
        """Whether there is no process because none is wanted."""
        return self._process is None and not self._wanted

    def freeze(self) -> None:
        """Have its process do nothing more, until it is thawed; raises `CannotBreak` when there is none."""
        with self._changed:
            if self._process is None:
                raise CannotBreak("it is stopped: there is no process that could hang")
            self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Have its process go on; one that does is let alone."""
        with self._changed:
            if self._process is not None:
                self._process.send_signal(signal.SIGCONT)

    @property
    def frozen(self) -> bool:
        """Whether its process does nothing."""
        process = self._process
        try:
            return process is not None and psutil.Process(process.pid).status() == psutil.STATUS_STOPPED
        except psutil.NoSuchProcess:
            return False

    def close(self) -> None:
        """End it, and let it send what its instruments hold."""
        with self._changed:
            self._closing = True
            self._changed.notify_all()
        self._thread.join()

    def _keep(self) -> None:
        with self._changed:
            while not self._closing and self.exit_code is None:
                self._step()
                self._changed.notify_all()
                self._changed.wait(timeout=_LOOK)
        self._end()
        if self.exit_code is not None:
            self._ended()

    def _step(self) -> None:
        process = self._process
        if process is None:
            if self._wanted:
                self._process = self._started()
        elif not self._wanted:
            process.kill()
            process.wait()
            self._process, self._answers, self._attempts = None, False, 0
        elif not self._answers and self._said(process):
            self._answers, self._attempts = True, 0
        elif process.poll() is not None:
            self._attempts += 1
            if self._answers or self.said is None or self._attempts == _ATTEMPTS:
                self.exit_code = process.returncode
            self._process = None

    def _started(self) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            [sys.executable, "-m", "m3core", *self._command(self.said)],
            env=self._environment,
            stdout=subprocess.PIPE,
            preexec_fn=_dies_with(os.getpid()),  # noqa: PLW1509 - two system calls, no lock is taken
        )

    def _said(self, process: subprocess.Popen[bytes]) -> bool:
        """Whether it has said that it is ready, which is its only line."""
        assert process.stdout is not None  # noqa: S101 - opened with a pipe above
        if not select.select([process.stdout], [], [], 0)[0]:
            return False
        line = process.stdout.readline()
        if line:
            self.said = json.loads(line)
        return bool(line)

    def _end(self) -> None:
        process = self._process
        if process is None:
            return
        process.terminate()
        try:
            process.wait(timeout=_LAST_WORDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _dies_with(parent: int) -> Callable[[], None]:
    """Return what a child does before exec so that the kernel ends it with its parent (Linux only)."""
    libc = ctypes.CDLL(None) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
            if os.getppid() != parent:  # the parent died between fork and prctl
                os._exit(1)

    return prepare


def keep_api(*, seed: bool, ended: Callable[[], None], environment: Mapping[str, str]) -> Kept:
    """Return the API as it is kept, not started yet: on the same port each time."""

    def command(said: Mapping[str, str] | None) -> Sequence[str]:
        port = urlsplit(said["m3core"]).port if said else 0
        return ["api", "--port", str(port), *(["--seed"] if seed and said is None else [])]

    return Kept(command, ended=ended, environment=environment)


def keep_agent(*, ended: Callable[[], None], environment: Mapping[str, str]) -> Kept:
    """Return the agent as it is kept, not started yet."""
    return Kept(lambda _: ["agent"], ended=ended, environment=environment)


@final
class Stopper:
    """Breaks the platform by killing a process that is kept, and starts it again."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:  # noqa: ARG002 - all that it needs is here
        """Kill it; nothing is left outside of this process, whose end is the other's too."""
        self._kept.want(running=False, within=5)

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - as above
        """Return 1 while it is stopped."""
        return int(self._kept.stopped)

    def end(self, fault: Fault) -> None:  # noqa: ARG002 - as above
        """Start it again; how long it takes to be ready is the platform's own time to recover."""
        self._kept.want(running=True, within=5)


@final
class Hanger:
    """Breaks the platform by freezing a process that is kept: it takes connections, and does nothing."""

    def __init__(self, kept: Kept) -> None:
        self._kept = kept

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:  # noqa: ARG002 - all that it needs is here
        """Freeze it; if this process dies the other does, so that none is left frozen."""
        self._kept.freeze()

    def tend(self, fault: Fault) -> int:  # noqa: ARG002 - as above
        """Return 1 while it is frozen."""
        return int(self._kept.frozen)

    def end(self, fault: Fault) -> None:  # noqa: ARG002 - as above
        """Have it go on; what waited is answered now, if anybody still waits for it."""
        self._kept.thaw()
