"""``alertproof load find-capacity`` as its users meet it: what it found for people and machines, and exit codes."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

SCENARIO = """
from locust import FastHttpUser, task

class Own(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/thing", name="/thing/[id]")
"""
PROFILE = """
scenario = "own"
start = 60
ceiling = 80
tick = "50ms"      # a search of 8 s
warm_up = "50ms"
duration = "8s"
longest = "16s"
limit = "5s"       # these tests are not about time
timeout = "9s"
max_lag = "5s"
"""


class Answers(BaseHTTPRequestHandler):
    """Has one thing, when it is there."""

    protocol_version = "HTTP/1.1"
    status = 200

    def do_GET(self) -> None:
        self.send_response(self.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class Missing(Answers):
    """Has nothing."""

    status = 404


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), kind) for name, kind in KINDS.items()}
    for folder in ("load/profiles", "load/scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "load/scenarios/own.py").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "load/profiles/find-capacity.toml").write_text(PROFILE, encoding="utf-8")
    lines = ['[targets.shut]\nurl = "http://127.0.0.1:1"\n']
    for name, server in servers.items():
        server.daemon_threads = True
        threading.Thread(target=server.serve_forever, daemon=True).start()
        lines.append(f'[targets.{name}]\nurl = "http://127.0.0.1:{server.server_port}"\nallow = ["load"]\n')
    (tmp_path / "alertproof.toml").write_text("".join(lines), encoding="utf-8")
    yield tmp_path
    for server in servers.values():
        server.shutdown()
        server.server_close()


KINDS = {"here": Answers, "missing": Missing}


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", "load", "find-capacity", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=120, check=False)


def test_a_platform_that_takes_the_ceiling_passes_and_no_more_is_claimed(project: Path) -> None:
    done = run(project, "--target", "here", "--require", "50", "--headroom", "1.3", "--json", "--html", "capacity.html")

    assert done.returncode == 0, done.stdout + done.stderr
    (line,) = done.stdout.splitlines()
    found = json.loads(line)
    assert (found["outcome"], found["verdict"], found["rate"], found["low"], found["high"]) == (
        "PASS",
        "passed",
        None,
        80.0,
        None,
    )
    assert found["reason"] == "the capacity is at least 80/s, and 50/s times 1.3 is required"
    assert {tick["rate"] for tick in found["ticks"]} >= {60.0, 80.0}
    assert done.stderr == "", "progress is for a terminal"
    assert found["behaviour"]["saturation"] is None
    page = (project / "capacity.html").read_text(encoding="utf-8")
    assert "PASS: the capacity is at least" in page
    assert "<svg" in page


def test_a_platform_that_never_answers_well_is_exit_code_1_and_says_how_it_failed(project: Path) -> None:
    done = run(project, "--target", "missing", "--require", "70")

    assert done.returncode == 1, done.stdout + done.stderr
    assert "x GET /thing/[id] answered 404 (one has correlation id " in done.stdout
    assert "FAIL: the capacity is below 60/s, and 70/s are required" in done.stdout
    assert "doubt: it never kept its limit, at any rate" in done.stdout


def test_what_cannot_be_told_is_exit_code_3(project: Path) -> None:
    done = run(project, "--target", "here", "--require", "100")

    assert done.returncode == 3, done.stdout + done.stderr
    assert "INCONCLUSIVE: the capacity is at least 80/s, and 100/s is required" in done.stdout
    assert "degradation: of the requests none took longer than 5000 ms at 60/s, none at 80/s" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("--target", "here"), "Missing option '--require'"),
        (("--target", "here", "--require", "0"), "required is above 0 and headroom at least 1, got 0 and 1"),
        (("--target", "here", "--require", "5", "--precision", "5"), "precision is a share between 0 and 1, got 5"),
        (("--target", "here", "--require", "5", "--profile", "find"), "find.toml: no such profile"),
        (("--target", "shut", "--require", "5"), "target 'shut' does not allow 'load'"),
        (("--target", "here", "--require", "5", "--max-rate", "79"), "more than the ceiling of 79"),
        (("--target", "here", "--require", "5", "--max-duration", "7s"), "8 s are longer than the ceiling of 7 s"),
        (("--target", "here", "--require", "nan"), "required is above 0"),
    ],
)
def test_what_cannot_start_is_exit_code_2_and_says_what_to_do(
    project: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(project, *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
