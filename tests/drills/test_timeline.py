"""Made-up timelines are exact: a fault hits as many requests as it says, and none before it begins."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.drills.timeline import failing_requests, raised_gauge, slow_requests
from alertproof.requirements import Indicator, Span
from alertproof.telemetry.series import MetricType, Series

BEGINS = datetime(2026, 1, 1, 12, tzinfo=UTC)
ENDS = BEGINS + timedelta(minutes=10)
WINDOW = Span(timedelta(minutes=10))
P95 = Indicator(name="p95", unit="s", threshold=0.8, window=WINDOW, numerator="p95:duration{env:drill}")
RATIO = Indicator(
    name="ratio",
    unit="%",
    threshold=0.02,
    window=WINDOW,
    numerator="sum:errors{env:drill}.as_count()",
    denominator="sum:requests{env:drill}.as_count()",
)


def late(share: float, delay: float = 0.9, begins: datetime = BEGINS) -> Series:
    (series,) = slow_requests(P95, share, timedelta(seconds=delay), begins=begins, ends=ENDS).select("duration")
    return series


@given(hundredths=st.integers(1, 100))
def test_the_delayed_share_is_exact_and_nothing_is_slow_before_the_fault(hundredths: int) -> None:
    series = late(hundredths / 100)

    assert not series.between(0, BEGINS.timestamp())[1].any()
    assert (series.values > 0).sum() == 6000 * hundredths // 100  # ten a second for ten minutes
    assert set(np.unique(series.values)) <= {0.0, 0.9}


def test_two_and_a_half_percent_is_every_fortieth() -> None:
    assert (late(0.025).values > 0).sum() == 150


def test_a_delayed_request_is_measured_when_it_is_answered() -> None:
    assert late(0.12, delay=0.9).between(BEGINS.timestamp(), BEGINS.timestamp() + 10)[1].max() == 0.9
    slow = late(0.12, delay=54.0)
    assert slow.times[slow.values > 0].min() == BEGINS.timestamp() + 50  # flushed with the ten seconds it came in


def test_a_fault_may_begin_at_any_phase() -> None:
    series = late(0.1, begins=BEGINS + timedelta(seconds=30))

    assert series.times[series.values > 0].min() == BEGINS.timestamp() + 30
    assert (series.values > 0).sum() == 570


@pytest.mark.parametrize("share", [0.01, 0.05])
def test_failing_requests_are_a_rate_of_their_share(share: float) -> None:
    store = failing_requests(RATIO, share, begins=BEGINS, ends=ENDS)
    (errors,), (requests,) = store.select("errors"), store.select("requests")

    assert errors.kind is requests.kind is MetricType.RATE
    assert not errors.between(0, BEGINS.timestamp())[1].any()
    assert np.allclose(errors.between(BEGINS.timestamp(), ENDS.timestamp())[1], requests.values[0] * share)


def test_a_step_that_the_fault_begins_in_is_hit_in_part() -> None:
    store = failing_requests(RATIO, 0.1, begins=BEGINS + timedelta(seconds=4), ends=ENDS)
    (errors,), (requests,) = store.select("errors"), store.select("requests")

    first = errors.between(BEGINS.timestamp(), BEGINS.timestamp() + 10)[1]
    assert np.allclose(first, requests.values[0] * 0.1 * 0.6)


def test_a_gauge_is_raised_from_the_first_point_under_the_fault_on() -> None:
    indicator = Indicator(name="depth", unit="jobs", threshold=10, window=WINDOW, numerator="max:depth{env:drill}")
    begins = BEGINS + timedelta(seconds=3)
    (series,) = raised_gauge(indicator, 15.0, begins=begins, ends=ENDS).select("depth")

    assert series.kind is MetricType.GAUGE
    assert not series.between(0, begins.timestamp())[1].any()
    assert set(series.between(begins.timestamp(), ENDS.timestamp())[1]) == {15.0}
    assert series.times[0] <= (begins - WINDOW.delta - timedelta(hours=1)).timestamp()
