"""The scheduler killed at random moments: what the platform saw and what the history holds are the same."""

from __future__ import annotations

import random
import signal
import time
from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from tests.schedule.conftest import AccessLog, Project, ended

from alertproof.schedule.record import ScheduledRun
from alertproof.verdict import Verdict


def beaten(project: Project, access: AccessLog, *, kills: int, seed: int) -> tuple[int, list[ScheduledRun]]:
    """Kill the scheduler so many times, each within some seconds of its first request; then let it end in peace."""
    chance, under_way = random.Random(seed), 0
    for _ in range(kills):
        before = len(access.seen)
        process = project.start("--jitter", "100ms")
        deadline = time.monotonic() + 60
        while len(access.seen) == before:
            assert process.poll() is None, process.communicate()
            assert time.monotonic() < deadline, "the platform was not asked within 60 s"
            time.sleep(0.005)
        # Some kills hit a request under way: the platform takes its time.
        time.sleep(chance.uniform(0.0, 1.5))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=30)
    process = project.start("--jitter", "100ms")
    before, deadline = len(access.seen), time.monotonic() + 60
    while len(access.seen) < before + 3 and time.monotonic() < deadline:
        time.sleep(0.01)
    code, _, err = ended(process)
    assert code == 0, err
    store = project.store()
    runs = store.runs(since=datetime(2020, 1, 1, tzinfo=UTC))
    for check in store.planned():
        _see_the_grid(project, [run for run in runs if run.check == check.name])
        under_way += sum(run.interrupted for run in runs if run.check == check.name)
    store.close()
    return under_way, runs


def _see_the_grid(project: Project, runs: list[ScheduledRun]) -> None:
    """Every slot from the first to the last was run once or is in a gap, and none began before it was due."""
    store = project.store()
    (check,) = [one for one in store.planned() if one.name == runs[0].check]
    slots = Counter(run.slot for run in runs)
    with store._begin() as open_:
        gaps = open_.exec_driver_sql(
            "SELECT first, last FROM scheduled_gaps WHERE check = ?".replace("check", '"check"'), (check.name,)
        )
        for first, last in gaps.all():
            slots.update(range(first, last + 1))
    store.close()
    assert slots == dict.fromkeys(range(min(slots), max(slots) + 1), 1)
    for run in runs:
        assert run.due == check.timetable.due(run.slot)
        assert timedelta(0) <= run.began - run.due < check.timetable.every + check.timetable.jitter


def _see_the_same(access: AccessLog, runs: list[ScheduledRun]) -> None:
    asked = Counter(access.runs())
    told = {run.id: run for run in runs}

    assert len(told) == len(runs)
    assert set(asked) <= set(told), "the platform was asked by a run that the history does not know"
    assert max(asked.values()) == 1, "a run asked twice"
    for run in runs:
        assert run.verdict is not None, "a run is still under way"
        if run.verdict is Verdict.PASSED:
            assert asked[run.id] == 1, "a run passed that the platform never saw"
        else:
            assert run.interrupted, run.reason


def _killed(project: Project, access: AccessLog, *, kills: int, seed: int) -> None:
    access.slow["/leads"] = 0.3
    interrupted, runs = beaten(project, access, kills=kills, seed=seed)

    _see_the_same(access, runs)
    assert interrupted > 0, "no kill hit a run under way"
    assert interrupted <= 2 * kills
    assert sum(run.verdict is Verdict.PASSED for run in runs) >= kills


@pytest.mark.timeout(300)
def test_no_run_is_lost_or_doubled_by_ten_kills(project: Project, access: AccessLog) -> None:
    _killed(project, access, kills=10, seed=1)


@pytest.mark.prove
@pytest.mark.timeout(1800)
def test_no_run_is_lost_or_doubled_by_a_hundred_kills(project: Project, access: AccessLog) -> None:
    _killed(project, access, kills=100, seed=2)
