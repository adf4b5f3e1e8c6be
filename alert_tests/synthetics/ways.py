"""A location's way to the platform, which can be cut, and the scheduler that runs there."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory
from urllib.parse import urlsplit

import msgspec

from alertproof.requirements import Target

__all__ = ["Way", "look_once", "watched_from"]

_ENDS = 20  # seconds; the scheduler drains first
_PIECE = 65536
_CHECK = """
from alertproof.probes import status


def test_it_is_there(probe):
    probe.get("{path}").expect(status(200))
"""


class Way:
    """Carries a location's connections to the platform's pages; while it is cut, each ends as soon as it is opened."""

    def __init__(self, to: str) -> None:
        place = urlsplit(to)
        self._to = (place.hostname or "127.0.0.1", place.port or 80)
        self._cut = threading.Event()
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.url = f"http://127.0.0.1:{self._listening.getsockname()[1]}"
        self._accepting = threading.Thread(target=self._accept, name="way", daemon=True)
        self._accepting.start()

    def cut(self) -> None:
        self._cut.set()

    def mend(self) -> None:
        self._cut.clear()

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._accepting.join()
        self._listening.close()

    def _accept(self) -> None:
        while True:
            try:
                here, _ = self._listening.accept()
            except OSError:  # it was closed
                return
            threading.Thread(target=self._carry, args=(here,), daemon=True).start()

    def _carry(self, here: socket.socket) -> None:
        with here, suppress(OSError):
            if self._cut.is_set():
                return
            with socket.create_connection(self._to, timeout=10) as there:
                back = threading.Thread(target=_copy, args=(there, here), daemon=True)
                back.start()
                _copy(here, there)
                back.join()


def _copy(source: socket.socket, sink: socket.socket) -> None:
    """Carry one direction to its end, and say so at the other side."""
    with suppress(OSError):
        while piece := source.recv(_PIECE):
            sink.sendall(piece)
    with suppress(OSError):
        sink.shutdown(socket.SHUT_WR)


@contextmanager
def watched_from(location: str, target: Target, *, way: Way, folder: Path, monitoring: Path) -> Iterator[None]:
    """Have ``alertproof schedule`` look at the pages each second from a location, by its own way.

    Its runs are of the pages, and not of the API: one location that is cut off must not burn the API's budget.
    """
    command = _looking(location, target, url=way.url, path="/login", service="m3core-web", folder=folder)
    command += ["--monitoring", str(monitoring.resolve()), "--every", "1s", "--longest", "10s"]
    with (folder / "scheduler.log").open("w") as log:
        running = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, env=dict(os.environ))
        try:
            yield
            early = running.poll()
        finally:
            running.send_signal(signal.SIGTERM)
            try:
                running.wait(timeout=_ENDS)
            except subprocess.TimeoutExpired:
                running.kill()
                running.wait()
    assert early is None, f"the scheduler of {location} ended with {early}: {(folder / 'scheduler.log').read_text()}"


def look_once(location: str, target: Target, *, url: str, path: str, service: str) -> str:
    """Have ``alertproof schedule --once`` look at one address from a location; return what went wrong, or nothing."""
    with TemporaryDirectory(prefix="alertproof-look-") as folder:
        command = _looking(location, target, url=url, path=path, service=service, folder=Path(folder))
        done = subprocess.run(
            [*command, "--once"],
            cwd=folder,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
            env=dict(os.environ),
        )
    return "" if done.returncode == 0 else f"exit code {done.returncode}: {done.stdout}{done.stderr}"


def _looking(location: str, target: Target, *, url: str, path: str, service: str, folder: Path) -> list[str]:
    """Write a check and a target down in a folder, and return the command that runs it."""
    checks = folder / "checks"
    checks.mkdir(parents=True)
    (checks / "test_address.py").write_text(_CHECK.format(path=path), encoding="utf-8")
    ends = msgspec.structs.replace(target.endpoints, m3core=url, m3core_web="")
    line = folder / "stack.json"
    line.touch(mode=0o600)
    line.write_bytes(msgspec.json.encode(msgspec.structs.replace(target, endpoints=ends)))
    return [
        *(sys.executable, "-m", "alertproof", "schedule", str(checks), "--target", str(line)),
        *("--reports", str(folder / "reports"), "--location", location, "--service", service),
    ]
