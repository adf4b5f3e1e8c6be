"""``alertproof gate`` as its users meet it: what it refuses, and one gate of real blocks between two real servers."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest
from rich.text import Text

from alertproof.cli.gate import _line
from alertproof.cli.gate_journeys import _labels
from alertproof.gate import Arm, Block, Felt

SCENARIO = """
from locust import FastHttpUser, task

class Own(FastHttpUser):
    @task
    def ask(self):
        self.client.get("/thing", name="/thing/[id]")
"""
JOURNEY = """
def test_a_thing_is_shown(journey):
    with journey.step("open"):
        journey.page.goto("/thing")
        journey.page.get_by_role("heading", name="A thing").wait_for()
"""
PROFILE = """
scenario = "own"
rate = 30
duration = "2s"
max_lag = "5s"  # these tests are not about the generator
[thresholds]
minimum_samples = 20
failed = ["rate<=0"]
"""


def _server(seconds: float) -> ThreadingHTTPServer:
    class Slow(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            time.sleep(seconds)
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.send_header("Content-Length", "16")
            self.end_headers()
            self.wfile.write(b"<h1>A thing</h1>")

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Slow)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


@pytest.fixture
def project(tmp_path: Path) -> Iterator[Path]:
    """A project with two platforms: each request of ``old`` takes 100 ms, of ``new`` 400."""
    for folder in ("load/profiles", "load/scenarios"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "load/scenarios/own.py").write_text(SCENARIO, encoding="utf-8")
    (tmp_path / "load/profiles/gate.toml").write_text(PROFILE, encoding="utf-8")
    (tmp_path / "look.py").write_text(JOURNEY, encoding="utf-8")
    (tmp_path / "none.py").write_text("def test_nothing(): pass", encoding="utf-8")
    servers = {"old": _server(0.1), "new": _server(0.4)}
    (tmp_path / "alertproof.toml").write_text(
        "".join(
            f'[targets.{name}]\nurl = "http://127.0.0.1:{server.server_port}"\nallow = ["read", "load"]\n'
            for name, server in servers.items()
        )
        + '[targets.shut]\nurl = "http://127.0.0.1:1"\n'
        + '[targets.unread]\nurl = "http://127.0.0.1:1"\nallow = ["load"]\n',
        encoding="utf-8",
    )
    yield tmp_path
    for server in servers.values():
        server.shutdown()
        server.server_close()


def gate(project: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", "gate", *arguments]
    return subprocess.run(command, cwd=project, capture_output=True, text=True, check=False, timeout=300)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--baseline", "old"], "Missing option '--candidate'"),
        (["--baseline", "old", "--candidate", "newer"], "newer"),
        (["--baseline", "old", "--candidate", "shut"], "target 'shut' does not allow 'load'"),
        (["--baseline", "old", "--candidate", "new", "--profile", "gates"], "did you mean"),
        (["--baseline", "old", "--candidate", "new", "--pairs", "ten"], "--pairs: numbers with commas"),
        (["--baseline", "old", "--candidate", "new", "--pairs", "3,4"], "looks are numbers of pairs that grow, from 6"),
        (["--baseline", "old", "--candidate", "new", "--least-shift", "much"], "--least-shift: "),
        (["--baseline", "old", "--candidate", "new", "--slower", "0"], "is a share above 0 and below 1"),
        (["--baseline", "old", "--candidate", "new", "--journeys", "away"], "--journeys: away is not there"),
        (["--baseline", "old", "--candidate", "new", "--journeys", "none.py"], "none.py holds no journey"),
        (
            ["--baseline", "unread", "--candidate", "new", "--journeys", "look.py"],
            "the journey was skipped: target 'unread' does not allow 'read'",
        ),
        (["--baseline", "old", "--candidate", "new", "--max-rate", "10"], "more than the ceiling of 10"),
        (
            ["--baseline", "old", "--candidate", "new", "--kill-switch", "alertproof.toml"],
            "the kill switch alertproof.toml",
        ),
    ],
)
def test_what_is_wrong_is_said_before_anything_is_sent(project: Path, arguments: list[str], said: str) -> None:
    ran = gate(project, *arguments)

    assert ran.returncode == 2
    assert said in ran.stderr
    assert "Traceback" not in ran.stderr


@pytest.mark.prove
@pytest.mark.needs("browser")
@pytest.mark.timeout(300)
def test_a_candidate_that_takes_four_times_as_long_fails_with_one_summary(project: Path) -> None:
    options = (
        "--pairs",
        "8",
        "--summary",
        "summary.md",
        "--json",
        "--journeys",
        "look.py",
        "--walks",
        "1",
        "--minimum-samples",
        "50",
    )
    ran = gate(project, "--baseline", "old", "--candidate", "new", *options)

    assert ran.returncode == 1, ran.stderr
    whole = json.loads(ran.stdout)
    assert whole["judgement"]["verdict"] == "failed"
    assert [block["broken"] for block in whole["blocks"]] == [""] * 16
    worse = whole["judgement"]["findings"][0]
    assert worse["name"] == "p95 of all requests"
    assert 0.5 < worse["low"] <= worse["shift"] <= worse["high"]  # the servers share this machine
    felt = {one["name"]: one["verdict"] for one in whole["judgement"]["findings"] if one["name"].endswith("journey")}
    assert felt == {
        "duration of the journey": "failed",
        "TTFB of the journey": "failed",
        "FCP of the journey": "failed",
        "LCP of the journey": "failed",
        "CLS of the journey": "passed",
    }
    text = (project / "summary.md").read_text(encoding="utf-8")
    assert text.startswith("## ❌ Release gate: failed\n")
    assert "| ❌ | p95 of GET /thing/[id] |" in text


@pytest.mark.prove
@pytest.mark.needs("browser")
@pytest.mark.timeout(300)
def test_a_candidate_on_which_the_journey_does_not_pass_fails(project: Path) -> None:
    journey = project / "look.py"
    journey.write_text(
        """
import pytest

@pytest.fixture
def journey_budget():
    from datetime import timedelta
    from alertproof.requirements import JourneyBudget, Span, VitalsBudget
    short, long = Span(timedelta(seconds=0.35)), Span(timedelta(seconds=9))
    return JourneyBudget(step=short, vitals=VitalsBudget(ttfb=long, fcp=long, lcp=long, inp=long))
"""
        + JOURNEY,
        encoding="utf-8",
    )

    ran = gate(
        project, "--baseline", "old", "--candidate", "new", "--pairs", "10", "--journeys", str(journey), "--json"
    )

    assert ran.returncode == 1, ran.stdout + ran.stderr
    found = {one["name"]: one for one in json.loads(ran.stdout)["judgement"]["findings"]}
    failing = found["blocks with a journey that fails"]
    assert (failing["verdict"], failing["baseline"], failing["candidate"]) == ("failed", 0.0, 1.0)
    assert "the last: the journey failed: not met: step 'open' ends within 350 ms" in failing["why"]


@pytest.mark.prove
@pytest.mark.timeout(300)
def test_a_platform_compared_with_itself_passes(project: Path) -> None:
    ran = gate(project, "--baseline", "old", "--candidate", "old", "--pairs", "8")

    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert "passed after 8 pairs: nothing is slower, and nothing fails more" in ran.stdout


@pytest.mark.parametrize(
    ("checks", "labels"),
    [
        (["a.py::test_it_works"], ["the journey"]),
        (["a.py::test_it_works", "a.py::test_it_ends"], ["it works", "it ends"]),
        (["a.py::test_it[one]", "a.py::test_it[two]"], ["it [one]", "it [two]"]),
        (["a.py::test_it", "b.py::test_it"], ["a.py::test_it", "b.py::test_it"]),
    ],
)
def test_no_two_journeys_have_one_name(checks: list[str], labels: list[str]) -> None:
    assert _labels(checks) == dict(zip(checks, labels, strict=True))


def test_what_a_page_says_is_no_markup_of_ours() -> None:
    felt = Felt(broken="the journey failed: heading [/leads] is not there")
    block = Block(arm=Arm.BASELINE, n=1, slow=0, failed=0, p95={"": 0.1}, requests={"": 1}, felt=felt)

    assert "heading [/leads] is not there" in Text.from_markup(_line(1, block)).plain
    assert "no [/leads]" in Text.from_markup(_line(1, msgspec.structs.replace(block, broken="no [/leads]"))).plain
