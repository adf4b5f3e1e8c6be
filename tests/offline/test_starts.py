"""When a test begins: its clock, and what happens by the calendar."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import ConfigError
from alertproof.offline import TestResult, run_file
from alertproof.verdict import Verdict

Run = Callable[..., TestResult]
SIMPLE = "max(last_5m):max:m{*} > 4"
SERIES = "input_series: [{series: m, type: gauge, values: 0x4 9x4}]"


@pytest.fixture
def run(write: Callable[[str], Path], folder: Path) -> Run:
    def one(
        rest: str, query: str = SIMPLE, *, interval: str = "1m", message: str = "@slack-a", **options: Any
    ) -> TestResult:
        payload = {"name": "M", "type": "query alert", "query": query, "message": message, "options": options}
        (folder / "m.json").write_text(json.dumps(payload))
        (result,) = run_file(write(f"monitors: [m.json]\ntests:\n- {{name: t, interval: {interval}, {rest}}}\n"))
        return result

    return one


EXPECT = "expect: [{monitor: m, at: 5m, state: OK}, {monitor: m, at: 6m, state: Alert}]"
TOLD = "notified: [{monitor: m, to: slack-a, transition: Triggered, between: [6m, 6m]}], nothing_else: true"


@pytest.mark.parametrize(
    ("starts", "printed"),
    [
        ("", "Mon Jan 01 2024 00:06:00 UTC"),
        ("starts: 2025-03-30, ", "Sun Mar 30 2025 00:06:00 UTC"),
        ("starts: 2025-03-30T08:17, ", "Sun Mar 30 2025 08:23:00 UTC"),
        ("starts: '2025-03-30T08:17:00+02:00', ", "Sun Mar 30 2025 06:23:00 UTC"),
    ],
)
def test_a_test_begins_when_it_says_and_counts_from_there(starts: str, printed: str, run: Run) -> None:
    result = run(f"{starts}{SERIES}, {EXPECT}, {TOLD}", message="@slack-a {{last_triggered_at}}")
    assert result.verdict is Verdict.PASSED, result
    assert printed in result.notifications[0].body


def test_a_failure_counts_from_the_start_of_the_test(run: Run) -> None:
    late = run(f"starts: 2025-03-30, {SERIES}, expect: [{{monitor: m, at: 5m, state: Alert}}]")
    assert "Alert came at 6m, 1m late" in late.drawn
    assert "* is OK since 1m, value 0" in late.expectations[0].last_seen
    assert "\n      6m  Alert " in late.drawn
    other = run(f"starts: 2025-03-30, {SERIES}, notified: [{{monitor: m, transition: Triggered, between: [8m, 9m]}}]")
    assert "Triggered came at 6m: 2m early" in other.drawn
    assert other.expectations[0].last_seen == "Triggered at 6m to slack-a"


def test_downtimes_count_from_the_start_too(run: Run) -> None:
    result = run(
        f"starts: 2025-03-30T08:00, {SERIES}, downtimes: [{{from: 5m, until: 20m}}], {EXPECT}, nothing_else: true"
    )
    assert result.verdict is Verdict.PASSED, result


def test_records_checks_and_bands_begin_with_the_test(write: Callable[[str], Path], folder: Path) -> None:
    monitors: dict[str, tuple[str, str]] = {
        "logs": ("log alert", 'logs("status:error").index("*").rollup("count").last("5m") > 0'),
        "up": ("service check", '"up".over("*").by("*").last(2).count_by_status()'),
        "odd": ("query alert", "avg(last_4h):anomalies(avg:m{*}, 'basic', 2, alert_window='last_15m') >= 1"),
    }
    for stem, (kind, query) in monitors.items():
        payload = {"name": stem, "type": kind, "query": query}
        (folder / f"{stem}.json").write_text(json.dumps(payload))
    test = (
        "{name: t, interval: 1m, starts: 2025-03-30T08:00, logs: [{at: 5m, status: error}],"
        " checks: [{check: 'up{host:a}', values: OKx4 CRITICALx4}], bands: [{monitor: odd, values: 0x4 1x4}], expect: ["
    )
    wanted = ", ".join(
        f"{{monitor: {stem}, at: {at}m, state: {state}}}"
        for stem in monitors
        for at, state in ((5, "OK"), (6, "Alert"))
    )
    (result,) = run_file(write(f"monitors: [logs.json, up.json, odd.json]\ntests: [{test}{wanted}]}}]"))
    assert result.verdict is Verdict.PASSED, result


def test_a_window_that_begins_each_day_goes_by_the_tests_calendar(run: Run) -> None:
    """At 23:50 the day's sum is 12; at ten past midnight it is what came since."""
    query = "sum(current_1d):sum:m{*}.as_count() > 10"
    counts = "input_series: [{series: m, type: count, values: 6x2 1x4}]"
    expect = "expect: [{monitor: m, at: 20m, state: Alert}, {monitor: m, at: 40m, state: %s}]"
    for starts, state in (("2025-03-30T23:30", "OK"), ("2025-03-30T20:00", "Alert")):
        result = run(f"starts: {starts}, {counts}, {expect % state}", query, interval="10m")
        assert result.verdict is Verdict.PASSED, result


SCHEDULE = {
    "scheduling_options": {
        "custom_schedule": {
            "recurrences": [{"rrule": "FREQ=WEEKLY;BYDAY=MO", "start": "2024-01-01T20:00:00", "timezone": "UTC"}]
        }
    },
    "on_missing_data": "show_no_data",
}


def test_a_schedule_goes_by_the_tests_calendar(run: Run) -> None:
    """Fifteen hours: on a Monday the monitor is evaluated once, at 20:00."""
    hours = "input_series: [{series: m, type: gauge, values: 9x179}]"
    expect = "expect: [{monitor: m, at: 11h59m, state: Alert}]"
    told = "notified: [{monitor: m, to: slack-a, transition: Triggered, between: [12h, 12h]}], nothing_else: true"
    monday = run(f"starts: 2025-03-31T08:00, {hours}, {told}", interval="5m", **SCHEDULE)
    assert monday.verdict is Verdict.PASSED, monday
    early = run(f"starts: 2025-03-31T08:00, {hours}, {expect}", interval="5m", **SCHEDULE)
    assert "the first evaluation comes later" in early.reason
    tuesday = run(f"starts: 2025-04-01T08:00, {hours}, {told}", interval="5m", **SCHEDULE)
    assert tuesday.verdict is Verdict.BROKEN
    assert "never a value for m (m: the data end before any evaluation is due)" in tuesday.reason
    said = "Of a custom schedule's evaluations each one that is not OK is told; a recovery is not."
    assert said in monday.assumptions


def test_a_recovery_that_a_schedule_tells_nobody_of_can_be_expected(run: Run) -> None:
    daily = {**SCHEDULE, "scheduling_options": {"custom_schedule": {"recurrences": [{"rrule": "FREQ=DAILY;BYHOUR=6"}]}}}
    values = "input_series: [{series: m, type: gauge, values: 9x10 0x40}]"
    recovered = "{monitor: m, transition: Recovered, told: false, between: [30h, 30h]}"
    told = f"notified: [{{monitor: m, transition: Triggered, between: [6h, 6h]}}, {recovered}], nothing_else: true"
    result = run(f"{values}, {told}", "max(last_1h):max:m{*} > 4", interval="1h", **daily)
    assert result.verdict is Verdict.PASSED, result


def test_a_schedule_that_failed_is_drawn(run: Run) -> None:
    daily = {**SCHEDULE, "scheduling_options": {"custom_schedule": {"recurrences": [{"rrule": "FREQ=DAILY;BYHOUR=6"}]}}}
    values = "input_series: [{series: m, type: gauge, values: 9x71}]"
    told = "notified: [{monitor: m, transition: Triggered, between: [0m, 24h]}], nothing_else: true"
    result = run(f"{values}, {told}", "max(last_1h):max:m{*} > 4", interval="1h", **daily)
    assert result.verdict is Verdict.FAILED
    assert "m: Triggered at 30h to slack-a" in result.drawn
    assert result.drawn.count("✗ unexpected: Triggered") == 2


@pytest.mark.parametrize(
    ("starts", "said"),
    [
        ("soon", "'soon' is no date or time"),
        ("2025-02-30", "is no date or time"),
        ("'2025-03-30T08:17:30'", "begins on a full minute"),
        ("'2025-03-30T08:17:00.5'", "begins on a full minute"),
        ("'2025-03-30T08:17:00+00:00:30'", "begins on a full minute"),
        ("1979-12-31", "from 1980 to 2100"),
        ("2101-01-01", "from 1980 to 2100"),
        ("'0001-01-01T00:00+14:00'", "is no date or time"),
    ],
)
def test_what_is_no_start_is_refused(starts: str, said: str, run: Run) -> None:
    with pytest.raises(ConfigError, match="some.alert.yaml:3") as caught:
        run(f"starts: {starts}, {SERIES}, {EXPECT}")
    assert said in str(caught.value)


def test_the_start_is_a_full_minute_in_utc(run: Run) -> None:
    result = run(f"starts: '1980-01-01T00:00', {SERIES}, {EXPECT}")
    assert result.transitions[0].at == datetime(1980, 1, 1, 0, 1, tzinfo=UTC)
