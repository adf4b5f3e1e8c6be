from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

LOGS = {
    "name": "failures",
    "type": "log alert",
    "query": 'logs("service:pay status:error @http.status_code:[500 TO 599]").rollup("count").last("5m") > 5',
    "message": "{{value}} failures @slack-pay",
}
ERROR = "at: 10m, every: 30s, until: 12m30s, service: pay, status: error, attributes: {http: {status_code: 503}}"


@pytest.fixture
def run(write: Callable[[str], Path], folder: Path) -> Callable[[str], TestResult]:
    (folder / "failures.json").write_text(json.dumps(LOGS))

    def one(rest: str) -> TestResult:
        (result,) = run_file(write(f"monitors: [failures.json]\ntests:\n  - {{name: t, interval: 1m, {rest}}}\n"))
        return result

    return one


Run = Callable[[str], TestResult]
WANTED = "expect: [{monitor: failures, at: 9m, state: OK}]"


def test_logs_set_off_their_monitor(run: Run) -> None:
    """Six errors from 10:00 to 12:30, so that the sixth is in the evaluation of minute 13."""
    expect = "expect: [{monitor: failures, at: 12m, state: OK}, {monitor: failures, at: 13m, state: Alert}]"
    told = "{monitor: failures, to: slack-pay, transition: Triggered, between: [13m, 13m], text: 6 failures}"
    ended = "{monitor: failures, to: slack-pay, transition: Recovered, between: [16m, 16m]}"
    rest = f"{expect}, notified: [{told}, {ended}], nothing_else: true"
    result = run(f"length: 30m, logs: [{{{ERROR}}}], {rest}")
    assert result.verdict is Verdict.PASSED, result


@pytest.mark.parametrize(
    "other", ["service: web", "status: warn", "attributes: {http: {status_code: 404}}", "attributes: {x: 1}"]
)
def test_other_logs_do_not(other: str, run: Run) -> None:
    keys = dict(part.split(": ", 1) for part in ERROR.split(", "))
    name, value = other.split(": ", 1)
    record = ", ".join(f"{key}: {value}" for key, value in {**keys, name: value}.items())
    one = "{at: 1m, service: pay, status: error, attributes: {http: {status_code: 500}}}"
    result = run(f"length: 30m, logs: [{{{record}}}, {one}], nothing_else: true")
    assert result.verdict is Verdict.PASSED, result


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        (f"logs: [{{{ERROR}}}], nothing_else: true", "needs a length"),
        ("length: 30m, logs: [], nothing_else: true", "needs a length"),
        (
            f"length: 30m, logs: [{{at: 1m, service: web}}], {WANTED}",
            "no input record is found by the search of failures, or has its facets (records of: logs)",
        ),
        (
            f"length: 30m, spans: [{{{ERROR}}}], {WANTED}",
            "records of: spans",
        ),
        (
            f"length: 30m, logs: [{{{ERROR}}}], {WANTED}, input_series: [{{series: m, type: gauge, values: 1x9}}]",
            "the length of the test is 0:30:00, and its series last 0:10:00",
        ),
    ],
)
def test_records_that_tell_nothing_are_broken(rest: str, said: str, run: Run) -> None:
    result = run(rest)
    assert result.verdict is Verdict.BROKEN
    assert said in result.reason


@pytest.mark.parametrize(
    ("rest", "said"),
    [
        ("logs: [{at: 1m, every: 10s}]", "every and until go together"),
        ("logs: [{at: 1m, every: 0s, until: 2m}]", "at most once a moment"),
        ("logs: [{at: 2m, every: 1s, until: 1m}]", "until comes before at"),
        ("logs: [{at: 2m, servce: a}]", "unknown key 'servce' (did you mean 'service'?)"),
        ("log: [{at: 2m}]", "unknown key 'log' (did you mean 'logs'?)"),
        ("nothing_else: true", "the key 'input_series' is missing"),
    ],
)
def test_a_slip_in_the_file_is_named(rest: str, said: str, run: Run) -> None:
    with pytest.raises(ConfigError) as caught:
        run(f"length: 5m, {rest}")
    assert said in str(caught.value)


@pytest.mark.parametrize(("written", "found"), [("500", True), ("'500'", True), ("true", False), ("5e2", True)])
def test_a_number_is_a_number_however_it_is_written(written: str, found: bool, run: Run) -> None:
    record = f"at: 1m, every: 1s, until: 10s, service: pay, status: error, attributes: {{http.status_code: {written}}}"
    record = record.replace("until: 10s", "until: 1m10s")
    result = run(f"length: 5m, logs: [{{{record}}}], expect: [{{monitor: failures, at: 2m, state: Alert}}]")
    assert result.verdict is (Verdict.PASSED if found else Verdict.BROKEN)
