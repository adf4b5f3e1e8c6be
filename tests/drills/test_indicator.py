"""The indicator is pooled over its window, as the specification reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from alertproof.drills.indicator import _rolling
from alertproof.vendors import Point

START = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=20)
COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=60)


def points(values: list[float]) -> list[Point]:
    return [Point(at=START + index * STEP, value=value) for index, value in enumerate(values)]


def test_a_fault_fills_the_window_bucket_by_bucket() -> None:
    readings = _rolling(points([0, 0, 5, 5, 5]), points([100] * 5), timedelta(minutes=1))

    assert [round(one.value, 6) for one in readings] == [0, 0, 0.016667, 0.033333, 0.05]
    assert readings[0].at == START + STEP  # a reading belongs to the end of its interval


def test_nothing_without_a_denominator() -> None:
    assert _rolling(points([1, 1]), [], timedelta(minutes=1)) == []


def test_intervals_without_requests_give_no_reading() -> None:
    assert _rolling(points([0, 0]), points([0, 0]), timedelta(minutes=1)) == []


@given(counts=COUNTS)
def test_every_reading_is_the_pooled_share_of_its_window(counts: list[tuple[int, int]]) -> None:
    failed = [float(min(pair)) for pair in counts]
    total = [float(max(pair)) for pair in counts]

    readings = {one.at: one.value for one in _rolling(points(failed), points(total), timedelta(minutes=1))}

    for index in range(len(counts)):
        first = max(0, index - 2)
        requests = sum(total[first : index + 1])
        at = START + (index + 1) * STEP
        if requests:
            assert abs(readings[at] - sum(failed[first : index + 1]) / requests) < 1e-9
        else:
            assert at not in readings
