"""A drill starts from a steady state, and waits for as long as its window remembers something else."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from tests.drills.conftest import DURATION, ERRORS, REQUESTS, START, Bench, at

from alertproof.drills.effects import effect_of
from alertproof.drills.steady import Baseline, await_minute, hold_steady
from alertproof.errors import Broken
from alertproof.requirements import FiresSpec, QuietSpec

#: How long before the start the platform has been running.
PAST = -30
LATENCY, ERROR_RATE = "api-latency-p95", "api-error-rate"
DEPTH = "queue.depth{env:drill}"
RUNS, FAILED = (f"synthetics.probe.{name}{{service:m3core-api,env:drill}}" for name in ("runs", "failed"))


def prepared(bench: Bench, *, began: float = PAST, ends: float = 60) -> Bench:
    """Let the platform have served a request a second since ``began``, and the same in the minutes to come."""
    bench.datadog.send(DURATION, began, ends, 0.02)
    bench.datadog.send(REQUESTS, began, ends, 1.0, a_minute=6)
    for second in range(round(began * 60), round(ends * 60)):
        bench.traffic.answer(START + timedelta(seconds=second))
    return bench


def effect(bench: Bench, side: FiresSpec | QuietSpec) -> float:
    return effect_of(side.fault, bench.scene).bad_share


def firing(bench: Bench) -> Baseline:
    assert bench.scene.alert.fires is not None
    return Baseline.for_firing(bench.scene.alert.fires, bench.scene, bad_share=effect(bench, bench.scene.alert.fires))


def quiet(bench: Bench) -> Baseline:
    assert bench.scene.alert.quiet is not None
    return Baseline.for_quiet(bench.scene, bad_share=effect(bench, bench.scene.alert.quiet))


def took(began: datetime, bench: Bench) -> float:
    assert began == bench.clock.now()
    return (began - START) / timedelta(minutes=1)


def test_a_firing_drill_looks_back_as_far_as_the_window_when_the_alert_may_come_first(
    bench: Callable[[str], Bench],
) -> None:
    assert firing(bench(ERROR_RATE)).back == timedelta(minutes=5 - 2)
    assert firing(bench(LATENCY)).back == timedelta(minutes=10 - 3)


def test_a_quiet_drill_looks_back_over_the_whole_window_for_half_of_the_room_that_is_left(
    bench: Callable[[str], Bench],
) -> None:
    baseline = quiet(bench(LATENCY))

    assert baseline.back == timedelta(minutes=10)
    assert baseline.trace == pytest.approx((0.05 - 0.025) / 2)


def test_a_gauge_that_must_be_high_at_all_times_remembers_nothing(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench("queue-depth"))
    place.datadog.send(DEPTH, PAST, -1, 15_000, a_minute=6)
    place.datadog.send(DEPTH, -1, 60, 3, a_minute=6)

    assert firing(place).back == quiet(place).back == timedelta(0)
    assert took(hold_steady(place.scene, firing(place)), place) == 3


def test_a_gauge_above_its_threshold_is_waited_for(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench("queue-depth"))
    place.datadog.send(DEPTH, PAST, 2, 15_000, a_minute=6)
    place.datadog.send(DEPTH, 2, 60, 3, a_minute=6)

    assert 5 <= took(hold_steady(place.scene, firing(place)), place) <= 6


@pytest.mark.parametrize(("failed", "waits"), [(1, False), (2, True)])
def test_one_failed_run_in_the_hour_before_a_stop_is_borne_and_two_are_waited_for(
    bench: Callable[[str], Bench], failed: int, *, waits: bool
) -> None:
    place = prepared(bench("api-availability"), began=-70, ends=90)
    place.traffic.plan.probe_every = 10.0
    place.datadog.send(RUNS, -70, 90, 0.1, a_minute=6)
    place.datadog.send(FAILED, -20, -20 + failed / 6, 0.1, a_minute=6)

    assert firing(place).back == timedelta(minutes=59)
    assert (took(hold_steady(place.scene, firing(place)), place) > 30) is waits


@pytest.mark.parametrize("alert", [ERROR_RATE, LATENCY])
def test_steady_traffic_is_enough_after_three_minutes_or_two_for_the_quiet_side(
    bench: Callable[[str], Bench], alert: str
) -> None:
    one, other = prepared(bench(alert)), prepared(bench(alert))

    assert took(hold_steady(one.scene, firing(one)), one) == 3
    assert took(hold_steady(other.scene, quiet(other)), other) == 2


def test_slow_requests_of_another_drill_must_have_left_the_window_that_the_alert_may_come_in(
    bench: Callable[[str], Bench],
) -> None:
    place = prepared(bench(LATENCY))
    place.datadog.send(DURATION, -2, -1, 0.9, a_minute=30)

    # They ended a minute before the start, and the window reaches back seven: one tick more than six.
    assert took(hold_steady(place.scene, firing(place)), place) == 7


def test_a_trace_of_slow_requests_is_no_reason_to_wait(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    place.datadog.send(DURATION, -2, -1, 0.9, a_minute=2)  # of 420: below the tenth of five per cent

    assert took(hold_steady(place.scene, firing(place)), place) == 3


def test_the_quiet_side_waits_until_what_is_left_leaves_room_for_the_lesser_fault(
    bench: Callable[[str], Bench],
) -> None:
    few, many = prepared(bench(LATENCY)), prepared(bench(LATENCY))
    few.datadog.send(DURATION, -2, -1, 0.9, a_minute=6)
    many.datadog.send(DURATION, -2, -1, 0.9, a_minute=15)

    assert took(hold_steady(few.scene, quiet(few)), few) == 2
    assert took(hold_steady(many.scene, quiet(many)), many) >= 8


def test_a_gap_in_the_traffic_must_have_left_the_window_too(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY), began=-1)

    assert took(hold_steady(place.scene, firing(place)), place) >= 4.25


def test_so_must_the_traffic_of_a_load_test(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    place.datadog.send(DURATION, -3, 0, 0.02, a_minute=300)

    assert 6 <= took(hold_steady(place.scene, firing(place)), place) <= 7


def test_failed_requests_of_another_check_hold_an_error_drill_up(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(ERROR_RATE))
    place.datadog.send(ERRORS, -1, 1, 0.03, a_minute=6)

    assert took(hold_steady(place.scene, firing(place)), place) == 4


def test_a_failed_request_of_the_traffic_makes_the_count_start_anew(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    place.traffic.answer(at(1.5), status=500)

    assert took(hold_steady(place.scene, firing(place)), place) == 5


def broken(place: Bench) -> str:
    with pytest.raises(Broken) as raised:
        hold_steady(place.scene, firing(place))
    assert place.clock.now() > at(20)
    return str(raised.value)


def test_slow_requests_that_do_not_end_are_said(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    place.datadog.send(DURATION, PAST, 60, 0.9, a_minute=2)

    said = broken(place)

    assert "no steady state within 42 stack minutes" in said
    assert "were bad in the 7 min that the window still holds, by p95 latency" in said


def test_an_indicator_above_its_threshold_is_said_in_its_unit(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    place.datadog.send(DURATION, PAST, 60, 0.9, a_minute=6)

    assert "p95 latency is 900 ms, above its threshold" in broken(place)


@pytest.mark.parametrize("alert", [ERROR_RATE, LATENCY])
def test_a_metric_that_does_not_come_is_said(bench: Callable[[str], Bench], alert: str) -> None:
    place = bench(alert)
    place.datadog.send(DURATION, PAST, 0, 0.02)
    place.datadog.send(REQUESTS, PAST, 0, 1.0, a_minute=6)
    for second in range(1800):
        place.traffic.answer(START + timedelta(seconds=second))

    assert f"no fresh points of the indicator {place.scene.alert.indicator.name!r} are at Datadog" in broken(place)


def test_a_metric_that_leaves_out_every_other_minute_is_not_steady(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY), began=0, ends=0)
    for minute in range(-30, 30, 2):
        place.datadog.send(DURATION, minute, minute + 1, 0.02)
    for second in range(1800):
        place.traffic.answer(START + timedelta(seconds=second))

    assert "no fresh points of the indicator 'p95 latency' are at Datadog" in broken(place)


def test_a_monitor_that_is_not_ok_is_said(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    place.datadog.states = {"*": "Alert"}

    assert "api-latency-p95 * is Alert" in broken(place)


def test_traffic_that_lost_its_rate_is_said(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    del place.traffic.sent[::5]

    assert "requests were answered" in broken(place)


@pytest.mark.parametrize("seconds", [0, 3, 59])
def test_a_fault_waits_until_just_after_the_next_full_minute(bench: Callable[[str], Bench], seconds: int) -> None:
    clock = bench(LATENCY).clock
    clock.advance(timedelta(seconds=seconds))

    await_minute(clock, past=timedelta(seconds=5))

    assert clock.now() == at(1) + timedelta(seconds=5)


def test_a_monitor_of_what_should_not_be_is_steady_without_data(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench("auth-failures"))
    place.datadog.states = {"*": "No Data"}

    assert hold_steady(place.scene, quiet(place)) == place.clock.now()


@pytest.mark.parametrize("state", ["Alert", "Warn"])
def test_a_monitor_of_what_should_not_be_that_fires_is_not_steady(bench: Callable[[str], Bench], state: str) -> None:
    place = prepared(bench("auth-failures"))
    place.datadog.states = {"tenant:acme": state}

    with pytest.raises(Broken, match=f"auth-failures tenant:acme is {state}"):
        hold_steady(place.scene, quiet(place))


def test_a_gauge_without_data_is_not_steady(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench("queue-depth"))
    place.datadog.send(DEPTH, PAST, 60, 0, a_minute=6)
    place.datadog.states = {"*": "No Data"}

    with pytest.raises(Broken, match=r"queue-depth \* is No Data"):
        hold_steady(place.scene, quiet(place))


def test_a_monitor_that_was_never_evaluated_is_not_steady(bench: Callable[[str], Bench]) -> None:
    place = prepared(bench(LATENCY))
    place.datadog.states = {}

    assert f"{LATENCY} was not evaluated yet" in broken(place)
