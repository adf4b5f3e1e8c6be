"""Writes all files of a report: whole or not at all."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

from alertproof.errors import ConfigError
from alertproof.report.html import render_html
from alertproof.report.jsonl import dump_lines
from alertproof.report.markdown import render_markdown
from alertproof.report.model import Report

__all__ = ["Paths", "write_report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where the files of a report stand."""

    jsonl: Path
    markdown: Path
    html: Path

    @classmethod
    def within(cls, folder: Path) -> Paths:
        """Return the paths of a report in a folder."""
        return cls(jsonl=folder / "run.jsonl", markdown=folder / "summary.md", html=folder / "report.html")


def write_report(report: Report, folder: Path) -> Paths:
    """Write ``run.jsonl``, ``summary.md`` and ``report.html``, each at once; make the folder if need be.

    A reader never sees half a file: what stood there stays until the new one is complete. Raises
    `ConfigError` when the folder cannot be written.
    """
    paths = Paths.within(folder)
    # The record first: the other two can be made from it again.
    contents = {
        paths.jsonl: dump_lines(report),
        paths.markdown: render_markdown(report).encode(),
        paths.html: render_html(report).encode(),
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, content in contents.items():
            _replace(path, content)
    except OSError as error:
        raise ConfigError(
            f"cannot write the report to {folder}: {error.strerror}; choose a folder that can be written"
        ) from error
    return paths


def _replace(path: Path, content: bytes) -> None:
    # Beside its goal, because a rename is only atomic within one file system.
    draft = path.with_name(f".{path.name}.{os.getpid()}.part")
    try:
        with draft.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)
