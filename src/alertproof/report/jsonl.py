"""A run as JSON lines: one tagged record a line, written as it happens, readable after a kill."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any, BinaryIO, TypeAlias, final

import msgspec

from alertproof.errors import ConfigError
from alertproof.journal import (
    DrillJournal,
    Journal,
    JourneyJournal,
    LoadJournal,
    ProbeJournal,
    ScrubbingJournal,
    TelemetryJournal,
    WidgetSeen,
)
from alertproof.report.model import Report, report_of
from alertproof.verdict import CheckFinished, RunEvent, RunFinished, RunStarted

__all__ = ["JsonLinesSink", "decode_record", "dump_lines", "encode_record", "load_lines", "read_lines"]


class _DrillLine(msgspec.Struct, frozen=True, kw_only=True, tag="DrillJournal"):
    journal: DrillJournal


class _ProbeLine(msgspec.Struct, frozen=True, kw_only=True, tag="ProbeJournal"):
    journal: ProbeJournal


class _JourneyLine(msgspec.Struct, frozen=True, kw_only=True, tag="JourneyJournal"):
    journal: JourneyJournal


class _LoadLine(msgspec.Struct, frozen=True, kw_only=True, tag="LoadJournal"):
    journal: LoadJournal


class _TelemetryLine(msgspec.Struct, frozen=True, kw_only=True, tag="TelemetryJournal"):
    journal: TelemetryJournal


class _ScrubbingLine(msgspec.Struct, frozen=True, kw_only=True, tag="ScrubbingJournal"):
    journal: ScrubbingJournal


_JournalLine: TypeAlias = _DrillLine | _ProbeLine | _JourneyLine | _LoadLine | _TelemetryLine | _ScrubbingLine
_DECODER: msgspec.json.Decoder[RunStarted | CheckFinished | RunFinished | _JournalLine] = msgspec.json.Decoder(
    RunStarted | CheckFinished | RunFinished | _JournalLine
)


def encode_record(record: RunEvent | Journal) -> bytes:
    """Return one line without its end: ``{"type": "CheckFinished", ...}``.

    JSON has no word for NaN and infinity: what a drill read and a widget drew is left out where it has no finite value.
    UTF-8 has none for half of a surrogate pair, which the JSON of a platform may well hold: a ``?`` stands for it.
    """
    line = record if isinstance(record, RunEvent) else _line(record)
    try:
        return msgspec.json.encode(line)
    except UnicodeEncodeError:
        return msgspec.json.encode(_whole(msgspec.to_builtins(line)))


def _whole(value: Any) -> Any:
    """Return what JSON is made of with a mark for each half of a surrogate pair in its texts."""
    if isinstance(value, str):
        return value.encode("utf-8", errors="replace").decode("utf-8")
    if isinstance(value, dict):
        return {_whole(name): _whole(one) for name, one in value.items()}
    return [_whole(one) for one in value] if isinstance(value, list | tuple) else value


def _line(journal: Journal) -> _JournalLine:
    match journal:
        case DrillJournal():
            finite = tuple(reading for reading in journal.readings if math.isfinite(reading.value))
            return _DrillLine(journal=msgspec.structs.replace(journal, readings=finite))
        case ProbeJournal():
            return _ProbeLine(journal=journal)
        case JourneyJournal():
            return _JourneyLine(journal=journal)
        case LoadJournal():
            return _LoadLine(journal=journal)
        case ScrubbingJournal():
            return _ScrubbingLine(journal=journal)
        case TelemetryJournal():
            return _TelemetryLine(
                journal=msgspec.structs.replace(journal, widgets=tuple(map(_finite, journal.widgets)))
            )


def _finite(widget: WidgetSeen) -> WidgetSeen:
    """Return a widget without the points that have no finite value."""
    lines = (
        msgspec.structs.replace(line, points=tuple(point for point in line.points if math.isfinite(point.value)))
        for line in widget.lines
    )
    return msgspec.structs.replace(widget, lines=tuple(lines))


def decode_record(line: bytes) -> RunEvent | Journal:
    """Read what :func:`encode_record` wrote; raises `ConfigError` for anything else."""
    try:
        record = _DECODER.decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise ConfigError(f"not a record of a run: {error}") from error
    return record if isinstance(record, RunEvent) else record.journal


def dump_lines(report: Report) -> bytes:
    """Return a whole report as JSON lines: its start, the checks, the journals, its end."""
    records = (report.started, *report.checks, *report.journals, report.finished)
    return b"".join(encode_record(record) + b"\n" for record in records if record is not None)


def load_lines(content: bytes, *, source: str) -> Report:
    """Read JSON lines back.

    A last line that was cut off by the end of the run is left out and named in ``problems``; any other line
    that cannot be read raises `ConfigError` with its number. ``source`` says where the content comes from.
    """
    *lines, tail = content.split(b"\n")
    records = []
    for place, line in enumerate(lines, start=1):
        try:
            records.append(decode_record(line))
        except ConfigError as error:
            raise ConfigError(
                f"{source}:{place}: {error}; the file was changed, or written by another version of alertproof"
            ) from error
    problems = []
    if tail:
        try:
            records.append(decode_record(tail))
        except ConfigError:
            problems.append(f"line {len(lines) + 1} of {source} is cut off: the run ended while writing it")
    return report_of(records, problems=tuple(problems))


def read_lines(path: Path) -> Report:
    """Read the JSON lines in a file; raises `ConfigError` when there are none to read."""
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"cannot read {path}: {error.strerror}; is this the run.jsonl of a run?") from error
    return load_lines(content, source=path.name)


@final
class JsonLinesSink:
    """Writes each record as it happens, so that a killed run leaves all that it saw; a `Sink`.

    Starts the file anew. Every line reaches the operating system before :meth:`emit` returns.
    """

    def __init__(self, path: Path) -> None:
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            self._file: BinaryIO = path.open("wb")
        except OSError as error:
            raise ConfigError(f"cannot write {path}: {error.strerror}; choose another folder") from error

    def emit(self, event: RunEvent) -> None:
        """Write an event."""
        self._write(event)

    def record(self, journal: Journal) -> None:
        """Write a check's journal."""
        self._write(journal)

    def close(self) -> None:
        """Close the file; harmless when it is closed already."""
        self._file.close()

    def _write(self, record: RunEvent | Journal) -> None:
        self._file.write(encode_record(record) + b"\n")
        self._file.flush()
