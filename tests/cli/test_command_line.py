"""The command line: its exit codes, its messages, and never a traceback for what a user did."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
OFFLINE = ROOT / "alert_tests" / "offline" / "api-error-rate.alert.yaml"


def alertproof(*arguments: str, cwd: Path = ROOT) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", *arguments]
    done = subprocess.run(
        command, cwd=cwd, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_help_names_the_commands() -> None:
    done = alertproof("--help")

    assert done.returncode == 0
    for command in ("faults", "monitors", "up"):
        assert command in done.stdout


def test_an_unknown_command_is_usage() -> None:
    done = alertproof("upp")

    assert done.returncode == 2
    assert "upp" in done.stderr


def test_offline_tests_that_pass_exit_with_zero() -> None:
    done = alertproof("monitors", "test", str(OFFLINE))

    assert done.returncode == 0, done.stdout + done.stderr
    assert "passed" in done.stdout


def test_offline_results_are_a_line_of_json_each() -> None:
    done = alertproof("monitors", "test", "--json", str(OFFLINE))

    results = [json.loads(line) for line in done.stdout.splitlines()]
    assert results
    assert {result["verdict"] for result in results} == {"passed"}


def broken_copy(tmp_path: Path, old: str, new: str) -> Path:
    text = OFFLINE.read_text(encoding="utf-8").replace("../../monitoring", str(ROOT / "monitoring"))
    assert old in text
    copy = tmp_path / "copy.alert.yaml"
    copy.write_text(text.replace(old, new), encoding="utf-8")
    return copy


def test_an_unmet_expectation_exits_with_one(tmp_path: Path) -> None:
    done = alertproof("monitors", "test", str(broken_copy(tmp_path, "state: Alert", "state: OK")))

    assert done.returncode == 1
    assert "not met" in done.stdout


def test_what_could_not_be_told_exits_with_three(tmp_path: Path) -> None:
    done = alertproof("monitors", "test", str(broken_copy(tmp_path, "monitor: api-error-rate", "monitor: other")))

    assert done.returncode == 3
    assert "broken" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("monitors", "test", "missing.alert.yaml"), "missing.alert.yaml"),
        (("monitors", "test", "docs"), "no *.alert.yaml in this folder"),
        (("up", "--factor", "0"), "--factor 0: must be above 0"),
        (("up", "--factor", "many"), "many"),
        (("up", "--capacity", "0"), "--capacity 0: from 1 to 100,000 requests per second"),
        (("up", "--capacity", "60", "--without-platform"), "leave one of them out"),
        (("up", "--monitoring", "nowhere"), "nowhere/spec.yaml: cannot be read"),
        (("faults", "revert", "--target", "README.md"), "not the line that 'alertproof up --json' prints"),
    ],
)
def test_a_mistake_is_usage_and_says_what_and_where(arguments: tuple[str, ...], said: str) -> None:
    done = alertproof(*arguments)

    assert done.returncode == 2, done.stdout + done.stderr
    assert said in done.stderr


def test_an_empty_ledger_has_nothing_to_list_and_nothing_to_revert(tmp_path: Path) -> None:
    assert "no fault" in alertproof("faults", "list", "--reports", str(tmp_path)).stdout
    assert "nothing to revert" in alertproof("faults", "revert", "--reports", str(tmp_path)).stdout
    assert json.loads(alertproof("faults", "list", "--json", "--reports", str(tmp_path)).stdout) == []
