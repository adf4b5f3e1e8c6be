from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.datadog.evaluation.expression import evaluate
from alertproof.datadog.evaluation.ranges import Ranks, aggregate_ranges
from alertproof.datadog.evaluation.selection import Source
from alertproof.datadog.evaluation.windows import Windows
from alertproof.datadog.query import parse_expression
from alertproof.errors import NotModelled
from alertproof.telemetry.series import MetricType, SeriesStore

Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
Evaluate = Callable[..., dict[str, list[float]]]
GAUGE, COUNT = MetricType.GAUGE, MetricType.COUNT
nan = float("nan")


def approx(*values: float) -> object:
    return pytest.approx(list(values), nan_ok=True)


@pytest.fixture
def of(minute: Minute, store_of: StoreOf) -> Evaluate:
    """Evaluate an expression over minutes in buckets of one, per group; the window begins at ``first``."""

    def run(text: str, *series: tuple[str, list[float | None]], first: int = 0, kind: MetricType = GAUGE) -> Any:
        length = max(len(values) for _, values in series)
        windows = Windows.spanning(minute(first).timestamp(), minute(length).timestamp(), 60)
        frame = evaluate(parse_expression(text), Source(store_of(*series, kind=kind)), windows)
        rows = zip(frame.groups, frame.settled[:, 0], strict=True)
        return {",".join(str(tag) for tag in group): values.tolist() for group, values in rows}

    return run


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("abs(avg:m{*})", [1, 4, nan, 8]),
        ("log2(avg:m{*})", [0, nan, nan, 3]),
        ("log10(avg:m{*} * avg:m{*} * 10)", [1, 2.204, nan, 2.806]),
        ("clamp_min(avg:m{*}, 1)", [1, 1, nan, 8]),
        ("clamp_max(avg:m{*}, 1)", [1, -4, nan, 1]),
        ("ceil(avg:m{*} / 8)", [1, 0, nan, 1]),
        ("floor(avg:m{*} / 8)", [0, -1, nan, 1]),
        ("sqrt(avg:m{*})", [1, nan, nan, 2.828]),
        ("exp(avg:m{*} - 1)", [1, 0.007, nan, 1096.633]),
        ("pow(avg:m{*}, 2)", [1, 16, nan, 64]),
        ("round(avg:m{*} / 3, 1)", [0.3, -1.3, nan, 2.7]),
        ("round(avg:m{*} / 3)", [0, -1, nan, 3]),
        ("cutoff_min(avg:m{*}, 1)", [1, nan, nan, 8]),
        ("cutoff_max(avg:m{*}, 1)", [1, -4, nan, nan]),
        ("is_greater(avg:m{*}, 1)", [0, 0, nan, 1]),
        ("is_less(avg:m{*}, 1)", [0, 1, nan, 0]),
        ("is_between(avg:m{*}, 0, 8)", [1, 0, nan, 0]),
        ("exclude_null(avg:m{*})", [1, -4, nan, 8]),
        ("diff(avg:m{*})", [nan, -5, nan, 12]),
        ("monotonic_diff(avg:m{*})", [nan, nan, nan, 12]),
        ("dt(avg:m{*})", [nan, 60, nan, 120]),
        ("derivative(avg:m{*})", [nan, -5 / 60, nan, 0.1]),
        ("per_second(avg:m{*})", [nan, -5 / 60, nan, 0.1]),
        ("per_minute(avg:m{*})", [nan, -5, nan, 6]),
        ("per_hour(avg:m{*})", [nan, -300, nan, 360]),
        ("throughput(avg:m{*})", [1 / 60, -4 / 60, nan, 8 / 60]),
        ("cumsum(avg:m{*})", [1, -3, nan, 5]),
        ("integral(avg:m{*})", [0, -240, nan, 720]),
        ("ewma_3(avg:m{*})", [1, -1.5, nan, 3.25]),
        ("median_3(avg:m{*})", [1, -1.5, nan, 2]),
        ("median_5(avg:m{*})", [1, -1.5, nan, 1]),
        ("moving_rollup(avg:m{*}, 120, 'sum')", [1, -3, -4, 8]),
        ("moving_rollup(avg:m{*}, 120, 'max')", [1, 1, -4, 8]),
        ("moving_rollup(avg:m{*}, 180)", [1, -1.5, -1.5, 2]),
        ("moving_rollup(avg:m{*}, 240, 'count')", [1, 2, 2, 3]),
        ("default(avg:m{*}, 7)", [1, -4, 7, 8]),
        ("default_zero(avg:m{*})", [1, -4, -4, 8]),
        ("default_zero(avg:m{*}.as_count())", [1, -4, -4, 8]),
        ("avg:m{*}.fill(last)", [1, -4, -4, 8]),
        ("avg:m{*}.fill(linear)", [1, -4, 2, 8]),
        ("avg:m{*}.fill(zero)", [1, -4, 0, 8]),
        ("avg:m{*}.fill(null)", [1, -4, nan, 8]),
        ("(avg:m{*} + 0).fill(last)", [1, -4, -4, 8]),
        ("-avg:m{*} % 3", [-1, 1, nan, -2]),
        ("+avg:m{*}", [1, -4, nan, 8]),
    ],
)
def test_what_a_function_does_to_a_line(text: str, expected: list[float], of: Evaluate) -> None:
    assert of(text, ("m", [1, -4, None, 8]))[""] == pytest.approx(expected, nan_ok=True, abs=0.001)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("timeshift(avg:m{*}, -120)", [5, 6]),
        ("timeshift(avg:m{*}, 0)", [7, 8]),
        ("avg:m{*} - timeshift(avg:m{*}, -60)", [1, 1]),
        ("moving_rollup(avg:m{*}, 180, 'sum')", [18, 21]),
        ("diff(avg:m{*})", [nan, 1]),
        ("ewma_3(avg:m{*})", [7, 7.5]),
        ("avg:m{*}.fill(last, 60)", [7, 8]),
    ],
)
def test_how_far_a_function_looks_back(text: str, expected: list[float], of: Evaluate) -> None:
    """The window begins at the seventh value."""
    assert of(text, ("m", [1, 2, 3, 4, 5, 6, 7, 8]), first=6)[""] == approx(*expected)


@pytest.mark.parametrize(
    ("name", "hours"), [("hour_before", 1), ("day_before", 24), ("week_before", 168), ("month_before", 28 * 24)]
)
def test_the_same_time_before(name: str, hours: int, minute: Minute) -> None:
    store = SeriesStore(retention=None)
    for at, number in ((0, 1.0), (60 * hours, 2.0)):
        store.write("m", frozenset(), GAUGE, minute(at).timestamp(), number)
    windows = Windows.spanning(minute(60 * hours).timestamp(), minute(60 * hours + 1).timestamp(), 60)
    assert evaluate(parse_expression(f"{name}(avg:m{{*}})"), Source(store), windows).settled.tolist() == [[[1]]]


@pytest.mark.parametrize(("limit", "filled"), [(59, [1, nan, nan, 7]), (60, [1, 3, nan, 7]), (120, [1, 3, 5, 7])])
def test_a_linear_fill_has_its_limit(limit: int, filled: list[float], of: Evaluate) -> None:
    found = of(f"avg:m{{*}}.fill(linear, {limit})", ("m", [1, None, None, 7]))[""]
    assert found == approx(*filled)


@pytest.mark.parametrize(("limit", "filled"), [(59, nan), (60, 1)])
def test_a_fill_looks_before_the_window_as_far_as_its_limit(limit: int, filled: float, of: Evaluate) -> None:
    assert of(f"avg:m{{*}}.fill(last, {limit})", ("m", [1, None, 5]), first=1)[""] == approx(filled, 5)


GROUPS = (("m{host:a,az:x}", [1, 0, None]), ("m{host:b,az:x}", [2, 5, None]), ("m{host:c,az:y}", [3, None, None]))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("count_nonzero(avg:m{*} by {host})", {"": [3, 1, nan]}),
        ("count_not_null(avg:m{*} by {host})", {"": [3, 2, nan]}),
        ("sum(avg:m{*} by {host,az}, {az})", {"az:x": [3, 5, nan], "az:y": [3, nan, nan]}),
        ("avg(max:m{*} by {host,az}, {az})", {"az:x": [1.5, 2.5, nan], "az:y": [3, nan, nan]}),
        ("stddev(max:m{*} by {host,az}, {az})", {"az:x": [0.5, 2.5, nan], "az:y": [0, nan, nan]}),
        ("sum:m{*} by {az} / sum:m{*}", {"az:x": [0.5, 1, nan], "az:y": [0.5, nan, nan]}),
        (
            "sum:m{*} by {host,az} / sum:m{*} by {az}",
            {"az:x,host:a": [1 / 3, 0, nan], "az:x,host:b": [2 / 3, 1, nan], "az:y,host:c": [1, nan, nan]},
        ),
    ],
)
def test_what_a_function_does_across_groups(text: str, expected: dict[str, list[float]], of: Evaluate) -> None:
    found = of(text, *GROUPS)
    assert found.keys() == expected.keys()
    for group, values in expected.items():
        assert found[group] == approx(*values)


@pytest.mark.parametrize(
    ("how", "expected"),
    [
        ("sum", [10, 4, nan]),
        ("avg", [5, 4, nan]),
        ("min", [2, 4, nan]),
        ("max", [8, 4, nan]),
        ("count", [2, 1, nan]),
        ("stddev", [3, 0, nan]),
    ],
)
def test_a_group_that_has_no_value_takes_no_part(how: str, expected: list[float], of: Evaluate) -> None:
    hosts = {"a": [2, None, None], "b": [8, None, None], "c": [None, 4, None], "d": [None, None, None]}
    series = [(f"m{{host:{host},az:x}}", values) for host, values in hosts.items()]
    found = of(f"{how}(max:m{{*}} by {{host,az}}, {{az}})", *series, ("m{host:e,az:y}", [100, 100, 100]))
    assert found["az:x"] == approx(*expected)


@pytest.mark.parametrize(
    ("ranking", "kept"),
    [
        ("top(avg:m{*} by {host}, 1, 'mean', 'desc')", "b"),
        ("top(avg:m{*} by {host}, 1, 'mean', 'asc')", "a"),
        ("top(avg:m{*} by {host}, 1, 'max', 'desc')", "b"),
        ("top(avg:m{*} by {host}, 2, 'min', 'asc')", "ab"),
        ("top(avg:m{*} by {host}, 1, 'last', 'asc')", "a"),
        ("top(avg:m{*} by {host}, 1, 'sum', 'desc')", "b"),
        ("top(avg:m{*} by {host}, 1, 'l2norm', 'desc')", "b"),
        ("top(avg:m{*} by {host}, 1, 'norm', 'asc')", "a"),
        ("top(avg:m{*} by {host}, 2, 'area', 'desc')", "bc"),
        ("top5(avg:m{*} by {host})", "abc"),
        ("bottom5_mean(avg:m{*} by {host})", "abc"),
    ],
)
def test_groups_are_ranked_and_the_others_dropped(ranking: str, kept: str, of: Evaluate) -> None:
    """Means 0.5, 3.5 and 3; the host without a value in the window is never first."""
    found = of(ranking, *GROUPS)
    known = {group.removeprefix("host:") for group, values in found.items() if np.isfinite(values).any()}
    assert known == set(kept)


@pytest.mark.parametrize("order", ["asc", "desc"])
@pytest.mark.parametrize("method", ["mean", "sum", "area", "l2norm", "norm", "max", "min", "last"])
def test_a_group_without_a_value_in_the_window_ranks_last(method: str, order: str, of: Evaluate) -> None:
    series = (("m{host:a}", [7, None, None]), ("m{host:b}", [7, 3, 3]))
    found = of(f"top(avg:m{{*}} by {{host}}, 1, '{method}', '{order}')", *series, first=1)
    assert found["host:b"] == approx(3, 3)


@pytest.mark.parametrize(
    ("ranking", "one", "other", "kept"),
    [
        ("'min', 'desc'", [5, None, 5], [3, 4, 4], "a"),
        ("'max', 'asc'", [-5, None, -5], [-3, -3, -3], "a"),
        ("'mean', 'desc'", [2, None, 2], [1.9, 1.9, 1.9], "a"),
        ("'sum', 'desc'", [2, None, 0], [2.1, 0, 0], "b"),
        ("'area', 'asc'", [2, None, 0], [2.1, 0, 0], "a"),
        ("'l2norm', 'desc'", [2, None, 0], [2.1, 0, 0], "b"),
        ("'norm', 'asc'", [2, None, 0], [2.1, 0, 0], "a"),
        ("'l2norm', 'desc'", [3, 3, 0], [4, 0, 0], "a"),
        ("'l2norm', 'asc'", [3, 3, 0], [5, 0, 0], "a"),
        ("'last', 'asc'", [9, 5, None], [1, 6, 6], "a"),
        ("'last', 'desc'", [9, 5, None], [1, 6, 6], "b"),
    ],
)
def test_a_minute_without_a_value_counts_for_nothing_in_a_ranking(
    ranking: str, one: list[float | None], other: list[float | None], kept: str, of: Evaluate
) -> None:
    found = of(f"top(avg:m{{*}} by {{host}}, 1, {ranking})", ("m{host:a}", one), ("m{host:b}", other))
    assert [group for group, values in found.items() if np.isfinite(values).any()] == [f"host:{kept}"]


def test_what_lies_before_the_window_takes_no_part_in_a_ranking(of: Evaluate) -> None:
    """The moving rollup looks a minute back, where the other host was first."""
    series = (("m{host:a}", [100, 1, 1]), ("m{host:b}", [1, 5, 5]))
    found = of("moving_rollup(top(avg:m{*} by {host}, 1, 'max', 'desc'), 120, 'sum')", *series, first=1)
    assert found["host:b"] == approx(6, 10)
    assert not np.isfinite(found["host:a"]).any()


@pytest.mark.parametrize(
    ("ranking", "dropped"), [("top5", "a"), ("top5_max", "a"), ("bottom5", "f"), ("bottom5_last", "f")]
)
def test_a_ranking_by_its_short_name_keeps_the_end_that_it_names(ranking: str, dropped: str, of: Evaluate) -> None:
    hosts = [(f"m{{host:{host}}}", [value]) for value, host in enumerate("abcdef", start=1)]
    found = of(f"{ranking}(avg:m{{*}} by {{host}})", *hosts)
    assert {group for group, values in found.items() if np.isfinite(values).any()} == {
        f"host:{host}" for host in "abcdef" if host != dropped
    }


@pytest.mark.parametrize("ranking", ["top5", "bottom5", "top(avg:m{*} by {host}, 5, 'max', 'desc')"])
def test_of_many_groups_alike_the_first_by_name_are_kept(ranking: str, of: Evaluate) -> None:
    hosts = [(f"m{{host:{number:03}}}", [float(number % 2)]) for number in range(200)]
    text = ranking if "(" in ranking else f"{ranking}(avg:m{{*}} by {{host}})"
    kept = [group for group, values in of(text, *hosts).items() if np.isfinite(values).any()]
    first = 0 if ranking == "bottom5" else 1
    assert kept == [f"host:{number:03}" for number in range(first, first + 10, 2)]


def test_a_change_needs_a_value_before(of: Evaluate) -> None:
    assert of("diff(avg:m{*})", ("m", [None, 5, None, 7]))[""] == approx(nan, nan, nan, 2)
    assert of("derivative(avg:m{*})", ("m", [None, 60, None, 180]))[""] == approx(nan, nan, nan, 1)


def test_a_change_per_second_is_that_of_each_source_and_not_of_their_sum(of: Evaluate) -> None:
    """The second counter restarts: together they would fall."""
    text = "sum:m{*}"
    series = (("m{h:a}", [0.0, 60, 120]), ("m{h:b}", [600.0, 660, 0]))
    assert of(f"diff({text})", *series)[""] == approx(nan, 120, -600)
    assert of(f"monotonic_diff({text})", *series)[""] == approx(nan, 120, 60)
    assert of(f"monotonic_diff({text} + 0)", *series)[""] == approx(nan, 120, nan)


def test_a_second_rollup_gathers_buckets(of: Evaluate) -> None:
    found = of("(avg:m{*} + 0).rollup(sum, 120)", ("m", [1, 2, 3, 4, 5]))[""]
    assert found == approx(3, nan, 7, nan, 5)
    found = of("(avg:m{*} + 0).rollup(max, 120)", ("m", [1, 2, 3, 4, 5]), first=1)[""]
    assert found == approx(2, 4, nan, 5)


@pytest.mark.parametrize(("condition", "count"), [("> 1", 5), (">= 1", 6), ("< 0", 0)])
def test_the_samples_of_a_distribution_that_meet_a_condition_are_counted(
    condition: str, count: int, minute: Minute
) -> None:
    store = SeriesStore()
    for sample in (0.5, 1, 1.5, 2, 2, 3, 9):
        store.write("d", frozenset(), MetricType.DISTRIBUTION, minute(0).timestamp(), sample)
    windows = Windows.spanning(minute(0).timestamp(), minute(1).timestamp())
    found = evaluate(parse_expression(f"count(v: v{condition}):d{{*}}"), Source(store), windows)
    assert found.settled.tolist() == [[[count]]]


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("diff(sum:a{*}.as_count())", "diff"),
        ("ewma_3(sum:a{*}.as_count())", "ewma_3"),
        ("moving_rollup(sum:a{*}.as_count(), 60)", "moving_rollup"),
        ("(sum:a{*}.as_count() + 1).fill(last)", ".fill"),
        ("(sum:a{*}.as_count() + 1).rollup(sum, 60)", ".rollup"),
    ],
)
def test_what_looks_along_the_window_is_refused_where_the_window_is_reduced_first(
    text: str, name: str, minute: Minute
) -> None:
    windows = Windows.spanning(minute(0).timestamp(), minute(5).timestamp())
    with pytest.raises(NotModelled) as caught:
        evaluate(parse_expression(f"{text} / sum:b{{*}}.as_count()"), Source(SeriesStore()), windows)
    assert str(caught.value) == (
        f"{name}() looks from bucket to bucket, where the window is reduced first: in arithmetic with as_count() and in"
        " formulas over searches"
    )


def test_weighted_counts_a_gauge_for_as_long_as_it_lived(minute: Minute, store_of: StoreOf) -> None:
    """A pod of six ten-second points and one of two, in a bucket of a minute."""
    store = store_of(("m{pod:a}", [6] * 6), ("m{pod:b}", [6] * 2), kind=GAUGE, every=10)
    windows = Windows.spanning(minute(0).timestamp(), minute(1).timestamp(), 60)
    found = evaluate(parse_expression("sum:m{*}.weighted()"), Source(store), windows)
    assert found.settled.tolist() == [[[8]]]


SAMPLES = st.lists(st.sampled_from([0.1, 0.2, 0.3, 1 / 3, 5.0, -2.0]), min_size=1, max_size=30)


@settings(deadline=None)
@given(SAMPLES, st.data())
def test_ranges_are_what_numpy_says_of_each(samples: list[float], data: st.DataObject) -> None:
    size = len(samples)
    ranges = data.draw(st.lists(st.tuples(st.integers(0, size), st.integers(0, size)), min_size=1, max_size=9))
    low, high = np.array([min(each) for each in ranges]), np.array([max(each) for each in ranges])
    values = np.array(samples)
    for how, function in (("sum", np.sum), ("min", np.min), ("max", np.max), ("avg", np.mean), ("count", len)):
        found = aggregate_ranges(how, values[None], low, high)[0]
        for value, begin, end in zip(found, low, high, strict=True):
            expected = function(values[begin:end]) if end > begin else nan
            assert value == pytest.approx(expected, nan_ok=True, rel=1e-12)
    for percent in (0, 50, 95, 99.9, 100):
        found = Ranks(values).quantile(low, high, percent)
        for value, begin, end in zip(found, low, high, strict=True):
            if end > begin:
                assert value == np.percentile(values[begin:end], percent, method="lower")


@settings(deadline=None)
@given(st.sampled_from([0.1, 0.7, 0.8, 1 / 3]), st.integers(1, 40))
def test_the_mean_of_equal_values_is_exactly_that_value(value: float, count: int) -> None:
    found = aggregate_ranges("avg", np.full((1, count), value), np.array([0]), np.array([count]))
    assert found.item() == value
