"""An agent that is stopped: its gauge has no value any more, and users see nothing of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.drills.conftest import Bench, at

from alertproof.drills.effects import SilentAgent, effect_of
from alertproof.errors import NotModelled
from alertproof.requirements import AgentStoppedSpec

DEPTH = "queue.depth{env:drill}"
STOPPED = AgentStoppedSpec(text="the agent is stopped")
SHOWS = "the fault shows: queue depth has no value for 1 min"
GAP = "Datadog has no value of queue depth while the agent is stopped"
ANSWERED = "meanwhile none of the steady traffic failed"


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    """Let the fault have stood for twenty minutes, and the clock be a minute past it."""
    place = bench("queue-depth-no-data")
    place.fault(began=0, ended=20)
    place.datadog.send(DEPTH, -5, 0.1, 0, a_minute=6)
    place.traffic.answer(at(5))
    return place


def test_the_agent_s_keeper_is_asked_for_it(place: Bench) -> None:
    fault = effect_of(STOPPED, place.scene).fault

    assert (fault.kind, fault.door, fault.text) == ("agent_stopped", "agent_keeper", "the agent is stopped")


def test_only_a_gauge_shows_it(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(NotModelled, match="a gauge that it measures, and 'error rate' is none"):
        effect_of(STOPPED, bench("api-error-rate").scene)


def test_its_timeline_ends_where_the_fault_begins(place: Bench) -> None:
    store = SilentAgent(STOPPED, place.scene).timeline(at(0), at(30))

    [stored] = store.select("queue.depth")
    times, values = stored.between(at(-60).timestamp(), at(30).timestamp())

    assert times[-1] == at(0).timestamp() - 10
    assert len(times) == 360
    assert not values.any()


def test_a_minute_without_a_value_shows_it(place: Bench) -> None:
    effect = SilentAgent(STOPPED, place.scene)

    effect.see_first()

    assert place.said()[SHOWS][0] is True
    assert place.said()[SHOWS][1] == "the last value came 0 min before the fault"
    assert effect.moments() == ()


def test_a_gauge_that_goes_on_does_not_show_it(place: Bench) -> None:
    place.datadog.send(DEPTH, 0, 30, 0, a_minute=6)
    place.clock.advance(timedelta(minutes=1))

    SilentAgent(STOPPED, place.scene).see_first()

    assert place.said()[SHOWS][0] is False


@pytest.mark.parametrize(
    ("since", "until", "gap"), [(0, 0.9, True), (20, 21, True), (1, 1.1, False), (19, 19.9, False)]
)
def test_a_single_value_meanwhile_is_no_gap(place: Bench, since: float, until: float, *, gap: bool) -> None:
    place.clock.advance(timedelta(minutes=21))
    place.datadog.send(DEPTH, since, until, 0, a_minute=6)

    SilentAgent(STOPPED, place.scene).prove()

    assert place.said()[GAP][0] is gap
    assert place.said()[ANSWERED][0] is True


def test_requests_that_fail_meanwhile_are_seen_on_the_quiet_side(place: Bench) -> None:
    place.clock.advance(timedelta(minutes=21))
    place.traffic.answer(at(6), status=500)

    SilentAgent(STOPPED, place.scene).see_at_datadog()

    assert place.said()[GAP][0] is True
    assert place.said()[ANSWERED][0] is False
