"""What is known of each alert: when it must come and when it came, its quiet side, and since when it is proven."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta

from alertproof.journal import DrillJournal
from alertproof.report.alert_history import AlertRun, alert_rows, last_proven
from alertproof.report.model import Report
from alertproof.report.words import NOTHING, ago, between, duration, marked
from alertproof.verdict import Verdict

__all__ = ["AlertRow", "alert_table"]


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRow:
    """One alert; times are those of the target's clock, from the last drill that passed."""

    alert: str
    specified: str
    allowed: str
    detected: str
    paged: str
    resolved: str
    quiet: str
    proven: str


def alert_table(report: Report, runs: Sequence[AlertRun] = ()) -> tuple[AlertRow, ...]:
    """Return the alerts that a run drilled or earlier ones did, by name; none where the run drilled none.

    ``runs`` are the drills on its target that the history knows, this run's among them or not.
    """
    drilled = {drill.alert: drill for drill in report.drills if drill.side != "course"}
    if not drilled or report.ended is None:
        return ()
    fires = {drill.alert: drill for drill in report.drills if drill.side == "fires"}
    known = {(run.run, run.number): run for run in (*runs, *alert_rows(report)) if run.side != "course"}
    ordered = sorted(known.values(), key=lambda run: run.at)
    proven = last_proven(ordered)
    said = {alert: ago(report.ended - at) for alert, at in proven.items()}
    names = sorted({*drilled, *(run.alert for run in ordered)})
    return tuple(_row(name, drilled.get(name), fires.get(name), ordered, said.get(name, "never")) for name in names)


def _row(
    alert: str, drill: DrillJournal | None, firing: DrillJournal | None, runs: Sequence[AlertRun], proven: str
) -> AlertRow:
    budgets = firing.budgets if firing else None
    loud, quiet = (_last(runs, alert, side) for side in ("fires", "quiet"))
    passed = loud if loud is not None and loud.verdict is Verdict.PASSED else None
    return AlertRow(
        alert=alert,
        specified=drill.specified if drill else alert,
        allowed=between(budgets.detect_from, budgets.detect) if budgets else NOTHING,
        detected=_detected(loud, runs) if passed else NOTHING,
        paged=_time(passed.page if passed else None),
        resolved=_time(passed.resolve if passed else None),
        quiet=marked(quiet.verdict) if quiet else "not drilled",
        proven=proven,
    )


def _last(runs: Sequence[AlertRun], alert: str, side: str) -> AlertRun | None:
    """Return the last drill of a side of an alert."""
    return next((run for run in reversed(runs) if run.alert == alert and run.side == side), None)


def _detected(last: AlertRun | None, runs: Sequence[AlertRun]) -> str:
    """Return when the alert came in the run that drilled it last; of several drills the range, and how many passed."""
    same = [one for one in runs if last and (one.run, one.alert, one.side) == (last.run, last.alert, last.side)]
    spans = [timedelta(milliseconds=one.detect) for one in same if one.detect is not None]
    if not spans:
        return NOTHING
    passed = sum(one.verdict is Verdict.PASSED for one in same)
    said = between(min(spans), max(spans))
    return said if len(same) == 1 else f"{said}, {passed} of {len(same)} drills passed"


def _time(milliseconds: float | None) -> str:
    return NOTHING if milliseconds is None else duration(timedelta(milliseconds=milliseconds))
