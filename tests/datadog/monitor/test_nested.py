"""Nested queries: layers of groups and of buckets [NESTED], and counts of groups [COUNT]."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime

import pytest

from alertproof.datadog import Definition, Step, advance
from alertproof.tags import parse_tag
from alertproof.telemetry.series import MetricType, SeriesStore

Make = Callable[..., Definition]
Minute = Callable[[float], datetime]
StoreOf = Callable[..., SeriesStore]
Evaluate = Callable[[str, SeriesStore], Step]


@pytest.fixture
def evaluate(monitor: Make, minute: Minute) -> Evaluate:
    """Evaluate a query once, after ten minutes."""
    return lambda query, store: advance(monitor(query), {}, store, minute(10), slos={})


def test_a_nested_query_is_worth_something_for_each_group_of_its_outer_layer(
    evaluate: Evaluate, store_of: StoreOf
) -> None:
    store = store_of(("m{env:a,host:x}", [1] * 10), ("m{env:a,host:y}", [2] * 10), ("m{env:b,host:x}", [4] * 10))
    found = evaluate("avg(last_5m):sum(avg:m{*} by {host,env},{env}) > 5", store)
    assert found.values == {(parse_tag("env:a"),): 3, (parse_tag("env:b"),): 4}
    assert set(found.statuses) == set(found.values)


@pytest.mark.parametrize("function", ["count_not_null", "count_nonzero"])
def test_a_count_of_groups_is_one_value(evaluate: Evaluate, store_of: StoreOf, function: str) -> None:
    store = store_of(("m{host:x}", [1] * 10), ("m{host:y}", [2] * 10))
    assert evaluate(f"avg(last_5m):{function}(avg:m{{*}} by {{host}}) < 2", store).values == {(): 2}


def test_a_side_that_groups_by_less_makes_no_groups_of_its_own(evaluate: Evaluate, store_of: StoreOf) -> None:
    store = store_of(("m{env:a,host:x}", [6] * 10), ("n{env:a}", [2] * 10), ("n{env:b}", [2] * 10))
    found = evaluate("avg(last_5m):avg:m{*} by {env,host} / avg:n{*} by {env} > 5", store)
    assert found.values == {(parse_tag("env:a"), parse_tag("host:x")): 3}
    assert set(found.statuses) == set(found.values)


@pytest.mark.parametrize(
    ("query", "value"),
    [
        ("max(last_10m):max:m{*}.rollup(sum, 60) > 6", 7),
        ("max(last_10m):max:m{*}.rollup(sum, 60).rollup(avg, 120) > 6", 5),
        ("max(last_10m):(max:m{*}.rollup(sum, 60)).rollup(avg, 120) > 6", 5),
        ("max(last_10m):max:m{*}.rollup(avg, 120) > 6", 2.5),
    ],
)
def test_a_second_rollup_takes_what_the_first_one_made(
    evaluate: Evaluate, store_of: StoreOf, query: str, value: float
) -> None:
    store = store_of(("m", [1, 2, 3, 4] * 15), every=30, kind=MetricType.GAUGE)
    assert evaluate(query, store).values == {(): value}


@pytest.mark.parametrize(
    "query",
    [
        "avg:m{*}.fill(last, 540)",
        "abs(avg:m{*}).fill(last, 540)",
        "(avg:m{*} * 1).rollup(max, 60).fill(last, 540)",
        "moving_rollup(avg:m{*}, 540, 'max')",
    ],
)
def test_a_fill_looks_as_far_before_the_window_wherever_it_stands(
    evaluate: Evaluate, store_of: StoreOf, query: str
) -> None:
    """The only point stands at the beginning, and the window begins five minutes later."""
    store = store_of(("m", [7]), kind=MetricType.GAUGE)
    assert evaluate(f"max(last_5m):{query} > 5", store).values == {(): 7}
    nearer = query.replace("540", "240")
    assert evaluate(f"max(last_5m):{nearer} > 5", store).values == {(): None}
