"""How each check ended in earlier runs: a SQLite file beside the report, one row a check a run, and one a drill.

A check is the same only on the same target. Kept are the last 500 runs of a check, none older than a year. A run's rows
are written in one transaction at its end, so a run is in the history whole or not at all, and two runs that end at once
wait for each other. A file that cannot be used is moved aside, never written over.
"""

from __future__ import annotations

import os
import re
import sqlite3
from collections.abc import Iterable, Iterator, Mapping
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import NamedTuple, TypeAlias, final

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
)
from alertproof.report.alert_history import (
    ALERT_TABLES,
    AlertRun,
    SignalSeen,
    alert_rows,
    read_alerts,
    read_signals,
    signal_rows,
    write_alerts,
)
from alertproof.report.model import Report, worst
from alertproof.report.summary.journeys import stepped
from alertproof.report.summary.probes import slowest
from alertproof.report.words import gist
from alertproof.verdict import CheckFinished, Verdict

__all__ = ["History", "Past", "PastRun", "Rows", "past_rows"]

#: The schema of the file, kept in its ``user_version``; raise it with every change of the table.
_SCHEMA = 2
_WITHOUT_ALERTS = 1
_TABLE = """
CREATE TABLE runs (
  target TEXT NOT NULL, check_name TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL, kind TEXT NOT NULL,
  verdict TEXT NOT NULL, value REAL, unit TEXT NOT NULL, reason TEXT NOT NULL,
  PRIMARY KEY (target, check_name, run)
)
"""
_INDEX = "CREATE INDEX runs_by_time ON runs (target, check_name, at)"
_COLUMNS = "run, at, target, check_name, kind, verdict, value, unit, reason"
_INSERT = f"INSERT OR REPLACE INTO runs ({_COLUMNS}) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"  # noqa: S608 - constants
_KEPT_RUNS = 500
_KEPT_TIME = timedelta(days=365)
_WAIT = timedelta(seconds=30)  # for another run that writes at this moment
#: What SQLite says of a file that holds something else than it should.
_CONTENT_ERRORS = frozenset({sqlite3.SQLITE_NOTADB, sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_ERROR})
_KINDS: dict[type[Journal], str] = {
    DrillJournal: "drill",
    ProbeJournal: "probe",
    JourneyJournal: "journey",
    LoadJournal: "load",
    TelemetryJournal: "telemetry",
    ScrubbingJournal: "scrubbing",
}


class PastRun(msgspec.Struct, frozen=True, kw_only=True):
    """How a check ended in one run.

    ``value`` is in ``unit``, always ``ms``: a probe's slowest total, the sum of a journey's steps, a load run's p95,
    how long a proof of scrubbing took, a drill's time to detect (in stack time). None for a check that measures
    nothing, or did not get that far. ``reason`` is why it did not pass; of a probe that passed, what was nearly wrong.
    """

    run: str
    at: datetime
    target: str
    check: str
    kind: str
    verdict: Verdict
    value: float | None = None
    unit: str = ""
    reason: str = ""

    @property
    def span(self) -> timedelta | None:
        """The value as a span of time."""
        return None if self.value is None else timedelta(milliseconds=self.value)

    @property
    def degraded(self) -> bool:
        """Whether it passed, and something was nearly wrong."""
        return self.kind == "probe" and self.verdict is Verdict.PASSED and bool(self.reason)


#: The last runs of each check, by its name; the oldest first.
Past: TypeAlias = Mapping[str, tuple[PastRun, ...]]


class Rows(NamedTuple):
    """All that a run adds."""

    runs: tuple[PastRun, ...]
    alerts: tuple[AlertRun, ...]
    signals: tuple[SignalSeen, ...]

    @classmethod
    def of(cls, report: Report) -> Rows:
        """Return what a run adds; no runs where its beginning is lost."""
        return cls(past_rows(report), alert_rows(report), signal_rows(report))


class _Unusable(Exception):
    """The file is not a history of this version; the text says what it is."""


def past_rows(report: Report) -> tuple[PastRun, ...]:
    """Return a run as rows of the history, one for each check; none for a run whose beginning is lost.

    Of a check that ended several times, or has several journals, the worst verdict and the largest value count.
    """
    if report.started is None:
        return ()
    journals: dict[str, list[Journal]] = {}
    ends: dict[str, list[CheckFinished]] = {}
    for journal in report.judged:
        journals.setdefault(journal.check, []).append(journal)
    for end in report.checks:
        ends.setdefault(end.check, []).append(end)
    return tuple(
        _row(report, name, journals.get(name, []), ends.get(name, [])) for name in sorted(journals.keys() | ends.keys())
    )


def _row(report: Report, name: str, journals: list[Journal], ends: list[CheckFinished]) -> PastRun:
    started, at = report.started, max((end.at for end in ends), default=report.ended)
    assert started is not None  # noqa: S101 - the caller has looked
    assert at is not None  # noqa: S101 - a run that started has a last instant
    told = [*journals, *ends]
    verdict = worst(one.verdict for one in told)
    values = [value for value in map(_value, journals) if value is not None]
    return PastRun(
        run=started.run,
        at=at,
        target=started.target,
        check=name,
        kind=ends[-1].kind if ends else _KINDS[type(journals[0])],
        verdict=verdict,
        value=max(values) / timedelta(milliseconds=1) if values else None,
        unit="ms" if values else "",
        reason=_reason(told, verdict),
    )


def _reason(told: list[Journal | CheckFinished], verdict: Verdict) -> str:
    why = next((gist(one.reason) for one in told if one.verdict is verdict and one.reason), "")
    if why or verdict is not Verdict.PASSED:
        return why
    nearly = (text for one in told if isinstance(one, CheckFinished | ProbeJournal) for text in one.degraded)
    return "; ".join(dict.fromkeys(nearly))


def _value(journal: Journal) -> timedelta | None:
    match journal:
        case DrillJournal():
            return journal.time_to_detect
        case ProbeJournal():
            return slowest(journal)
        case JourneyJournal():
            return stepped(journal) if journal.steps else None
        case LoadJournal():
            return journal.p95
        case TelemetryJournal():
            return None
        case ScrubbingJournal():
            return journal.wall


@final
class History:
    """The file. Nothing is opened before it is needed, and nothing stays open."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def record(self, report: Report) -> str:
        """Write a run down; writing it again changes nothing.

        Returns what the reader must know, as a sentence: empty when all went well. A history is never worth a run's
        report, so nothing is raised.
        """
        rows = Rows.of(report)
        if not rows.runs:
            return ""
        try:
            return self._record(rows)
        except _Unusable as error:  # a file that cannot be used came again the moment the last one was moved
            return f"This run is not in the history: {self.path.name} {error}."
        except (sqlite3.Error, OSError) as error:
            return f"This run is not in the history: {self.path.name} could not be written ({error})."

    def _record(self, rows: Rows) -> str:
        try:
            self._write(rows)
        except _Unusable:
            with _locked(self.path.parent):
                return self._begin_anew(rows)
        return ""

    def _begin_anew(self, rows: Rows) -> str:
        try:
            self._write(rows)  # another run may have moved the file aside while this one waited
        except _Unusable as error:
            run = re.sub(r"[^\w.-]", "_", rows.runs[0].run)
            aside = self.path.with_name(f"{self.path.stem}.aside-{run}{self.path.suffix}")
            self.path.replace(aside)
            self._write(rows)
            return f"{self.path.name} {error}: it was moved aside to {aside.name}, and a new history begins."
        return ""

    def _write(self, rows: Rows) -> None:
        keep = max(row.at for row in rows.runs) - _KEPT_TIME
        with self._connected("BEGIN IMMEDIATE") as file:
            _ensure_schema(file)
            file.executemany(_INSERT, [_cells(row) for row in rows.runs])
            file.execute("DELETE FROM runs WHERE at < ?", (_text(keep),))
            file.executemany(
                "DELETE FROM runs WHERE target = ?1 AND check_name = ?2 AND at < (SELECT at FROM runs"
                " WHERE target = ?1 AND check_name = ?2 ORDER BY at DESC LIMIT 1 OFFSET ?3)",
                [(row.target, row.check, _KEPT_RUNS - 1) for row in rows.runs],
            )
            write_alerts(file, rows.alerts, rows.signals, keep=keep)
            file.execute("COMMIT")

    def last(self, target: str, checks: Iterable[str], *, until: datetime, most: int = 20) -> Past:
        """Return the last runs of checks on a target up to an instant, the oldest first.

        Raises `ConfigError` when the file cannot be read.
        """
        query = (
            f"SELECT {_COLUMNS} FROM runs WHERE target = ? AND check_name = ? AND at <= ?"  # noqa: S608 - constants
            " ORDER BY at DESC, run DESC LIMIT ?"
        )
        with self._reading() as file:
            found = {name: file.execute(query, (target, name, _text(until), most)).fetchall() for name in checks}
        return {name: tuple(map(self._past_run, reversed(cells))) for name, cells in found.items() if cells}

    def alerts(self, target: str = "", *, until: datetime) -> tuple[AlertRun, ...]:
        """Return the drills on a target, or on any, up to an instant, the oldest first.

        Raises `ConfigError` when the file cannot be read.
        """
        with self._reading() as file:
            return read_alerts(file, target, until=until)

    def signals(self, target: str = "") -> tuple[SignalSeen, ...]:
        """Return what the newest look at a target's telemetry saw, by name; raises `ConfigError` as above."""
        with self._reading() as file:
            return read_signals(file, target)

    def find(self, *, part: str = "", target: str = "", most: int = 20) -> tuple[tuple[PastRun, ...], ...]:
        """Return the last runs of every check whose name holds ``part``, by target and name, the oldest first.

        Raises `ConfigError` when there is no file, or when it cannot be read.
        """
        if not self.path.is_file():
            raise ConfigError(f"{self.path}: no history here yet; a run of pytest writes it, or name --reports")
        query = (
            "SELECT DISTINCT target, check_name FROM runs"
            " WHERE instr(lower(check_name), lower(?1)) > 0 AND (?2 = '' OR target = ?2) ORDER BY target, check_name"
        )
        with self._reading() as file:
            pairs = file.execute(query, (part, target)).fetchall()
        names: dict[str, list[str]] = {}
        for where, name in pairs:
            names.setdefault(where, []).append(name)
        latest = datetime.max.replace(tzinfo=UTC)
        return tuple(
            runs for where, some in names.items() for runs in self.last(where, some, until=latest, most=most).values()
        )

    @contextmanager
    def _reading(self) -> Iterator[sqlite3.Connection]:
        try:
            with self._connected("BEGIN") as file:
                _ensure_schema(file)
                yield file
        except _Unusable as error:
            raise ConfigError(
                f"{self.path} {error}; move it away: the next run moves it aside and begins a new one"
            ) from error
        except sqlite3.Error as error:
            raise ConfigError(f"{self.path} cannot be read ({error}); is another program holding it?") from error

    @contextmanager
    def _connected(self, begin: str) -> Iterator[sqlite3.Connection]:
        """Open the file within a transaction that is rolled back unless it was committed."""
        file = sqlite3.connect(self.path, timeout=_WAIT.total_seconds(), isolation_level=None)
        with closing(file):
            try:
                file.execute(begin)
                yield file
            except sqlite3.DatabaseError as error:
                if getattr(error, "sqlite_errorcode", 0) & 0xFF in _CONTENT_ERRORS:
                    raise _Unusable(f"is not a history of alertproof ({error})") from error
                raise

    def _past_run(self, cells: tuple[object, ...]) -> PastRun:
        try:
            return msgspec.convert(dict(zip(PastRun.__struct_fields__, cells, strict=True)), PastRun)
        except msgspec.ValidationError as error:
            raise ConfigError(f"{self.path} holds a row that is no run ({error}); move it away") from error


def _ensure_schema(file: sqlite3.Connection) -> None:
    """Make the table in a new file, and refuse a file of another version."""
    (version,) = file.execute("PRAGMA user_version").fetchone()
    if version == _SCHEMA:
        return
    (tables,) = file.execute("SELECT count(*) FROM sqlite_master").fetchone()
    if version == _WITHOUT_ALERTS:
        _add_alerts(file)
        return
    if version or tables:
        age = "a newer" if version > _SCHEMA else "an older"
        raise _Unusable(f"was written by {age} version of alertproof (schema {version}, this one knows {_SCHEMA})")
    file.execute(_TABLE)
    file.execute(_INDEX)
    _add_alerts(file)


def _add_alerts(file: sqlite3.Connection) -> None:
    for table in ALERT_TABLES:
        file.execute(table)
    file.execute(f"PRAGMA user_version = {_SCHEMA}")


def _cells(row: PastRun) -> tuple[object, ...]:
    return (
        *(row.run, _text(row.at), row.target, row.check, row.kind),
        *(str(row.verdict), row.value, row.unit, row.reason),
    )


def _text(at: datetime) -> str:
    """Return an instant so that texts sort as instants do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold a folder, so that of two runs that find the same bad file only one moves it aside."""
    import fcntl  # noqa: PLC0415 - not on every system, and hardly ever needed

    handle = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield
    finally:
        os.close(handle)
