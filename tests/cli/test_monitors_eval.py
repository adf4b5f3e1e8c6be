"""``alertproof monitors eval``: monitors over given data, in text and JSON, and one line for each mistake."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
MONITOR = ROOT / "monitoring" / "datadog" / "monitors" / "api-error-rate.json"
REQUESTS = "count api.requests{service:m3core-api,env:prod} 100x20"
ERRORS = "count api.errors{service:m3core-api,env:prod} 0x9 5x10"
BOTH = ("--series", REQUESTS, "--series", ERRORS)


def monitors_eval(*arguments: object) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", "monitors", "eval", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60, check=False
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_the_page_shows_what_is_printed() -> None:
    done = monitors_eval(MONITOR.relative_to(ROOT), *BOTH)

    assert done.returncode == 0, done.stderr
    page = (ROOT / "docs" / "offline-tests.md").read_text(encoding="utf-8")
    assert f"--series '{REQUESTS}'" in page
    assert f"--series '{ERRORS}'" in page
    assert done.stdout.rstrip() in page


def test_json_has_values_states_transitions_and_notifications() -> None:
    (line,) = monitors_eval(MONITOR, *BOTH, "--json").stdout.splitlines()
    told = json.loads(line)

    assert told["monitor"] == "api-error-rate"
    assert told["at"] == [60 * minute for minute in range(1, 22)]
    (group,) = told["groups"]
    assert group["group"] == {}
    assert group["values"][10:14] == [0.01, 0.02, 0.03, 0.04]
    assert group["states"] == ["OK"] * 12 + ["Alert"] * 9
    assert group["transitions"] == [
        {"at": 60, "from": "No Data", "to": "OK", "value": 0},
        {"at": 780, "from": "OK", "to": "Alert", "value": 0.03},
    ]
    (notification,) = told["notifications"]
    assert (notification["at"], notification["transition"]) == (780, "Triggered")
    assert notification["handles"] == ["pagerduty-m3core-api"]
    assert "is 0.03, above 0.02" in notification["body"]
    assert any("PagerDuty's dedup key" in text for text in told["assumptions"])


@pytest.mark.parametrize("name", ["data.yaml", "data.json"])
def test_data_come_from_a_file_in_the_notation_of_tests(name: str, tmp_path: Path) -> None:
    series = [
        {"series": text.split()[1], "type": "count", "values": " ".join(text.split()[2:])}
        for text in (REQUESTS, ERRORS)
    ]
    file = tmp_path / name
    file.write_text(json.dumps({"interval": "1m", "input_series": series}, indent=1))

    assert monitors_eval(MONITOR, "--data", file, "--json").stdout == monitors_eval(MONITOR, *BOTH, "--json").stdout


def test_data_that_end_before_an_evaluation_is_due_say_nothing(tmp_path: Path) -> None:
    """A window of two days is looked at each half hour."""
    monitor = tmp_path / "slow.json"
    monitor.write_text(json.dumps({"type": "query alert", "name": "slow", "query": "avg(last_2d):avg:m{*} > 1"}))
    short = monitors_eval(monitor, "--series", "gauge m 1x9")
    assert (short.returncode, short.stderr) == (3, "alertproof: slow: the data end before any evaluation is due\n")
    data = tmp_path / "data.yaml"
    data.write_text("{interval: 1h, starts: 2025-03-30, input_series: [{series: m, type: gauge, values: 5x1}]}")
    (line,) = monitors_eval(monitor, "--data", data, "--json").stdout.splitlines()
    assert json.loads(line)["at"] == [1800, 3600, 5400, 7200]


def test_a_monitor_out_of_terraform_is_called_by_its_address(tmp_path: Path) -> None:
    file = tmp_path / "monitors.tf"
    file.write_text(
        "\n".join(
            f'resource "datadog_monitor" "{name}" {{\n  name = "Depth"\n  type = "query alert"\n  message = ""\n'
            f'  query = "avg(last_5m):avg:queue.depth{{*}} > {limit}"\n'
            f"  monitor_thresholds {{ critical = {limit} }}\n}}"
            for name, limit in (("low", 5), ("high", 50))
        )
    )
    done = monitors_eval(file, "--series", "queue.depth 10x9", "--json")

    assert done.returncode == 0, done.stderr
    told = {each["monitor"]: each["groups"][0]["states"][-1] for each in map(json.loads, done.stdout.splitlines())}
    assert told == {"low": "Alert", "high": "OK"}


def test_a_message_that_cannot_be_read_is_said_with_its_place(tmp_path: Path) -> None:
    monitor = tmp_path / "open.json"
    payload = {"type": "query alert", "query": "avg(last_5m):avg:m{*} > 1", "message": "{{#is_alert}}x"}
    monitor.write_text(json.dumps(payload))
    done = monitors_eval(monitor, "--series", "m 1x9")

    assert done.returncode == 2
    assert done.stderr.startswith("alertproof: open: the block {{#is_alert}} is never closed (line 1, column 1")


def test_a_quiet_run_says_how_near_it_came() -> None:
    done = monitors_eval(MONITOR, "--series", REQUESTS, "--series", ERRORS.replace("5x10", "1x10"))

    assert "0.01   0.01 below (50%)" in done.stdout
    assert "tells nobody anything" in done.stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        ((MONITOR,), 2, "name data: --data FILE, or --series"),
        (BOTH, 2, "name files or folders with monitors"),
        ((MONITOR, "--series", ERRORS.removeprefix("count ")), 2, "asks for as_count() of a series without a type"),
        ((MONITOR, "--series", "count api.errors{a:b} 1y3"), 2, "'1y3' is no value"),
        ((MONITOR, "--series", "count {a:b} 1"), 2, "'{a:b}' is no series"),
        ((MONITOR, "--series", "count api.errors"), 2, "a series needs at least one value"),
        ((MONITOR, *BOTH, "--interval", "soon"), 2, "--interval: 'soon' is no duration"),
        ((MONITOR, *BOTH, "--interval", "0m"), 2, "--interval: an interval is longer than nothing"),
        ((MONITOR, "--data", "some.yaml", "--interval", "1m"), 2, "--interval: some.yaml has an interval of its own"),
        ((MONITOR, "--data", "nowhere.yaml"), 2, "nowhere.yaml: cannot be read"),
        ((MONITOR, "--data", "README.md"), 2, "README.md:3:"),
        ((MONITOR, "--data", "alertproof.toml"), 2, "alertproof.toml:"),
        (("README.md", *BOTH), 2, "README.md:1:1: not JSON"),
        ((MONITOR, "--series", REQUESTS), 3, "no input series is in the scope of"),
        ((MONITOR, "--series", REQUESTS, "--series", f"{ERRORS} 0"), 3, "different numbers of values"),
    ],
)
def test_a_mistake_is_one_line_that_says_what(arguments: tuple[object, ...], code: int, said: str) -> None:
    done = monitors_eval(*arguments)

    assert done.returncode == code, done.stdout + done.stderr
    assert done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith("alertproof: ")
    assert said in line


def test_values_that_lie_further_apart_than_any_number_are_drawn_without_a_warning(tmp_path: Path) -> None:
    monitor = tmp_path / "m.json"
    monitor.write_text(json.dumps({"name": "m", "type": "query alert", "query": "avg(last_1m):avg:m{*} > 1"}))
    done = monitors_eval(monitor, "--series", "gauge m 1.7e308x9 -1.7e308x9")

    assert (done.returncode, done.stderr) == (0, "")
    assert "\n    1.7e+308 │ ─" in done.stdout
    assert "\n   -1.7e+308 │ " in done.stdout
