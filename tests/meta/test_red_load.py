"""The smoke load turns red when the platform is slow, fails, or is sent nothing, and names the cause.

The very test that `make load` runs, in a process of its own, against a stack that is kept up for all of them; the
profile is the real one, cut to two seconds.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from alertproof.faults import Delay, Error, Fault, FaultDoor
from alertproof.redact import Secret
from alertproof.requirements import Target, read_stack_line

pytestmark = pytest.mark.alone
ROOT = Path(__file__).parents[2]
SHORTER = {
    'duration = "6s"': 'duration = "2s"\nmax_lag = "5s"',  # the machine may be busy with other tests
    "minimum_samples = 200": "minimum_samples = 50",
    "minimum_samples = 50\n": "minimum_samples = 10\n",
    'scenario = "leads"': f'scenario = "{ROOT / "load/scenarios/leads.py"}"',
}
SILENT = "from locust import FastHttpUser, task\n\nclass Silent(FastHttpUser):\n    @task\n    def think(self): pass\n"


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Keep a stack up; yield the file that holds its line."""
    line = tmp_path_factory.mktemp("stack") / "stack.json"
    command = [sys.executable, "-m", "alertproof", "up", "--json", "--factor", "60"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as up:
        assert up.stdout is not None
        line.write_text(up.stdout.readline(), encoding="utf-8")
        yield line
        up.terminate()
        assert up.wait(timeout=60) == 0


@pytest.fixture
def profile(tmp_path: Path) -> Path:
    """Return the real profile, shorter, in a folder of its own."""
    text = (ROOT / "load/profiles/smoke.toml").read_text(encoding="utf-8")
    for old, new in reversed(SHORTER.items()):
        assert text.count(old) == 1, f"smoke.toml holds {old!r} {text.count(old)} times"
        text = text.replace(old, new)
    (tmp_path / "smoke.toml").write_text(text, encoding="utf-8")
    return tmp_path / "smoke.toml"


@contextmanager
def standing(fault: Fault, stack: Path) -> Iterator[None]:
    target: Target = read_stack_line(stack.read_text(encoding="utf-8"), source=str(stack))
    door = FaultDoor(base_url=target.endpoints.m3core, token=Secret(target.env["M3CORE_FAULT_TOKEN"]))
    door.inject(fault, fault_id="red-load", lease=timedelta(seconds=60))
    try:
        yield
        assert [one.injected > 0 for one in door.active()] == [True], "the fault has hit nothing"
    finally:
        door.revert("red-load")
        door.close()


def smoke(stack: Path, profile: Path) -> subprocess.CompletedProcess[str]:
    options = ["--target", str(stack), "-o", f"alertproof_profiles={profile.parent}"]
    options += ["--reports", str(profile.parent / "reports"), "-q", "--no-header", "-p", "no:cacheprovider"]
    return subprocess.run(
        [sys.executable, "-m", "pytest", "load/test_smoke.py", *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def red(done: subprocess.CompletedProcess[str], *says: str) -> None:
    assert done.returncode == 1, done.stdout + done.stderr
    for text in says:
        assert text in done.stdout, done.stdout + done.stderr
    assert "Traceback" not in done.stdout


def test_a_healthy_platform_is_green(stack: Path, profile: Path) -> None:
    done = smoke(stack, profile)

    assert "not met" not in done.stdout
    assert "never reached" not in done.stdout
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_slow_endpoint_is_red_and_named(stack: Path, profile: Path) -> None:
    with standing(Delay(text="late", seconds=1.0, match={"path": "/api/leads/search"}), stack):
        done = smoke(stack, profile)

    red(
        done,
        "load smoke: 40 arrivals per second of leads for 2 s",
        "not met: latency p(95)<800 ms; last seen: ",
        "not met: slow rate<=0.05; last seen: ",
        "; worst: GET /api/leads/search, 100 % (",
    )


def test_a_500_is_red_and_named_with_a_correlation_id(stack: Path, profile: Path) -> None:
    with standing(Error(text="failing", share=0.2, match={"path": "/api/leads"}), stack):
        done = smoke(stack, profile)

    red(
        done,
        "not met: failed rate<0.01; last seen: ",
        "; worst: GET /api/leads, ",  # a share near the fault's: the run measures a part of what the fault counts
        " x GET /api/leads answered 500 (one has correlation id ",
    )


def test_no_samples_at_all_are_red_and_named(stack: Path, profile: Path) -> None:
    (profile.parent / "silent.py").write_text(SILENT, encoding="utf-8")
    text = profile.read_text(encoding="utf-8")
    profile.write_text(text.replace(SHORTER['scenario = "leads"'], 'scenario = "silent.py"'), encoding="utf-8")

    done = smoke(stack, profile)

    red(
        done,
        "load smoke: could not tell",
        "no samples at all: the scenario silent.py was started 120 times and sent no request",
        "1 error",
    )


def test_the_same_scenarios_run_in_locust_itself(stack: Path) -> None:
    target = read_stack_line(stack.read_text(encoding="utf-8"), source=str(stack))
    command = [sys.executable, "-m", "locust", "-f", "load/locustfile.py", "--host", target.endpoints.m3core]
    done = subprocess.run(
        [*command, "--headless", "-u", "3", "-r", "3", "-t", "5s", "--json"],
        cwd=ROOT,
        env={**os.environ, **target.env},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )

    assert done.returncode == 0, done.stdout + done.stderr
    rows = {row["name"]: row for row in json.loads(done.stdout[done.stdout.index("[\n") :])}
    assert rows["/api/login"]["num_requests"] == 3
    assert sum(row["num_requests"] for row in rows.values()) > 3
    assert sum(row["num_failures"] for row in rows.values()) == 0
