"""The indicator is pooled over its window, as the specification reads it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import cast

import msgspec
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.drills.conftest import DURATION, ERRORS, REQUESTS, SPEC, StoredDatadog, at

from alertproof.datadog import Assumptions, load_definition
from alertproof.datadog.monitor.evaluate import observe
from alertproof.drills.indicator import (
    CountReader,
    GaugeReader,
    PercentileReader,
    RatioReader,
    _rolling,
    reader_of,
    retargeted,
)
from alertproof.tags import parse_tags
from alertproof.telemetry.series import MetricType
from alertproof.vendors import Datadog, Point

START = datetime(2026, 1, 1, tzinfo=UTC)
STEP = timedelta(seconds=20)
COUNTS = st.lists(st.tuples(st.integers(0, 50), st.integers(0, 50)), min_size=2, max_size=60)


def points(values: list[float]) -> list[Point]:
    return [Point(at=START + index * STEP, value=value) for index, value in enumerate(values)]


def latency(datadog: StoredDatadog) -> PercentileReader:
    indicator = retargeted(SPEC.alert("api-latency-p95").indicator, origin="prod", environment="drill")
    reader = reader_of(indicator, cast("Datadog", datadog))
    assert isinstance(reader, PercentileReader)
    return reader


def errors(datadog: StoredDatadog) -> RatioReader:
    indicator = retargeted(SPEC.alert("api-error-rate").indicator, origin="prod", environment="drill")
    reader = reader_of(indicator, cast("Datadog", datadog))
    assert isinstance(reader, RatioReader)
    return reader


# --- a ratio ----------------------------------------------------------------------------------------------


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
        end = START + (index + 1) * STEP
        if requests:
            assert abs(readings[end] - sum(failed[first : index + 1]) / requests) < 1e-9
        else:
            assert end not in readings


def test_the_bad_share_of_a_ratio_is_pooled_over_the_span() -> None:
    datadog = StoredDatadog()
    datadog.send(REQUESTS, 0, 10, 1.0, a_minute=6)
    datadog.send(ERRORS, 5, 10, 0.1, a_minute=6)

    assert errors(datadog).bad_share(since=at(0), until=at(9.9)) == pytest.approx(0.05)
    assert errors(datadog).bad_share(since=at(0), until=at(4.9)) == 0.0
    assert errors(datadog).bad_share(since=at(20), until=at(30)) == 0.0
    assert errors(datadog).allowed == 0.02


# --- a percentile -----------------------------------------------------------------------------------------


def under_a_fault() -> StoredDatadog:
    """Return ten minutes of one fast request a second, then a tenth of them slow."""
    datadog = StoredDatadog()
    datadog.send(DURATION, 0, 30, 0.02)
    datadog.send(DURATION, 10, 30, 0.9, a_minute=6)
    return datadog


def test_a_percentile_is_read_over_the_window_that_ends_with_each_full_minute() -> None:
    readings = latency(under_a_fault()).readings(since=at(13.5), until=at(17.2))

    assert [one.at for one in readings] == [at(14), at(15), at(16), at(17)]
    # Five of a hundred: the window holds 600 fast requests and six slow ones a minute since the tenth minute.
    assert [one.value for one in readings] == [0.02, 0.02, 0.9, 0.9]


def test_it_is_what_the_monitor_evaluates_at_that_minute() -> None:
    datadog, alert = under_a_fault(), SPEC.alert("api-latency-p95")
    monitor = load_definition(
        (SPEC.folder / alert.monitor).read_bytes().replace(b"env:prod", b"env:drill"), source="monitor"
    )

    for reading in latency(datadog).readings(since=at(10), until=at(25)):
        seen = observe(monitor, datadog.store, reading.at, slos={}, assumptions=Assumptions())
        assert seen[()].value == reading.value


def test_there_is_no_reading_without_samples() -> None:
    assert latency(StoredDatadog()).readings(since=at(0), until=at(5)) == []


@given(fast=st.integers(1, 400), slow=st.integers(0, 400))
def test_the_share_above_a_value_is_right_to_one_sample_or_a_hundredth_of_a_per_cent(fast: int, slow: int) -> None:
    datadog = StoredDatadog()
    datadog.send(DURATION, 0, 1, 0.5, a_minute=fast)
    if slow:
        datadog.send(DURATION, 0, 1, 0.9, a_minute=slow)

    found = latency(datadog).share_above(0.8, since=at(0), until=at(1))

    assert abs(found - slow / (fast + slow)) <= 1 / (fast + slow) + 0.0001
    assert bool(found) is bool(slow)


def test_a_value_that_is_not_above_is_not_counted() -> None:
    reader = latency(under_a_fault())

    assert reader.share_above(0.9, since=at(10), until=at(20)) == 0.0
    assert reader.share_above(0.89, since=at(10), until=at(20)) == pytest.approx(60 / 660, abs=0.002)
    assert reader.share_above(0.01, since=at(0), until=at(10)) == 1.0


def test_the_bad_ones_are_those_above_the_threshold_and_five_percent_may_be() -> None:
    reader = latency(under_a_fault())

    assert reader.bad_share(since=at(0), until=at(10)) == 0.0
    assert reader.bad_share(since=at(10), until=at(20)) == pytest.approx(60 / 660, abs=0.002)
    assert reader.bad_share(since=at(40), until=at(50)) == 0.0
    assert reader.allowed == pytest.approx(0.05)


# --- how many there were ----------------------------------------------------------------------------------


def test_the_rate_counts_the_samples_of_a_distribution() -> None:
    assert latency(under_a_fault()).rate(since=at(0), until=at(9.9)) == pytest.approx(1.0)
    assert latency(under_a_fault()).rate(since=at(10), until=at(19.9)) == pytest.approx(1.1)


def test_the_rate_counts_a_gap_as_nothing() -> None:
    datadog = StoredDatadog()
    datadog.send(DURATION, 0, 3, 0.02)
    datadog.send(DURATION, 6, 9, 0.02)

    assert latency(datadog).rate(since=at(0), until=at(9)) == pytest.approx(6 / 9)


def test_the_rate_of_a_ratio_is_that_of_its_denominator() -> None:
    datadog = StoredDatadog()
    datadog.send(REQUESTS, 0, 10, 0.83, a_minute=6)

    assert errors(datadog).rate(since=at(0.1), until=at(9.9)) == pytest.approx(0.83)


def test_there_is_no_rate_of_nothing_or_of_a_single_point() -> None:
    datadog = StoredDatadog()
    assert latency(datadog).rate(since=at(0), until=at(5)) == 0.0

    datadog.send(DURATION, 1, 1.01, 0.02)
    assert latency(datadog).rate(since=at(0), until=at(5)) == 0.0


def test_the_newest_is_the_end_of_the_last_interval_with_points() -> None:
    datadog = StoredDatadog()
    assert latency(datadog).newest(since=at(0), until=at(5)) is None

    datadog.send(DURATION, 0, 2, 0.02)
    assert latency(datadog).newest(since=at(0), until=at(5)) == at(2)


# --- which reader -----------------------------------------------------------------------------------------


def test_a_plain_query_is_read_point_by_point() -> None:
    datadog = StoredDatadog()
    indicator = msgspec.structs.replace(SPEC.alert("queue-depth").indicator, numerator="max:queue.depth{env:drill}")
    datadog.send("queue.depth{env:drill}", 0, 5, 9_000, a_minute=6)
    datadog.send("queue.depth{env:drill}", 5, 10, 12_000, a_minute=6)
    reader = reader_of(indicator, cast("Datadog", datadog))

    assert isinstance(reader, GaugeReader)
    assert [one.value for one in reader.readings(since=at(4.5), until=at(5.2))] == [9_000, 12_000]
    assert reader.bad_share(since=at(0), until=at(9.9)) == pytest.approx(0.5)
    assert reader.bad_share(since=at(20), until=at(21)) == 0.0
    assert reader.rate(since=at(0), until=at(9.9)) == pytest.approx(1 / 20)


def test_no_point_of_a_gauge_is_drawn_between_two_that_were_measured() -> None:
    datadog = StoredDatadog()
    for source, spans in (("old", [(0, 1)]), ("new", [(0.5, 2), (8, 10)])):
        tags = parse_tags(f"env:drill,host:{source}")
        for since, until in spans:
            times = np.arange(at(since).timestamp(), at(until).timestamp(), 10.0)
            datadog.store.extend("queue.depth", tags, MetricType.GAUGE, times, np.zeros(len(times)))
    indicator = msgspec.structs.replace(SPEC.alert("queue-depth").indicator, numerator="max:queue.depth{env:drill}")
    reader = reader_of(indicator, cast("Datadog", datadog))
    drawn = msgspec.structs.replace(indicator, numerator="max:queue.depth{env:drill}.fill(linear)")

    assert [one for one in reader.readings(since=at(0), until=at(10)) if at(2) <= one.at < at(8)] == []
    assert reader.newest(since=at(0), until=at(5)) == at(2)
    readings = reader_of(drawn, cast("Datadog", datadog)).readings(since=at(0), until=at(10))
    assert [one for one in readings if at(2) <= one.at < at(8)] != []


def test_a_count_is_summed_over_its_window_and_is_a_share_of_its_threshold() -> None:
    datadog = StoredDatadog()
    alert = SPEC.alert("auth-failures").indicator
    indicator = retargeted(alert, origin=SPEC.environment, environment="drill")
    reader = reader_of(indicator, cast("Datadog", datadog))
    failures = "auth.failures{env:drill,tenant:acme}"

    assert isinstance(reader, CountReader)
    assert [one.value for one in reader.readings(since=at(0), until=at(1))] == [0, 0]
    assert reader.newest(since=at(0), until=at(1)) == at(1)
    assert reader.rate(since=at(0), until=at(1)) == reader.rate(since=at(0), until=at(9)) > 0
    datadog.send(failures, 0, 20, 0.1, a_minute=6)
    assert [one.value for one in reader.readings(since=at(5), until=at(15.5))] == pytest.approx(
        [30, 36, 42, 48, 54, 60, 60, 60, 60, 60, 60]
    )
    assert reader.count(since=at(10), until=at(14.99)) == pytest.approx(30)
    assert reader.bad_share(since=at(10), until=at(14.99)) == pytest.approx(0.6)
