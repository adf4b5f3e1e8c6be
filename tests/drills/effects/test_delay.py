"""Late requests: slow but good answers, a percentile at Datadog that saw them, nothing at Sentry."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from types import SimpleNamespace

import msgspec
import pytest
from tests.drills.conftest import DURATION, SPEC, START, Bench, at

from alertproof.drills.effects import LateRequests, effect_of
from alertproof.errors import Broken, NotModelled
from alertproof.faults import Delay, Header
from alertproof.requirements import DelaySpec, DrillLimits, HeaderWay

FAULT = DelaySpec(share=0.1, seconds=0.9, text="some are late")
TRAFFIC = "near 10 % of the steady traffic took 900 ms or longer"
WELL = "late requests are answered well: none of the steady traffic failed"
DATADOG = "Datadog saw the fault: near 10 % of the requests took 900 ms or longer"
BELOW = "under it p95 latency stayed below 800 ms"


@pytest.fixture
def place(bench: Callable[[str], Bench]) -> Bench:
    """Let the fault have stood for twenty minutes, and the clock be a minute past it."""
    place = bench("api-latency-p95")
    place.fault(began=0, ended=20)
    place.clock.advance(timedelta(minutes=21))
    return place


def answered(place: Bench, *, every: int, seconds: float = 0.91, status: int = 200, minutes: float = 20) -> None:
    """Let one in so many of the requests of each second be as said, the others quick and good."""
    for second in range(round(minutes * 60)):
        start = START + timedelta(seconds=second)
        if second % every:
            place.traffic.answer(start)
        else:
            place.traffic.answer(start, seconds=seconds, status=status)


def measured(place: Bench, *, fast: int = 54, slow: int = 6, value: float = 0.91) -> None:
    """Let Datadog have so many samples a minute while the fault stood."""
    place.datadog.send(DURATION, -20, 0, 0.02)
    place.datadog.send(DURATION, 0, 21, 0.02, a_minute=fast)
    if slow:
        place.datadog.send(DURATION, 0, 20, value, a_minute=slow)


def test_the_door_is_asked_for_a_delay(place: Bench) -> None:
    fault = LateRequests(FAULT, place.scene).fault

    assert isinstance(fault, Delay)
    assert (fault.kind, fault.share, fault.seconds) == ("delay", 0.1, 0.9)


def test_only_a_percentile_in_seconds_shows_a_delay(bench: Callable[[str], Bench]) -> None:
    with pytest.raises(NotModelled, match="late requests show in a percentile in seconds, and 'error rate' is none"):
        effect_of(FAULT, bench("api-error-rate").scene)

    place = bench("api-latency-p95")
    place.scene.alert = msgspec.structs.replace(
        SPEC.alert("api-latency-p95"), indicator=msgspec.structs.replace(place.scene.alert.indicator, unit="ms")
    )
    with pytest.raises(NotModelled, match="late requests show in a percentile in seconds, and 'p95 latency' is none"):
        effect_of(FAULT, place.scene)


@pytest.mark.parametrize(
    ("seconds", "status", "seen"), [(0.9, 200, True), (0.899, 200, False), (0.9, 500, False), (0.9, 0, False)]
)
def test_the_first_late_request_is_a_good_answer_that_took_the_delay(
    place: Bench, seconds: float, status: int, *, seen: bool
) -> None:
    effect = LateRequests(FAULT, place.scene)
    place.traffic.answer(at(1), seconds=seconds, status=status)

    effect.see_first()

    met, last_seen = place.said()["the fault makes requests of the steady traffic late"]
    assert met is seen
    assert last_seen == f"{int(seen)} of 1 requests took 900 ms or longer within 23.9 s of real time"
    assert effect.moments() == (("first delayed request", at(1) if seen else None),)
    assert place.scene.seen.failed is None


def test_nothing_is_expected_of_sentry(place: Bench) -> None:
    effect = LateRequests(FAULT, place.scene)
    effect.announce()
    effect.see_traces()

    assert place.said() == {}


def test_the_journal_says_how_late_an_answer_comes_on_this_clock(place: Bench) -> None:
    place.traffic.answer(at(1), seconds=0.9)
    LateRequests(FAULT, place.scene).see_first()

    assert place.scene.seen.notes == [
        "a late answer is measured 0.9 s of this clock after it was due, and the alert is so much later"
    ]


# --- what the traffic says ------------------------------------------------------------------------------


def test_the_traffic_s_own_answers_are_near_the_share_and_good(place: Bench) -> None:
    answered(place, every=10)
    LateRequests(FAULT, place.scene).prove()

    assert place.said()[TRAFFIC] == (True, "120 of 1199 requests took 900 ms or longer")
    assert place.said()[WELL] == (True, "0 of 1199 requests failed")


def test_the_metric_is_asked_for_each_tenant(place: Bench) -> None:
    answered(place, every=10)
    measured(place)  # without any
    LateRequests(FAULT, place.scene).prove()

    said = place.said()["the metric of p95 latency is tagged with each tenant"]
    assert said == (False, "no points of tenant acme, globex, initech")


def test_requests_that_may_still_be_on_their_way_are_not_counted(place: Bench) -> None:
    answered(place, every=10)
    place.traffic.answer(at(20) - timedelta(seconds=1.8), status=500)
    LateRequests(FAULT, place.scene).prove()

    assert place.said()[WELL][0] is True


def test_too_few_late_answers_are_not_met(place: Bench) -> None:
    answered(place, every=20)
    LateRequests(FAULT, place.scene).prove()

    assert place.said()[TRAFFIC] == (False, "60 of 1199 requests took 900 ms or longer")


def test_too_many_late_answers_are_no_fault_of_the_monitoring(place: Bench) -> None:
    answered(place, every=5)

    with pytest.raises(Broken, match="and the fault hits 10 %: the platform is slow by itself"):
        LateRequests(FAULT, place.scene).prove()


@pytest.mark.parametrize(("slow", "broken"), [(3, False), (4, True)])
def test_a_platform_that_stays_slow_after_the_revert_cannot_be_judged(place: Bench, slow: int, *, broken: bool) -> None:
    answered(place, every=10)
    place.clock.advance(timedelta(minutes=1))
    for second in range(60):
        place.traffic.answer(at(20) + timedelta(seconds=second), seconds=0.81 if second < slow else 0.8)
    effect = LateRequests(FAULT, place.scene)

    if not broken:
        effect.prove()
        return
    with pytest.raises(Broken, match="4 of 60 requests after the revert took longer than 800 ms: the platform is slow"):
        effect.prove()


def test_a_failed_request_is_not_answered_well(place: Bench) -> None:
    answered(place, every=10)
    place.traffic.answer(at(5), status=503)
    LateRequests(FAULT, place.scene).prove()

    assert place.said()[WELL] == (False, "1 of 1200 requests failed")


def test_no_answers_at_all_are_not_good_ones(place: Bench) -> None:
    LateRequests(FAULT, place.scene).prove()

    assert place.said()[TRAFFIC][0] is False
    assert place.said()[WELL][0] is False


# --- what Datadog saw ------------------------------------------------------------------------------------


def test_datadog_saw_the_share_while_the_percentile_stayed_below(place: Bench) -> None:
    fault = msgspec.structs.replace(FAULT, share=0.025)
    answered(place, every=40)
    measured(place, fast=195, slow=5)
    LateRequests(fault, place.scene).see_at_datadog()

    text = DATADOG.replace("10 %", "2.5 %")
    assert place.said()[text] == (True, "2.46 % of them")
    assert place.said()[BELOW] == (True, "highest 20 ms in 12 readings under a full window")


@pytest.mark.parametrize(("slow", "value"), [(0, 0.91), (3, 0.91), (6, 0.85), (12, 0.91)])
def test_another_share_or_shorter_delays_are_not_the_fault(place: Bench, slow: int, value: float) -> None:
    answered(place, every=10)
    measured(place, slow=slow, value=value)
    LateRequests(FAULT, place.scene).see_at_datadog()

    assert place.said()[DATADOG][0] is False


def test_a_percentile_that_passed_the_threshold_is_not_met(place: Bench) -> None:
    answered(place, every=10)
    measured(place)
    LateRequests(FAULT, place.scene).see_at_datadog()

    assert place.said()[DATADOG] == (True, "9.86 % of them")
    assert place.said()[BELOW] == (False, "highest 910 ms in 12 readings under a full window")


def test_no_readings_are_not_low_readings(place: Bench) -> None:
    answered(place, every=10)
    LateRequests(FAULT, place.scene).see_at_datadog()

    assert place.said()[BELOW] == (False, "no readings under a full window")


@pytest.mark.parametrize(("slow", "by_header"), [(0.9, True), (0.8, False)])
def test_a_header_is_carried_where_it_delays_as_long_as_is_specified(
    place: Bench, slow: float, *, by_header: bool
) -> None:
    ways = (
        HeaderWay(kind="error", name="X-Fail", value="yes"),
        HeaderWay(kind="delay", name="X-Slow", value="yes", seconds=slow),
    )
    place.scene.platform.target = SimpleNamespace(drills=DrillLimits(ways=ways))  # type: ignore[assignment]

    fault = LateRequests(FAULT, place.scene).fault

    assert fault.kind == ("header" if by_header else "delay")
    assert not isinstance(fault, Header) or (fault.name, fault.share) == ("X-Slow", 0.1)
