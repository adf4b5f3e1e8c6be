"""Signals are sent for every interval, the healthy ones first, and never beyond their revert, lease or process."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from pathlib import Path

import pytest

from alertproof.clock import Anchor, ScaledClock, SystemClock
from alertproof.errors import FaultError, RevertFailed, VendorUnavailable
from alertproof.faults import SIGNALS, Error, FaultDoor, Ledger, LedgerEntry, SentSignals, SignalDoor, injected, sweep
from alertproof.telemetry.signals import INTERVAL, MetricSignal, Signal

FACTOR = 1000.0  # an interval passes in a hundredth of a second
LEASE = timedelta(seconds=30)
WELL = MetricSignal(metric="m", type="rate", tags=("drill:true",), values=(1.0,))
BAD = MetricSignal(metric="m", type="rate", tags=("drill:true", "bad"), values=(9.0,))
FAULT = SentSignals(text="too many", signals=(BAD,))


class Recorder:
    """A sender that remembers what was sent, in order, and refuses as often as it is told to."""

    def __init__(self) -> None:
        self.sent: list[tuple[Signal, datetime]] = []
        self.refuse = 0

    def send(self, signals: Sequence[Signal], intervals: Sequence[datetime]) -> None:
        if self.refuse:
            self.refuse -= 1
            raise VendorUnavailable("429")
        self.sent += [(signal, at) for at in intervals for signal in signals]

    def instants(self, signal: Signal) -> list[datetime]:
        return [at for one, at in self.sent if one is signal]


@pytest.fixture
def recorder() -> Recorder:
    return Recorder()


@pytest.fixture
def clock() -> ScaledClock:
    return ScaledClock(Anchor.at_now(FACTOR))


@pytest.fixture
def door(recorder: Recorder, clock: ScaledClock) -> Iterator[SignalDoor]:
    door = SignalDoor(recorder, clock, steady=(WELL,))
    yield door
    door.close()


def pause(seconds: float) -> None:
    SystemClock().sleep(timedelta(seconds=seconds))


def test_each_interval_is_sent_once_and_without_a_gap(door: SignalDoor, recorder: Recorder) -> None:
    pause(0.4)

    instants = recorder.instants(WELL)
    assert len(instants) > 10
    steps = {(late - early) for early, late in pairwise(instants)}
    assert all(abs(step - INTERVAL / FACTOR) < timedelta(milliseconds=1) for step in steps)


def test_what_could_not_be_sent_is_sent_later_at_its_own_instants(door: SignalDoor, recorder: Recorder) -> None:
    recorder.refuse = 2
    pause(0.5)

    instants = recorder.instants(WELL)
    assert max(late - early for early, late in pairwise(instants)) < 2 * INTERVAL / FACTOR
    assert door.trouble == ""


def test_how_late_a_signal_was_is_said_by_the_targets_clock(
    door: SignalDoor, recorder: Recorder, clock: ScaledClock
) -> None:
    began = clock.now()
    pause(0.3)
    quick = door.lateness(since=began)
    recorder.refuse = 4  # a fifth of a second, at a thousand times real time
    pause(0.5)

    assert timedelta(0) < quick
    assert door.lateness(since=began) >= timedelta(seconds=150)
    assert door.lateness(since=clock.now()) == timedelta(0)


def test_why_nothing_can_be_sent_is_said(door: SignalDoor, recorder: Recorder) -> None:
    recorder.refuse = 1_000
    pause(0.2)

    assert door.trouble == "429"
    assert recorder.sent == []


def test_a_fault_comes_after_what_is_well_and_ends_with_its_revert(door: SignalDoor, recorder: Recorder) -> None:
    door.inject(FAULT, fault_id="one", lease=LEASE)
    pause(0.3)
    (state,) = door.active()
    door.revert("one")
    sent = len(recorder.instants(BAD))
    pause(0.2)

    assert state.kind == "signal"
    assert state.injected >= 5
    assert len(recorder.instants(BAD)) == sent
    assert door.active() == []
    for place, (signal, at) in enumerate(recorder.sent):
        if signal is BAD:
            assert at <= max(before for one, before in recorder.sent[:place] if one is WELL)


def test_a_fault_ends_with_its_lease_though_nobody_reverts_it(door: SignalDoor, recorder: Recorder) -> None:
    door.inject(FAULT, fault_id="one", lease=timedelta(seconds=0.2))
    pause(0.5)
    sent = len(recorder.instants(BAD))
    pause(0.2)

    assert sent > 0
    assert len(recorder.instants(BAD)) == sent
    assert door.active() == []


def test_a_gauge_is_sent_in_the_place_of_the_one_that_is_well(door: SignalDoor, recorder: Recorder) -> None:
    door.inject(SentSignals(text="t", signals=(BAD,), instead_of=frozenset({"m"})), fault_id="one", lease=LEASE)
    pause(0.1)
    before = len(recorder.instants(WELL))
    pause(0.3)

    assert recorder.instants(BAD)
    assert len(recorder.instants(WELL)) == before


def test_a_fault_that_breaks_a_platform_is_no_signal(door: SignalDoor) -> None:
    with pytest.raises(FaultError, match="it cannot be sent as a signal"):
        door.inject(Error(text="5 % fail"), fault_id="one", lease=LEASE)


def test_a_signal_is_in_the_ledger_while_it_stands(door: SignalDoor, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with injected(FAULT, door=door, ledger=ledger, lease=LEASE, target="local"):
        (entry,) = ledger.pending()
        assert (entry.door, entry.kind) == (SIGNALS, "signal")
        with pytest.raises(RevertFailed, match=f"process {os.getpid()} sends it; end that"):
            sweep(ledger, door_at=no_door, entries=ledger.pending())
    assert ledger.pending() == []


def test_the_signal_of_a_dead_run_has_ended_with_it(tmp_path: Path) -> None:
    now = datetime(2026, 1, 1, tzinfo=UTC)
    ledger = Ledger(tmp_path)
    ledger.open(
        LedgerEntry(
            fault_id="one",
            kind="signal",
            text="too many",
            door=SIGNALS,
            target="local",
            owner=2**22 + 1,  # beyond the largest process id
            owner_started="1",
            opened_at=now,
            lease_ends=now + LEASE,
        )
    )
    (swept,) = sweep(ledger, door_at=no_door)

    assert "its signals ended with the run that sent them" in str(swept)
    assert ledger.pending() == []


def no_door(url: str) -> FaultDoor:
    raise AssertionError(f"a signal has no door to ask, and {url} was asked for")
