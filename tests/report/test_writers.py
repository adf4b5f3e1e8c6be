from __future__ import annotations

from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.report import Report, read_lines, render_html, render_markdown, write_report


def test_a_report_is_three_files_in_a_folder_made_for_it(tmp_path: Path, mixed: Report) -> None:
    paths = write_report(mixed, tmp_path / "reports" / "artifacts")
    assert read_lines(paths.jsonl) == mixed
    assert paths.markdown.read_text("utf-8") == render_markdown(mixed)
    assert paths.html.read_text("utf-8") == render_html(mixed)
    assert sorted(path.name for path in paths.html.parent.iterdir()) == [
        "report.html",
        "run.jsonl",
        "summary.md",
    ]


def test_writing_again_replaces_what_stood_there(tmp_path: Path, mixed: Report, proven: Report) -> None:
    write_report(mixed, tmp_path)
    paths = write_report(proven, tmp_path)
    assert read_lines(paths.jsonl) == proven


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path, proven: Report) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(ConfigError, match=r"cannot write the report to .*file"):
        write_report(proven, tmp_path / "file")


def test_a_file_that_cannot_be_replaced_leaves_no_draft_behind(tmp_path: Path, proven: Report) -> None:
    (tmp_path / "report.html" / "in the way").mkdir(parents=True)
    with pytest.raises(ConfigError, match="cannot write the report"):
        write_report(proven, tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["report.html", "run.jsonl", "summary.md"]


def test_a_reader_who_holds_the_old_file_still_reads_all_of_it(tmp_path: Path, mixed: Report, proven: Report) -> None:
    paths = write_report(mixed, tmp_path)
    with paths.html.open(encoding="utf-8") as reader:
        write_report(proven, tmp_path)
        assert reader.read() == render_html(mixed)
