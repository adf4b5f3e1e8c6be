"""What red tests are signs of, and that a defect is seen by what its operator names or not at all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import Broken
from alertproof.offline import Script, load_script
from alertproof.quality.mutation import Change, Defect, Sign, require_green, run_defect

MONITOR = {
    "name": "jobs",
    "type": "query alert",
    "query": "min(last_5m):max:queue.depth{env:prod} > 100",
    "message": "{{value}} jobs. Runbook: docs/queue.md @pagerduty-operations",
    "options": {"thresholds": {"critical": 100}, "notify_no_data": False, "include_tags": True},
}
SCRIPT = """
monitors: [jobs.json]
tests:
  - name: fires and recovers
    interval: 1m
    input_series:
      - {series: 'queue.depth{env:prod}', type: gauge, values: 0x9 200x9 0x9}
    expect:
      - {monitor: jobs, at: 9m, state: OK}
      - {monitor: jobs, at: 16m, state: Alert}
    notified:
      - {monitor: jobs, to: pagerduty-operations, transition: Triggered, between: [15m, 15m], text: 200 jobs}
      - {monitor: jobs, to: pagerduty-operations, transition: Recovered, between: [21m, 21m]}
    nothing_else: true
"""


@pytest.fixture(name="script")
def script_fixture(tmp_path: Path) -> Script:
    (tmp_path / "jobs.json").write_text(json.dumps(MONITOR), encoding="utf-8")
    (tmp_path / "jobs.alert.yaml").write_text(SCRIPT, encoding="utf-8")
    return load_script(tmp_path / "jobs.alert.yaml")


def defect(*wanted: Sign, **changed: Any) -> Defect:
    payload = MONITOR | changed
    change = Change(text="changed", payload=payload, wanted=frozenset(wanted), missing="one more")
    return Defect(operator="by hand", monitor="jobs", change=change)


def above(number: int) -> dict[str, Any]:
    return {
        "query": f"min(last_5m):max:queue.depth{{env:prod}} > {number}",
        "options": MONITOR["options"] | {"thresholds": {"critical": number}},  # type: ignore[operator]
    }


@pytest.mark.parametrize(
    ("changed", "sign", "says"),
    [
        (above(250), Sign.SILENT, "jobs is Alert at 16m"),
        (above(250), Sign.LASTS, "jobs tells pagerduty-operations Recovered between 21m and 21m"),
        (above(-1), Sign.FIRES, "jobs is OK at 9m"),
        ({"message": "{{value}} jobs. docs/"}, Sign.MISROUTED, "jobs tells pagerduty-operations Triggered"),
        ({"message": "{{valeu}} jobs. docs/ @pagerduty-operations"}, Sign.UNSAID, "saying '200 jobs'"),
        ({"query": "min(last_5m):max:queue.depth{env:x} > 100"}, Sign.BLIND, "no input series is in the scope"),
    ],
)
def test_a_defect_is_seen_by_its_sign_and_the_expectation_is_told(
    script: Script, changed: dict[str, Any], sign: Sign, says: str
) -> None:
    outcome = run_defect(defect(sign, **changed), [script])

    assert outcome.seen_as_named
    assert says in outcome.by
    assert outcome.by.startswith(f"{script.path}:4: ")


def test_a_notification_that_comes_with_other_words_is_not_one_that_is_sent_elsewhere(script: Script) -> None:
    changed = {"message": "{{valeu}} jobs. docs/ @pagerduty-operations"}

    outcome = run_defect(defect(Sign.MISROUTED, **changed), [script])

    assert outcome.seen
    assert not outcome.seen_as_named


def test_what_only_the_linter_finds_is_told_with_its_finding(script: Script) -> None:
    outcome = run_defect(defect(Sign.LINTED, message="{{value}} jobs. @pagerduty-operations"), [script])

    assert set(outcome.signs) == {Sign.LINTED}
    assert outcome.by.endswith("[missing-runbook]")


def test_what_changes_nothing_that_is_looked_at_survives(script: Script) -> None:
    outcome = run_defect(defect(Sign.SILENT, **above(150)), [script])

    assert (outcome.seen, outcome.seen_as_named, outcome.by) == (False, False, "")


def test_tests_that_are_green_are_let_through_and_a_red_one_is_named(script: Script, tmp_path: Path) -> None:
    require_green([script])

    (tmp_path / "jobs.alert.yaml").write_text(SCRIPT.replace("16m, state: Alert", "16m, state: OK"), encoding="utf-8")
    with pytest.raises(Broken, match="'fires and recovers' is failed as it is, so no defect could turn it red"):
        require_green([load_script(tmp_path / "jobs.alert.yaml")])
