from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import ConfigError
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

BURN = {
    "id": 30,
    "name": "burning",
    "type": "slo alert",
    "query": 'burn_rate("up").over("7d").long_window("1h").short_window("5m") > 1',
    "message": "@pagerduty-app",
}
#: The ratio is above 2 % from minute 13 on: of an hour at most 3 minutes may be.
ERRORS = (
    "input_series: [{series: 'api.requests{env:prod}', type: count, values: 100x29},"
    " {series: 'api.errors{env:prod}', type: count, values: 0x9 5x19}]"
)
EXPECTED = "expect: [{monitor: burning, at: 12m, state: OK}, {monitor: burning, at: 29m, state: Alert}]"
THRESHOLDS = [{"timeframe": "7d", "target": 95}]


@pytest.fixture
def run(write: Callable[[str], Path], folder: Path) -> Callable[[dict[str, Any]], TestResult]:
    (folder / "burning.json").write_text(json.dumps(BURN))

    def one(slo: dict[str, Any]) -> TestResult:
        (folder / "up.slo").write_text(json.dumps({"name": "up", "thresholds": THRESHOLDS, **slo}))
        head = "monitors: [burning.json, ratio.json]\nslos: [up.slo]\n"
        (result,) = run_file(write(f"{head}tests: [{{name: t, interval: 1m, {ERRORS}, {EXPECTED}}}]"))
        return result

    return one


Run = Callable[[dict[str, Any]], TestResult]


def test_an_slo_over_a_monitor_is_run_with_it(run: Run) -> None:
    result = run({"type": "monitor", "monitor_ids": [5]})
    assert result.verdict is Verdict.PASSED, result
    assert {each.monitor for each in result.monitors} == {"burning"}


def test_an_slo_over_a_monitor_that_is_not_there_is_broken(run: Run) -> None:
    result = run({"type": "monitor", "monitor_ids": [5, 99]})
    assert result.verdict is Verdict.BROKEN
    assert "burning combines monitor 99, which is not among those of this file, by id" in result.reason


def test_an_slo_over_a_group_that_is_not_there_is_broken(run: Run) -> None:
    result = run({"type": "monitor", "monitor_ids": [5], "groups": ["host:a"]})
    assert result.verdict is Verdict.BROKEN
    assert "some.alert.yaml:3: SLO 'up': its monitor has no group host:a (groups: *)" in result.reason


@pytest.mark.parametrize(
    ("other", "name"), [({"id": "up"}, "up"), ({"id": "2", "name": "up"}, "up"), ({"id": "2", "name": "3"}, None)]
)
def test_two_slos_of_one_name_are_refused(
    other: dict[str, Any], name: str | None, write: Callable[[str], Path], folder: Path
) -> None:
    first = {"name": "up", "thresholds": THRESHOLDS, "type": "monitor", "monitor_ids": [5]}
    (folder / "burning.json").write_text(json.dumps(BURN))
    (folder / "one.slo").write_text(json.dumps(first))
    (folder / "two.slo").write_text(json.dumps({**first, "name": "other", **other}))
    head = "monitors: [burning.json, ratio.json]\nslos: [one.slo, ./one.slo, '?ne.slo', two.slo]\n"
    path = write(f"{head}tests: [{{name: t, interval: 1m, {ERRORS}, {EXPECTED}}}]")
    if name is None:
        assert run_file(path)[0].verdict is Verdict.PASSED
        return
    with pytest.raises(ConfigError, match=f"some.alert.yaml:2: two SLOs are called '{name}', one of them in .*two.slo"):
        run_file(path)


def test_an_slo_over_time_slices_is_run(run: Run) -> None:
    queries = [
        {"data_source": "metrics", "name": name, "query": f"sum:api.{name}{{env:prod}}.as_count()"}
        for name in ("errors", "requests")
    ]
    condition = {
        "query": {"formulas": [{"formula": "errors / requests"}], "queries": queries},
        "comparator": "<=",
        "threshold": 0.02,
        "query_interval_seconds": 60,
    }
    result = run({"type": "time_slice", "sli_specification": {"time_slice": condition}})
    assert result.verdict is Verdict.PASSED, result
