from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.query import parse_expression, parse_query, render_query
from alertproof.datadog.query.tree import (
    Binary,
    Change,
    Excluded,
    MetricMonitor,
    MetricQuery,
    Number,
    Reduction,
    SloAlert,
    TagIs,
    walk,
)
from alertproof.errors import QuerySyntaxError

RATIO = "sum(last_5m):sum:api.errors{env:prod}.as_count() / sum:api.requests{env:prod}.as_count() > 0.02"


def error_of(query: str) -> QuerySyntaxError | None:
    try:
        parse_query(query)
    except QuerySyntaxError as error:
        return error
    return None


def test_a_ratio_is_a_division_of_two_queries() -> None:
    tree = parse_query(RATIO)
    assert isinstance(tree, MetricMonitor)
    assert isinstance(tree.head, Reduction)
    assert (tree.head.aggregator, tree.head.window.length.total_seconds()) == ("sum", 300)
    assert isinstance(tree.expression, Binary)
    assert isinstance(tree.expression.left, MetricQuery)
    assert tree.expression.left.metric == "api.errors"
    assert tree.expression.left.scope == TagIs("env:prod")
    assert tree.condition is not None
    assert (tree.comparator, tree.condition.value) == (">", 0.02)


def test_each_node_knows_where_it_stood() -> None:
    tree = parse_query(RATIO)
    texts = {RATIO[slice(*node.span)] for node in walk(tree)}
    assert {"sum(last_5m)", "last_5m", "env:prod", ".as_count()", "0.02", RATIO} <= texts
    assert "sum:api.requests{env:prod}.as_count()" in texts


def test_multiplication_binds_before_addition_and_from_the_left() -> None:
    one, two, three = Number("1"), Number("2"), Number("3")
    assert parse_expression("1 + 2 * 3") == Binary("+", one, Binary("*", two, three))
    assert parse_expression("1 - 2 - 3") == Binary("-", Binary("-", one, two), three)
    assert parse_expression("1 - (2 - 3)") == Binary("-", one, Binary("-", two, three))


@pytest.mark.parametrize(
    ("written", "same"),
    [
        ("avg:m{-env:prod}", "avg:m{!env:prod}"),
        ("avg:m{a:b or c:d}", "avg:m{a:b OR c:d}"),
        ("avg:m{*}.as_count() by {host}", "avg:m{*} by {host}.as_count()"),
        ("  avg : m { a:b , c:d }  ", "avg:m{a:b,c:d}"),
        ("((avg:m{*}))", "avg:m{*}"),
    ],
)
def test_two_spellings_of_one_thing_are_one_tree(written: str, same: str) -> None:
    assert parse_expression(written) == parse_expression(same)


def test_a_tag_may_hold_signs_that_mean_something_elsewhere() -> None:
    query = parse_expression("avg:m{path:/mnt/data-1,!func:poll*}")
    assert isinstance(query, MetricQuery)
    assert [node for node in walk(query.scope) if isinstance(node, TagIs | Excluded)] == [
        TagIs("path:/mnt/data-1"),
        Excluded(TagIs("func:poll*")),
        TagIs("func:poll*"),
    ]


def test_a_change_wraps_the_reduction() -> None:
    tree = parse_query("change(avg(last_5m),1h_ago):avg:m{*} > 10")
    assert isinstance(tree, MetricMonitor)
    assert isinstance(tree.head, Change)
    assert (tree.head.shift, tree.head.window.amount) == ("1h_ago", 5)


def test_a_distribution_threshold_is_not_the_function_count() -> None:
    threshold = parse_expression("count(v: v>=2.5):m{*}")
    assert isinstance(threshold, MetricQuery)
    assert threshold.counted is not None
    assert (threshold.space, threshold.counted.comparator, threshold.counted.value) == ("count", ">=", 2.5)
    assert not isinstance(parse_expression("count(avg:m{*})"), MetricQuery)


def test_a_burn_rate_has_its_windows() -> None:
    tree = parse_query('burn_rate("abc").over("30d").long_window("1h").short_window("5m") > 14.4')
    assert isinstance(tree, SloAlert)
    assert (tree.slo, tree.over, tree.long_window, tree.short_window) == ("abc", "30d", "1h", "5m")


def test_a_negative_threshold_is_one_number() -> None:
    tree = parse_query("avg(last_5m):avg:m{*} < - 5")
    assert isinstance(tree, MetricMonitor)
    assert tree.condition is not None
    assert tree.condition.value == -5


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        ("sam(last_5m):avg:m{*} > 1", "'sam' is no time aggregator (did you mean 'sum'?)", "sam"),
        ("sum(lst_5m):avg:m{*} > 1", "'lst_5m' is no evaluation window", "lst_5m"),
        ("sum(last_0m):avg:m{*} > 1", "'last_0m' is no evaluation window", "last_0m"),
        ("sum(last_5m):avg:m > 1", "expected a scope such as {*} after the metric 'm'", ">"),
        ("sum(last_5m):avg:m{} > 1", "a scope is never empty", "}"),
        ("sum(last_5m):avg:m{env:prod", "this brace is never closed", "{"),
        ("sum(last_5m):avg:m{a:b AND} > 1", "expected a tag such as env:prod", "}"),
        ("sum(last_5m):avg:m{*} by {host > 1", "expected '}' or ',' here", ">"),
        ("sum(last_5m):(avg:m{*} > 1", "expected ')' to close the parenthesis", ">"),
        ("sum(last_5m):avg:m{*} / > 1", "expected a metric query, a number or a function", ">"),
        ("sum(last_5m):avg:m{*} = 1", "expected a comparison such as '> 5'", "="),
        ("sum(last_5m):avg:m{*} > five", "expected a number after '>'", "five"),
        ("sum(last_5m):avg:m{*} > 1 > 2", "expected the end of the query", ">"),
        ("sum(last_5m):avg:m{*}.rollup('x > 1", "this quote is never closed", "'"),
        ("sum(last_5m):avg:m{*} & 1", "the character '&' means nothing here", "&"),
        ("change(change(avg(last_5m),last_1h),last_1h):avg:m{*} > 1", "change of a change", "change"),
        ("change(avg(last_5m),soon):avg:m{*} > 1", "'soon' is no shift", "soon"),
        ('burn_rate("a").over("30d") > 1', "burn_rate needs .long_window(..)", ">"),
        ('burn_rate("a").over("30d").long("1h") > 1', "'long' does not belong here", "long"),
        ('burn_rate("a").over("30d").long_window("1h") < 1', "expected '>' or '>='", "<"),
    ],
)
def test_an_error_says_what_is_wrong_and_points_at_it(query: str, said: str, marked: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(query)
    error = caught.value
    assert said in error.message
    assert query[error.start : error.end].startswith(marked)
    line, caret = str(error).splitlines()[1:]
    assert line[caret.index("^") :].startswith(marked)


def test_an_error_at_the_end_points_behind_the_text() -> None:
    with pytest.raises(QuerySyntaxError, match="found the end of the query") as caught:
        parse_query("sum(last_5m):avg:m{*} >")
    assert (caught.value.start, caught.value.end) == (23, 23)


def test_a_query_that_nests_absurdly_is_an_error_and_no_crash() -> None:
    for deep in ("(" * 5000, "-" * 5000, "abs(" * 5000, "m{" + "NOT " * 5000, "m{" + "(" * 5000):
        with pytest.raises(QuerySyntaxError, match="levels deep"):
            parse_query("sum(last_5m):" + deep)


@given(st.text(alphabet="sum(last_5m):avgx{*}by,.'\"!-<>=+*/%0123 ANDOR", max_size=60))
def test_any_text_parses_or_points_inside(text: str) -> None:
    query = "sum(last_5m):" + text
    error = error_of(query)
    if error is None:
        tree = parse_query(query)
        assert parse_query(render_query(tree)) == tree
    else:
        assert 0 <= error.start <= error.end <= len(query)
