from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.errors import NotModelled
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

ANOMALY = {
    "name": "odd",
    "type": "query alert",
    "query": "avg(last_4h):anomalies(avg:m{*} by {t}, 'basic', 2, direction='both', alert_window='last_15m') >= 0.8",
    "message": "@slack-a",
    "options": {
        "thresholds": {"critical": 0.8, "critical_recovery": 0.2},
        "threshold_windows": {"trigger_window": "last_15m", "recovery_window": "last_15m"},
        "new_group_delay": 0,
    },
}


@pytest.fixture
def run(write: Callable[[str], Path], folder: Path) -> Callable[[str], tuple[TestResult, ...]]:
    (folder / "odd.json").write_text(json.dumps(ANOMALY))
    return lambda tests: run_file(write(f"monitors: [odd.json]\ntests: [{tests}]"))


Run = Callable[[str], tuple[TestResult, ...]]
BANDS = "bands: [{monitor: odd, group: {t: x}, values: 0x9 0.8x4 0.5x4 0.1x4}]"


def test_an_anomaly_takes_its_share_of_odd_points_from_the_test(run: Run) -> None:
    """Odd from minute 10 on, less so from 15 on, and back to normal from 20 on."""
    expect = "expect: [{monitor: odd, at: 10m, state: OK}, {monitor: odd, at: 11m, state: Alert, group: {t: x}}]"
    told = "{monitor: odd, to: slack-a, transition: Triggered, between: [11m, 11m]}"
    ended = "{monitor: odd, to: slack-a, transition: Recovered, between: [21m, 21m]}"
    (result,) = run(f"{{name: t, interval: 1m, {BANDS}, {expect}, notified: [{told}, {ended}], nothing_else: true}}")
    assert result.verdict is Verdict.PASSED, result


def test_without_a_band_it_is_refused_by_name(run: Run) -> None:
    series = "input_series: [{series: 'm{t:x}', type: gauge, values: 1x9}]"
    bare = f"{{name: bare, interval: 1m, {series}, expect: [{{monitor: odd, at: 9m, state: OK}}]}}"
    with pytest.raises(NotModelled, match="threshold_windows"):
        run(bare)
    banded = f"{{name: banded, interval: 1m, {BANDS}, expect: [{{monitor: odd, at: 9m, state: OK}}]}}"
    verdicts = {result.name: result.verdict for result in run(f"{bare}, {banded}")}
    assert verdicts == {"bare": Verdict.BROKEN, "banded": Verdict.PASSED}


@pytest.mark.parametrize(
    ("bands", "said"),
    [
        ("{monitor: even, values: 1x9}", "the bands of 'even' are of none of odd, or of one whose values are computed"),
        ("{monitor: odd, group: {t: x}, values: 1x9}", "two inputs are the series given{t:x}"),
    ],
)
def test_a_band_of_no_monitor_and_a_second_of_one_group_are_broken(bands: str, said: str, run: Run) -> None:
    both = f"bands: [{{monitor: odd, group: {{t: x}}, values: 0x9}}, {bands}]"
    (result,) = run(f"{{name: t, interval: 1m, {both}, expect: [{{monitor: odd, at: 9m, state: OK}}]}}")
    assert result.verdict is Verdict.BROKEN
    assert said in result.reason


def test_a_band_of_a_monitor_that_is_computed_stands_for_no_data(write: Callable[[str], Path]) -> None:
    series = "input_series: [{series: other, type: gauge, values: 1x9}], bands: [{monitor: ratio, values: 1x9}]"
    test = f"{{name: t, interval: 1m, {series}, expect: [{{monitor: ratio, at: 9m, state: OK}}]}}"
    (result,) = run_file(write(f"monitors: [ratio.json]\ntests: [{test}]"))
    assert result.verdict is Verdict.BROKEN
    assert "no input series is in the scope of" in result.reason


def test_a_band_may_have_shares_of_its_own_for_the_recovery_window(run: Run) -> None:
    """Of the recovery window none is odd from minute 17 on, of the trigger window a tenth still is from 20 on."""
    recovery = "recovery: 0x9 1x6 0x7"
    band = BANDS.replace("}]", f", {recovery}}}]")
    expect = "expect: [{monitor: odd, at: 16m, state: Alert}, {monitor: odd, at: 18m, state: OK}]"
    (result,) = run(f"{{name: t, interval: 1m, {band}, {expect}}}")
    assert result.verdict is Verdict.PASSED, result
    short = f"{{name: t, interval: 1m, {band.replace('0x7', '0x6')}, {expect}}}"
    assert "different numbers of values" in run(short)[0].reason
