from __future__ import annotations

import zipfile
from pathlib import Path

import pytest

from alertproof.errors import Broken
from alertproof.scrubbing import left_in


def test_files_in_folders_and_members_of_archives_are_read(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "a" / "report.html").write_text("told")
    with zipfile.ZipFile(tmp_path / "trace.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("0.trace", "said")

    assert {left.source: left.octets for left in left_in(tmp_path)} == {
        "report.html": b"told",
        "trace.zip": b"0.trace\nsaid",
    }


def test_an_empty_folder_proves_nothing(tmp_path: Path) -> None:
    with pytest.raises(Broken, match="holds no file"):
        list(left_in(tmp_path))


def test_an_archive_that_cannot_be_read_is_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "trace.zip").write_bytes(b"no archive")

    with pytest.raises(Broken, match=r"trace\.zip cannot be read"):
        list(left_in(tmp_path))
