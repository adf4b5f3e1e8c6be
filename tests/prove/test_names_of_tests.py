"""A test has one name: processes that share the tests collect at different seconds, with different hashes."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
A_FEW_SECONDS = 2


def _names(seed: str) -> list[str]:
    collect = [sys.executable, "-m", "pytest", "tests", "--collect-only", "-q", "-m", ""]
    done = subprocess.run(
        collect,
        check=False,
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=300,
        env=os.environ | {"PYTHONHASHSEED": seed},
    )
    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    return [line for line in done.stdout.splitlines() if "::" in line]


@pytest.mark.prove
@pytest.mark.timeout(600)
def test_every_process_gives_every_test_the_same_name() -> None:
    first = _names("1")
    time.sleep(A_FEW_SECONDS)

    assert len(first) > 10_000
    assert _names("2") == first
