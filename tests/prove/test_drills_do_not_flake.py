"""The drills, many times in a row, two at once, all together, in any order and each alone: never a flake."""

from __future__ import annotations

import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from secrets import randbelow

import msgspec
import pytest
import yaml

ROOT = Path(__file__).parents[2]
DRILLS = ROOT / "alert_tests" / "drills"
pytestmark = [pytest.mark.prove, pytest.mark.timeout(900)]

ERROR_RATE, LATENCY = "test_error_rate.py", "test_latency_p95.py"
#: How long both sides may take in real time: the error rate's alert needs five minutes of its stack's clock, the
#: latency's ten.
LIMITS = {ERROR_RATE: timedelta(seconds=30), LATENCY: timedelta(seconds=60)}
#: All drills, on two stacks side by side.
ALL_LIMIT = timedelta(minutes=8)
#: This one takes twelve minutes by itself, on a stack of its own: it is proven where it stands.
THROUGH_LOAD = "test_latency_p95_under_load.py"
OTHERS = (f"--ignore={DRILLS / THROUGH_LOAD}", "alert_tests/drills")


def every_drill() -> Iterator[str]:
    """Yield pytest's id of each drill, below the folder of the drills."""
    for path in sorted(DRILLS.rglob("test_*.py")):
        if path.name == THROUGH_LOAD:
            continue
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE):
            yield f"{path.relative_to(DRILLS)}::{name}"
    for path in sorted(DRILLS.rglob("*.drill.yaml")):
        for written in yaml.safe_load(path.read_text(encoding="utf-8"))["drills"]:
            yield f"{path.relative_to(DRILLS)}::{written['name']}"


def run(reports: Path, *arguments: str, within: float) -> tuple[subprocess.CompletedProcess[str], list[timedelta]]:
    """Run drills; return the process and how long each took in real time."""
    command = [sys.executable, "-m", "pytest", *arguments, "--reports", str(reports), "-m", "prove or not prove"]
    done = subprocess.run(
        [*command, "-q", "-p", "no:cacheprovider"],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=within,
        check=False,
    )
    lines = [json.loads(line) for line in (reports / "run.jsonl").read_text(encoding="utf-8").splitlines()]
    spans = [line["journal"]["wall"] for line in lines if line["type"] == "DrillJournal"]
    return done, [msgspec.convert(span, timedelta) for span in spans]


def drill(file: str, reports: Path, *arguments: str) -> tuple[subprocess.CompletedProcess[str], list[timedelta]]:
    """Run both sides of one alert."""
    return run(reports, f"alert_tests/drills/{file}", *arguments, within=180)


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


@pytest.mark.parametrize("attempt", range(5))
def test_all_drills_pass_on_two_stacks_side_by_side(attempt: int, tmp_path: Path) -> None:
    began = time.monotonic()
    done, _ = run(tmp_path, *OTHERS, "-n", "2", "--dist", "loadfile", within=880)
    took = timedelta(seconds=time.monotonic() - began)

    assert done.returncode == 0, done.stdout
    assert f"{len(list(every_drill()))} passed in" in done.stdout
    assert took < ALL_LIMIT


def test_all_drills_pass_in_an_order_that_is_drawn(tmp_path: Path) -> None:
    seed = randbelow(100_000)
    drawn = [f"alert_tests/drills/{one}" for one in every_drill()]
    Random(seed).shuffle(drawn)
    done, _ = run(tmp_path, *drawn, within=880)

    assert done.returncode == 0, f"order {seed}: {done.stdout}"
    assert f"{len(drawn)} passed in" in done.stdout


@pytest.mark.parametrize("one", list(every_drill()), ids=lambda one: one.replace("::", " "))
def test_each_drill_passes_alone(one: str, tmp_path: Path) -> None:
    done, _ = run(tmp_path, f"alert_tests/drills/{one}", within=180)

    assert done.returncode == 0, done.stdout
    assert "1 passed in" in done.stdout
