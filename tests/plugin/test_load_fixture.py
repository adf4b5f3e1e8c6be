"""The fixture ``load`` as its users meet it: in a project of their own, with its output and exit codes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar

import psutil
import pytest

from alertproof.clock import SystemClock, wait_until

pytest_plugins = ["pytester"]

CLOCK = SystemClock()
OFF = ("-p", "no:locust", "-p", "no:ddtrace")
SCENARIO = """
from locust import FastHttpUser, task

class Own(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/thing")
"""
PROFILE = """
scenario = "own"
rate = 20
duration = "1s"
max_lag = "5s"  # these tests are not about time
[thresholds]
minimum_samples = 20
failed = ["rate<=0"]
"""
TEST = """
def test_light_load(load):
    journal = load("own")
    assert journal.n == 20
"""


class Answering(BaseHTTPRequestHandler):
    """Answers every request with the status of the class."""

    protocol_version = "HTTP/1.1"
    status: ClassVar[int] = 200

    def do_GET(self) -> None:
        self.send_response(type(self).status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def platform_url(monkeypatch: pytest.MonkeyPatch) -> Iterator[str]:
    monkeypatch.setattr(Answering, "status", 200)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answering)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def project(pytester: pytest.Pytester, platform_url: str) -> pytest.Pytester:
    for folder in ("load/profiles", "load/scenarios"):
        (pytester.path / folder).mkdir(parents=True)
    (pytester.path / "load/scenarios/own.py").write_text(SCENARIO, encoding="utf-8")
    write(pytester, PROFILE)
    allow(pytester, platform_url, "read", "load")
    pytester.makepyfile(TEST)
    return pytester


def write(project: pytest.Pytester, profile: str) -> None:
    (project.path / "load/profiles/own.toml").write_text(profile, encoding="utf-8")


def allow(project: pytest.Pytester, url: str, *permissions: str) -> None:
    text = f'[targets.local]\nurl = "{url}"\nallow = {json.dumps(permissions)}\n'
    (project.path / "alertproof.toml").write_text(text, encoding="utf-8")


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess(*OFF, "--reports", "out", *arguments)


def load_journals(project: pytest.Pytester) -> list[dict[str, object]]:
    lines = (project.path / "out/run.jsonl").read_text(encoding="utf-8").splitlines()
    return [record["journal"] for record in map(json.loads, lines) if record["type"] == "LoadJournal"]


def test_a_load_that_holds_passes_and_is_in_the_report(project: pytest.Pytester) -> None:
    result = run(project)

    result.assert_outcomes(passed=1)
    (journal,) = load_journals(project)
    assert (journal["verdict"], journal["n"], journal["profile"]) == ("passed", 20, "own")
    assert journal["check"] == "test_a_load_that_holds_passes_and_is_in_the_report.py::test_light_load"


def test_a_threshold_that_does_not_hold_fails_in_a_few_lines(
    project: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Answering, "status", 503)

    result = run(project)

    result.assert_outcomes(failed=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(
        [
            "load own: 20 arrivals per second of own for 1 s",
            "not met: failed rate<=0; last seen: 100 % (20 of 20 requests)",
            "failed: 20 x GET /thing answered 503 (one has correlation id *)",
        ]
    )
    assert "Traceback" not in result.stdout.str()
    assert "run_load" not in result.stdout.str()
    (journal,) = load_journals(project)
    assert journal["verdict"] == "failed"


def test_too_few_samples_are_an_error_and_no_failure(project: pytest.Pytester) -> None:
    write(project, PROFILE.replace("minimum_samples = 20", "minimum_samples = 21"))

    result = run(project)

    result.assert_outcomes(errors=1)
    assert result.ret == 1
    result.stdout.fnmatch_lines(["load own: could not tell", "*only 20 of the 21 samples that it needs*"])
    (journal,) = load_journals(project)
    assert journal["verdict"] == "broken"


@pytest.mark.parametrize(
    ("allowed", "writes", "missing"), [(("read",), "false", "load"), (("read", "load"), "true", "write")]
)
def test_a_target_is_loaded_only_where_it_allows_that(
    project: pytest.Pytester, platform_url: str, allowed: tuple[str, ...], writes: str, missing: str
) -> None:
    allow(project, platform_url, *allowed)
    write(project, f"writes = {writes}\n{PROFILE}")

    result = run(project, "-rs")

    result.assert_outcomes(skipped=1)
    result.stdout.fnmatch_lines([f"*target 'local' does not allow '{missing}'*alertproof.toml*"])
    assert load_journals(project) == []


def test_a_test_that_runs_no_load_has_proven_nothing(project: pytest.Pytester) -> None:
    project.makepyfile("def test_light_load(load): pass")

    result = run(project)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines(["*took the fixture 'load' and ran no load: call load(PROFILE)*"])


@pytest.mark.parametrize(
    ("wanted", "option", "said"),
    [
        ("wn", (), "*wn.toml: no such profile (did you mean 'own'?)*"),
        ("load/profiles/own.toml", ("-o", "alertproof_load_max_rate=19"), "*more than the ceiling of 19;*"),
        ("own", ("-o", "alertproof_load_max_duration=900"), "*alertproof_load_max_duration: not a duration: '900'*"),
    ],
)
def test_what_cannot_start_as_configured_says_what_to_do(
    project: pytest.Pytester, wanted: str, option: tuple[str, ...], said: str
) -> None:
    project.makepyfile(TEST.replace('"own"', f'"{wanted}"'))

    result = run(project, *option)

    result.assert_outcomes(errors=1)
    result.stdout.fnmatch_lines([said])


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGINT])
def test_a_run_that_is_ended_leaves_no_child(project: pytest.Pytester, number: signal.Signals) -> None:
    write(project, PROFILE.replace('"1s"', '"60s"'))
    # Whoever starts the tests in the background has them ignore SIGINT, and so would this one.
    heeding = ["env", "--default-signal=INT", sys.executable]
    command = [*heeding, "-m", "pytest", *OFF, "-p", "no:cacheprovider"]
    with subprocess.Popen(command, cwd=project.path, stdout=subprocess.DEVNULL, env=dict(os.environ)) as process:
        try:
            every, deadline = timedelta(milliseconds=20), CLOCK.now() + timedelta(seconds=60)
            child = wait_until(lambda: sending(process.pid), clock=CLOCK, deadline=deadline, every=every)
        finally:
            process.send_signal(number)
            process.wait(timeout=40)
    assert child is not None

    def look() -> bool | None:
        return None if child.is_running() and child.status() != psutil.STATUS_ZOMBIE else True

    assert wait_until(look, clock=CLOCK, deadline=CLOCK.now() + timedelta(seconds=20), every=every)


def sending(pid: int) -> psutil.Process | None:
    """Return the child of a run that has begun to send, when it has: it is connected to somebody."""
    for one in psutil.Process(pid).children(recursive=True):
        with suppress(psutil.Error):  # one that ends while it is looked at
            if any("loadgen.bridge" in part for part in one.cmdline()) and one.net_connections(kind="tcp"):
                return one
    return None
