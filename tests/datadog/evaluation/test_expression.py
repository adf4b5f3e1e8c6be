from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.datadog.evaluation.expression import evaluate, rollup_step
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows, default_step
from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.tree import Expression
from alertproof.errors import Broken, NotModelled
from alertproof.tags import EVERYTHING, Group, Tag, parse_tags
from alertproof.telemetry.series import Floats, MetricType, SeriesStore

Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
nan = float("nan")


def expression_points(expression: Expression, store: SeriesStore, grid: Windows) -> dict[Group, Floats]:
    """Return the buckets of the only window by group, of those groups that have any."""
    windows = grid.with_step(rollup_step(expression, grid.step))
    frame = evaluate(expression, Source(store), windows)
    points = zip(frame.groups, frame.settled[:, 0], strict=True)
    return {group: values for group, values in points if np.isfinite(values).any()}


@pytest.fixture
def points(minute: Minute) -> Callable[..., list[float]]:
    """Evaluate in buckets of a minute over the first ones; the only group's values."""

    def evaluate(text: str, store: SeriesStore, minutes: int = 5, step: float = 60) -> list[float]:
        grid = Windows.spanning(minute(0).timestamp(), minute(minutes).timestamp(), step)
        found = expression_points(parse_expression(text), store, grid)
        (values,) = found.values()
        return [float(value) for value in values]

    return evaluate


def approx(*values: float) -> object:
    return pytest.approx(list(values), nan_ok=True)


@pytest.mark.parametrize(("space", "expected"), [("avg", [4, 5]), ("sum", [8, 10]), ("min", [3, 2]), ("max", [5, 8])])
def test_space_aggregation_per_group(space: str, expected: list[float], store_of: StoreOf, minute: Minute) -> None:
    """Published example V21: two hosts with two paths each."""
    store = store_of(
        ("m{host:a,path:1}", [5]),
        ("m{host:a,path:2}", [3]),
        ("m{host:b,path:1}", [2]),
        ("m{host:b,path:2}", [8]),
        kind=MetricType.GAUGE,
    )
    grid = Windows.spanning(minute(0).timestamp(), minute(1).timestamp())
    found = expression_points(parse_expression(f"{space}:m{{*}} by {{host}}"), store, grid)
    assert {group: values.tolist() for group, values in found.items()} == {
        (Tag("host", host),): [value] for host, value in zip("ab", expected, strict=True)
    }


@pytest.mark.parametrize(
    ("space", "value"),
    [
        ("avg", 19 / 11),
        ("count", 11),
        ("max", 3),
        ("min", 1),
        ("sum", 19),
        ("p50", 2),
        ("p75", 2),
        ("p90", 3),
        ("p95", 3),
        ("p99", 3),
    ],
)
def test_a_distribution_pools_its_samples_over_series(space: str, value: float, minute: Minute) -> None:
    """Published example V19."""
    store = SeriesStore()
    for host, samples in (("web_1", [1, 1, 1, 2, 2, 2, 3, 3]), ("web_2", [1, 1, 2])):
        times: Floats = np.full(len(samples), minute(0).timestamp())
        store.extend("d", parse_tags(f"host:{host}"), MetricType.DISTRIBUTION, times, np.array(samples, float))
    grid = Windows.spanning(minute(0).timestamp(), minute(1).timestamp())
    found = expression_points(parse_expression(f"{space}:d{{*}}"), store, grid)
    assert found[EVERYTHING].tolist() == pytest.approx([value])


@pytest.mark.parametrize("value", [0.1, 0.7])
def test_the_average_of_equal_values_is_exactly_that_value(
    value: float, points: Callable[..., list[float]], store_of: StoreOf
) -> None:
    """Three times 0.1 is more than 0.3, and three times 0.7 less than 2.1."""
    store = store_of(*((f"m{{host:{host}}}", [value]) for host in "abc"), kind=MetricType.GAUGE)
    assert points("avg:m{*}", store, minutes=1) == [value]


def test_time_is_aggregated_before_space(points: Callable[..., list[float]], store_of: StoreOf) -> None:
    store = store_of(("m{host:a}", [1, 3]), ("m{host:b}", [10]), kind=MetricType.GAUGE)
    assert points("sum:m{*}", store, minutes=2, step=120) == [12.0]
    assert points("sum:m{*}.rollup(max, 120)", store, minutes=2) == [13.0]
    assert points("sum:m{*}.rollup(min, 120)", store, minutes=2) == [11.0]
    assert points("sum:m{*}.rollup(sum, 120)", store, minutes=2) == [14.0]
    assert points("sum:m{*}.rollup(count, 120)", store, minutes=2) == [3.0]


@pytest.mark.parametrize(
    ("kind", "modifier", "expected"),
    [
        (MetricType.COUNT, "", 2.0),
        (MetricType.COUNT, ".as_count()", 4.0),
        (MetricType.COUNT, ".as_rate()", 4 / 120),
        (MetricType.RATE, "", 2.0),
        (MetricType.RATE, ".as_count()", 240.0),
        (MetricType.RATE, ".as_rate()", 4.0),
        (MetricType.GAUGE, "", 2.0),
        (MetricType.GAUGE, ".as_count()", 2.0),
        (MetricType.GAUGE, ".as_rate()", 2.0),
    ],
)
def test_counting_modifiers_by_type(
    kind: MetricType,
    modifier: str,
    expected: float,
    points: Callable[..., list[float]],
    store_of: StoreOf,
) -> None:
    store = store_of(("m", [1, 3]), kind=kind)
    assert points(f"sum:m{{*}}{modifier}", store, minutes=2, step=120) == [pytest.approx(expected)]


def test_a_division_by_zero_or_by_nothing_has_no_value(points: Callable[..., list[float]], store_of: StoreOf) -> None:
    """Published example V3: of A/B only the bucket with B=1 counts."""
    store = store_of(("a", [10, 10, 10]), ("b", [0, 1, None]), kind=MetricType.GAUGE)
    assert points("sum:a{*} / sum:b{*}", store, minutes=3) == approx(nan, 10, nan)


def test_a_missing_count_is_zero_where_the_other_has_a_value(
    points: Callable[..., list[float]], store_of: StoreOf
) -> None:
    store = store_of(("a", [1, None, None]), ("b", [4, 4, None]))
    assert points("sum:a{*}.as_count() / sum:b{*}.as_count()", store, 3) == approx(0.25, 0, nan)
    assert points("sum:a{*}.as_count() + sum:b{*}.as_count()", store, 3) == approx(5, 4, nan)
    assert points("sum:a{*}.as_count() / (sum:b{*}.as_count() + 1)", store, 3) == approx(0.2, 0, nan)
    assert points("sum:a{*} / sum:b{*}", store, 3) == approx(0.25, nan, nan)


def test_a_constant_makes_no_data_where_there_is_none(points: Callable[..., list[float]], store_of: StoreOf) -> None:
    store = store_of(("a", [1, None]))
    assert points("sum:a{*}.as_count() * 100", store, 2) == approx(100, nan)
    assert points("100 - sum:a{*}.as_count()", store, 2) == approx(99, nan)


def test_a_missing_group_of_errors_is_zero_but_a_missing_gauge_is_no_group(minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("e{t:x}", [1]), ("r{t:x}", [2]), ("r{t:y}", [2]))
    grid = Windows.spanning(minute(0).timestamp(), minute(1).timestamp())
    counted = "sum:e{*} by {t}.as_count() / sum:r{*} by {t}.as_count()"
    found = expression_points(parse_expression(counted), store, grid)
    assert {group[0].value: values[0] for group, values in found.items()} == {"x": 0.5, "y": 0.0}
    plain = expression_points(parse_expression("sum:e{*} by {t} / sum:r{*} by {t}"), store, grid)
    assert [group[0].value for group in plain] == ["x"]


def test_a_query_without_groups_gives_its_value_to_each_group(minute: Minute, store_of: StoreOf) -> None:
    store = store_of(("e{t:x}", [1]), ("e{t:y}", [2]))
    grid = Windows.spanning(minute(0).timestamp(), minute(1).timestamp())
    found = expression_points(parse_expression("sum:e{*} by {t} / sum:e{*}"), store, grid)
    assert {group[0].value: round(float(values[0]), 3) for group, values in found.items()} == {
        "x": 0.333,
        "y": 0.667,
    }


def test_gauges_are_interpolated_for_300_seconds_and_no_longer(
    points: Callable[..., list[float]], store_of: StoreOf
) -> None:
    full = ("m{host:b}", [0] * 12)
    near = store_of(("m{host:a}", [10, None, None, None, None, 20]), full, kind=MetricType.GAUGE)
    assert points("sum:m{*}", near, 7) == approx(10, 12, 14, 16, 18, 20, 0)
    far = store_of(("m{host:a}", [10, None, None, None, None, None, None, 24]), full, kind=MetricType.GAUGE)
    assert points("sum:m{*}", far, 8) == approx(10, 12, 14, 16, 18, 20, 0, 24)


def test_one_source_is_not_interpolated(points: Callable[..., list[float]], store_of: StoreOf) -> None:
    store = store_of(("m", [10, None, 20]), kind=MetricType.GAUGE)
    assert points("sum:m{*}", store, 3) == approx(10, nan, 20)


def test_points_outside_the_window_do_not_count(store_of: StoreOf, minute: Minute) -> None:
    store = store_of(("m", [1, 2, 4, 8]))
    start, end = minute(1).timestamp(), minute(3).timestamp()
    for grid in (Windows.spanning(start, end), Windows.spanning(start, end, 3600)):
        assert expression_points(parse_expression("sum:m{*}.as_count()"), store, grid)[()].tolist() == [6.0]


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 599), st.integers(0, 9)), min_size=1, max_size=40),
    st.sampled_from([7, 20, 60, 600]),
)
def test_buckets_hold_what_the_window_holds(samples: list[tuple[int, int]], step: int) -> None:
    store, at = SeriesStore(), 1_700_000_000
    for offset, value in samples:
        store.write("m", frozenset(), MetricType.COUNT, at + offset, value)
    (series,) = store.select("m")
    _, inside = series.between(at + 60, at + 300)
    grid = Windows.spanning(at + 60, at + 300, step)
    found = expression_points(parse_expression("sum:m{*}.as_count()"), store, grid)
    total = sum(float(np.nansum(values)) for values in found.values())
    assert total == inside.sum()
    assert bool(found) is (len(inside) > 0)
    assert set((grid.times % step).ravel()) == {0.0}


@pytest.mark.parametrize(
    ("hours", "step"),
    [(1, 20), (1.1, 60), (4, 60), (4.1, 300), (24, 300), (25, 600), (48, 600), (49, 3600), (169, 14400)],
)
def test_the_step_follows_the_length(hours: float, step: float) -> None:
    assert default_step(hours * 3600) == step


ROLLUP = (
    "a rollup by calendar or time zone, or by anything but a method and whole seconds up to a month, such as"
    " .rollup(avg, 60)"
)
TOP = "top() with anything but a query, a whole number, a method and 'asc' or 'desc'"


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("autosmooth(avg:m{*})", "the function autosmooth() is not modelled"),
        ("(avg:m{*} + 1).as_count()", ".as_count() behind a parenthesis is not modelled"),
        ("(avg:m{*} + 1).rollup(90)", ".rollup(avg, 90) of buckets of 60 s"),
        ("avg:m{*}.fill(next)", ".fill() with anything but one of last, linear, null, zero and a number of seconds"),
        ("avg:m{*}.fill(60)", ".fill() with anything but one of last, linear, null, zero and a number of seconds"),
        ("avg:m{*}.rollup(median, 60)", ".rollup(median) is not modelled"),
        ("sum:m{*}.as_count().rollup(avg, 60)", ".rollup(avg) on a query with as_count() or as_rate()"),
        ("avg:m{*}.rollup(avg, 'daily')", ROLLUP),
        ("avg:m{*}.rollup(20, 60)", ROLLUP),
        ("avg:m{*}.rollup(60, avg)", ROLLUP),
        ("avg:m{*}.rollup(avg, 0.5)", ROLLUP),
        ("avg:m{*}.rollup(avg, 0)", ROLLUP),
        ("avg:m{*}.rollup(avg, 1e20)", ROLLUP),
        ("avg:m{*}.rollup()", ROLLUP),
        ("p101:m{*}", "the space aggregator 'p101' is not modelled: a percentile is at most 100"),
        ("p100.1:m{*}", "the space aggregator 'p100.1' is not modelled: a percentile is at most 100"),
        ("p999:m{*}", "the space aggregator 'p999' is not modelled: a percentile is at most 100"),
        ("avg:m{*}.rollup(60) / avg:m{*}.rollup(120)", "arithmetic on queries with different rollup intervals"),
        (
            "avg:m{*} by {a,c} / avg:m{*} by {b,d}",
            "arithmetic on queries that group by different tags: {a,c} and {b,d}",
        ),
        ("stddev:m{*}", "the space aggregator 'stddev' is not modelled"),
        ("timeshift(avg:m{*}, 60)", "timeshift() into the future"),
        ("timeshift(avg:m{*}, -90)", "a shift of 90 s, which is no multiple of the rollup interval 60 s"),
        (
            "moving_rollup(avg:m{*}, 90)",
            (
                "moving_rollup() with anything but a query, a multiple of the rollup interval (60 s), at most a "
                "month, and a method in quotes"
            ),
        ),
        ("moving_rollup(avg:m{*}, 120, 'p50')", "moving_rollup(.., 'p50') (known: avg, count, max, min, sum)"),
        ("top(avg:m{*} by {a}, 5, 'mean', 'up')", TOP),
        ("top(avg:m{*} by {a}, avg:m{*}, 'mean', 'asc')", TOP),
        ("top(avg:m{*} by {a}, 5, 5, 'asc')", TOP),
        (
            "top(avg:m{*} by {a}, 5, 'best', 'asc')",
            "ranking by 'best' (known: area, l2norm, last, max, mean, min, norm, sum)",
        ),
        ("sum(avg:m{*} by {a}, {b})", "sum(.., {b}) over a query that groups by {a}"),
        ("1 + 2", "an expression without a metric query"),
    ],
)
def test_what_is_not_computed_is_refused_before_there_is_data(text: str, named: str, minute: Minute) -> None:
    grid = Windows.spanning(minute(0).timestamp(), minute(5).timestamp(), 60)
    with pytest.raises(NotModelled) as caught:
        expression_points(parse_expression(text), SeriesStore(), grid)
    assert str(caught.value) == named


def test_a_rollup_is_of_a_month_at_most(minute: Minute) -> None:
    grid, month = Windows.spanning(minute(0).timestamp(), minute(5).timestamp(), 60), 31 * 86400
    expression_points(parse_expression(f"avg:m{{*}}.rollup(avg, {month})"), SeriesStore(), grid)
    with pytest.raises(NotModelled, match="up to a month"):
        expression_points(parse_expression(f"avg:m{{*}}.rollup(avg, {month + 1})"), SeriesStore(), grid)


def test_the_hundredth_percentile_is_the_highest_sample(minute: Minute, points: Callable[..., list[float]]) -> None:
    store = SeriesStore()
    for sample in (1.0, 9.0, 5.0):
        store.write("d", frozenset(), MetricType.DISTRIBUTION, minute(0).timestamp(), sample)
    assert points("p100:d{*}", store, 1) == [9.0]
    assert points("p0:d{*}", store, 1) == [1.0]


def test_a_percentile_of_what_is_no_distribution_is_broken(
    points: Callable[..., list[float]], store_of: StoreOf
) -> None:
    with pytest.raises(Broken, match="p95 needs a distribution, and metric 'm' is a gauge"):
        points("p95:m{*}", store_of(("m", [1]), kind=MetricType.GAUGE))


def test_a_rate_without_an_interval_cannot_be_counted(points: Callable[..., list[float]], minute: Minute) -> None:
    store = SeriesStore()
    store.write("m", frozenset(), MetricType.RATE, minute(0).timestamp(), 1)
    assert points("sum:m{*}.as_rate()", store, 1) == [1.0]
    with pytest.raises(NotModelled, match="without an interval"):
        points("sum:m{*}.as_count()", store, 1)
