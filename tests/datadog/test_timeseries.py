from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from alertproof.datadog import ScalarQuery, formula_points, formula_values, interval_of, query_points
from alertproof.errors import ConfigError, NotModelled, QuerySyntaxError
from alertproof.tags import Tag
from alertproof.telemetry.series import MetricType, SeriesStore


def test_buckets_start_after_the_start_and_include_the_end() -> None:
    """Published example V30, recorded from the API."""
    store = SeriesStore()
    start, end = 1641343852, 1641430252
    for at in range(start - 600, end + 600, 60):
        store.write("m", frozenset(), MetricType.GAUGE, at, 1)
    (answer,) = query_points(
        "avg:m{*}",
        store,
        datetime.fromtimestamp(start, UTC),
        datetime.fromtimestamp(end, UTC),
        timedelta(seconds=300),
    )
    group, times, values = answer
    assert group == ()
    assert (len(times), times[0], times[-1]) == (288, 1641344100, 1641430200)
    assert set(values.tolist()) == {1.0}


def test_each_group_has_its_points_and_empty_buckets_are_left_out(
    minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> None:
    store = store_of(("m{host:a}", [1, None, 3]), ("m{host:b}", [None, 5, None]), kind=MetricType.GAUGE)
    found = query_points("avg:m{*} by {host}", store, minute(0), minute(2), timedelta(minutes=1))
    zero = minute(0).timestamp()
    assert [(group, (times - zero).tolist(), values.tolist()) for group, times, values in found] == [
        ((Tag("host", "a"),), [0.0, 120.0], [1.0, 3.0]),
        ((Tag("host", "b"),), [60.0], [5.0]),
    ]


def test_a_query_with_its_own_rollup_is_stamped_with_its_own_buckets(
    minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> None:
    store = store_of(("g", range(60)), kind=MetricType.GAUGE)
    query, interval = "avg:g{*}.rollup(avg, 600)", timedelta(seconds=20)
    ((_, times, values),) = query_points(query, store, minute(0), minute(60), interval)
    assert (times - minute(0).timestamp()).tolist() == [600.0 * number for number in range(6)]
    assert values.tolist() == [10.0 * number + 4.5 for number in range(6)]
    assert interval_of(query, interval) == timedelta(minutes=10)
    assert interval_of("avg:g{*}.rollup(max)", interval) == interval
    ((_, times, _),) = query_points(query, store, minute(1), minute(60), interval)
    assert times[0] == minute(10).timestamp()


def test_a_rollup_that_gives_too_many_points_is_refused(minute: Callable[[float], datetime]) -> None:
    span = (SeriesStore(), minute(0), minute(24.975), timedelta(seconds=20))
    assert query_points("avg:g{*}.rollup(1)", *span) == []
    with pytest.raises(NotModelled, match="gives 1501 points"):
        query_points("avg:g{*}.rollup(1)", SeriesStore(), minute(0), minute(25), timedelta(seconds=20))


def test_wrong_and_unmodelled_queries_are_refused(minute: Callable[[float], datetime]) -> None:
    span = (SeriesStore(), minute(0), minute(1), timedelta(minutes=1))
    with pytest.raises(QuerySyntaxError):
        query_points("avg:m", *span)
    with pytest.raises(NotModelled):
        query_points("autosmooth(avg:m{*})", *span)


def test_a_formula_meets_its_queries_bucket_by_bucket_and_group_by_group(
    minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> None:
    store = store_of(("m{host:a}", [1, None, 3]), ("m{host:b}", [10, 20, 30]), ("n", [2, 2, None]))
    queries = {"a": "avg:m{*} by {host}", "b": "avg:n{*}"}
    found = formula_points("a * b + 1", queries, store, start=minute(0), end=minute(2), interval=timedelta(minutes=1))
    assert [(points.group[0].value, points.values.tolist()) for points in found] == [("a", [3.0]), ("b", [21.0, 41.0])]


def test_default_zero_of_a_formulas_query_is_zero_where_that_made_nothing(
    minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> None:
    queries = {"errors": "sum:m{*}.as_count()", "requests": "sum:n{*}.as_count()"}
    (found,) = formula_points(
        "default_zero(errors) / requests * 100",
        queries,
        store_of(("n", [2, 2]), ("m", [1, None])),
        start=minute(0),
        end=minute(1),
        interval=timedelta(minutes=1),
    )
    assert found.values.tolist() == [50.0, 0.0]


@pytest.mark.parametrize(
    ("formula", "said"),
    [("a / c", "names no query 'c'"), ("1 + 1", "names no query at all"), ("a / b", "different rollup intervals")],
)
def test_a_formula_that_cannot_be_computed_is_refused(
    formula: str, said: str, minute: Callable[[float], datetime]
) -> None:
    queries = {"a": "avg:m{*}.rollup(avg, 60)", "b": "avg:n{*}.rollup(avg, 120)"}
    with pytest.raises((ConfigError, NotModelled), match=said):
        formula_points(formula, queries, SeriesStore(), start=minute(0), end=minute(9), interval=timedelta(minutes=1))


# --- one value over a span ----------------------------------------------------------------------------


def one(query: str, aggregator: str, store: SeriesStore, start: datetime, end: datetime) -> float | None:
    found = formula_values(
        "q", {"q": ScalarQuery(query, aggregator)}, store, start=start, end=end, interval=timedelta(minutes=1)
    )
    return found.get(())


def test_one_value_over_a_span_is_the_percentile_of_all_its_samples(
    minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> None:
    store = store_of(("d{host:a}", range(10)), ("d{host:b}", range(10, 20)), kind=MetricType.DISTRIBUTION)

    assert one("p100:d{*}", "percentile", store, minute(0), minute(10)) == 19.0
    assert one("p100:d{*}", "percentile", store, minute(0), minute(9)) == 18.0  # the end is not part of it
    assert one("p50:d{host:a}", "percentile", store, minute(0), minute(10)) == 4.0
    assert one("p50:d{host:c}", "percentile", store, minute(0), minute(10)) is None


@pytest.mark.parametrize(
    ("aggregator", "value"),
    [("avg", 2.5), ("mean", 2.5), ("min", 1.0), ("max", 4.0), ("sum", 10.0), ("last", 4.0), ("l2norm", 30.0**0.5)],
)
def test_the_points_of_a_span_are_reduced_to_one_value(
    aggregator: str, value: float, minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> None:
    store = store_of(("g", [1, 2, None, 3, 4, 99]))
    assert one("avg:g{*}", aggregator, store, minute(0), minute(5)) == value


def test_a_formula_of_values_reduces_each_query_first(
    minute: Callable[[float], datetime], store_of: Callable[..., SeriesStore]
) -> None:
    store = store_of(("m{host:a}", [1, 3]), ("m{host:b}", [10, 10]), ("n", [1, 3]))
    queries = {"a": ScalarQuery("avg:m{*} by {host}", "sum"), "b": ScalarQuery("avg:n{*}", "last")}
    found = formula_values("a / b", queries, store, start=minute(0), end=minute(2), interval=timedelta(minutes=1))
    assert found == {(Tag("host", "a"),): 4 / 3, (Tag("host", "b"),): 20 / 3}


@pytest.mark.parametrize(("query", "aggregator"), [("avg:d{*}", "percentile"), ("avg:d{*}", "middle")])
def test_another_value_over_a_span_is_refused_by_name(
    minute: Callable[[float], datetime], query: str, aggregator: str
) -> None:
    with pytest.raises(NotModelled, match=f"the aggregator '{aggregator}'"):
        one(query, aggregator, SeriesStore(), minute(0), minute(1))
