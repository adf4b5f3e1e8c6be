"""Each defect of an SLO, a notification rule or a downtime turns an offline test of its own red."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.prove.seeded.governing import GoverningDefect, governing_defects, told_of

from alertproof.offline import load_script, run_test
from alertproof.verdict import Verdict

ROOT = Path(__file__).parents[2]
DEFECTS = list(governing_defects(ROOT))


def test_the_offline_tests_are_green_without_a_defect() -> None:
    for path in sorted((ROOT / "alert_tests" / "offline").glob("*.alert.yaml")):
        script = load_script(path)
        for test in script.tests:
            assert run_test(test, script).verdict is Verdict.PASSED, f"{path.name}: {test.name}"


@pytest.mark.parametrize("defect", DEFECTS, ids=lambda each: each.name)
def test_the_offline_tests_that_load_a_file_see_each_change_of_it(defect: GoverningDefect, tmp_path: Path) -> None:
    told = told_of(defect, ROOT, tmp_path)
    assert any(name in told for name in defect.says), told


def test_every_file_and_every_operator_finds_something_to_put_wrong() -> None:
    files = {path for kind in ("slos", "rules", "downtimes") for path in (ROOT / "monitoring/datadog" / kind).iterdir()}
    assert {ROOT / each.file for each in DEFECTS} == files
    assert len({each.name for each in DEFECTS}) == len(DEFECTS)
