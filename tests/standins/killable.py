"""Stand-ins that are killed and started again on their store."""

from __future__ import annotations

import contextlib
import json
import os
import resource
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import IO, Any, Self, TypeVar

from tests.standins.doors import TOKEN

from alertproof.clock import ENVIRONMENT_KEY, Anchor, SystemClock, wait_until
from alertproof.requirements import CONTROL_TOKEN

_T = TypeVar("_T")


class Killable:
    """One stand-in with a store, in a process of its own that is killed and started again."""

    def __init__(self, *arguments: str, store: Path, anchor: Anchor | None = None) -> None:
        self._command = [sys.executable, "-m", "alertproof.standins", *arguments, "--store", str(store)]
        clock = {ENVIRONMENT_KEY: json.dumps(anchor.encode())} if anchor else {}
        self._environment = {**os.environ, CONTROL_TOKEN: TOKEN, **clock}
        self._errors = store.with_suffix(".errors")
        self.store = store
        self.process: subprocess.Popen[str] | None = None
        self.endpoints: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, or start it again; it must be where it was."""
        process = self._popen()
        assert process.stdout is not None
        line = process.stdout.readline()
        assert line, self.said()
        endpoints = json.loads(line)["endpoints"]
        assert not self.endpoints or endpoints == self.endpoints
        self.endpoints = endpoints

    def refuses_to_start(self) -> str:
        """Start it, which must fail with exit code 2 and without a traceback; returns what it said."""
        process = self._popen()
        assert process.wait(timeout=30) == 2, self.said()
        self.kill()
        said = self.said()
        assert "Traceback" not in said
        return said

    def kill(self) -> None:
        """Kill it with SIGKILL, whatever it is doing."""
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(timeout=10)
            for pipe in (self.process.stdin, self.process.stdout):
                assert pipe is not None
                pipe.close()
            self.process = None

    def restart(self, *, dead_for: float = 0.0) -> None:
        """Kill it and start it again after so many seconds."""
        self.kill()
        time.sleep(dead_for)
        self.start()

    def said(self) -> str:
        """Return what it wrote to its standard error since it was started last."""
        return self._errors.read_text()

    def ledgers(self) -> list[Path]:
        """Return the files of its journal, oldest first."""
        return sorted((self.store / "journal").glob("*.ledger"))

    @contextmanager
    def full_disk(self) -> Iterator[None]:
        """Let none of its files grow."""
        assert self.process is not None
        size = max(path.stat().st_size for path in self.ledgers())
        before = resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, (size, resource.RLIM_INFINITY))
        try:
            yield
        finally:
            resource.prlimit(self.process.pid, resource.RLIMIT_FSIZE, before)

    def _popen(self) -> subprocess.Popen[str]:
        errors: IO[str]
        with self._errors.open("w") as errors:
            self.process = subprocess.Popen(
                self._command,
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=errors,
                text=True,
                env=self._environment,
            )
        return self.process


def written_until_killed(
    standin: Killable, write: Callable[[int], str], *, kill_after: int, when: Callable[[], bool] = lambda: True
) -> tuple[set[str], set[str]]:
    """Let two threads write without a pause and kill the stand-in meanwhile.

    Args:
        standin: what is killed.
        write: makes the write of a number and returns what it is known by; raises when it is not acknowledged.
        kill_after: so many are acknowledged before.
        when: what else is to be so before.

    Returns:
        What was acknowledged, and what was tried and was not.
    """
    acknowledged: set[str] = set()
    tried: set[str] = set()
    enough = threading.Event()

    def run(first: int) -> None:
        with contextlib.suppress(Exception):
            for number in range(first, 1_000_000, 2):
                tried.add(str(number))
                acknowledged.add(write(number))
                if len(acknowledged) >= kill_after and when():
                    enough.set()

    writers = [threading.Thread(target=run, args=(first,)) for first in (0, 1)]
    for writer in writers:
        writer.start()
    assert enough.wait(timeout=60), f"only {len(acknowledged)} writes were acknowledged"
    standin.kill()
    for writer in writers:
        writer.join(timeout=60)
    assert len(acknowledged) >= kill_after
    return acknowledged, tried - acknowledged


@dataclass
class Receiver:
    """What came in, each request as its headers (lower case) and body."""

    url: str
    got: list[tuple[dict[str, str], bytes]] = field(default_factory=list)


@contextmanager
def receiving() -> Iterator[Receiver]:
    """Receive webhooks on this machine; each is answered 202."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            receiver.got.append(({name.lower(): value for name, value in self.headers.items()}, body))
            self.send_response(202)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    receiver = Receiver(f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    try:
        yield receiver
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


def eventually(look: Callable[[], _T | None], *, within: float = 20.0) -> _T:
    """Return what ``look`` returns once it is not None; fails after so many seconds."""
    clock = SystemClock()
    found = wait_until(
        look, clock=clock, deadline=clock.now() + timedelta(seconds=within), every=timedelta(milliseconds=50)
    )
    assert found is not None, "it did not happen"
    return found


def same(before: Mapping[str, Any], after: Mapping[str, Any]) -> None:
    """Assert that answers by their names are the same, and that none is empty."""
    for name, answer in before.items():
        assert answer, f"{name} says nothing"
        assert after[name] == answer, name


@contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond a size, as if the disk were full."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
