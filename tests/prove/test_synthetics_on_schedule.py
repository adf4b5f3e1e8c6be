"""The shipped synthetics on the scheduler: every probe and journey of the platform, once, in a real browser."""

from __future__ import annotations

import json
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
pytestmark = [pytest.mark.prove, pytest.mark.timeout(600), pytest.mark.needs("browser")]


def alertproof(*arguments: str, within: float) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", *arguments]
    return subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=within)


def test_every_check_of_the_platform_runs_once_and_the_status_page_shows_it(tmp_path: Path) -> None:
    scheduled = ("schedule", "synthetics", "--once", "--json", "--location", "here", "--reports", str(tmp_path))
    done = alertproof(*scheduled, within=500)
    told = [json.loads(line) for line in done.stdout.splitlines()]

    assert done.returncode == 0, done.stdout[-2000:] + done.stderr[-2000:]
    assert Counter(each["verdict"] for each in told) == {"passed": len(told)}
    names = {each["check"] for each in told}
    assert len(names) == len(told) > 100
    assert sum("synthetics/journeys/" in name for name in names) >= 3
    page = tmp_path / "status.html"
    shown = alertproof("status-page", "--store", str(tmp_path / "history.sqlite"), "--output", str(page), within=60)
    assert shown.returncode == 0, shown.stderr
    assert "All checks pass" in page.read_text(encoding="utf-8")
