"""The plugin as its users meet it: in a project of their own, with its output and exit codes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

pytest_plugins = ["pytester"]

MONITOR = {
    "name": "errors",
    "type": "query alert",
    "query": "sum(last_5m):sum:app.errors{env:prod}.as_count() / sum:app.requests{env:prod}.as_count() > 0.02",
    "message": "too many errors @pagerduty-app",
    "options": {"thresholds": {"critical": 0.02}},
}
GOOD = """
monitors: [errors.json]
tests:
  - name: half of the requests fail
    interval: 1m
    input_series:
      - {series: 'app.requests{env:prod}', type: count, values: 100x19}
      - {series: 'app.errors{env:prod}', type: count, values: 0x9 50x9}
    expect:
      - {monitor: errors, at: 9m, state: OK}
      - {monitor: errors, at: 15m, state: Alert}
    notified:
      - {monitor: errors, to: pagerduty-app, transition: Triggered, between: [10m, 12m]}
    nothing_else: true
"""


@pytest.fixture
def project(pytester: pytest.Pytester) -> pytest.Pytester:
    (pytester.path / "errors.json").write_text(json.dumps(MONITOR), encoding="utf-8")
    (pytester.path / "errors.alert.yaml").write_text(GOOD, encoding="utf-8")
    return pytester


def edit(project: pytest.Pytester, old: str, new: str) -> None:
    path = project.path / "errors.alert.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def run(project: pytest.Pytester, *arguments: str) -> pytest.RunResult:
    return project.runpytest_subprocess("-p", "no:locust", "-p", "no:ddtrace", *arguments)


def test_an_offline_file_is_collected_and_passes(project: pytest.Pytester) -> None:
    result = run(project, "-v")

    result.assert_outcomes(passed=1)
    result.stdout.fnmatch_lines(["*half of the requests fail*PASSED*"])


def test_an_unmet_expectation_fails_and_draws_what_happened(project: pytest.Pytester) -> None:
    edit(project, "at: 15m, state: Alert", "at: 15m, state: OK")

    result = run(project)

    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(
        ["not met: *15m*", "*was Alert then*", "*expected │*O*", "*actual │*█*", "*✗ expected OK*"]
    )
    assert "Traceback" not in result.stdout.str()


def test_a_test_that_would_pass_by_looking_at_nothing_is_an_error(project: pytest.Pytester) -> None:
    edit(project, "{monitor: errors, at: 9m, state: OK}", "{monitor: erors, at: 9m, state: OK}")

    result = run(project)

    result.assert_outcomes(errors=1)
    assert result.ret != 0
    result.stdout.fnmatch_lines(["*erors*did you mean 'errors'*"])


def test_a_misspelt_key_is_refused_with_its_line_and_the_nearest(project: pytest.Pytester) -> None:
    edit(project, "input_series:", "inputs_series:")

    result = run(project)

    assert result.ret != 0
    result.stdout.fnmatch_lines(["*errors.alert.yaml:*inputs_series*input_series*"])
    assert "Traceback" not in result.stdout.str()


def test_without_a_reports_folder_nothing_is_written(project: pytest.Pytester) -> None:
    run(project).assert_outcomes(passed=1)

    written = {path.name for path in project.path.rglob("*")}
    assert not written & {"junit.xml", "ledger", "report.html", "reports", "run.jsonl", "summary.md"}


def report_lines(folder: Path) -> list[dict[str, object]]:
    return [json.loads(line) for line in (folder / "run.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.parametrize("workers", [(), ("-n", "2")], ids=["one-process", "two-workers"])
def test_with_a_reports_folder_the_report_is_written_whole(project: pytest.Pytester, workers: tuple[str, ...]) -> None:
    result = run(project, "--reports", "out", *workers)

    folder = project.path / "out"
    assert [line["type"] for line in report_lines(folder)] == ["RunStarted", "CheckFinished", "RunFinished"]
    assert {path.name for path in folder.iterdir()} >= {"junit.xml", "report.html", "run.jsonl", "summary.md"}
    result.stdout.fnmatch_lines(["report: *report.html"])


def test_the_report_keeps_a_failed_check_with_its_reason(project: pytest.Pytester) -> None:
    edit(project, "at: 15m, state: Alert", "at: 15m, state: OK")
    run(project, "--reports", "out")

    (check,) = [line for line in report_lines(project.path / "out") if line["type"] == "CheckFinished"]
    assert check["verdict"] == "failed"
    assert check["kind"] == "offline"
    assert "not met" in str(check["reason"])


def test_a_drill_that_is_asked_for_and_never_run_is_an_error(project: pytest.Pytester) -> None:
    project.makeconftest("""
        import pytest

        @pytest.fixture(scope="session")
        def platform():
            return None
    """)
    project.makepyfile("def test_it(drill): pass")

    result = run(project, "--reports", "out", "test_a_drill_that_is_asked_for_and_never_run_is_an_error.py")

    assert result.ret == 1
    result.stdout.fnmatch_lines(["*ran no drill: call .fires() or .stays_quiet()*"])
    (check,) = [line for line in report_lines(project.path / "out") if line["type"] == "CheckFinished"]
    assert check["verdict"] == "broken"


def test_a_fault_of_another_target_that_cannot_be_reverted_is_said_and_stops_nobody(project: pytest.Pytester) -> None:
    ledger = project.path / "out" / "ledger"
    ledger.mkdir(parents=True)
    entry = {
        "fault_id": "f1",
        "kind": "error",
        "text": "some fail",
        "door": "http://platform.invalid",
        "target": "elsewhere",
        "owner": 1,
        "owner_started": "never",
        "opened_at": "2026-01-01T00:00:00Z",
        "lease_ends": "2999-01-01T00:00:00Z",
    }
    (ledger / "f1.json").write_text(json.dumps(entry), encoding="utf-8")

    result = run(project, "--reports", "out")

    result.assert_outcomes(passed=1)
    assert result.ret == 4
    result.stdout.fnmatch_lines(["alertproof:*could not be reverted*alertproof faults revert"])
    assert (ledger / "f1.json").exists()
    assert (project.path / "out" / "report.html").exists()


def test_an_unknown_target_says_which_there_are(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(target): pass")

    result = run(project, "--target", "lokal")

    assert result.ret != 0
    result.stdout.fnmatch_lines(["*no target 'lokal'*did you mean 'local'*"])
    assert "Traceback" not in result.stdout.str()


def test_a_target_file_that_is_not_there_says_how_to_make_one(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(target): pass")

    result = run(project, "--target", "stack.json")

    assert result.ret != 0
    result.stdout.fnmatch_lines(["*no such file; start a stack: alertproof up --json > stack.json*"])


@pytest.mark.parametrize("times", ["0", "-1", "often"])
def test_a_drill_that_is_to_be_drilled_no_time_is_refused(project: pytest.Pytester, times: str) -> None:
    project.makepyfile("def test_it(): pass")

    result = run(project, f"--drill-repeats={times}")

    assert result.ret == pytest.ExitCode.USAGE_ERROR
    result.stderr.fnmatch_lines([f"*--drill-repeats: '{times}' is not a number of drills: give 1 or more"])


def test_a_drill_may_be_drilled_once(project: pytest.Pytester) -> None:
    project.makepyfile("def test_it(pytestconfig): assert pytestconfig.getoption('--drill-repeats') == 1")

    assert run(project, "--drill-repeats=1").ret == run(project).ret == 0
