from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from alertproof.errors import ConfigError
from alertproof.report import Report, read_lines, render_html, render_markdown, render_report, write_report

replace = msgspec.structs.replace
FILES = ["history.sqlite", "report.html", "run.jsonl", "summary.md"]


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_report_is_three_files_and_a_history_in_a_folder_made_for_it(tmp_path: Path, everything: Report) -> None:
    paths = write_report(everything, tmp_path / "reports" / "artifacts")
    assert read_lines(paths.jsonl) == everything
    assert paths.markdown.read_text("utf-8") == render_markdown(everything)
    assert "first run on this target" in paths.html.read_text("utf-8")
    assert names(paths.html.parent) == FILES
    assert paths.notes == ()


def test_writing_again_replaces_what_stood_there_and_remembers_it(
    tmp_path: Path, mixed: Report, proven: Report
) -> None:
    assert mixed.started is not None
    write_report(replace(mixed, started=replace(mixed.started, run="before")), tmp_path)
    paths = write_report(proven, tmp_path)
    assert read_lines(paths.jsonl) == proven
    assert "last 2 runs: all passed" in paths.html.read_text("utf-8")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, proven: Report) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"cannot write the report to .*file"):
        write_report(proven, tmp_path / "file")


def test_a_file_that_cannot_be_replaced_leaves_no_draft_behind(tmp_path: Path, proven: Report) -> None:
    (tmp_path / "report.html" / "in the way").mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot write the report"):
        write_report(proven, tmp_path)
    assert names(tmp_path) == FILES


def test_a_reader_who_holds_the_old_file_still_reads_all_of_it(tmp_path: Path, mixed: Report, proven: Report) -> None:
    paths = write_report(mixed, tmp_path)
    old = paths.html.read_text("utf-8")
    with paths.html.open(encoding="utf-8") as reader:
        write_report(proven, tmp_path)
        assert reader.read() == old
    assert paths.html.read_text("utf-8") != old


def test_a_history_that_cannot_be_used_costs_no_report_and_is_said_in_it(tmp_path: Path, proven: Report) -> None:
    (tmp_path / "history.sqlite").write_bytes(b"no database at all")
    paths = write_report(proven, tmp_path)
    (note,) = paths.notes
    assert "it was moved aside to history.aside-2026-03-02-140220.sqlite, and a new history begins" in note
    assert "history.aside-2026-03-02-140220.sqlite" in paths.html.read_text("utf-8")
    assert "history.aside-2026-03-02-140220.sqlite" in paths.markdown.read_text("utf-8")
    assert "1 alert proven" in paths.html.read_text("utf-8")
    assert write_report(proven, tmp_path).notes == ()


def test_a_report_made_again_is_what_it_was(tmp_path: Path, everything: Report) -> None:
    paths = write_report(everything, tmp_path)
    old = (paths.html.read_bytes(), paths.markdown.read_bytes(), paths.history.read_bytes())
    again = render_report(read_lines(paths.jsonl), tmp_path)
    assert (again.html.read_bytes(), again.markdown.read_bytes(), again.history.read_bytes()) == old


def test_a_report_made_again_beside_a_bad_history_says_so_and_leaves_it(tmp_path: Path, proven: Report) -> None:
    write_report(proven, tmp_path)
    (tmp_path / "history.sqlite").write_bytes(b"no database at all")
    paths = render_report(proven, tmp_path)
    (note,) = paths.notes
    assert note.startswith("The history is not shown: ")
    assert (tmp_path / "history.sqlite").read_bytes() == b"no database at all"
    assert "Last runs" not in paths.html.read_text("utf-8")


def test_without_a_history_the_page_speaks_of_none(tmp_path: Path, proven: Report) -> None:
    paths = render_report(proven, tmp_path)
    assert paths.html.read_text("utf-8") == render_html(proven)
    assert names(tmp_path) == ["report.html", "summary.md"]
