"""``alertproof load run`` as its users meet it: progress for people, a journal for machines, and exit codes."""

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
rate = 20
duration = "1s"
max_lag = "5s"  # these tests are not about time
[thresholds]
minimum_samples = 20
failed = ["rate<=0"]
"""


class Missing(BaseHTTPRequestHandler):
    """Has nothing."""

    def do_GET(self) -> None:
        self.send_error(404)

    def log_message(self, *_: object) -> None:
        """Say nothing."""


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Missing)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    for folder in ("load/profiles", "load/scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "load/scenarios/own.py").write_text(SCENARIO, encoding="utf-8")
    write(tmp_path, PROFILE)
    url = f"http://127.0.0.1:{server.server_port}"
    (tmp_path / "alertproof.toml").write_text(
        f'[targets.here]\nurl = "{url}"\nallow = ["load"]\n[targets.shut]\nurl = "{url}"\n', encoding="utf-8"
    )
    yield tmp_path
    server.shutdown()
    server.server_close()


def write(project: Path, profile: str) -> None:
    (project / "load/profiles/own.toml").write_text(profile, encoding="utf-8")


def run(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", "load", "run", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, timeout=60, check=False)


def test_a_threshold_that_does_not_hold_is_exit_code_1_and_told(project: Path) -> None:
    done = run(project, "own", "--target", "here")

    assert done.returncode == 1, done.stderr
    assert "not met: failed rate<=0; last seen: 100 % (20 of 20 requests)" in done.stdout
    assert "failed: 20 x GET /thing/[id] answered 404 (one has correlation id " in done.stdout
    assert "failed: own at here" in done.stdout
    assert done.stderr == "", "progress is for a terminal"


def test_the_journal_is_one_line_of_json_and_the_exit_code_stays(project: Path) -> None:
    write(project, PROFILE.replace("rate<=0", "rate<=1"))

    done = run(project, "load/profiles/own.toml", "--target", "here", "--json")

    assert done.returncode == 0, done.stderr
    (line,) = done.stdout.splitlines()
    journal = json.loads(line)["journal"]
    assert (journal["verdict"], journal["n"], journal["failed"]) == ("passed", 20, 20)
    assert [tick["n"] for tick in journal["ticks"]] == [20]


def test_what_could_not_be_judged_is_exit_code_3(project: Path) -> None:
    write(project, PROFILE.replace("minimum_samples = 20", "minimum_samples = 21"))

    done = run(project, "own", "--target", "here")

    assert done.returncode == 3
    assert "never reached: failed rate<=0; last seen: only 20 of the 21 samples that it needs" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("on", "--target", "here"), "on.toml: no such profile (did you mean 'own'?)"),
        (("own", "--target", "her"), "no target 'her' (did you mean 'here'?)"),
        (("own", "--target", "none.json"), "--target none.json: no such file; start a stack"),
        (("own", "--target", "shut"), "target 'shut' does not allow 'load'"),
        (("own", "--target", "here", "--max-rate", "19"), "more than the ceiling of 19"),
        (("own", "--target", "here", "--max-duration", "long"), "--max-duration: not a duration: 'long'"),
    ],
)
def test_what_cannot_start_is_exit_code_2_and_says_what_to_do(
    project: Path, arguments: tuple[str, ...], said: str
) -> None:
    done = run(project, *arguments)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert done.stdout == "", "before anything is sent"


def test_before_a_launch_it_says_which_alerts_would_have_come_and_what_is_not_known(project: Path) -> None:
    monitoring = str(Path(__file__).parents[2] / "monitoring")

    done = run(project, "own", "--target", "here", "--before-launch", "--monitoring", monitoring)

    assert done.returncode == 1, done.stderr
    assert "capacity: not known; alertproof load find-capacity --json says it" in done.stdout
    assert "alert api-error-rate: would have come 0 min " in done.stdout  # each request fails
    assert "platform: the target names no Datadog to ask what it saw itself" in done.stdout


@pytest.mark.parametrize(
    ("text", "said"), [(None, "No such file"), ("{}", "not what alertproof load find-capacity --json")]
)
def test_a_capacity_that_is_none_is_refused(project: Path, text: str | None, said: str) -> None:
    if text is not None:
        (project / "capacity.json").write_text(text, encoding="utf-8")
    monitoring = str(Path(__file__).parents[2] / "monitoring")

    done = run(
        project, "own", "--target", "here", "--before-launch", "--capacity", "capacity.json", "--monitoring", monitoring
    )

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
