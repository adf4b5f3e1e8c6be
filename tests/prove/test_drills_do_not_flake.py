"""The drill, ten times in a row and two at once: never a flake, under thirty seconds for both sides."""

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


def drill(reports: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], list[timedelta]]:
    """Run both sides; return the process and how long each drill took in real time."""
    command = [sys.executable, "-m", "pytest", "alert_tests/drills/test_error_rate.py", "--reports", str(reports)]
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
def test_both_sides_pass_in_a_row(attempt: int, tmp_path: Path) -> None:
    done, walls = drill(tmp_path)

    assert done.returncode == 0, done.stdout
    assert len(walls) == 2
    assert sum(walls, timedelta()) < timedelta(seconds=30)


@pytest.mark.parametrize("attempt", range(3))
def test_both_sides_pass_at_once_in_two_workers(attempt: int, tmp_path: Path) -> None:
    done, walls = drill(tmp_path, "-n", "2")

    assert done.returncode == 0, done.stdout
    assert len(walls) == 2
