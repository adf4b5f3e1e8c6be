"""What earlier runs proved of each alert, and which signals nobody used: two tables of the history's file.

An alert is proven by both of its sides: one drill in which it came as specified, and one in which it stayed quiet.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta

import msgspec

from alertproof.report.model import Report
from alertproof.verdict import Verdict

__all__ = [
    "ALERT_TABLES",
    "AlertRun",
    "SignalSeen",
    "alert_rows",
    "last_proven",
    "read_alerts",
    "read_signals",
    "signal_rows",
    "write_alerts",
]

ALERT_TABLES = (
    """
CREATE TABLE alerts (
  target TEXT NOT NULL, run TEXT NOT NULL, number INTEGER NOT NULL, at TEXT NOT NULL, alert TEXT NOT NULL,
  side TEXT NOT NULL, check_name TEXT NOT NULL, verdict TEXT NOT NULL, detect_ms REAL, page_ms REAL, resolve_ms REAL,
  fired TEXT NOT NULL, PRIMARY KEY (target, run, number)
)
""",
    """
CREATE TABLE signals (
  target TEXT NOT NULL, run TEXT NOT NULL, at TEXT NOT NULL, name TEXT NOT NULL, used INTEGER NOT NULL,
  PRIMARY KEY (target, run, name)
)
""",
)
_ALERT_COLUMNS = "target, run, number, at, alert, side, check_name, verdict, detect_ms, page_ms, resolve_ms, fired"
_INSERT_ALERT = f"INSERT OR REPLACE INTO alerts ({_ALERT_COLUMNS}) VALUES ({', '.join('?' * 12)})"  # noqa: S608 - constants
_INSERT_SIGNAL = "INSERT OR REPLACE INTO signals (target, run, at, name, used) VALUES (?, ?, ?, ?, ?)"
#: The sides that prove an alert; a course proves what comes after its page.
_SIDES = ("fires", "quiet")


class AlertRun(msgspec.Struct, frozen=True, kw_only=True):
    """How one drill of an alert ended; ``number`` tells the drills of a run apart.

    ``at`` is real time. The times are milliseconds of the target's clock, None where there were none. ``fired`` names
    every alert whose monitor went to Alert meanwhile, sorted.
    """

    target: str
    run: str
    number: int
    at: datetime
    alert: str
    side: str
    check: str
    verdict: Verdict
    detect: float | None = None
    page: float | None = None
    resolve: float | None = None
    fired: tuple[str, ...] = ()


class SignalSeen(msgspec.Struct, frozen=True, kw_only=True):
    """A metric that a look at the telemetry saw, and whether any monitor, SLO or dashboard uses it."""

    target: str
    run: str
    at: datetime
    name: str
    used: bool


def alert_rows(report: Report) -> tuple[AlertRun, ...]:
    """Return the drills of a run as rows; none for a run whose beginning is lost."""
    if report.started is None or report.ended is None:
        return ()
    ends = {check.check: check.at for check in report.checks}
    return tuple(
        AlertRun(
            target=report.started.target,
            run=report.started.run,
            number=number,
            at=ends.get(drill.check, report.ended),
            alert=drill.alert,
            side=drill.side,
            check=drill.check,
            verdict=drill.verdict,
            detect=_milliseconds(drill.time_to_detect),
            page=_milliseconds(drill.time_to_page),
            resolve=_milliseconds(drill.time_to_resolve),
            fired=tuple(sorted({one.monitor for one in drill.transitions if one.new == "Alert"})),
        )
        for number, drill in enumerate(report.drills)
    )


def signal_rows(report: Report) -> tuple[SignalSeen, ...]:
    """Return the metrics that the looks of a run saw; a metric is used where any look says so."""
    if report.started is None or report.ended is None:
        return ()
    used: dict[str, bool] = {}
    for look in report.telemetry:
        for metric in look.metrics:
            used[metric.name] = used.get(metric.name, False) or bool(metric.files)
    return tuple(
        SignalSeen(target=report.started.target, run=report.started.run, at=report.ended, name=name, used=one)
        for name, one in sorted(used.items())
    )


def last_proven(runs: Iterable[AlertRun]) -> Mapping[str, datetime]:
    """Return since when each alert is proven: when the older one of its two sides last passed; others are left out."""
    passed: dict[tuple[str, str], datetime] = {}
    for run in runs:
        if run.verdict is Verdict.PASSED:
            key = run.alert, run.side
            passed[key] = max(run.at, passed.get(key, run.at))
    alerts = sorted({alert for alert, _ in passed})
    return {
        alert: min(passed[alert, side] for side in _SIDES)
        for alert in alerts
        if all((alert, side) in passed for side in _SIDES)
    }


def write_alerts(
    file: sqlite3.Connection, alerts: Sequence[AlertRun], signals: Sequence[SignalSeen], *, keep: datetime
) -> None:
    """Write rows within a transaction, and forget those from before ``keep``."""
    file.executemany(
        _INSERT_ALERT,
        [
            (
                *(one.target, one.run, one.number, _text(one.at), one.alert, one.side, one.check, str(one.verdict)),
                *(one.detect, one.page, one.resolve, " ".join(one.fired)),
            )
            for one in alerts
        ],
    )
    file.executemany(_INSERT_SIGNAL, [(one.target, one.run, _text(one.at), one.name, int(one.used)) for one in signals])
    for table in ("alerts", "signals"):
        file.execute(f"DELETE FROM {table} WHERE at < ?", (_text(keep),))  # noqa: S608 - constants


def read_alerts(file: sqlite3.Connection, target: str, *, until: datetime) -> tuple[AlertRun, ...]:
    """Return the drills on a target up to an instant, the oldest first; of every target where it is empty."""
    rows = file.execute(
        f"SELECT {_ALERT_COLUMNS} FROM alerts WHERE (?1 = '' OR target = ?1) AND at <= ?2 ORDER BY at, run, number",  # noqa: S608
        (target, _text(until)),
    )
    names = AlertRun.__struct_fields__
    return tuple(
        msgspec.convert({**dict(zip(names, row, strict=True)), "fired": row[-1].split()}, AlertRun) for row in rows
    )


def read_signals(file: sqlite3.Connection, target: str) -> tuple[SignalSeen, ...]:
    """Return the metrics that the newest look at a target's telemetry saw, by name; of any target where it is empty."""
    rows = file.execute(
        "SELECT target, run, at, name, used FROM signals WHERE (target, run) = (SELECT target, run FROM signals"
        " WHERE (?1 = '' OR target = ?1) ORDER BY at DESC LIMIT 1) ORDER BY name",
        (target,),
    )
    names = SignalSeen.__struct_fields__
    return tuple(
        msgspec.convert({**dict(zip(names, row, strict=True)), "used": bool(row[-1])}, SignalSeen) for row in rows
    )


def _milliseconds(span: timedelta | None) -> float | None:
    return None if span is None else span / timedelta(milliseconds=1)


def _text(at: datetime) -> str:
    """Return an instant so that texts sort as instants do."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
