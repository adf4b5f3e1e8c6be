"""The drills, many times in a row and two at once: never a flake; both sides of an alert's in the time it is given."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.prove, pytest.mark.timeout(200)]

ERROR_RATE, LATENCY = "test_error_rate.py", "test_latency_p95.py"
#: How long both sides may take in real time: the error rate's alert needs five minutes of its stack's clock, the
#: latency's ten.
LIMITS = {ERROR_RATE: timedelta(seconds=30), LATENCY: timedelta(seconds=60)}


def drill(file: str, reports: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], list[timedelta]]:
    """Run both sides; return the process and how long each drill took in real time."""
    command = [sys.executable, "-m", "pytest", f"alert_tests/drills/{file}", "--reports", str(reports)]
    done = subprocess.run(
        [*command, "-q", "-p", "no:cacheprovider", *arguments],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
    )
    lines = [json.loads(line) for line in (reports / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    spans = [line["journal"]["wall"] for line in lines if line["type"] == "DrillJournal"]
    return done, [msgspec.convert(span, timedelta) for span in spans]


@pytest.mark.parametrize("attempt", range(10))
@pytest.mark.parametrize("file", LIMITS)
def test_both_sides_pass_in_a_row(file: str, attempt: int, tmp_path: Path) -> None:
    done, walls = drill(file, tmp_path)

    assert done.returncode == 0, done.stdout
    assert len(walls) == 2
    assert sum(walls, timedelta()) < LIMITS[file]


@pytest.mark.parametrize("attempt", range(3))
@pytest.mark.parametrize("file", LIMITS)
def test_both_sides_pass_at_once_in_two_workers(file: str, attempt: int, tmp_path: Path) -> None:
    done, walls = drill(file, tmp_path, "-n", "2")

    assert done.returncode == 0, done.stdout
    assert len(walls) == 2
