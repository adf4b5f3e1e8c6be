from __future__ import annotations

from collections.abc import Mapping

import pytest

from alertproof.canaries import Canary, Flock, Judgement, Place, Places, Run, judge, kind_named

FLOCK = Flock("seed")
SCRUBBED, CONTROL = (FLOCK.of(run, "body", kind_named("e-mail")) for run in (Run.SCRUBBED, Run.CONTROL))
MARKS = {"body": {Run.SCRUBBED: "mark-of-scrubbed", Run.CONTROL: "mark-of-control"}}
EVENT = Place("event", "request", "as it is")
SEEN = {CONTROL.core: {EVENT}, "mark-of-control": {EVENT}, "mark-of-scrubbed": {EVENT}}


def judged(
    seen: Mapping[str, set[Place]], *, sources: tuple[str, ...] = ("event",), shows: tuple[str, ...] = ()
) -> Judgement:
    places = Places(of={core: frozenset(found) for core, found in seen.items()}, items={}, octets={})
    return judge(places, [SCRUBBED, CONTROL], marks=MARKS, sources=sources, shows={"body": shows})


def test_silence_beside_a_control_that_showed_its_canary_is_no_leak_and_not_blind() -> None:
    judgement = judged(SEEN)

    assert (judgement.leaks, judgement.blind) == ((), ())
    (cell,) = judgement.cells
    assert (cell.kind, cell.door, cell.control, cell.leaked) == ("e-mail", "body", (EVENT,), ())


def test_a_canary_of_the_scrubbed_run_that_came_out_is_a_leak_with_its_place() -> None:
    (cell,) = judged(SEEN | {SCRUBBED.core: {EVENT}}).leaks

    assert cell.leaked == (EVENT,)


def test_a_control_that_showed_nothing_makes_the_search_blind_and_names_class_and_door() -> None:
    judgement = judged(SEEN | {CONTROL.core: set()})

    assert "with scrubbing off, these came out nowhere by the door 'body': e-mail" in judgement.blind


@pytest.mark.parametrize("shows", ["event", "event, request"])
def test_a_control_that_showed_its_canary_where_the_door_says_is_not_blind(shows: str) -> None:
    assert judged(SEEN, shows=(shows,)).blind == ()


@pytest.mark.parametrize("shows", ["log", "event, exception", "even"])
def test_a_control_that_showed_its_canary_elsewhere_than_the_door_says_is_blind(shows: str) -> None:
    said = f"with scrubbing off, these of the door 'body' did not come out in {shows!r}: e-mail"

    assert judged(SEEN, shows=("event", shows)).blind == (said,)


def test_what_came_out_nowhere_is_said_once() -> None:
    blind = judged(SEEN | {CONTROL.core: set()}, shows=("event", "log")).blind

    assert [said for said in blind if "e-mail" in said] == [
        "with scrubbing off, these came out nowhere by the door 'body': e-mail"
    ]


def test_a_source_in_which_the_control_showed_nothing_is_named() -> None:
    judgement = judged(SEEN, sources=("event", "log"))

    assert judgement.blind == ("with scrubbing off, nothing came out in: log",)


def test_a_proof_that_asks_for_no_source_is_blind() -> None:
    (said,) = judged(SEEN, sources=()).blind

    assert said == "no source is named that must show a canary of the control, such as 'Datadog logs'"


def test_a_scrubbed_run_that_left_no_mark_where_the_control_did_is_named() -> None:
    judgement = judged(SEEN | {"mark-of-scrubbed": set()})

    assert judgement.blind == ("by the door 'body' the control left its mark in event, the scrubbed run did not",)


def test_a_control_that_left_its_mark_nowhere_is_named() -> None:
    judgement = judged(SEEN | {"mark-of-control": set()})

    assert judgement.blind == ("the control's request by the door 'body' left its mark nowhere",)


def test_a_canary_of_the_control_alone_is_judged_without_the_other() -> None:
    places = Places(of={CONTROL.core: frozenset({EVENT})}, items={}, octets={})
    only: tuple[Canary, ...] = (CONTROL,)

    judgement = judge(places, only, marks={}, sources=("event",))

    assert (judgement.leaks, judgement.blind) == ((), ())
