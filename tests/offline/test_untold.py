from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

Run = Callable[..., TestResult]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Run one test of a monitor that alerts from minute 15 to 25, and tells only of some that."""

    def one(
        wanted: str, *, message: str = "{{#is_alert}}@slack-a{{/is_alert}}", values: str = "0x9 9x9 0x9"
    ) -> TestResult:
        monitor = {
            "name": "depth",
            "type": "query alert",
            "query": "min(last_5m):max:depth{*} by {host} > 5",
            "message": message,
            "options": {"thresholds": {"critical": 5}, "new_group_delay": 0},
        }
        (tmp_path / "depth.json").write_text(json.dumps(monitor))
        file = tmp_path / "depth.alert.yaml"
        file.write_text(
            "monitors: [depth.json]\ntests:\n"
            "  - {name: t, interval: 1m, nothing_else: true,"
            f" input_series: [{{series: 'depth{{host:a}}', type: gauge, values: {values}}}],\n"
            f"     notified: [{wanted}]}}\n"
        )
        (result,) = run_file(file)
        return result

    return one


TRIGGERED = "{monitor: depth, transition: Triggered, between: [15m, 15m], to: slack-a}"


def recovered(between: str = "[21m, 21m]", rest: str = "") -> str:
    return f"{{monitor: depth, transition: Recovered, between: {between}, told: false{rest}}}"


@pytest.mark.parametrize("rest", ["", ", group: {host: a}"])
def test_a_step_that_nobody_is_told_of_can_be_expected(rest: str, run: Run) -> None:
    assert run(TRIGGERED).verdict is Verdict.FAILED
    result = run(f"{TRIGGERED}, {recovered(rest=rest)}")
    assert result.verdict is Verdict.PASSED
    assert result.expectations[1].text.endswith("tells nobody of Recovered between 21m and 21m")


@pytest.mark.parametrize(
    ("wanted", "why"),
    [
        (recovered("[22m, 23m]"), "Recovered {host:a} came at 21m: 1m early"),
        (recovered("[18m, 20m]"), "Recovered {host:a} came at 21m: 1m late"),
        (recovered(rest=", group: {host: b}"), "there was no such step, only to OK, Alert"),
        (f"{recovered()}, {recovered()}", "came at 21m, and another expectation took it"),
    ],
)
def test_one_that_did_not_come_so_says_what_came(wanted: str, why: str, run: Run) -> None:
    result = run(f"{TRIGGERED}, {wanted}")
    assert result.verdict is Verdict.FAILED
    assert why in result.drawn
    assert "Alert to OK host:a at 21m" in result.expectations[1].last_seen


def test_a_step_that_somebody_is_told_of_is_another(run: Run) -> None:
    result = run(f"{TRIGGERED}, {recovered()}", message="@slack-a")
    assert result.verdict is Verdict.FAILED
    assert "Recovered {host:a} came at 21m: it told @slack-a" in result.drawn


def test_each_of_two_steps_is_expected_by_itself(run: Run) -> None:
    twice = "0x9 9x9 0x9 9x9 0x9"
    again = TRIGGERED.replace("[15m, 15m]", "[35m, 35m]")
    both = f"{TRIGGERED}, {again}"
    assert run(f"{both}, {recovered('[20m, 50m]')}", values=twice).verdict is Verdict.FAILED
    assert run(f"{both}, {recovered('[20m, 50m]')}, {recovered('[20m, 50m]')}", values=twice).verdict is Verdict.PASSED


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        (recovered(rest=", to: slack-a"), "told: false) has no 'to'"),
        (recovered(rest=", text: x"), "told: false) has no 'text'"),
        (recovered().replace("Recovered", "Renotify"), "'Renotify' does not exist here"),
    ],
)
def test_what_nobody_is_told_of_has_no_reader(wanted: str, said: str, run: Run) -> None:
    with pytest.raises(ConfigError) as caught:
        run(wanted)
    assert said in str(caught.value)
    assert "depth.alert.yaml:4: " in str(caught.value)
