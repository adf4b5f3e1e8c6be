"""Writes all files of a report: whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from alertproof.errors import ConfigError
from alertproof.report.alert_history import AlertRun
from alertproof.report.history import History, Past
from alertproof.report.html import render_html
from alertproof.report.jsonl import dump_lines
from alertproof.report.markdown import render_markdown
from alertproof.report.model import Report

__all__ = ["Paths", "render_report", "replace_file", "write_report"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Paths:
    """Where the files of a report stand; ``notes`` is what the reader must know about their writing."""

    jsonl: Path
    markdown: Path
    html: Path
    history: Path
    notes: tuple[str, ...] = ()

    @classmethod
    def within(cls, folder: Path, *, notes: tuple[str, ...] = ()) -> Paths:
        """Return the paths of a report in a folder."""
        return cls(
            jsonl=folder / "run.jsonl",
            markdown=folder / "summary.md",
            html=folder / "report.html",
            history=folder / "history.sqlite",
            notes=notes,
        )


def write_report(report: Report, folder: Path) -> Paths:
    """Write ``run.jsonl``, ``summary.md`` and ``report.html``, and add the run to ``history.sqlite``.

    Makes the folder if need be. A reader never sees half a file: what stood there stays until the new one is
    complete. Raises `ConfigError` when the folder cannot be written; trouble with the history is only noted.
    """
    paths = Paths.within(folder)
    with _naming(folder):
        folder.mkdir(parents=True, exist_ok=True)
        # The record first: the others can be made from it again.
        _replace(paths.jsonl, dump_lines(report))
    note = History(paths.history).record(report)
    return render_report(report, folder, notes=(note,) if note else ())


def render_report(report: Report, folder: Path, *, notes: tuple[str, ...] = ()) -> Paths:
    """Write ``summary.md`` and ``report.html`` alone, with what the history beside them knows.

    ``notes`` is what is known already of trouble with the history: it is then not asked. Raises `ConfigError` when
    the folder cannot be written.
    """
    past, alerts, trouble = ({}, (), notes) if notes else _recall(report, Paths.within(folder).history)
    paths = Paths.within(folder, notes=trouble)
    contents = {
        paths.markdown: render_markdown(report, notes=trouble, alerts=alerts).encode(),
        paths.html: render_html(report, past=past, notes=trouble, alerts=alerts).encode(),
    }
    with _naming(folder):
        for path, content in contents.items():
            _replace(path, content)
    return paths


def _recall(report: Report, path: Path) -> tuple[Past, tuple[AlertRun, ...], tuple[str, ...]]:
    """Return the last runs of a report's checks and the drills on its target, up to its end."""
    if report.started is None or report.ended is None or not path.is_file():
        return {}, (), ()
    names = {check.check for check in report.checks} | {journal.check for journal in report.journals}
    try:
        history, target, until = History(path), report.started.target, report.ended
        return history.last(target, names, until=until), history.alerts(target, until=until), ()
    except ConfigError as error:
        return {}, (), (f"The history is not shown: {error}.",)


@contextmanager
def _naming(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise ConfigError(
            f"cannot write the report to {folder}: {error.strerror}; choose a folder that can be written"
        ) from error


def replace_file(path: Path, content: bytes) -> None:
    """Write a file of its own, whole or not at all; raises `ConfigError` when it cannot be written."""
    with _naming(path.parent):
        path.parent.mkdir(parents=True, exist_ok=True)
        _replace(path, content)


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
