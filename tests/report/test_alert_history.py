"""What the history keeps of each alert: drills by side, what fired meanwhile, and since when it is proven."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from tests.report.conftest import after

from alertproof.journal import MetricSeen, TelemetryJournal, TransitionSeen
from alertproof.report import History, Report
from alertproof.report.alert_history import AlertRun, last_proven
from alertproof.verdict import RunStarted, Verdict

replace = msgspec.structs.replace
FOREVER = datetime.max.replace(tzinfo=UTC)


@pytest.fixture
def history(tmp_path: Path) -> History:
    return History(tmp_path / "history.sqlite")


def alert_run(
    side: str, *, days: int = 0, verdict: Verdict = Verdict.PASSED, alert: str = "api-error-rate", fired: str = ""
) -> AlertRun:
    return AlertRun(
        target="local",
        run=f"{days}-{side}",
        number=0,
        at=after() + timedelta(days=days),
        alert=alert,
        side=side,
        check="c",
        verdict=verdict,
        fired=tuple(fired.split()),
    )


def test_each_drill_of_a_run_is_kept_with_its_times_and_all_that_fired(history: History, proven: Report) -> None:
    moved = tuple(
        TransitionSeen(at=after(minutes=3), monitor=name, group="*", old="OK", new=new)
        for name, new in (("queue-lag", "Alert"), ("api-error-rate", "Alert"), ("cache-hit-rate", "Warn"))
    )
    journals = tuple(replace(one, transitions=moved) if one.side == "fires" else one for one in proven.drills)
    assert history.record(replace(proven, journals=journals)) == ""

    runs = history.alerts("local", until=FOREVER)
    assert {(run.alert, run.side, run.verdict) for run in runs} == {
        ("api-error-rate", "fires", Verdict.PASSED),
        ("api-error-rate", "quiet", Verdict.PASSED),
    }
    (fires,) = (run for run in runs if run.side == "fires")
    assert (fires.detect, fires.page, fires.resolve) == (160_000, 163_000, 212_000)
    assert fires.fired == ("api-error-rate", "queue-lag")


def test_drills_of_another_target_and_later_ones_are_not_asked_for(history: History, proven: Report) -> None:
    assert proven.started is not None
    history.record(proven)
    history.record(replace(proven, started=replace(proven.started, run="x", target="live")))

    assert {run.target for run in history.alerts("live", until=FOREVER)} == {"live"}
    assert len(history.alerts(until=FOREVER)) == 4
    assert history.alerts("local", until=after(minutes=-60)) == ()


def test_a_history_from_before_alerts_were_kept_goes_on(history: History, proven: Report) -> None:
    history.record(proven)
    with closing(sqlite3.connect(history.path)) as file:
        file.executescript("DROP TABLE alerts; DROP TABLE signals; PRAGMA user_version = 1;")

    assert history.alerts("local", until=FOREVER) == ()
    assert history.record(replace(proven)) == ""
    assert len(history.alerts("local", until=FOREVER)) == 2
    assert [run.run for runs in history.find() for run in runs] == ["2026-03-02-140220"] * 3


def test_the_newest_look_says_which_metrics_are_used(history: History, started: RunStarted) -> None:
    def look(name: str, days: int, **metrics: tuple[str, ...]) -> Report:
        at = after() + timedelta(days=days)
        seen = tuple(
            MetricSeen(name=one, type="count", series=1, budget=9, files=files) for one, files in metrics.items()
        )
        journal = TelemetryJournal(
            check="t",
            target="local",
            environment="drill",
            factor=1,
            verdict=Verdict.PASSED,
            began=at,
            ended=at,
            wall=timedelta(0),
            metrics=seen,
        )
        return Report(started=replace(started, run=name, at=at), journals=(journal,))

    history.record(look("old", 0, gone=()))
    history.record(look("new", 1, watched=("a.json",), wasted=()))

    assert [(one.name, one.used) for one in history.signals("local")] == [("wasted", False), ("watched", True)]
    assert history.signals("live") == ()


def test_an_alert_is_proven_since_the_older_of_its_two_sides_last_passed() -> None:
    runs = [
        alert_run("fires", days=0),
        alert_run("quiet", days=1),
        alert_run("fires", days=5),
        alert_run("fires", days=6, verdict=Verdict.FAILED),
        alert_run("course", days=7),
    ]

    assert last_proven(runs) == {"api-error-rate": after() + timedelta(days=1)}


@pytest.mark.parametrize("side", ["fires", "quiet"])
def test_one_side_alone_is_no_proof(side: str) -> None:
    other = "quiet" if side == "fires" else "fires"

    assert last_proven([alert_run(side), alert_run(other, verdict=Verdict.BROKEN)]) == {}
