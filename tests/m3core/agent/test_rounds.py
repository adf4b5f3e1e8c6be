from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

import pytest
import redis

from m3core.agent.gauges import Gauges
from m3core.agent.rounds import NotHere, Round


class Scripted:
    """A collector that does at each measurement what stands in its list, and from then on succeeds."""

    name = "the thing"

    def __init__(self, *outcomes: Exception | threading.Event | None) -> None:
        self.outcomes = list(outcomes)
        self.done = 0

    def collect(self, gauges: Gauges) -> None:
        outcome = self.outcomes.pop(0) if self.outcomes else None
        if isinstance(outcome, threading.Event):
            outcome.wait(10)
        elif outcome is not None:
            self.done += 1
            raise outcome
        self.done += 1


def wait_for(condition: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.002)


def started(collector: Scripted, gauges: Gauges, *, deadline: float = 5.0) -> Round:
    running = Round(collector, gauges, seconds=0.01, deadline=deadline)
    running.start()
    return running


@pytest.fixture(autouse=True)
def _everything_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO, "m3core.agent.rounds")


@pytest.mark.parametrize("error", [redis.ConnectionError("away"), OSError("away"), NotHere("away")])
def test_an_outage_of_any_length_is_two_lines_and_the_measuring_goes_on(
    error: Exception, gauges: Gauges, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Scripted(None, error, error, error, None, None)
    running = started(collector, gauges)
    wait_for(lambda: collector.done >= 8)
    running.stop()
    running.join(5)
    assert [r.getMessage() for r in caplog.records] == ["not measured: the thing: away", "measured again: the thing"]
    assert not caplog.records[0].exc_info


def test_an_error_of_the_collectors_own_is_logged_with_its_stack_and_the_measuring_goes_on(
    gauges: Gauges, caplog: pytest.LogCaptureFixture
) -> None:
    collector = Scripted(KeyError("a mistake"))
    running = started(collector, gauges)
    wait_for(lambda: collector.done >= 3)
    running.stop()
    assert caplog.records[0].exc_info
    assert "a mistake" in caplog.records[0].getMessage()


def test_a_collector_that_hangs_is_said_once_and_holds_up_no_other(
    gauges: Gauges, caplog: pytest.LogCaptureFixture
) -> None:
    release = threading.Event()
    hanging, other = Scripted(release), Scripted()
    late = started(hanging, gauges, deadline=0.05)
    well = started(other, gauges, deadline=0.05)
    late.look()
    assert not caplog.records  # not yet
    time.sleep(0.06)
    for _ in range(3):
        late.look()
    wait_for(lambda: other.done >= 3)
    assert hanging.done == 0
    assert [r.getMessage() for r in caplog.records] == ["not measured: the thing: no answer within 0.05 s"]
    release.set()
    wait_for(lambda: hanging.done >= 2)
    assert caplog.records[-1].getMessage() == "measured again, after 0 s: the thing"
    for running in (late, well):
        running.stop()
        running.join(5)


def test_a_round_begins_at_once_and_keeps_its_pace(gauges: Gauges) -> None:
    collector = Scripted()
    running = Round(collector, gauges, seconds=60, deadline=5)
    running.start()
    wait_for(lambda: collector.done == 1)
    time.sleep(0.05)
    assert collector.done == 1
    running.stop()
    running.join(5)
    assert not running.is_alive()
