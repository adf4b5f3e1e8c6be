"""Where records are kept: bounded in number and in size."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from alertproof.standins.datadog.eventplatform.store import Kept, RecordLog
from alertproof.telemetry.records import Record

START, END = datetime.fromtimestamp(0, UTC), datetime.fromtimestamp(1000, UTC)


def add(log: RecordLog, at: int, text: str = "") -> Kept:
    return log.add("logs", Record(at=float(at), attributes={}, tags=frozenset()), {"message": text, "more": [1, text]})


def instants(log: RecordLog) -> list[float]:
    return [kept.record.at for kept in log.between("logs", START, END)]


def test_beyond_a_size_the_oldest_are_forgotten_and_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordLog, "SIZE", 10_000)
    log = RecordLog()
    for at in range(4):
        add(log, at, "x" * 1000)
    assert (instants(log), log.forgotten) == ([0, 1, 2, 3], 0)
    add(log, 4, "x" * 1000)
    assert (instants(log), log.forgotten) == ([1, 2, 3, 4], 1)


def test_what_is_removed_makes_room(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordLog, "SIZE", 10_000)
    log = RecordLog()
    for at in range(20):
        log.remove("logs", add(log, at, "x" * 1000))
    assert (add(log, 20), log.forgotten, log.count("logs")) == (log.between("logs", START, END)[0], 0, 1)


def test_beyond_a_number_a_tenth_of_them_is_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(RecordLog, "LIMIT", 20)
    log = RecordLog()
    for at in range(20):
        add(log, at)
    assert (log.count("logs"), log.forgotten) == (20, 0)
    add(log, 20)
    assert (instants(log)[0], log.count("logs"), log.forgotten) == (2, 19, 2)
