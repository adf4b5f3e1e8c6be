"""When a check is due."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import ConfigError
from alertproof.schedule.timetable import Timetable

NOW = datetime(2026, 11, 27, 12, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


def spans(longest: int = 86_400) -> st.SearchStrategy[timedelta]:
    return st.integers(1_000_000, longest * 1_000_000).map(lambda us: timedelta(microseconds=us))


@given(every=spans(), share=st.floats(0, 0.5), key=st.text(max_size=20), seconds=st.floats(0, 1e8))
def test_slots_follow_each_other_and_an_instant_lies_in_its_slot(
    every: timedelta, share: float, key: str, seconds: float
) -> None:
    table = Timetable(key=key, every=every, jitter=every * share)
    instant = NOW + timedelta(seconds=seconds)
    slot = table.at(instant)

    assert table.due(slot) <= instant < table.due(slot + 1)
    assert every - table.jitter <= table.due(slot + 1) - table.due(slot) <= every + table.jitter
    assert table.at(table.due(slot)) == slot
    assert table.at(table.due(slot) - timedelta(microseconds=1)) == slot - 1


def test_two_processes_come_to_the_same_instants() -> None:
    one, other = (Timetable(key="check at dublin", every=MINUTE, jitter=timedelta(seconds=5)) for _ in range(2))

    assert [one.due(slot) for slot in range(100)] == [other.due(slot) for slot in range(100)]
    # Written down once: a change of it would run every check of a running history at another time.
    assert one.due(29_000_000) == datetime(2025, 2, 19, 21, 20, 21, 50591, tzinfo=UTC)


def test_checks_are_spread_over_their_interval_and_jitter_over_its_own() -> None:
    keys = [Timetable(key=f"check {n}", every=MINUTE) for n in range(400)]
    begins = sorted((table.due(0) - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds() for table in keys)
    assert begins[0] < 3
    assert begins[-1] > 57
    assert 25 < begins[200] < 35

    table = Timetable(key="check", every=MINUTE, jitter=timedelta(seconds=10))
    late = sorted((table.due(n) - table.due(0) - n * MINUTE).total_seconds() for n in range(400))
    assert 9 < late[-1] - late[0] < 10


@pytest.mark.parametrize(
    ("every", "jitter", "said"),
    [
        (timedelta(milliseconds=999), timedelta(0), "too often"),
        (MINUTE, timedelta(seconds=30.1), "not between 0 and half"),
        (MINUTE, timedelta(seconds=-1), "not between 0 and half"),
    ],
)
def test_slots_that_would_overlap_are_refused(every: timedelta, jitter: timedelta, said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        Timetable(key="check", every=every, jitter=jitter)
    assert Timetable(key="check", every=MINUTE, jitter=timedelta(seconds=30)).jitter == MINUTE / 2
