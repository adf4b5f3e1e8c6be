"""A platform that writes down each request, and the scheduler's process that probes it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from alertproof.schedule.store import Store

CHECKS = """
import os
import pytest
from alertproof.probes import status

@pytest.mark.every("1s")
def test_the_platform_answers(probe):
    probe.get("/healthz", headers={"X-Run": os.environ["ALERTPROOF_RUN"]}).expect(status(200))

@pytest.mark.every("1s", jitter="400ms")
def test_leads_are_listed(probe):
    probe.get("/leads", headers={"X-Run": os.environ["ALERTPROOF_RUN"]}).expect(status(200))
"""


@dataclass
class AccessLog:
    """What a server was asked: the run that asked, and for which path."""

    url: str
    seen: list[tuple[str, str]] = field(default_factory=list)
    #: Paths that are answered with 503.
    down: set[str] = field(default_factory=set)
    slow: dict[str, float] = field(default_factory=dict)

    def runs(self) -> list[str]:
        return [run for run, _ in self.seen]


@pytest.fixture
def access() -> Iterator[AccessLog]:
    log = AccessLog("")
    lock = threading.Lock()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            with lock:
                log.seen.append((self.headers.get("X-Run", ""), self.path))
            time.sleep(log.slow.get(self.path, 0.0))
            self.send_response(503 if self.path in log.down else 200)
            self.send_header("Content-Length", "2")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *arguments: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    log.url = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    yield log
    server.shutdown()
    thread.join()
    server.server_close()


@dataclass
class Project:
    """A folder with checks, and the command that runs them."""

    folder: Path

    @property
    def history(self) -> Path:
        return self.folder / "reports" / "schedule" / "history.sqlite"

    def write(self, text: str, name: str = "checks/test_checks.py") -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-m", "alertproof", "schedule", "checks", "--target", "here"]
        return subprocess.Popen(
            [*command, "--location", "dublin", *arguments],
            cwd=self.folder,
            # The plugins that other dependencies bring take most of a worker's start.
            env={**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1", "PYTEST_PLUGINS": "alertproof.plugin"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str, str]:
        process = self.start(*arguments)
        out, err = process.communicate(timeout=90)
        assert "Traceback" not in err, err
        return process.returncode, out, err

    def store(self) -> Store:
        return Store(self.history)


@pytest.fixture
def project(tmp_path: Path, access: AccessLog) -> Project:
    (tmp_path / "alertproof.toml").write_text(f"[targets.here]\nurl = {json.dumps(access.url)}\n", encoding="utf-8")
    (tmp_path / "pyproject.toml").write_text("[tool.pytest.ini_options]\n", encoding="utf-8")
    made = Project(tmp_path)
    made.write(CHECKS)
    return made


def ended(process: subprocess.Popen[str], number: int = signal.SIGTERM) -> tuple[int, str, str]:
    """Send a signal and wait for the end."""
    process.send_signal(number)
    out, err = process.communicate(timeout=90)
    return process.returncode, out, err
