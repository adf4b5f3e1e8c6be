"""A gauge that a fault raises: seen at Datadog in its first value, and as long as it stood."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest
from tests.drills.conftest import Bench, at

from alertproof.drills.anew import TooBusy
from alertproof.drills.effects import RaisedGauge, effect_of
from alertproof.errors import NotModelled
from alertproof.requirements import BacklogSpec, DatabaseLoadSpec

DEPTH, CPU = "queue.depth{env:drill}", "postgresql.cpu{env:drill}"
BACKLOG = BacklogSpec(jobs=15_000, text="many jobs wait")
LOAD = DatabaseLoadSpec(text="a heavy query")
SHOWS = "the fault shows: queue depth near 15,000 jobs"
SAW = "Datadog saw the fault as long as it stood: queue depth near 15,000 jobs"
ANSWERED = "meanwhile none of the steady traffic failed"


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    """Let the backlog have stood for ten minutes, and the clock be a minute past it."""
    place = bench("queue-depth")
    place.fault(began=0, ended=10)
    place.clock.advance(timedelta(minutes=11))
    return place


def test_each_kind_is_asked_for_at_the_door(bench: Callable[[str], Bench]) -> None:
    backlog = effect_of(BACKLOG, bench("queue-depth").scene).fault
    load = effect_of(LOAD, bench("database-cpu").scene).fault

    assert (backlog.kind, backlog.prepare(), backlog.text) == ("backlog", {"jobs": 15_000}, "many jobs wait")
    assert (load.kind, load.prepare(), load.text) == ("database_load", {}, "a heavy query")


def test_only_a_gauge_shows_it(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(NotModelled, match="'many jobs wait' shows in a gauge, and 'error rate' is none"):
        effect_of(BACKLOG, bench("api-error-rate").scene)


@pytest.mark.parametrize(
    ("value", "seen"), [(14_850, True), (15_150, True), (14_849, False), (15_151, False), (0, False)]
)
def test_the_first_value_that_shows_it_is_near_the_jobs(place: Bench, value: float, *, seen: bool) -> None:
    place.datadog.send(DEPTH, -2, 1, 0, a_minute=6)
    place.datadog.send(DEPTH, 1, 10, value, a_minute=6)
    effect = RaisedGauge(BACKLOG, place.scene)

    effect.see_first()

    assert place.said()[SHOWS][0] is seen
    assert effect.moments() == (("first queue depth", at(1) if seen else None),)


def test_a_value_from_before_the_fault_does_not_show_it(place: Bench) -> None:
    place.datadog.send(DEPTH, -1, 0, 15_000, a_minute=6)
    RaisedGauge(BACKLOG, place.scene).see_first()

    assert place.said()[SHOWS] == (False, "queue depth 15,000 jobs")


@pytest.mark.parametrize(("value", "seen"), [(80.1, True), (80.0, False)])
def test_load_shows_above_the_threshold(bench: Callable[[str], Bench], value: float, *, seen: bool) -> None:
    place = bench("database-cpu")
    place.fault(began=0)
    place.clock.advance(timedelta(minutes=5))
    place.datadog.send(CPU, 1, 5, value, a_minute=6)
    RaisedGauge(LOAD, place.scene).see_first()

    assert place.said()["the fault shows: database CPU above 80 %"][0] is seen


def test_all_values_but_those_at_the_ends_must_show_it(place: Bench) -> None:
    place.datadog.send(DEPTH, -2, 0.9, 0, a_minute=6)
    place.datadog.send(DEPTH, 1, 9.4, 15_000, a_minute=6)
    place.datadog.send(DEPTH, 9.4, 11, 0, a_minute=6)
    place.traffic.answer(at(5))
    RaisedGauge(BACKLOG, place.scene).see_at_datadog()

    met, said = place.said()[SAW]
    assert "from 15,000 jobs to 15,000 jobs" in said
    assert met is True


def test_a_fault_that_ended_early_was_not_seen_as_long_as_it_stood(place: Bench) -> None:
    place.datadog.send(DEPTH, 1, 6, 15_000, a_minute=6)
    place.datadog.send(DEPTH, 6, 11, 0, a_minute=6)
    RaisedGauge(BACKLOG, place.scene).see_at_datadog()

    met, said = place.said()[SAW]
    assert met is False
    assert "from 0 jobs to 15,000 jobs" in said


def test_no_values_show_nothing(place: Bench) -> None:
    RaisedGauge(BACKLOG, place.scene).see_at_datadog()

    assert place.said()[SAW] == (False, "0 of 0 values")


@pytest.mark.parametrize(("status", "met"), [(200, True), (404, True), (500, False), (0, False)])
def test_requests_are_answered_as_ever(place: Bench, status: int, *, met: bool) -> None:
    place.traffic.answer(at(5), status=status)
    RaisedGauge(BACKLOG, place.scene).prove()

    says = {500: "1 of 1 requests failed, 500 after 10 ms", 0: "1 of 1 requests failed, no answer after 10 ms"}
    assert place.said()[ANSWERED] == (met, says.get(status, "0 of 1 requests failed"))


def test_without_traffic_nobody_knows_whether_requests_were_answered(place: Bench) -> None:
    place.traffic.answer(at(-1))
    RaisedGauge(BACKLOG, place.scene).prove()

    assert place.said()[ANSWERED][0] is False


@pytest.mark.parametrize(("took", "broken"), [(80, True), (81, False)])
def test_a_machine_that_is_too_busy_for_the_query_cannot_be_judged(
    bench: Callable[[str], Bench], took: int, *, broken: bool
) -> None:
    place = bench("database-cpu")
    place.fault(began=0, ended=10)
    place.scene.seen.broke = took
    effect = RaisedGauge(LOAD, place.scene)

    for see in (effect.prove, effect.see_at_datadog):
        if broken:
            with pytest.raises(TooBusy, match="the machine left the heavy query 80 % of a core"):
                see()
        else:
            see()


@pytest.mark.parametrize(
    ("took", "values", "broken"),
    [
        (94, (97, 79), True),
        (99, (97, 79), True),
        (100, (97, 79), False),
        (94, (97, 97), False),
        (99, (99, 99), False),
        (99, (79, 79), False),
        (83, (79, 79), True),
        (84, (79, 79), False),
    ],
)
def test_a_query_that_got_less_than_a_core_explains_values_that_lack_as_much(
    bench: Callable[[str], Bench], took: int, values: tuple[int, int], *, broken: bool
) -> None:
    most, once = values
    place = bench("database-cpu")
    place.fault(began=0, ended=16)
    place.clock.advance(timedelta(minutes=16))
    place.scene.seen.broke = took
    place.datadog.send(CPU, 0, 8, most, a_minute=6)
    place.datadog.send(CPU, 8, 9, once, a_minute=6)
    place.datadog.send(CPU, 9, 16, most, a_minute=6)
    place.traffic.answer(at(1))
    effect = RaisedGauge(LOAD, place.scene)

    for judge in (effect.prove, effect.see_at_datadog):
        if broken:
            with pytest.raises(TooBusy, match=rf"left the heavy query {took} % of a core, from 79 .* to {most} "):
                judge()
        else:
            judge()


def test_a_backlog_is_not_about_cores(place: Bench) -> None:
    place.scene.seen.broke = 15
    RaisedGauge(BACKLOG, place.scene).prove()
