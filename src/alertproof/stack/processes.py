"""Child processes that cannot outlive the process that started them."""

from __future__ import annotations

import ctypes
import json
import os
import select
import signal
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import timedelta
from pathlib import Path
from typing import IO, Any

from alertproof.clock import Clock, SystemClock
from alertproof.errors import StackError

__all__ = ["Child"]

_PR_SET_PDEATHSIG = 1


def _dies_with(parent: int, death_signal: signal.Signals) -> Callable[[], None]:
    """Return what a child does before exec so that the kernel ends it with its parent (Linux only)."""
    libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None

    def prepare() -> None:
        if libc is not None:
            libc.prctl(_PR_SET_PDEATHSIG, death_signal)
            if os.getppid() != parent:  # the parent died between fork and prctl
                os._exit(1)

    return prepare


class Child:
    """One part of the stack, in a process of its own.

    Its standard error goes to ``log``, or to a file without a name that a kill cannot leave behind; the last
    lines are quoted when it dies. Its standard input is a pipe that nobody writes to: a part that reads it
    learns of our end at once, on any system; on Linux the kernel sends ``death_signal`` besides.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        *,
        environment: Mapping[str, str],
        log: Path | None = None,
        user: int | None = None,
        death_signal: signal.Signals = signal.SIGKILL,
        clock: Clock | None = None,
    ) -> None:
        self.name = name
        self._log: IO[bytes] = log.open("w+b") if log else tempfile.TemporaryFile()  # noqa: SIM115 - closed in end
        self._log_name = f" ({log})" if log else ""
        self._clock = clock or SystemClock()
        self._process = subprocess.Popen(
            command,
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._log,
            user=user,
            group=user,
            extra_groups=[] if user is not None else None,
            cwd=log.parent if log else None,
            process_group=0,  # Ctrl-C is for the run; it ends its parts in order
            preexec_fn=_dies_with(os.getpid(), death_signal),  # noqa: PLW1509 - a few system calls, no lock is taken
        )

    @property
    def pid(self) -> int:
        return self._process.pid

    @property
    def _output(self) -> IO[bytes]:
        assert self._process.stdout is not None  # noqa: S101 - opened with a pipe above
        return self._process.stdout

    def running(self) -> bool:
        """Return whether the process has not ended."""
        return self._process.poll() is None

    @property
    def exit_code(self) -> int | None:
        return self._process.poll()

    def ready_text(self, *, within: timedelta) -> str:
        """Return the first line that the part prints; raises `StackError` when there is none in time."""
        deadline = self._clock.now() + within
        text = b""
        while not text.endswith(b"\n"):
            left = (deadline - self._clock.now()).total_seconds()
            if left <= 0:
                raise StackError(f"{self.name} did not answer within {within.total_seconds():.0f} s{self.last_words()}")
            if select.select([self._output], [], [], left)[0]:
                piece = os.read(self._output.fileno(), 1)  # no further than the line's end: `lines` reads the rest
                if not piece:
                    self._process.wait(timeout=5)
                    raise StackError(f"{self.name} ended with code {self.exit_code}{self.last_words()}")
                text += piece
        return text.decode(errors="replace")

    def ready_line(self, *, within: timedelta) -> dict[str, Any]:
        """Return the JSON object that the part prints when it answers; raises `StackError`."""
        text = self.ready_text(within=within)
        try:
            line = json.loads(text)
        except json.JSONDecodeError as error:
            raise StackError(f"{self.name} printed {text!r} instead of its line of JSON") from error
        if not isinstance(line, dict):
            raise StackError(f"{self.name} printed {text!r} instead of a JSON object")
        return line

    def lines(self) -> Iterator[bytes]:
        """Return what the part prints after its first line, line by line, until it ends."""
        return iter(self._output.readline, b"")

    def tell(self, line: bytes) -> None:
        """Write a line to the part's standard input; raises `OSError` when it has ended."""
        assert self._process.stdin is not None  # noqa: S101 - opened with a pipe above
        self._process.stdin.write(line + b"\n")
        self._process.stdin.flush()

    def close_input(self) -> None:
        """Close the part's standard input, from which it learns that it is to end."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def last_words(self, lines: int = 15) -> str:
        """Return the end of the part's log, set off for a message."""
        size = os.fstat(self._log.fileno()).st_size
        text = os.pread(self._log.fileno(), 65536, max(0, size - 65536)).decode(errors="replace")
        tail = "\n".join("  " + line[:400] for line in text.splitlines()[-lines:])
        return f"; the end of its log{self._log_name}:\n{tail}" if tail else "; its log is empty"

    def signal(self, number: int) -> None:
        """Send a signal, if the process still runs."""
        if self.running():
            self._process.send_signal(number)

    def end(self, *, within: timedelta) -> None:
        """Wait for the process to end, kill it after ``within``, and close our ends of its pipes."""
        try:
            self._process.wait(timeout=max(0.0, within.total_seconds()))
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        for stream in (self._process.stdin, self._process.stdout, self._log):
            if stream is not None:
                stream.close()
