from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.journal import DrillJournal, Journal, ProbeJournal
from alertproof.report import History, PastRun, Report
from alertproof.report.history import Rows, past_rows
from alertproof.verdict import CheckFinished, RunFinished, RunStarted, Verdict

replace = msgspec.structs.replace
FOREVER = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.sqlite")


@pytest.fixture
def run(started: RunStarted, finished: RunFinished, check: CheckFinished) -> Report:
    """A run of one check called ``c``."""
    return Report(started=started, checks=(replace(check, check="c"),), finished=finished)


def later(run: Report, days: float, *, name: str = "", verdict: Verdict = Verdict.PASSED) -> Report:
    """The same run, some days later."""
    assert run.started is not None
    shift = timedelta(days=days)
    checks = tuple(replace(check, at=check.at + shift, verdict=verdict) for check in run.checks)
    return replace(run, started=replace(run.started, run=name or f"run {days:g}"), checks=checks)


def known(history: History, check: str = "c", target: str = "local", most: int = 1000) -> list[str]:
    return [past.run for past in history.last(target, [check], until=FOREVER, most=most).get(check, ())]


def test_a_run_comes_back_as_it_was_written(history: History, everything: Report) -> None:
    assert history.record(everything) == ""
    rows = {row.check: row for row in past_rows(everything)}
    found = history.last("local", rows, until=FOREVER)
    assert {name: past for name, (past,) in found.items()} == rows
    assert len(rows) == len({journal.check for journal in everything.journals}) + 1


def test_each_kind_has_the_value_that_says_most(everything: Report) -> None:
    rows = {row.kind: row for row in past_rows(everything) if row.verdict is Verdict.PASSED and row.value is not None}
    assert {kind: (row.value, row.unit) for kind, row in rows.items()} == {
        "drill": (160_000.0, "ms"),
        "probe": (pytest.approx(12.781818, abs=1e-3), "ms"),
        "journey": (1360.0, "ms"),
        "load": (204.0, "ms"),
    }


def test_a_check_that_measures_nothing_has_no_value(run: Report) -> None:
    (row,) = past_rows(run)
    assert (row.value, row.unit, row.span, row.kind) == (None, "", None, "offline")


def test_of_several_journals_and_ends_the_worst_verdict_and_the_largest_value_count(
    proven: Report, firing: DrillJournal, check: CheckFinished
) -> None:
    slow = replace(firing, time_to_detect=timedelta(minutes=9), verdict=Verdict.FAILED, reason="too late\nby far")
    end = replace(check, check=firing.check, kind="drill")
    (row,) = past_rows(replace(proven, journals=(firing, slow, firing), checks=(end, end)))
    assert (row.verdict, row.value, row.reason) == (Verdict.FAILED, 540_000.0, "too late")


def test_writing_a_run_again_changes_nothing(history: History, run: Report) -> None:
    assert [history.record(run) for _ in range(2)] == ["", ""]
    assert len(known(history)) == 1


def test_a_run_whose_beginning_is_lost_is_not_written(history: History, run: Report) -> None:
    assert history.record(replace(run, started=None)) == ""
    assert not history.path.exists()


def test_the_last_runs_of_the_same_check_on_the_same_target_come_oldest_first(history: History, run: Report) -> None:
    assert run.started is not None
    for day in (2, 0, 3, 1):
        history.record(later(run, day))
    history.record(replace(later(run, 4), started=replace(run.started, run="elsewhere", target="live")))
    assert known(history) == ["run 0", "run 1", "run 2", "run 3"]
    assert known(history, most=2) == ["run 2", "run 3"]
    assert known(history, target="live") == ["elsewhere"]
    assert known(history, "d") == []


def test_a_report_made_again_later_does_not_know_what_came_after_it(history: History, run: Report) -> None:
    for day in range(3):
        history.record(later(run, day))
    at = run.checks[0].at + timedelta(days=1)
    assert [past.run for past in history.last("local", ["c"], until=at)["c"]] == ["run 0", "run 1"]
    before = at - timedelta(microseconds=1)
    assert [past.run for past in history.last("local", ["c"], until=before)["c"]] == ["run 0"]


def test_no_more_than_five_hundred_runs_of_a_check_are_kept(history: History, run: Report) -> None:
    other = replace(run, checks=(replace(run.checks[0], check="d"),))
    history.record(later(other, -1))
    for place in range(502):
        history.record(later(run, place / 1000, name=f"r{place}"))
    assert known(history) == [f"r{place}" for place in range(2, 502)]
    assert known(history, "d") == ["run -1"]


def test_no_run_older_than_a_year_is_kept(history: History, run: Report) -> None:
    history.record(later(run, 0))
    history.record(later(run, 365))
    assert known(history) == ["run 0", "run 365"]
    history.record(later(run, 365.1))
    assert known(history) == ["run 365", "run 365.1"]


def test_two_processes_that_write_at_once_lose_no_row(history: History, run: Report, tmp_path: Path) -> None:
    program = """
import sys
from pathlib import Path
import msgspec
from alertproof.report import History, read_lines
report = read_lines(Path(sys.argv[1]))
for place in range(60):
    started = msgspec.structs.replace(report.started, run=f"{sys.argv[3]}-{place}")
    note = History(Path(sys.argv[2])).record(msgspec.structs.replace(report, started=started))
    assert note == "", note
"""
    from alertproof.report.jsonl import dump_lines  # noqa: PLC0415 - only here

    (tmp_path / "run.jsonl").write_bytes(dump_lines(run))
    arguments = [sys.executable, "-c", program, str(tmp_path / "run.jsonl"), str(history.path)]
    writers = [subprocess.Popen([*arguments, name], stderr=subprocess.PIPE, text=True) for name in ("a", "b")]
    for writer in writers:
        _, errors = writer.communicate(timeout=100)
        assert writer.returncode == 0, errors
    assert sorted(known(history)) == sorted(f"{name}-{place}" for name in ("a", "b") for place in range(60))


def execute(path: Path, *statements: str) -> None:
    with closing(sqlite3.connect(path, isolation_level=None)) as file:
        for statement in statements:
            file.execute(statement)


def spoil(path: Path, how: str) -> None:
    if how == "newer":
        execute(path, "PRAGMA user_version = 3")
    elif how == "older":
        execute(path, "CREATE TABLE checks (name TEXT)")
    elif how == "other columns":
        execute(path, "CREATE TABLE runs (name TEXT)", "PRAGMA user_version = 2")
    elif how == "no table":
        execute(path, "PRAGMA user_version = 2")
    else:
        path.write_bytes(b"this is no database, but it is long enough to be taken for one" * 20)


SPOILT = {
    "newer": "was written by a newer version of alertproof (schema 3, this one knows 2)",
    "older": "was written by an older version of alertproof (schema 0, this one knows 2)",
    "other columns": "is not a history of alertproof (",
    "no table": "is not a history of alertproof (",
    "garbage": "is not a history of alertproof (file is not a database)",
}


@pytest.mark.parametrize("how", SPOILT)
def test_a_file_that_cannot_be_used_is_moved_aside_and_a_new_one_begins(
    history: History, run: Report, how: str
) -> None:
    assert run.started is not None
    spoil(history.path, how)
    content = history.path.read_bytes()

    note = history.record(run)

    aside = history.path.with_name(f"history.aside-{run.started.run}.sqlite")
    assert note.startswith(f"history.sqlite {SPOILT[how]}")
    assert note.endswith(f": it was moved aside to {aside.name}, and a new history begins.")
    assert aside.read_bytes() == content
    assert known(history) == [run.started.run]
    assert history.record(later(run, 1)) == ""


@pytest.mark.parametrize("how", SPOILT)
def test_reading_a_file_that_cannot_be_used_says_what_it_is_and_leaves_it(history: History, how: str) -> None:
    spoil(history.path, how)
    content = history.path.read_bytes()
    with pytest.raises(ConfigError) as error:
        known(history)
    assert SPOILT[how] in str(error.value)
    assert "the next run moves it aside" in str(error.value)
    assert history.path.read_bytes() == content


def test_a_file_torn_in_the_middle_is_moved_aside(history: History, run: Report) -> None:
    for day in range(200):
        history.record(later(run, day))
    content = bytearray(history.path.read_bytes())
    content[4096:] = b"\x99" * (len(content) - 4096)
    history.path.write_bytes(content)
    assert "it was moved aside to" in history.record(later(run, 201, name="after"))
    assert known(history) == ["after"]


def test_a_run_with_an_odd_name_is_moved_aside_under_a_plain_one(history: History, run: Report) -> None:
    spoil(history.path, "garbage")
    assert "moved aside to history.aside-.._a_b.sqlite, " in history.record(later(run, 0, name="../a b"))


def test_two_processes_that_find_the_same_bad_file_move_it_once(history: History, run: Report) -> None:
    spoil(history.path, "garbage")
    first = History(history.path)
    assert "moved aside" in first.record(run)
    # The second one had found the bad file before the first moved it, and now holds the lock.
    assert history._begin_anew(Rows.of(later(run, 1))) == ""
    assert len(known(history)) == 2


def test_a_file_that_cannot_be_written_costs_the_history_and_nothing_else(tmp_path: Path, run: Report) -> None:
    (tmp_path / "history.sqlite").mkdir()
    note = History(tmp_path / "history.sqlite").record(run)
    assert note.startswith("This run is not in the history: history.sqlite could not be written (")
    assert (tmp_path / "history.sqlite").is_dir()


def test_a_row_that_was_tampered_with_is_named(history: History, run: Report) -> None:
    history.record(run)
    execute(history.path, "UPDATE runs SET verdict = 'splendid'")
    with pytest.raises(ConfigError, match="holds a row that is no run"):
        known(history)


def test_the_file_is_a_plain_one_without_a_write_ahead_log(history: History, run: Report) -> None:
    history.record(run)
    with closing(sqlite3.connect(history.path)) as file:
        assert file.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert [path.name for path in history.path.parent.iterdir()] == ["history.sqlite"]


def test_checks_are_found_by_a_part_of_their_name_and_by_target(history: History, run: Report) -> None:
    assert run.started is not None
    live = replace(run.started, run="live 1", target="live")
    named = replace(run, checks=tuple(replace(run.checks[0], check=name) for name in ("lists leads", "LEADS", "c")))
    for report in (named, later(named, 1), replace(named, started=live)):
        history.record(report)

    def found(part: str = "", target: str = "") -> list[tuple[str, str, int]]:
        return [(runs[-1].target, runs[-1].check, len(runs)) for runs in history.find(part=part, target=target)]

    assert found("leads") == [
        *(("live", "LEADS", 1), ("live", "lists leads", 1)),
        *(("local", "LEADS", 2), ("local", "lists leads", 2)),
    ]
    assert found("leads", "live") == [("live", "LEADS", 1), ("live", "lists leads", 1)]
    assert len(found()) == 6
    assert found("%") == []


def test_a_history_that_is_not_there_says_who_writes_it(history: History) -> None:
    with pytest.raises(ConfigError, match="no history here yet; a run of pytest writes it"):
        history.find()
    assert not history.path.exists()


@settings(max_examples=40, deadline=None)
@given(data=st.data())
def test_any_journal_has_a_row_that_comes_back(
    tmp_path_factory: pytest.TempPathFactory, journals: st.SearchStrategy[Journal], data: st.DataObject
) -> None:
    started = RunStarted(at=datetime(2026, 3, 2, tzinfo=UTC), run="r", target="local", version="0", command="pytest")
    report = Report(started=started, journals=(data.draw(journals),))
    history = History(tmp_path_factory.mktemp("history") / "history.sqlite")
    assert history.record(report) == ""
    (row,) = past_rows(report)
    assert history.last("local", [row.check], until=FOREVER) == {row.check: (row,)}


def test_a_probe_that_sent_nothing_has_no_value(proven: Report, slow_probe: ProbeJournal) -> None:
    (row,) = past_rows(replace(proven, checks=(), journals=(replace(slow_probe, runs=()),)))
    assert isinstance(row, PastRun)
    assert row.value is None


def test_what_passed_degraded_is_remembered_with_what_was_nearly_wrong(history: History, run: Report) -> None:
    late = "GET /leads: 412 ms, more than 300 ms"
    over = replace(run.checks[0], kind="probe", verdict=Verdict.PASSED, degraded=(late,))
    history.record(replace(run, checks=(over,)))
    history.record(later(replace(run, checks=(replace(over, degraded=()),)), 1))

    ((first, second),) = history.find(part=over.check)
    assert [(past.verdict, past.degraded, past.reason) for past in (first, second)] == [
        (Verdict.PASSED, True, late),
        (Verdict.PASSED, False, ""),
    ]
