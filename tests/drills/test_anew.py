"""A drill is run anew where its clock slipped, twice at the most, and for no other reason."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import pytest
from tests.drills.conftest import SPEC, Bench, at
from tests.faults.test_injection import TOKEN, Door
from tests.faults.test_injection import platform as platform_with_a_door

from alertproof.drills import Drill
from alertproof.drills.anew import TooBusy, believe
from alertproof.errors import Broken
from alertproof.faults import FaultDoor, Ledger
from alertproof.journal import DrillJournal
from alertproof.redact import Secret
from alertproof.verdict import Verdict

LATE = "clock slipped: the evaluation of 17:17 was 31 stack seconds late; the machine is too busy"
LOST = "the stack's Datadog reports 3 dropped datagrams"
ANEW = f"run anew: {LATE}"

Drilled: TypeAlias = Callable[..., tuple[DrillJournal, int]]

served = platform_with_a_door


@pytest.fixture
def drilled(served: Door, bench: Callable[[str], Bench], tmp_path: Path) -> Iterator[Drilled]:
    """Return what drills the queue's quiet side with the clock's troubles of each attempt, and counts the attempts."""
    made = bench("queue-depth")
    platform = cast("Any", made.scene.platform)
    made.datadog.send("queue.depth{env:drill}", -120, 240, 9900)
    for second in range(-60, 4 * 3600):
        made.traffic.answer(at(second / 60))
    door = FaultDoor(base_url=served.url, token=Secret(TOKEN))
    monitor = SPEC.folder / SPEC.alert("queue-depth").monitor
    platform.datadog.monitor = lambda _: json.loads(monitor.read_text(encoding="utf-8"))
    platform.door_of, platform.ledger, platform.lost = lambda _: door, Ledger(tmp_path), dict

    def run(troubles: Sequence[Sequence[str]], *, broken: int = 9900) -> tuple[DrillJournal, int]:
        served.broken, left = broken, list(troubles)
        platform.trouble = lambda **_: left.pop(0)
        journal = Drill(platform, "queue-depth", name="n").stays_quiet()
        return journal, len(troubles) - len(left)

    yield run
    door.close()


def test_a_drill_whose_clock_kept_time_is_run_once(drilled: Drilled) -> None:
    journal, attempts = drilled([[], [], []])
    assert (journal.verdict, attempts) == (Verdict.PASSED, 1)
    assert not [note for note in journal.notes if "anew" in note]


@pytest.mark.parametrize("slips", [1, 2])
def test_a_drill_whose_clock_slipped_is_run_anew_and_says_each_time(drilled: Drilled, slips: int) -> None:
    journal, attempts = drilled([*[[LATE]] * slips, [], []])
    assert (journal.verdict, attempts) == (Verdict.PASSED, slips + 1)
    assert [note for note in journal.notes if "anew" in note] == [ANEW] * slips


def test_a_clock_that_slips_three_times_is_broken(drilled: Drilled) -> None:
    journal, attempts = drilled([[LATE]] * 4)
    assert (journal.verdict, attempts) == (Verdict.BROKEN, 3)
    assert LATE in journal.reason


def test_what_was_lost_is_no_reason_to_run_anew(drilled: Drilled) -> None:
    journal, attempts = drilled([[LOST], []])
    assert (journal.verdict, attempts) == (Verdict.BROKEN, 1)
    assert LOST in journal.reason


def test_what_was_judged_is_never_tried_again(drilled: Drilled) -> None:
    journal, attempts = drilled([[], []], broken=0)
    assert (journal.verdict, attempts) == (Verdict.FAILED, 1)


def test_each_attempt_begins_with_a_fault_and_expectations_of_its_own(drilled: Drilled) -> None:
    once, _ = drilled([[]])
    again, _ = drilled([[LATE], []])
    assert [one.text for one in again.expectations] == [one.text for one in once.expectations]
    assert again.began > once.ended


@pytest.mark.parametrize("trouble", [[LATE], [LATE, LOST], [LOST, LATE]])
def test_a_slip_is_told_from_other_trouble(trouble: list[str]) -> None:
    with pytest.raises(TooBusy) as told:
        believe(trouble)
    assert str(told.value) == "; ".join(trouble)


def test_other_trouble_is_no_slip() -> None:
    believe([])
    with pytest.raises(Broken) as told:
        believe([LOST])
    assert not isinstance(told.value, TooBusy)
