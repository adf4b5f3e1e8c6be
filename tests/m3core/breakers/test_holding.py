"""Faults that are held: one of a kind at a time, ended by the revert or by the lease, whatever fails meanwhile."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest
from tests.m3core.breakers.conftest import fault

from m3core.breakers import CannotBreak, HeldFaults
from m3core.faults import Fault, Kind


class Recorded:
    """Breaks nothing, and says what it was asked for; fails to end as often as it is told to."""

    def __init__(self, *, failures: int = 0, refuses: bool = False) -> None:
        self.asked: list[str] = []
        self.failures = failures
        self.refuses = refuses

    def begin(self, fault: Fault, *, lease_seconds: float) -> None:
        if self.refuses:
            raise CannotBreak("not today")
        self.asked.append("begin")

    def tend(self, fault: Fault) -> int:
        return 7

    def end(self, fault: Fault) -> None:
        if self.failures:
            self.failures -= 1
            raise ConnectionError("away")
        self.asked.append("end")


BACKLOG = fault(Kind.BACKLOG, jobs=7)


def until(look: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def held(breaker: Recorded) -> HeldFaults:
    return HeldFaults({Kind.BACKLOG: breaker})


def test_a_fault_stands_until_it_is_reverted_and_a_second_revert_is_no_error() -> None:
    breaker = Recorded()
    faults = held(breaker)
    faults.inject(BACKLOG, lease_seconds=30)

    [(found, left)] = faults.in_force()
    assert (found.fault.id, found.broken) == ("f1", 7)
    assert 29 < left <= 30

    faults.revert("f1")
    faults.revert("f1")
    assert faults.in_force() == []
    assert breaker.asked == ["begin", "end"]


def test_the_lease_ends_it() -> None:
    breaker = Recorded()
    faults = held(breaker)
    faults.inject(BACKLOG, lease_seconds=0.1)

    until(lambda: not faults.in_force())
    assert breaker.asked == ["begin", "end"]


def test_a_lease_that_cannot_be_ended_at_once_is_ended_later() -> None:
    breaker = Recorded(failures=2)
    faults = held(breaker)
    faults.inject(BACKLOG, lease_seconds=0.1)

    until(lambda: not faults.in_force())
    assert breaker.asked == ["begin", "end"]


def test_a_revert_that_fails_is_raised_and_the_fault_stays_in_the_list() -> None:
    faults = held(Recorded(failures=1))
    faults.inject(BACKLOG, lease_seconds=30)

    with pytest.raises(ConnectionError):
        faults.revert("f1")

    assert len(faults.in_force()) == 1
    faults.revert("f1")
    assert faults.in_force() == []


def test_a_second_one_of_a_kind_is_refused() -> None:
    faults = held(Recorded())
    faults.inject(BACKLOG, lease_seconds=30)

    with pytest.raises(CannotBreak, match="another backlog is in force"):
        faults.inject(Fault(id="f2", kind=Kind.BACKLOG, jobs=1), lease_seconds=30)
    faults.close()


def test_what_is_refused_is_not_in_force() -> None:
    faults = held(Recorded(refuses=True))

    with pytest.raises(CannotBreak, match="not today"):
        faults.inject(BACKLOG, lease_seconds=30)

    assert faults.in_force() == []


def test_a_kind_that_nobody_breaks_here_is_refused() -> None:
    with pytest.raises(CannotBreak, match="stop is not done at this door"):
        held(Recorded()).inject(fault(Kind.STOP), lease_seconds=30)


def test_closing_ends_all() -> None:
    breaker = Recorded()
    faults = held(breaker)
    faults.inject(BACKLOG, lease_seconds=30)

    faults.close()

    assert faults.in_force() == []
    assert breaker.asked == ["begin", "end"]
