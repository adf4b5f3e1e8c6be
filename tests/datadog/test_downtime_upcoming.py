"""Which stretch of a downtime lasts or comes next, as its page shows it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from alertproof.datadog.downtime import Downtime, OneTime, Recurring, upcoming
from alertproof.datadog.recurrence import read_recurrence
from alertproof.datadog.tagscope import read_downtime_scope

Minute = Callable[[float], datetime]


def downtime(*schedules: OneTime | Recurring) -> Downtime:
    return Downtime(id="d", scope=read_downtime_scope("*"), schedules=schedules)


@pytest.mark.parametrize(("at", "begins"), [(0, 10), (10, 10), (19.99, 10), (20, None)])
def test_the_stretch_that_lasts_or_else_the_next_one_is_upcoming(
    at: float, begins: float | None, minute: Minute
) -> None:
    found = upcoming(downtime(OneTime(start=minute(10), end=minute(20))), minute(at))
    assert (found and found.start) == (None if begins is None else minute(begins))


def test_one_that_never_ends_is_always_upcoming(minute: Minute) -> None:
    found = upcoming(downtime(OneTime(start=minute(10))), minute(10_000))
    assert found is not None
    assert (found.start, found.end) == (minute(10), None)


def test_of_several_schedules_the_first_to_begin_is_upcoming(minute: Minute) -> None:
    schedules = tuple(OneTime(start=minute(first), end=minute(first + 5)) for first in (40, 20, 30))
    found = [upcoming(downtime(*schedules), minute(at)) for at in (0, 20, 25, 36, 45)]
    assert [each and each.start for each in found] == [*map(minute, (20, 20, 30, 40)), None]


@pytest.mark.parametrize(("days", "comes"), [(3653, True), (3654, False)])
def test_what_begins_more_than_ten_years_later_is_not_upcoming(days: int, *, comes: bool, minute: Minute) -> None:
    far = minute(0) + timedelta(days=days)
    found = upcoming(downtime(OneTime(start=far)), minute(0))
    assert (found is not None) is comes


@pytest.mark.parametrize(("at", "begins"), [(0, 1), (60, 1), (119.99, 1), (120, 25), (1439, 25), (1500, 25)])
def test_of_a_downtime_that_recurs_the_occurrence_that_lasts_or_the_next_one_is_upcoming(
    at: float, begins: int, minute: Minute
) -> None:
    """An hour each day, from one o'clock on."""
    daily = Recurring(
        rule=read_recurrence("FREQ=DAILY"),
        start=minute(60).replace(tzinfo=None),
        duration=timedelta(hours=1),
        zone=UTC,
    )
    found = upcoming(downtime(daily), minute(at))
    assert found is not None
    assert (found.start, found.end) == (minute(60 * begins), minute(60 * begins + 60))
