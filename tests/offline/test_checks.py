from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

CHECK = {
    "id": 21,
    "name": "up",
    "type": "service check",
    "query": '"app.up".over("env:prod").by("host").last(3).count_by_status()',
    "message": "@pagerduty-app",
    "options": {"thresholds": {"critical": 3, "ok": 1}, "new_host_delay": 0},
}
BOTH = {"id": 22, "name": "both", "type": "composite", "query": "21 && !5", "message": "@slack-app"}
STATUSES = "checks: [{check: 'app.up{env:prod,host:a}', values: OKx4 CRITICALx9 0x4}]"
SERIES = (
    "input_series: [{series: 'api.requests{env:prod}', type: count, values: 100x19},"
    " {series: 'api.errors{env:prod}', type: count, values: 0x9 5x9}]"
)


@pytest.fixture
def run(write: Callable[[str], Path], folder: Path) -> Callable[[str], TestResult]:
    for stem, monitor in (("up", CHECK), ("both", BOTH)):
        (folder / f"{stem}.json").write_text(json.dumps(monitor))

    def one(rest: str) -> TestResult:
        text = f"monitors: [up.json, both.json, ratio.json]\ntests:\n  - {{name: t, interval: 1m, {rest}}}\n"
        (result,) = run_file(write(text))
        return result

    return one


Run = Callable[[str], TestResult]


def test_three_critical_statuses_in_a_row_page(run: Run) -> None:
    """Minutes 0 to 4 are fine, 5 to 14 are critical."""
    expect = "expect: [{monitor: up, at: 7m, state: OK}, {monitor: up, at: 8m, state: Alert, group: {host: a}}]"
    told = "{monitor: up, to: pagerduty-app, transition: Triggered, between: [8m, 8m]}"
    ended = "{monitor: up, to: pagerduty-app, transition: Recovered, between: [16m, 16m]}"
    result = run(f"{STATUSES}, {expect}, notified: [{told}, {ended}]")
    assert result.verdict is Verdict.PASSED, result


def test_a_composite_is_run_with_its_parts(run: Run) -> None:
    """The check alerts from minute 8 on, the ratio from 13 on."""
    wanted = ", ".join(
        f"{{monitor: both, at: {at}m, state: {state}}}" for at, state in ((7, "OK"), (8, "Alert"), (13, "OK"))
    )
    result = run(
        f"checks: [{{check: 'app.up{{env:prod,host:a}}', values: OKx4 CRITICALx14}}], {SERIES}, expect: [{wanted}]"
    )
    assert result.verdict is Verdict.PASSED, result


def test_a_composite_without_its_parts_is_broken(write: Callable[[str], Path], folder: Path) -> None:
    (folder / "both.json").write_text(json.dumps(BOTH))
    test = f"{{name: t, interval: 1m, {SERIES}, expect: [{{monitor: both, at: 9m, state: OK}}]}}"
    (result,) = run_file(write(f"monitors: [both.json, ratio.json]\ntests: [{test}]"))
    assert result.verdict is Verdict.BROKEN
    assert "combines monitor 21, which is not among those of this file" in result.reason


def test_a_check_without_statuses_in_its_scope_is_broken(run: Run) -> None:
    result = run("checks: [{check: 'app.up{env:dev}', values: OKx9}], expect: [{monitor: up, at: 7m, state: OK}]")
    assert result.verdict is Verdict.BROKEN
    assert "no input check is in the scope of up (checks: app.up)" in result.reason


def test_two_inputs_of_one_check_are_broken(run: Run) -> None:
    again = STATUSES.replace("}]", "}, {check: 'app.up{host:a,env:prod}', values: OKx19}]")
    result = run(f"{again}, expect: [{{monitor: up, at: 7m, state: OK}}]")
    assert result.verdict is Verdict.BROKEN
    assert "two inputs are the series app.up{env:prod,host:a}; the second would replace the first" in result.reason


@pytest.mark.parametrize(
    ("values", "said"),
    [("OKx3 4", "a status is one of OK, WARNING"), ("FINE", "'FINE' is no value"), ("0.5", "a status")],
)
def test_what_is_no_status_is_refused(values: str, said: str, run: Run) -> None:
    with pytest.raises(ConfigError) as caught:
        run(f"checks: [{{check: 'app.up', values: {values}}}], nothing_else: true")
    assert said in str(caught.value)


def test_an_unknown_status_is_a_state_that_is_drawn(write: Callable[[str], Path], folder: Path) -> None:
    thresholds = {"critical": 3, "ok": 1, "unknown": 2}
    monitor = {**CHECK, "options": {"thresholds": thresholds, "new_host_delay": 0}}
    (folder / "up.json").write_text(json.dumps(monitor))
    statuses = "checks: [{check: 'app.up{env:prod,host:a}', values: OKx4 UNKNOWNx4 OKx4}]"
    told = "notified: [{monitor: up, transition: Unknown, between: [%s, 9m]}]"
    test = f"{{name: t, interval: 1m, {statuses}, expect: [{{monitor: up, at: 7m, state: Unknown}}], {told}}}"
    (met,) = run_file(write(f"monitors: [up.json]\ntests: [{test % '7m'}]"))
    assert met.verdict is Verdict.PASSED, met
    (missed,) = run_file(write(f"monitors: [up.json]\ntests: [{test % '8m'}]"))
    assert "actual │ ──────~~~~─────" in missed.drawn
    assert "told │       U   R" in missed.drawn
    assert "~ Unknown  U Unknown  R Recovered" in missed.drawn


@pytest.mark.parametrize(("thresholds", "verdict"), [({}, Verdict.PASSED), ({"unknown": 1}, Verdict.FAILED)])
def test_an_unknown_that_is_not_told_is_nothing_else(
    thresholds: dict[str, int], verdict: Verdict, write: Callable[[str], Path], folder: Path
) -> None:
    """The message is for nobody, so that only what the group was can be an offence."""
    monitor = {
        **CHECK,
        "message": "",
        "options": {"thresholds": {"critical": 3, "ok": 1, **thresholds}, "new_host_delay": 0},
    }
    (folder / "up.json").write_text(json.dumps(monitor))
    statuses = "checks: [{check: 'app.up{env:prod,host:a}', values: OKx4 UNKNOWNx4 OKx4}]"
    test = f"{{name: t, interval: 1m, {statuses}, expect: [{{monitor: up, at: 4m, state: OK}}], nothing_else: true}}"
    (result,) = run_file(write(f"monitors: [up.json]\ntests: [{test}]"))
    assert result.verdict is verdict, result
