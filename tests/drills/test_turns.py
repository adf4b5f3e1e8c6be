"""Drills of several workers side by side, and the one that runs alone."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from alert_tests.drills.conftest import pytest_runtest_protocol
from alert_tests.drills.turns import turn


@pytest.fixture(autouse=True)
def of_a_run_with_workers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTEST_XDIST_TESTRUNUID", uuid.uuid4().hex)


class Drilling:
    """A drill in a thread: it has begun, and ends when it is told."""

    def __init__(self, threads: ThreadPoolExecutor, *, alone: bool) -> None:
        self.begun, self._told = threading.Event(), threading.Event()
        self._done: Future[str] = threads.submit(self._run, alone)

    def _run(self, alone: bool) -> str:
        with turn(alone=alone) as trouble:
            self.begun.set()
            assert self._told.wait(60)
        return trouble

    def end(self) -> str:
        self._told.set()
        return self._done.result(timeout=60)


@pytest.fixture(name="drilling")
def drilling_fixture() -> Callable[..., Drilling]:
    threads = ThreadPoolExecutor(4)
    return lambda *, alone=False: Drilling(threads, alone=alone)


def test_drills_of_two_workers_are_under_way_at_once(drilling: Callable[..., Drilling]) -> None:
    one, other = drilling(), drilling()

    assert one.begun.wait(60)
    assert other.begun.wait(60)
    assert [one.end(), other.end()] == ["", ""]


@pytest.mark.parametrize(("first", "second"), [(False, True), (True, False)], ids=["it waits", "the others wait"])
def test_what_runs_alone_is_under_way_with_no_other(
    drilling: Callable[..., Drilling], first: bool, second: bool
) -> None:
    one = drilling(alone=first)
    assert one.begun.wait(60)
    other = drilling(alone=second)

    assert not other.begun.wait(1)
    assert one.end() == ""
    assert other.begun.wait(60)
    assert other.end() == ""


def test_without_workers_nothing_waits(drilling: Callable[..., Drilling], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PYTEST_XDIST_TESTRUNUID")
    one, other = drilling(alone=True), drilling(alone=True)

    assert one.begun.wait(60)
    assert other.begun.wait(60)
    assert [one.end(), other.end()] == ["", ""]


def item(file: str, config: object) -> Any:
    return SimpleNamespace(path=Path(file), config=config, stash=pytest.Stash(), get_closest_marker=lambda _: None)


def test_the_drills_of_one_file_keep_the_turn_and_the_last_of_them_ends_it(drilling: Callable[..., Drilling]) -> None:
    config = SimpleNamespace(stash=pytest.Stash())
    first, second, other = item("one.py", config), item("one.py", config), item("other.py", config)

    def run(drill: Any, then: Any) -> None:
        running = pytest_runtest_protocol(drill, then)
        next(running)
        with pytest.raises(StopIteration):
            running.send(None)

    run(first, second)
    alone = drilling(alone=True)
    assert not alone.begun.wait(0.5)

    run(second, other)
    assert alone.begun.wait(60)
    assert alone.end() == ""

    run(other, None)
    last = drilling(alone=True)
    assert last.begun.wait(60)
    assert last.end() == ""
