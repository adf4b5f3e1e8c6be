"""Who is on call at an instant, and the shifts of a range: they agree."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.pagerduty import Layer, Override, Restriction, Schedule, Shift, shifts

#: A Monday.
START = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR, DAY, WEEK = timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)


def layer(*users: str, turn: timedelta = WEEK, **more: Any) -> Layer:
    return Layer(id="L", name="layer", start=START, virtual_start=START, turn=turn, users=users, **more)


def schedule(*layers: Layer, zone: str = "UTC", **more: Any) -> Schedule:
    return Schedule(id="PC00001", name="s", time_zone=zone, layers=layers, **more)


def test_users_take_turns_from_the_virtual_start_and_begin_anew() -> None:
    one = schedule(layer("ada", "bob"))
    assert one.on_call(START - timedelta(seconds=1)) is None
    assert one.on_call(START) == "ada"
    assert one.on_call(START + WEEK - timedelta(seconds=1)) == "ada"
    assert one.on_call(START + WEEK) == "bob"
    assert one.on_call(START + 2 * WEEK) == "ada"


def test_turns_that_began_before_the_layer_are_counted_on() -> None:
    early = replace(layer("ada", "bob", "eve"), virtual_start=START - WEEK)
    assert schedule(early).on_call(START) == "bob"


def test_a_layer_ends() -> None:
    one = schedule(layer("ada", end=START + DAY))
    assert one.on_call(START + DAY - timedelta(seconds=1)) == "ada"
    assert one.on_call(START + DAY) is None


def test_a_handoff_at_nine_stays_at_nine_when_the_clocks_change() -> None:
    # Clocks in New York go forward on 2026-03-08: nine there is 14:00 UTC before and 13:00 after.
    begin = datetime(2026, 3, 7, 14, tzinfo=UTC)
    one = schedule(replace(layer("ada", "bob", turn=DAY), start=begin, virtual_start=begin), zone="America/New_York")
    second = timedelta(seconds=1)
    changed = datetime(2026, 3, 8, 13, tzinfo=UTC)
    assert [one.on_call(at) for at in (changed - second, changed)] == ["ada", "bob"]
    found = shifts(one, begin, begin + 2 * DAY)
    assert [(shift.user, shift.start.hour) for shift in found] == [("ada", 14), ("bob", 13), ("ada", 13)]


def test_a_daily_restriction_leaves_gaps_and_may_pass_midnight() -> None:
    night = Restriction(start=time(22), duration=timedelta(hours=8))
    one = schedule(layer("ada", restrictions=(night,)))
    day = datetime(2026, 3, 4, tzinfo=UTC)
    assert [one.on_call(day + hours * HOUR) for hours in (5.99, 6, 21.99, 22)] == ["ada", None, None, "ada"]


def test_a_weekly_restriction_holds_from_its_weekday_on() -> None:
    weekend = Restriction(start=time(0), duration=2 * DAY, weekday=6)
    one = schedule(layer("ada", restrictions=(weekend,)))
    saturday = datetime(2026, 3, 7, tzinfo=UTC)
    assert saturday.isoweekday() == 6
    second = timedelta(seconds=1)
    instants = (saturday - second, saturday, saturday + 2 * DAY - second, saturday + 2 * DAY)
    assert [one.on_call(at) for at in instants] == [None, "ada", "ada", None]


@pytest.mark.parametrize(("precedence", "user"), [("last", "bob"), ("first", "ada")])
def test_which_of_two_layers_wins_is_an_option(precedence: Any, user: str) -> None:
    assert schedule(layer("ada"), layer("bob"), precedence=precedence).on_call(START) == user


def test_where_the_winning_layer_has_a_gap_the_other_is_on_call() -> None:
    office = Restriction(start=time(9), duration=8 * HOUR)
    one = schedule(layer("ada"), layer("bob", restrictions=(office,)))
    assert [one.on_call(START + hours * HOUR) for hours in (0, 7.9, 8)] == ["bob", "bob", "ada"]


def test_an_override_goes_before_all_layers_and_the_newest_before_others() -> None:
    first = Override(id="O1", start=START, end=START + 2 * HOUR, user="eve")
    second = Override(id="O2", start=START + HOUR, end=START + 3 * HOUR, user="dan")
    one = schedule(layer("ada"), overrides=(first, second))
    assert [one.on_call(START + hours * HOUR) for hours in range(4)] == ["eve", "dan", "dan", "ada"]


def test_shifts_are_cut_to_the_range_and_those_of_one_user_are_one() -> None:
    one = schedule(layer("ada", "bob", turn=DAY), layer("ada", end=START + HOUR))
    found = shifts(one, START - DAY, START + 2 * DAY - HOUR)
    assert found == (
        Shift(user="ada", start=START, end=START + DAY),
        Shift(user="bob", start=START + DAY, end=START + 2 * DAY - HOUR),
    )
    assert shifts(one, START, START) == ()


@given(
    turns=st.lists(st.integers(1, 60), min_size=1, max_size=3),
    restricted=st.booleans(),
    zone=st.sampled_from(["UTC", "America/New_York", "Australia/Lord_Howe"]),
    hours=st.integers(-50, 1000),
    minutes=st.integers(0, 5000),
)
def test_at_each_instant_the_shift_names_who_is_on_call(
    turns: list[int], restricted: bool, zone: str, hours: int, minutes: int
) -> None:
    bounds = (Restriction(start=time(1, 30), duration=7 * HOUR),) if restricted else ()
    layers = [
        layer(f"a{place}", f"b{place}", turn=turn * HOUR, restrictions=bounds) for place, turn in enumerate(turns)
    ]
    one = schedule(*layers, zone=zone)
    since = START + hours * HOUR
    until = since + 4 * DAY
    at = since + timedelta(minutes=minutes)
    named = next((shift.user for shift in shifts(one, since, until) if shift.start <= at < shift.end), None)
    assert named == (one.on_call(at) if at < until else None)


@pytest.mark.parametrize(
    ("make", "named"),
    [
        (layer, "users can't be blank"),
        (lambda: layer("a", turn=timedelta(minutes=29)), "half an hour"),
        (lambda: layer("a", turn=timedelta(days=366)), "to a year"),
        (lambda: layer("a", end=START), "layer end must be after its start"),
        (lambda: Override(id="O", start=START, end=START, user="a"), "Override must end after its start"),
        (lambda: Restriction(start=time(0), duration=timedelta(0)), "not empty"),
        (lambda: Restriction(start=time(0), duration=DAY), "shorter than 1 day"),
        (lambda: Restriction(start=time(0), duration=WEEK, weekday=1), "shorter than 7 days"),
        (lambda: Restriction(start=time(0), duration=DAY, weekday=8), "to 7"),
    ],
)
def test_what_is_no_rotation_is_refused(make: Any, named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        make()


def test_a_range_with_too_many_turns_is_refused() -> None:
    with pytest.raises(ConfigError, match="too many turns"):
        shifts(schedule(layer("a", turn=timedelta(minutes=30))), START, START + timedelta(days=500))
