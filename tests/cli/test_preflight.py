"""``alertproof preflight``: the plan, all that is wrong, and what the exit code says."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from tests.drills.preflight.conftest import (  # noqa: F401 - fixtures
    Elsewhere,
    elsewhere,
    pushed,
    served,
    vendors_of_one_fixture,
)


def run(where: Elsewhere, *arguments: str) -> subprocess.CompletedProcess[str]:
    where.write()
    command = [sys.executable, "-m", "alertproof", "preflight", *arguments]
    folder: Path = where.account.folder
    return subprocess.run(command, cwd=folder, env=where.env_of_process(), capture_output=True, text=True, check=False)


def test_a_target_that_is_ready_is_said_with_what_drills_would_do(pushed: Elsewhere) -> None:  # noqa: F811 - fixture
    pushed.longest = "11m"

    done = run(pushed, "--target", "staging")

    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 % of API requests fail" in done.stdout
    assert "m3core-api (high urgency)" in done.stdout
    assert done.stdout.endswith("drills may start\n")


def test_all_problems_are_printed_and_the_exit_code_is_one(elsewhere: Elsewhere) -> None:  # noqa: F811 - fixture
    elsewhere.env["PAGERDUTY_API_TOKEN"] = ""

    done = run(elsewhere, "--target", "staging", "--json")

    found = json.loads(done.stdout)
    assert done.returncode == 1, done.stderr
    assert [row["side"] for row in found["plan"]] == ["fires", "quiet"]
    assert {"where": "target staging", "what": "PAGERDUTY_API_TOKEN is missing", "do": "set it in the environment"} in (
        found["problems"]
    )
    assert any("its fault may stand for 615 s, 600 s are allowed" in each["what"] for each in found["problems"])


def test_an_alert_that_is_not_specified_is_refused_with_the_nearest(elsewhere: Elsewhere) -> None:  # noqa: F811 - fixture
    done = run(elsewhere, "api-eror-rate", "--target", "staging")

    assert done.returncode == 2
    assert "no alert 'api-eror-rate' (did you mean 'api-error-rate'?)" in done.stderr
