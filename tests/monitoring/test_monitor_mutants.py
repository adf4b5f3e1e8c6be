"""An offline test that stays green whatever the monitor says proves nothing: each is run on monitors that are wrong.

Each operator of `alertproof.quality.mutation` puts each monitor wrong wherever it can; the tests that hold it must go
red, each by a sign that its operator names beforehand.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.offline import load_script
from alertproof.offline.script import Monitor
from alertproof.quality.mutation import OPERATORS, defects_of, monitors_of, require_green, run_defect

ROOT = Path(__file__).parents[2]
SCRIPTS = [load_script(path) for path in sorted((ROOT / "alert_tests" / "offline").glob("*.alert.yaml"))]
MONITORS = monitors_of(SCRIPTS)


def test_the_offline_tests_are_green_without_a_defect() -> None:
    assert len(MONITORS) == len(list((ROOT / "monitoring" / "datadog" / "monitors").glob("*.json")))
    require_green(SCRIPTS)


@pytest.mark.parametrize("monitor", MONITORS, ids=lambda monitor: monitor.stem)
def test_the_offline_test_of_a_monitor_sees_each_change_of_it(monitor: Monitor) -> None:
    outcomes = [run_defect(defect, SCRIPTS) for defect in defects_of(monitor)]

    assert len(outcomes) >= 10
    assert [f"{each.defect.name}; missing: {each.defect.change.missing}" for each in outcomes if not each.seen] == []
    assert [f"{each.defect.name}: {each.by}" for each in outcomes if not each.seen_as_named] == []


def test_each_operator_finds_something_to_put_wrong() -> None:
    assert {defect.operator for monitor in MONITORS for defect in defects_of(monitor)} == set(OPERATORS)
