"""A stopped API: no request of the traffic is answered while it stands."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.drills.conftest import Bench, at

from alertproof.drills.effects import StoppedApi, effect_of
from alertproof.errors import NotModelled
from alertproof.requirements import StopSpec

STOP = StopSpec(text="the API is stopped")
FIRST = "the fault leaves requests of the steady traffic unanswered"
NONE = "no request of the steady traffic is answered while the API is stopped"


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    place = bench("api-availability")
    place.fault(began=0, ended=3)
    place.clock.advance(timedelta(minutes=4))
    return place


def test_the_keeper_is_asked_to_stop_it(place: Bench) -> None:
    fault = effect_of(STOP, place.scene).fault

    assert (fault.kind, fault.door, fault.text) == ("stop", "keeper", "the API is stopped")


def test_only_a_ratio_shows_it(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(NotModelled, match="shows in a ratio of failed probe runs, and 'queue depth' is none"):
        effect_of(STOP, bench("queue-depth").scene)


@pytest.mark.parametrize(("status", "seen"), [(0, True), (503, False), (200, False)])
def test_the_first_request_without_an_answer_shows_it(place: Bench, status: int, *, seen: bool) -> None:
    place.traffic.answer(at(1), status=status)
    effect = StoppedApi(STOP, place.scene)

    effect.see_first()

    assert place.said()[FIRST][0] is seen
    assert effect.moments() == (("first failed request", at(1) if seen else None),)


@pytest.mark.parametrize(("status", "met"), [(0, True), (200, False), (503, False)])
def test_an_answer_while_it_is_stopped_is_not_met(place: Bench, status: int, *, met: bool) -> None:
    place.traffic.answer(at(0) + timedelta(seconds=0.4))  # under way when the process was killed
    place.traffic.answer(at(1), status=0)
    place.traffic.answer(at(2), status=status)
    place.traffic.answer(at(3) - timedelta(seconds=0.4))  # met the process that was started again

    StoppedApi(STOP, place.scene).prove()

    assert place.said()[NONE] == (met, f"{int(not met)} of 2 requests were answered")


def test_no_requests_at_all_show_nothing(place: Bench) -> None:
    StoppedApi(STOP, place.scene).prove()

    assert place.said()[NONE] == (False, "0 of 0 requests were answered")


def test_it_is_no_fault_for_the_quiet_side(place: Bench) -> None:
    with pytest.raises(NotModelled, match="a stopped API is no lesser fault"):
        StoppedApi(STOP, place.scene).see_at_datadog()
