from __future__ import annotations

from datetime import timedelta

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import Broken
from alertproof.tags import parse_tags
from alertproof.telemetry.series import RETENTION, Floats, MetricType, Series, SeriesStore

PROD, DRILL = parse_tags("env:prod"), parse_tags("env:drill")


def only(store: SeriesStore, metric: str) -> Series:
    (series,) = store.select(metric)
    return series


def test_an_unknown_metric_has_no_series() -> None:
    store = SeriesStore()
    assert store.select("api.requests") == ()
    assert store.metrics() == ()


def test_each_tag_set_is_a_series_of_its_own() -> None:
    store = SeriesStore()
    store.write("api.requests", PROD, MetricType.COUNT, 60, 1)
    store.write("api.requests", DRILL, MetricType.COUNT, 60, 2)
    assert [(each.tags, each.values.tolist()) for each in store.select("api.requests")] == [
        (PROD, [1.0]),
        (DRILL, [2.0]),
    ]


@pytest.mark.parametrize("kind", [MetricType.COUNT, MetricType.RATE, MetricType.GAUGE])
def test_the_last_write_of_a_second_wins(kind: MetricType) -> None:
    store = SeriesStore()
    for at, value in ((60.0, 1.0), (61.0, 5.0), (60.4, 2.0), (59.5, 3.0)):
        store.write("m", PROD, kind, at, value)
    assert only(store, "m").times.tolist() == [60.0, 61.0]
    assert only(store, "m").values.tolist() == [3.0, 5.0]


def test_a_distribution_keeps_all_samples_of_a_second() -> None:
    store = SeriesStore()
    store.extend("d", PROD, MetricType.DISTRIBUTION, np.array([60.5, 60.5, 60.25]), np.array([1.0, 2.0, 3.0]))
    assert only(store, "d").times.tolist() == [60.25, 60.5, 60.5]
    assert only(store, "d").values.tolist() == [3.0, 1.0, 2.0]


def test_a_metric_of_two_types_is_refused() -> None:
    store = SeriesStore()
    store.write("m", PROD, MetricType.COUNT, 60, 1)
    with pytest.raises(Broken, match="'m' is a count, and now a point of type gauge"):
        store.write("m", DRILL, MetricType.GAUGE, 60, 1)


@pytest.mark.parametrize(("at", "value"), [(float("nan"), 1.0), (60.0, float("inf"))])
def test_what_is_no_number_is_refused_and_leaves_no_trace(at: float, value: float) -> None:
    store = SeriesStore()
    with pytest.raises(Broken, match="not a finite number"):
        store.write("m", PROD, MetricType.COUNT, at, value)
    assert store.metrics() == ()


def test_times_and_values_of_different_lengths_are_refused() -> None:
    with pytest.raises(Broken, match="2 times for 1 values"):
        SeriesStore().extend("m", PROD, MetricType.COUNT, np.array([1.0, 2.0]), np.array([1.0]))


def test_a_window_includes_its_start_and_excludes_its_end() -> None:
    store = SeriesStore()
    store.extend("m", PROD, MetricType.GAUGE, np.arange(5.0), np.arange(5.0))
    assert only(store, "m").between(1, 3)[0].tolist() == [1.0, 2.0]


def test_a_view_cannot_change_the_store() -> None:
    store = SeriesStore()
    store.write("m", PROD, MetricType.GAUGE, 1, 1)
    with pytest.raises(ValueError, match="read-only"):
        only(store, "m").values[0] = 2


def test_the_interval_is_that_of_the_sender() -> None:
    store = SeriesStore()
    store.write("m", PROD, MetricType.RATE, 10, 1, interval=10)
    store.write("m", PROD, MetricType.RATE, 20, 1)
    assert only(store, "m").interval == 10


DAY = 86400.0


@pytest.mark.parametrize(("kind", "retention"), [(MetricType.GAUGE, RETENTION), (MetricType.DISTRIBUTION, RETENTION)])
def test_a_growing_series_forgets_what_is_older_than_the_retention(kind: MetricType, retention: timedelta) -> None:
    """A point each hour for a year: what a month's window reads is there, and the memory is bounded."""
    store = SeriesStore()
    for hour in range(365 * 24):
        store.write("m", PROD, kind, hour * 3600.0, hour)
    series = only(store, "m")
    kept = retention.total_seconds() / 3600
    assert kept <= len(series.times) <= 2 * kept + 2
    assert len(series.between(334 * DAY, 365 * DAY)[0]) == 31 * 24
    assert series.times[-1] == 365 * DAY - 3600


def test_the_point_at_the_retention_is_kept_and_the_one_before_forgotten() -> None:
    store = SeriesStore()
    end = RETENTION.total_seconds()
    store.extend("m", PROD, MetricType.GAUGE, np.arange(16.0), np.arange(16.0))
    store.write("m", PROD, MetricType.GAUGE, end + 8, 1)
    assert only(store, "m").times.tolist() == [*range(8, 16), end + 8]


def test_a_view_keeps_what_it_showed_when_points_are_forgotten() -> None:
    store = SeriesStore()
    store.extend("m", PROD, MetricType.GAUGE, np.arange(16.0), np.arange(16.0))
    before = only(store, "m")
    store.write("m", PROD, MetricType.GAUGE, 100 * DAY, 1)
    assert before.times.tolist() == list(range(16))
    assert only(store, "m").times.tolist() == [100 * DAY]


def test_a_store_without_retention_keeps_all() -> None:
    store = SeriesStore(retention=None)
    store.extend("m", PROD, MetricType.GAUGE, np.arange(16.0), np.arange(16.0))
    store.write("m", PROD, MetricType.GAUGE, 1000 * DAY, 1)
    assert len(only(store, "m").times) == 17


@given(st.lists(st.tuples(st.integers(0, 50), st.floats(-10, 10)), min_size=1, max_size=80), st.data())
def test_a_store_read_at_any_moment_equals_a_dictionary_by_second(
    points: list[tuple[int, float]], data: st.DataObject
) -> None:
    store, expected = SeriesStore(), dict[float, float]()
    for at, value in points:
        store.write("m", PROD, MetricType.GAUGE, at, value)
        expected[float(at)] = value
        if data.draw(st.booleans()):
            only(store, "m")
    series = only(store, "m")
    assert series.times.tolist() == sorted(expected)
    assert series.values.tolist() == [expected[at] for at in sorted(expected)]


@given(
    st.lists(st.sampled_from([0.0, 0.4, 0.6, 1.0, 2.0, 3.0, np.nan]), max_size=5),
    st.sampled_from([MetricType.GAUGE, MetricType.COUNT, MetricType.DISTRIBUTION]),
    st.lists(st.integers(0, 5).map(float), max_size=3),
)
def test_times_that_nobody_can_change_are_kept_as_others_are(
    given_times: list[float], kind: MetricType, later: list[float]
) -> None:
    """Many series share such times, which are looked at once."""
    fixed = np.array(given_times)
    fixed.flags.writeable = False

    def store_of(times: Floats) -> list[tuple[list[float], list[float]]] | str:
        store = SeriesStore()
        try:
            for tags in (PROD, DRILL, PROD):
                store.extend("m", tags, kind, times, np.arange(float(len(times))))
            store.extend("m", DRILL, kind, np.array(later), np.array(later))
        except Broken as error:
            return str(error)
        return [(each.times.tolist(), each.values.tolist()) for each in store.select("m")]

    assert store_of(fixed) == store_of(np.array(given_times))


def test_no_points_change_nothing_of_what_a_reader_has() -> None:
    store = SeriesStore()
    store.extend("load", frozenset(), MetricType.GAUGE, np.arange(20.0), np.ones(20))
    (series,) = store.select("load")
    store.extend("load", frozenset(), MetricType.GAUGE, np.empty(0), np.empty(0))
    store.write("load", frozenset(), MetricType.GAUGE, 20.0, 2.0)

    assert len(series.times) == 20
    (grown,) = store.select("load")
    assert grown.values.tolist() == [1.0] * 20 + [2.0]


@pytest.mark.parametrize("fixes", ["all", "a view", "nothing"])
def test_values_that_change_later_change_nothing_in_the_store(fixes: str) -> None:
    times, values = np.arange(20.0), np.ones(20)
    times.flags.writeable = False
    given_values = values[:] if fixes == "a view" else values
    given_values.flags.writeable = fixes == "nothing"
    store = SeriesStore()
    for tags in (PROD, DRILL):
        store.extend("load", tags, MetricType.GAUGE, times, given_values)
    if fixes != "all":
        values[:] = 5.0
    store.write("load", PROD, MetricType.GAUGE, 20.0, 2.0)

    grown, as_it_was = store.select("load")
    assert grown.values.tolist() == [1.0] * 20 + [2.0]
    assert as_it_was.values.tolist() == [1.0] * 20
