"""``alertproof report``: what the last run proved, made again, and what went before."""

from __future__ import annotations

import json
import os
import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import msgspec
import pytest

from alertproof.report import Report, write_report
from alertproof.report.alert_history import AlertRun, SignalSeen, write_alerts
from alertproof.requirements import Specification, load_specification
from alertproof.verdict import CheckFinished, RunFinished, RunStarted, Verdict

replace = msgspec.structs.replace
AT = datetime(2026, 3, 2, 14, tzinfo=UTC)


def run(name: str, *, days: int = 0, target: str = "local", verdict: Verdict = Verdict.PASSED) -> Report:
    at = AT + timedelta(days=days)
    checks = tuple(
        CheckFinished(at=at, check=check, kind="offline", verdict=verdict, wall=timedelta(milliseconds=3), reason="")
        for check in ("a.py::test_leads_are_listed[acme]", "b.alert.yaml::pages")
    )
    return Report(
        started=RunStarted(at=at, run=name, target=target, version="0.1.0", command="pytest"),
        checks=checks,
        finished=RunFinished(at=at, exit_code=0 if verdict is Verdict.PASSED else 1, wall=timedelta(seconds=1)),
    )


@pytest.fixture
def reports(tmp_path: Path) -> Path:
    """A folder of three runs on one target and one on another; the last one is that of ``run.jsonl``."""
    for report in (
        run("first"),
        run("second", days=1, verdict=Verdict.FAILED),
        run("live", days=2, target="live"),
        run("third", days=3),
    ):
        write_report(report, tmp_path)
    return tmp_path


def report(*arguments: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "alertproof", "report", *arguments, "--reports", str(folder)]
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
        env={**os.environ, "COLUMNS": "120"},
    )
    assert "Traceback" not in done.stderr, done.stderr
    return done


def test_show_prints_the_summary_of_the_last_run(reports: Path) -> None:
    done = report("show", folder=reports)

    assert done.returncode == 0, done.stderr
    assert "✓ passed  All 2 checks passed." in done.stdout
    assert "Run third on local: pytest" in done.stdout


def test_render_makes_the_two_files_again_as_they_were(reports: Path) -> None:
    names = ("report.html", "summary.md")
    before = {name: (reports / name).read_bytes() for name in names}
    for name in names:
        (reports / name).unlink()

    done = report("render", folder=reports)

    assert done.returncode == 0, done.stderr
    assert {name: (reports / name).read_bytes() for name in names} == before
    assert done.stdout.split() == [str(reports / name) for name in names]


def test_history_lists_each_check_on_each_target(reports: Path) -> None:
    done = report("history", folder=reports)

    assert done.returncode == 0, done.stderr
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]
    assert any(line.startswith("leads are listed [acme] offline live ✓") for line in lines)
    assert any(line.startswith("leads are listed [acme] offline local ✓✗✓") for line in lines)
    assert "4 checks, 0 red in the last run" in done.stdout


def test_history_is_narrowed_to_checks_a_target_and_a_number_of_runs(reports: Path) -> None:
    done = report("history", "LEADS", "--target", "local", "--runs", "2", "--json", folder=reports)

    found = [json.loads(line) for line in done.stdout.splitlines()]
    assert [(one["check"], one["run"], one["verdict"]) for one in found] == [
        ("a.py::test_leads_are_listed[acme]", "second", "failed"),
        ("a.py::test_leads_are_listed[acme]", "third", "passed"),
    ]


def test_history_of_a_check_that_never_ran_is_not_empty_success(reports: Path) -> None:
    done = report("history", "lead nobody", folder=reports)

    assert done.returncode == 5
    assert "no run of a check like 'lead nobody'" in done.stderr


@pytest.mark.parametrize(
    ("command", "said"),
    [
        ("show", "run.jsonl: No such file or directory"),
        ("render", "run.jsonl: No such file or directory"),
        ("history", "history.sqlite: no history here yet"),
        ("review", "history.sqlite: no history here yet"),
    ],
)
def test_a_folder_without_a_run_is_usage(tmp_path: Path, command: str, said: str) -> None:
    done = report(command, folder=tmp_path)

    assert done.returncode == 2
    assert said in done.stderr


def test_a_record_that_cannot_be_read_is_named_with_its_line(reports: Path) -> None:
    (reports / "run.jsonl").write_text("{}\n", encoding="utf-8")

    for command in ("show", "render"):
        done = report(command, folder=reports)
        assert done.returncode == 2
        assert "run.jsonl:1: not a record of a run" in done.stderr


def test_a_history_that_cannot_be_read_is_named_and_left(reports: Path) -> None:
    (reports / "history.sqlite").write_bytes(b"no database")

    listed, rendered = report("history", folder=reports), report("render", folder=reports)

    assert listed.returncode == 2
    assert "is not a history of alertproof" in listed.stderr
    assert rendered.returncode == 0
    assert "The history is not shown" in rendered.stderr
    assert (reports / "history.sqlite").read_bytes() == b"no database"


MONITORING = Path(__file__).parents[2] / "monitoring"
SMALL = MONITORING.parent / "alert_tests" / "drills" / "progressive" / "monitoring"


def test_review_finds_what_no_drill_has_proven_and_exits_with_one(reports: Path) -> None:
    monitoring, spec = str(MONITORING), load_specification(MONITORING)
    promised = len(spec.drilled)
    others = len({*spec.alerts, *spec.supporting} - spec.drilled.keys())

    table, lines = (report("review", "--monitoring", monitoring, *more, folder=reports) for more in ((), ("--json",)))

    assert table.returncode == lines.returncode == 1
    assert f"never proven: {promised} - the specification promises these: make drills" in table.stdout
    assert table.stdout.splitlines()[-1] == f"{promised} to do, {others} worth knowing, in 0 drills on local"
    found = [json.loads(line) for line in lines.stdout.splitlines()]
    assert ("never proven", "api-error-rate") in {(one["kind"], one["name"]) for one in found}


def proven_in(reports: Path, spec: Specification, *, unused: int) -> None:
    """Write the history of a run in which both sides of all that has a drill passed, and nobody used some metrics."""
    now = datetime.now(UTC)
    runs = [
        AlertRun(
            target="local", run="r", number=number, at=now, alert=alert, side=side, check="c", verdict=Verdict.PASSED
        )
        for number, (alert, side) in enumerate(product(spec.drilled, ("fires", "quiet")))
    ]
    seen = [SignalSeen(target="local", run="r", at=now, name=f"m{each}", used=False) for each in range(unused)]
    with closing(sqlite3.connect(reports / "history.sqlite")) as file, file:
        write_alerts(file, runs, seen, keep=now - timedelta(days=1))


@pytest.mark.parametrize("monitoring", [SMALL, MONITORING], ids=["small", "ours"])
def test_review_of_what_is_proven_counts_the_rest_in_few_lines_and_names_it_where_asked(
    reports: Path, monitoring: Path
) -> None:
    spec = load_specification(monitoring)
    undrilled = len(spec.supporting.keys() - spec.drilled.keys())
    proven_in(reports, spec, unused=40)

    brief = report("review", "--monitoring", str(monitoring), folder=reports)
    full = report("review", "--all", "--monitoring", str(monitoring), folder=reports)

    assert brief.returncode == full.returncode == 0, brief.stdout
    assert f"0 to do, {40 + undrilled} worth knowing" in brief.stdout
    assert "m17" not in brief.stdout
    assert "  40 not named: --all" in brief.stdout.splitlines()
    assert len(brief.stdout.splitlines()) <= 9
    assert all(f"  m{each} " in full.stdout for each in range(40))
    assert "not named" not in full.stdout


def test_the_schema_is_printed_as_it_is_published() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "alertproof", "report", "schema"], capture_output=True, text=True, check=True, timeout=60
    )

    published = Path(__file__).parents[2] / "docs" / "drill-journal.schema.json"
    assert done.stdout == published.read_text(encoding="utf-8")
