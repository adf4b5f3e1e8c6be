"""A drill in a process of its own, interrupted at its n-th line; M3CoreCRM's own fault door holds what it breaks."""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from datetime import timedelta
from fractions import Fraction
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import FrameType
from typing import Any, Literal, TypeAlias, cast

import numpy as np
from tests.drills.conftest import START, Bench

import alertproof.drills.drill
import alertproof.faults.injection
import alertproof.faults.ledger
import alertproof.faults.shield
from alertproof.drills import Drill
from alertproof.faults import FaultDoor, Ledger
from alertproof.redact import Secret
from alertproof.tags import parse_tags
from alertproof.telemetry.series import MetricType
from m3core.faults import Fault, Kind
from m3core.faults import FaultDoor as Held

Way: TypeAlias = Literal["kill", "off", "raise", "sigint", "sigterm"]
WAYS: tuple[Way, ...] = ("kill", "off", "raise", "sigint", "sigterm")
TOKEN = "the-token"
#: The modules whose every line is a step: what a drill does about its fault.
_STEPS = {
    module.__file__
    for module in (
        alertproof.drills.drill,
        alertproof.faults.injection,
        alertproof.faults.ledger,
        alertproof.faults.shield,
        sys.modules["alertproof.faults.door"],
    )
}
_ALERT = "queue-depth"
_LONGEST = 20  # seconds: a drill on a clock that is moved by hand takes none


class Platform(ThreadingHTTPServer):
    """A process with a fault door, whose lease is M3CoreCRM's; ``off`` ends it, with what it held in its memory."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.now = 0.0
        self.held = Held(clock=lambda: self.now)
        self.leases: dict[str, float] = {}
        threading.Thread(target=self.serve_forever, args=(0.005,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def in_force(self) -> list[str]:
        return [known.fault.id for known, _ in self.held.in_force()]

    def off(self) -> None:
        """Lose power: nobody listens any more, and what was held is gone."""
        self.shutdown()
        self.server_close()
        self.held = Held(clock=lambda: self.now)


class Handler(BaseHTTPRequestHandler):
    """The door's three requests."""

    server: Platform

    def _send(self, status: int, body: object = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.leases[body["id"]] = body["lease_seconds"]
        fault = Fault(id=body["id"], kind=Kind(body["kind"]), share=Fraction(1), jobs=body["jobs"])
        self.server.held.inject(fault, lease_seconds=body["lease_seconds"])
        self._send(201, body)

    def do_GET(self) -> None:
        rows = [
            {"id": known.fault.id, "kind": "backlog", "matched": 0, "injected": 9, "lease_left_seconds": left}
            for known, left in self.server.held.in_force()
        ]
        self._send(200, rows)

    def do_DELETE(self) -> None:
        self.server.held.revert(self.path.rpartition("/")[2])
        self._send(200)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


def _drilled(url: str, ledger: Path) -> Drill:
    """Return a drill of the queue's quiet side, ready to run in no time."""
    bench = Bench(_ALERT)
    times = np.arange(START.timestamp() - 7200, START.timestamp() + 7200, 10.0)
    bench.datadog.store.extend(
        "queue.depth", parse_tags("env:drill"), MetricType.GAUGE, times, np.full(len(times), 9900.0)
    )
    for second in range(-60, 3600):
        bench.traffic.answer(START + timedelta(seconds=second))
    platform = cast("Any", bench.scene.platform)
    door = FaultDoor(base_url=url, token=Secret(TOKEN))
    platform.door_of, platform.ledger = lambda _: door, Ledger(ledger)
    platform.lost, platform.slos = dict, dict
    platform.trouble = lambda **_: []
    platform.datadog.monitor = lambda _: json.loads(
        (Path(__file__).parents[3] / "monitoring/datadog/monitors/queue-depth.json").read_text(encoding="utf-8")
    )
    return Drill(platform, _ALERT, name="n")


class _Steps:
    """Counts the lines that are run, and acts at one of them."""

    def __init__(self, at: int, act: Callable[[], None]) -> None:
        self.count = 0
        self._at = at
        self._act = act

    def trace(self, frame: FrameType, event: str, _argument: object) -> Any:
        if frame.f_code.co_filename not in _STEPS:
            return None
        if event == "line":
            self.count += 1
            if self.count == self._at:
                self._act()
        return self.trace


def run(platform: Platform, ledger: Path, *, at: int, way: Way) -> int:
    """Run the drill in a process of its own and interrupt it at a line; return how many lines it had run.

    The process is a copy of this one: nothing has to be imported anew.
    """
    mine, its = socket.socketpair()
    pid = os.fork()
    if pid == 0:
        mine.close()
        platform.socket.close()  # else it would listen on when the platform has lost its power
        signal.alarm(_LONGEST)
        _child(platform.url, ledger, its, at=at, way=way)
    its.close()
    count = 0
    with mine, mine.makefile("r") as lines:
        for line in lines:
            if line == "off\n":
                platform.off()
                mine.sendall(b"done\n")
            else:
                count = int(line)
    os.waitpid(pid, 0)
    return count


def _child(url: str, ledger: Path, told: socket.socket, *, at: int, way: Way) -> None:
    """Be the drill's process; never returns."""
    code = 1
    signal.signal(signal.SIGINT, signal.default_int_handler)

    def power_off() -> None:
        told.sendall(b"off\n")
        told.recv(16)

    def fail() -> None:
        raise RuntimeError("interrupted")

    acts: dict[Way, Callable[[], None]] = {
        "kill": lambda: os.kill(os.getpid(), signal.SIGKILL),
        "off": power_off,
        "raise": fail,
        "sigint": lambda: os.kill(os.getpid(), signal.SIGINT),
        "sigterm": lambda: os.kill(os.getpid(), signal.SIGTERM),
    }
    steps = _Steps(at, acts[way])
    try:
        drill = _drilled(url, ledger)
        from alertproof.faults import ended_by_signals  # noqa: PLC0415 - as the plugin does it

        with ended_by_signals():
            sys.settrace(steps.trace)
            try:
                drill.stays_quiet()
            finally:
                sys.settrace(None)
        code = 0
    except BaseException:  # noqa: BLE001, S110 - how it ends is what is looked at from outside
        pass
    finally:
        told.sendall(f"{steps.count}\n".encode())
        os._exit(code)


def pause() -> None:
    """Let threads that were told to end do so."""
    time.sleep(0.01)
