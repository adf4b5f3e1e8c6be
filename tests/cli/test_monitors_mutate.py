"""``alertproof monitors mutate``: exit codes, survivors with the missing test in words, a seed that draws the same."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
QUEUE = ROOT / "alert_tests" / "offline" / "queue-depth.alert.yaml"
WEAK = f"""
monitors: [{ROOT}/monitoring/datadog/monitors/queue-depth.json]
tests:
  - name: fires far above the threshold
    interval: 1m
    input_series:
      - {{series: 'queue.depth{{service:m3core-agent,env:prod}}', type: gauge, values: 0x9 15000x19}}
    expect:
      - {{monitor: queue-depth, at: 20m, state: STATE}}
"""


@pytest.fixture(name="weak")
def weak_fixture(tmp_path: Path) -> Path:
    path = tmp_path / "weak.alert.yaml"
    path.write_text(WEAK.replace("STATE", "Alert"), encoding="utf-8")
    return path


def mutate(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", "monitors", "mutate", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_tests_that_see_each_defect_end_with_0() -> None:
    done = mutate(QUEUE)

    assert done.returncode == 0, done.stdout
    found = re.fullmatch(r"(\d+) of (\d+) defects turn a test or the linter red\n", done.stdout)
    assert found is not None
    assert int(found[1]) == int(found[2]) >= 15


def test_a_test_that_is_far_from_the_threshold_lets_its_change_survive_and_is_told_what_is_missing(weak: Path) -> None:
    done = mutate(weak)

    assert done.returncode == 1
    assert "survived queue-depth: threshold: > 10000 becomes > 12000\n" in done.stdout
    assert "  no test turns red; missing is one with values between 10000 and 12000\n" in done.stdout
    assert "survived queue-depth: filter changed" not in done.stdout


def test_a_test_that_is_red_as_it_is_cannot_tell(weak: Path) -> None:
    weak.write_text(WEAK.replace("STATE", "OK"), encoding="utf-8")

    done = mutate(weak)

    assert done.returncode == 3
    assert f"{weak}:4: 'fires far above the threshold' is failed as it is" in done.stderr
    assert f"alertproof monitors test {weak}" in done.stderr


def test_a_seed_draws_the_same_again_and_is_printed(weak: Path) -> None:
    first = mutate(weak, "--sample", 5)
    seed = re.search(r"the same again: --sample 5 --seed (\d+)", first.stdout)
    assert seed is not None

    assert mutate(weak, "--sample", 5, "--seed", seed[1]).stdout == first.stdout


def test_json_has_a_line_for_each_defect_with_what_was_named_and_what_turned_red(weak: Path) -> None:
    lines = [json.loads(line) for line in mutate(weak, "--json").stdout.splitlines()]

    changed = next(line for line in lines if line["operator"] == "filter changed")
    assert changed["seen_as_named"]
    assert "no input series is in the scope of max:queue.depth{env:prod-x}" in changed["by"]
    assert changed["missing"] == ""
    survived = next(line for line in lines if line["change"] == "> 10000 becomes > 12000")
    assert (survived["seen"], survived["by"]) == (False, "")


def test_a_folder_without_tests_is_a_mistake_that_is_named(tmp_path: Path) -> None:
    done = mutate(tmp_path)

    assert done.returncode == 2
    assert f"{tmp_path}: no *.alert.yaml in this folder" in done.stderr
