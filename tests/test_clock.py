"""Stack time: anchored, stretched, and the same in every process."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.clock import ENVIRONMENT_KEY, Anchor, ScaledClock, SystemClock, VirtualClock, wait_until
from alertproof.errors import ConfigError

START = datetime(2026, 1, 1, tzinfo=UTC)
INSTANTS = st.datetimes(datetime(2020, 1, 1), datetime(2040, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001
FACTORS = st.sampled_from([1.0, 2.0, 60.0, 600.0])


@given(real=INSTANTS, stack=INSTANTS, factor=FACTORS, later=st.timedeltas(timedelta(0), timedelta(days=2)))
def test_mapping_to_stack_time_and_back_gives_the_same_instant(
    real: datetime, stack: datetime, factor: float, later: timedelta
) -> None:
    anchor = Anchor(real=real, stack=stack, factor=factor)

    assert abs(anchor.to_real(anchor.to_stack(real + later)) - (real + later)) <= timedelta(microseconds=2)


@given(stack=INSTANTS, factor=FACTORS)
def test_an_anchor_survives_the_environment_of_a_child(stack: datetime, factor: float) -> None:
    anchor = Anchor(real=START, stack=stack, factor=factor)

    again = Anchor.from_environment({ENVIRONMENT_KEY: json.dumps(anchor.encode())})

    assert abs(again.stack - anchor.stack) < timedelta(milliseconds=1)
    assert (again.real, again.factor) == (anchor.real, anchor.factor)


def test_a_minute_of_real_time_is_an_hour_at_factor_sixty() -> None:
    anchor = Anchor(real=START, stack=START, factor=60)

    assert anchor.to_stack(START + timedelta(minutes=1)) == START + timedelta(hours=1)


def test_two_scaled_clocks_of_one_anchor_agree() -> None:
    anchor = Anchor.at_now(60)
    early, late = ScaledClock(anchor), ScaledClock(anchor)

    # Two processes that start apart must not tell different times: a stack second is 17 ms here.
    assert abs(early.now() - late.now()) < timedelta(seconds=1)


def test_a_scaled_clock_sleeps_a_sixtieth() -> None:
    clock, real = ScaledClock(Anchor.at_now(60)), SystemClock()
    before = real.monotonic()

    clock.sleep(timedelta(seconds=6))

    assert timedelta(seconds=0.09) <= real.monotonic() - before < timedelta(seconds=2)


@pytest.mark.parametrize(
    ("wire", "said"),
    [("nonsense", "is not JSON"), ('{"real": 1}', "expected"), ('{"real": 1, "stack": 1, "factor": 0}', "above 0")],
)
def test_a_bad_anchor_in_the_environment_is_refused_by_name(wire: str, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Anchor.from_environment({ENVIRONMENT_KEY: wire})


def test_without_an_anchor_time_is_real() -> None:
    assert Anchor.from_environment({}).factor == 1.0


def test_a_virtual_clock_moves_only_by_hand_and_never_back() -> None:
    clock = VirtualClock(START)
    clock.advance(timedelta(minutes=3))

    assert clock.now() == START + timedelta(minutes=3)
    with pytest.raises(ValueError, match="backwards"):
        clock.advance(timedelta(seconds=-1))


def test_a_virtual_clock_refuses_a_naive_start() -> None:
    with pytest.raises(ValueError, match="aware datetime"):
        VirtualClock(datetime(2026, 1, 1))  # noqa: DTZ001


def test_waiting_looks_once_more_at_the_deadline_itself() -> None:
    clock = VirtualClock(START)
    deadline = START + timedelta(seconds=10)

    found = wait_until(
        lambda: "there" if clock.now() == deadline else None,
        clock=clock,
        deadline=deadline,
        every=timedelta(seconds=3),
    )

    assert found == "there"


def test_waiting_asks_less_and_less_often_up_to_a_bound() -> None:
    clock = VirtualClock(START)
    looks: list[float] = []

    def look() -> None:
        looks.append((clock.now() - START).total_seconds())

    second = timedelta(seconds=1)
    wait_until(look, clock=clock, deadline=START + 16 * second, every=second, at_most=5 * second)

    assert looks == [0, 1, 3, 7, 12, 16]


def test_waiting_ends_at_the_deadline_with_nothing() -> None:
    clock = VirtualClock(START)
    looks: list[datetime] = []

    def look() -> None:
        looks.append(clock.now())

    assert wait_until(look, clock=clock, deadline=START + timedelta(seconds=7), every=timedelta(seconds=3)) is None
    assert looks[0] == START
    assert looks[-1] == START + timedelta(seconds=7)
