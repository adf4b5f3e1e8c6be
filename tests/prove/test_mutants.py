"""The tests of Datadog's monitors notice a change of the code: of 400 mutants drawn from all, 85 % or more are killed.

A mutant is killed when a test of `tests/datadog` or `tests/offline` fails, dies or no longer ends. Those that survive
are printed and written to `reports/mutants.txt`, with the reason where a change is none that anybody can see.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
from tests.prove.mutation.making import ROOT, Mutant, copy_with_mutants, drawn

pytestmark = [pytest.mark.prove, pytest.mark.timeout(4 * 3600)]

COUNT, SEED, WANTED = 400, 20240101, 0.85
TESTS = ("tests/datadog", "tests/offline")
#: Tests that take long for the little that only they notice, and those whose code runs in processes of their own.
LEFT_OUT = (
    "tests/datadog/adversarial",
    "tests/datadog/corpus",
    "tests/datadog/monitor/test_timeline.py::test_a_timeline_is_what_stepping_through_it_comes_to",
    "tests/datadog/monitor/test_timeline.py::test_downtimes_rules_and_clusters_are_the_same_either_way",
    "tests/datadog/query/test_bounds.py::test_the_longest_text_is_read",
    "tests/datadog/query/test_corpus.py::test_every_prefix_of_a_shipped_monitor_is_read_or_refused_inside",
    "tests/datadog/test_message_parse.py::test_adversarial_templates_end[22]",
    "tests/datadog/test_message_reach.py::test_too_many_ways_are_refused",
    "tests/offline/test_peer_promtool.py",
)
#: Changes that nobody can see: the function, the lines that went and came, and why; one JSON object a line.
EQUIVALENT = Path(__file__).parent / "mutation" / "equivalent.jsonl"
#: A loop is counted apart; it is one, as a single test takes twentyfold and more (forks.TIMES).
KILLED = {"killed", "loops", "crashes"}


def run(copy: Path, *arguments: str, mutant: str = "") -> subprocess.CompletedProcess[str]:
    """Run the tests in the mutated copy. The wall's clock stops none: the machine may be busy."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-p", "tests.prove.mutation.forks"]
    environment = {"PYTHONPATH": str(copy / "src"), "HYPOTHESIS_PROFILE": "ci", "MUTANT_UNDER_TEST": mutant}
    return subprocess.run(
        [*command, "-o", "timeout=0", *(f"--deselect={test}" for test in LEFT_OUT), *TESTS, *arguments],
        cwd=copy,
        env=os.environ | environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )


def words(copy: Path, mutants: list[Mutant], at: Path) -> dict[str, str]:
    """What became of each mutant, by name; also of those that are called only while modules are imported."""
    names, found = at / "names.json", at / "verdicts.jsonl"
    names.write_text(json.dumps([mutant.name for mutant in mutants]), encoding="utf-8")
    done = run(copy, f"--mutants={names}", f"--verdicts={found}", f"--forks={os.cpu_count()}")
    assert done.returncode == 0, done.stdout + done.stderr
    lines = [json.loads(line) for line in found.read_text(encoding="utf-8").splitlines()]
    ends = {line["name"]: line["word"] for line in lines if line["name"]}
    alone = [name for name, word in ends.items() if word == "imported"]
    return ends | {name: "killed" if run(copy, mutant=name).returncode else "survived" for name in alone}


def reasons() -> dict[tuple[str, str], str]:
    """Why a change is none, by its function and lines."""
    lines = [json.loads(line) for line in EQUIVALENT.read_text(encoding="utf-8").splitlines()]
    return {(line["function"], line["change"]): line["reason"] for line in lines}


def test_of_400_mutants_85_percent_are_killed(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    copy = tmp_path / "copy"
    copy.mkdir()
    mutants = drawn(copy_with_mutants(copy), COUNT, SEED)

    ends = words(copy, mutants, tmp_path)

    why = reasons()
    left = [mutant for mutant in mutants if ends[mutant.name] not in KILLED]
    counts = ", ".join(f"{count} {word}" for word, count in sorted(Counter(ends.values()).items()))
    told = [f"{mutant.name}: {why.get((mutant.function, mutant.lines), ends[mutant.name])}" for mutant in left]
    report = "\n".join([f"{line}\n{mutant.change}\n" for line, mutant in zip(told, left, strict=True)] + [counts])
    (ROOT / "reports").mkdir(exist_ok=True)
    (ROOT / "reports" / "mutants.txt").write_text(report, encoding="utf-8")
    with capsys.disabled():
        sys.stdout.write(f"\n{report}\n")
    assert len(left) <= (1 - WANTED) * COUNT, report
