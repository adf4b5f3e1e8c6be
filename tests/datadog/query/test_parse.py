from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.query import parse_expression, parse_formula, parse_query, render_query
from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.tokens import TokenKind
from alertproof.datadog.query.tree import (
    Binary,
    Change,
    Excluded,
    MetricMonitor,
    MetricQuery,
    Number,
    Reduction,
    Reference,
    Several,
    SloAlert,
    TagIs,
    Word,
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


def test_what_is_looked_at_behind_the_end_is_the_end() -> None:
    cursor = Cursor("a +")
    kinds = [cursor.peek(ahead).kind for ahead in (3, 2, 1, 0)]
    assert kinds == [TokenKind.END, TokenKind.END, TokenKind.SIGN, TokenKind.NAME]


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
        ("sum(lst_5m):avg:m{*} > 1", "'lst_5m' is no evaluation window; write last_5m, last_4h, ...", "lst_5m"),
        ("sum(last_0m):avg:m{*} > 1", "'last_0m' is no evaluation window; write last_5m, last_4h, ...", "last_0m"),
        ("sum(last_5m):avg:m > 1", "expected a scope such as {*} after the metric 'm', found '>'", ">"),
        ("sum(last_5m):avg:m{} > 1", "a scope is never empty; write * for everything", "}"),
        ("sum(last_5m):avg:m{env:prod", "this brace is never closed", "{"),
        ("sum(last_5m):avg:m{env: ", "this brace is never closed", "{"),
        ("sum(last_5m):avg:m{a:b AND} > 1", "expected a tag such as env:prod, found '}'", "}"),
        ("sum(last_5m):avg:m{*} by {host > 1", "expected '}' or ',' here, found '>'", ">"),
        ("sum(last_5m):(avg:m{*} 1", "expected ')' to close the parenthesis, found '1'", "1"),
        ("sum(last_5m):avg:m{*} / > 1", "expected a metric query, a number or a function, found '>'", ">"),
        ("sum(last_5m):avg:m{*} = 1", "'=' is no comparison; write one of < <= > >= == !=", "="),
        (
            "sum(last_5m):(avg:m{*} == 1) > 0",
            "a comparison stands once, at the end of a monitor's query, and in no parentheses",
            "==",
        ),
        (
            "sum(last_5m):avg:m{*} == 1 && avg:n{*} > 1",
            "a query has one condition; a composite monitor combines those of several monitors",
            "&&",
        ),
        (
            "sum(last_5m):avg:m{*} > 1 or avg:n{*} > 1",
            "a query has one condition; a composite monitor combines those of several monitors",
            "or",
        ),
        ("sum(last_5m):avg:m{*} by {host:a} > 1", "expected a tag key such as host, found 'host:a'", "host:a"),
        ("sum(last_5m):avg:m{*} by {env,*} > 1", "expected a tag key such as host, found '*'", "*"),
        ("sum(last_5m):avg:m{a:b IN (c)} > 1", "expected a tag key before IN, found 'a:b'", "a:b"),
        ("sum(last_5m):avg:m{*} > 1e999", "'1e999' is beyond all numbers", "1e999"),
        ("sum(last_5m):avg:m{*} * 1e999 > 1", "'1e999' is beyond all numbers", "1e999"),
        ("sum(last_5m):avg:m{*} > five", "expected a number after '>', found 'five'", "five"),
        ("sum(last_5m):avg:m{*} > 1 > 2", "expected the end of the query, found '>'", ">"),
        ("sum(last_5m):avg:m{*}.rollup('x > 1", "this quote is never closed", "'"),
        ("sum(last_5m):avg:m{*} & 1", "the character '&' means nothing here", "&"),
        ("change(change(avg(last_5m),last_1h),last_1h):avg:m{*} > 1", "a change of a change does not exist", "change"),
        ("change(avg(last_5m),soon):avg:m{*} > 1", "'soon' is no shift; write last_5m, last_1h, 1d_ago, ...", "soon"),
        ('burn_rate("a").over("30d") > 1', "burn_rate needs .long_window(..)", ">"),
        (
            'burn_rate("a").over("30d").long("1h") > 1',
            "'long' does not belong here (known: long_window, over, short_window)",
            "long",
        ),
        ('burn_rate("a").over("30d").long_window("1h") < 1', "expected '>' or '>=', found '<'", "<"),
    ],
)
def test_an_error_says_what_is_wrong_and_points_at_it(query: str, said: str, marked: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(query)
    error = caught.value
    assert error.message == said
    assert query[error.start : error.end].startswith(marked)
    line, caret = str(error).splitlines()[1:]
    assert line[caret.index("^") :].startswith(marked)


def test_an_error_at_the_end_points_behind_the_text() -> None:
    with pytest.raises(QuerySyntaxError, match="found the end of the query") as caught:
        parse_query("sum(last_5m):avg:m{*} >")
    assert (caught.value.start, caught.value.end) == (23, 23)


@pytest.mark.parametrize(
    ("expression", "said", "marked"),
    [
        (
            "mean:m{*}",
            "'mean' is no space aggregator (known: avg, count, max, min, p50, p75, p90, p95, p99, stddev, sum)",
            "mean",
        ),
        ("av:m{*}", "'av' is no space aggregator (did you mean 'avg'?)", "av"),
        (
            "px:m{*}",
            "'px' is no space aggregator (known: avg, count, max, min, p50, p75, p90, p95, p99, stddev, sum)",
            "px",
        ),
        ("derivate(m{*})", "there is no function 'derivate' (did you mean 'derivative'?)", "derivate"),
        ("top_5(m{*})", "there is no function 'top_5' (did you mean 'top'?)", "top_5"),
        ("nothing_like_it(m{*})", "there is no function 'nothing_like_it'", "nothing_like_it"),
        ("m{*}.as_counter()", "'as_counter' is no modifier (did you mean 'as_count'?)", "as_counter"),
        ("m{*}.as_count", "expected '(' before the arguments, found the end of the query", ""),
        ("abs(m{*}, 1)", "abs() takes 1 argument, found 2", "abs"),
        ("abs()", "abs() takes 1 argument, found 0", "abs"),
        ("default(m{*})", "default() takes 2 arguments, found 1", "default"),
        ("top(m{*}, 10, 'last')", "top() takes 4 arguments, found 3", "top"),
        ("outliers(m{*}, 'mad')", "outliers() takes 3 to 4 arguments, found 2", "outliers"),
        ("abs(m)", "expected a metric query such as avg:m{*} as the first argument of abs()", "m"),
        ("abs('m')", "expected a metric query such as avg:m{*} as the first argument of abs()", "'m'"),
        ("abs.x(m{*})", "there is no function 'abs.x' (did you mean 'abs'?)", "abs.x(m{*})"),
        ("abs(m{*}", "expected ')' or ',' after an argument, found the end of the query", ""),
        (
            "m{*} by {host}.x(1)",
            "'x' is no modifier (known: as_count, as_rate, fill, rollup, weighted)",
            "x",
        ),
        ("abs(m{*}, by=1)", "abs() takes no argument by=", "by=1"),
        ("abs(m{*},,)", "expected a metric query, a number or a function, found ','", ","),
        ("m{*}.rollup(sum,)", "expected an argument after ',', found ')'", ")"),
        ("m{*}.fill(a=b=1)", "expected a scope such as {*} after the metric 'b', found '='", "="),
        ("m{*} by host", "expected '{' before the tags to group by, found 'host'", "host"),
        ("m{*} by {}", "expected a tag key, found '}'", "}"),
        ("m{a:b,}", "expected a tag such as env:prod, found '}'", "}"),
        ("m{a:b OR}", "expected a tag such as env:prod, found '}'", "}"),
        ("m{(a:b}", "expected ')' to close the parenthesis, found '}'", "}"),
        ("m{a IN b}", "expected '(' before the values, found 'b'", "b"),
        ("m{a IN ()}", "expected a tag value, found ')'", ")"),
        ("m{AND a:b}", "expected a tag such as env:prod, found the operator 'AND'", "AND"),
        ("m{a:'b'}", 'the character "\'" means nothing here', "'"),
        ("m{*} m{*}", "expected the end of the query, found 'm'", "m{*}"),
        ("m{*}, ", "expected a metric query, a number or a function, found the end of the query", ""),
        ("count(w: w>1):m{*}", "the variable of a distribution threshold is always called v", "w"),
    ],
)
def test_an_expression_that_datadog_rejects_is_refused(expression: str, said: str, marked: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_expression(expression)
    assert caught.value.message == said
    assert expression[caught.value.start :].startswith(marked)


@pytest.mark.parametrize(
    ("query", "said", "marked"),
    [
        (
            "avg(last_5m):1 + 2 > 3",
            "expected a metric query such as avg:m{*}: a monitor has something to watch",
            "1 + 2",
        ),
        ("avg(last_5m):autosmooth(m{*}) > 1", "autosmooth() cannot be used in monitors", "autosmooth(m{*})"),
        ("max(next_1w):m{*} > 1", "a window that lies ahead needs forecast(..)", "next_1w"),
        (
            "max(next_11h):m{*} > 1",
            "'next_11h' is no evaluation window; a forecast looks 12 hours to 3 months ahead",
            "next_11h",
        ),
        (
            "max(next_4mo):m{*} > 1",
            "'next_4mo' is no evaluation window; a forecast looks 12 hours to 3 months ahead",
            "next_4mo",
        ),
        (
            "avg(current_5m):m{*} > 1",
            "'current_5m' is no evaluation window; cumulative ones are current_1d, current_1h, current_1mo",
            "current_5m",
        ),
        ("avg(last_05m):m{*} > 1", "'last_05m' is no evaluation window; write last_5m, last_4h, ...", "last_05m"),
        ("avg(last_5y):m{*} > 1", "'last_5y' is no evaluation window; write last_5m, last_4h, ...", "last_5y"),
        ("avg(last_5m) avg:m{*} > 1", "expected ':' after the evaluation window, found 'avg'", "avg"),
        ("avg:m{*} > 1", "expected '(' after 'avg', found ':'", ":"),
        ("avg(last_5m:m{*} > 1", "expected ')' after the evaluation window, found ':'", ":"),
        ("avg(5):m{*} > 1", "expected an evaluation window such as last_5m, found '5'", "5"),
        ("change(avg(last_5m),1):m{*} > 1", "expected a shift such as last_1h, found '1'", "1"),
        ("error_budget(1).over('7d') > 1", "expected the id of an SLO, in quotes, found '1'", "1"),
        ("error_budget('a') > 1", "error_budget needs .over(..)", ">"),
        ("error_budget('a').over('7d') < 1", "expected '>' or '>=', found '<'", "<"),
        ("change(avg(last_5m)):m{*} > 1", "expected ',' before the shift, found ')'", ")"),
        ("change(avg(last_5m),0m_ago):m{*} > 1", "'0m_ago' is no shift; write last_5m, last_1h, 1d_ago, ...", "0m_ago"),
        ("change(avg(last_5m),last_1h:m{*} > 1", "expected ')' after the shift, found ':'", ":"),
        ("avg(last_5m):m{*} > 1%", "expected the end of the query, found '%'", "%"),
        ("avg(last_5m):m{*} > threshold 1", "expected the end of the query, found '1'", "1"),
        ("avg(last_5m):m{*} >", "expected a number after '>', found the end of the query", ""),
        ("avg(last_5m):m{*}, n{*} > 1", "expected a comparison such as '> 5', found ','", ","),
        ("m{*} > 1", "'m' is no time aggregator (known: avg, change, max, min, pct_change, percentile, sum)", "m"),
        ("", "expected a time aggregator such as avg(last_5m), found the end of the query", ""),
        ("(avg(last_5m):m{*}) > 1", "expected a time aggregator such as avg(last_5m), found '('", "("),
        ("error_budget('a').over('7d') > threshold", "expected a number after '>', found 'threshold'", "threshold"),
        ("error_budget('a').over('7d').over('7d') > 1", "'over' does not belong here (did you mean 'over'?)", "over"),
        ("error_budget('a').over(7d) > 1", "expected a span such as '30d', in quotes, found '7d'", "7d"),
    ],
)
def test_a_monitor_that_datadog_rejects_is_refused(query: str, said: str, marked: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_query(query)
    assert caught.value.message == said
    assert query[caught.value.start :].startswith(marked)


@pytest.mark.parametrize(
    "query",
    [
        "max(next_12h):forecast(avg:m{*}, 'linear', 1, interval='60m', history='1w', model='default') >= 3",
        "max(next_3mo):forecast(avg:m{*}, 'seasonal', 1, seasonality='weekly') >= 3",
        "avg(last_30m):outliers(avg:m{*} by {host}, 'dbscan', 7) > 0",
        "avg(last_30m):outliers(avg:m{*} by {host}, 'MAD', 3.0, 20) > 0",
        "avg(last_12h):anomalies(throughput(sum:m{!a:b,!a:c} by {a}), 'agile', 2, direction='both',) >= 1",
        "min(current_1mo):max:m{*} != 1",
        "avg(last_1mo):default(avg:m{*}.as_rate(), 0) > 0.2",
        "avg(last_5m):cutoff_min(avg:m{*}, -0.1) < 604800",
        "avg(last_5m):top(avg:m{*}, 10, last, asc) - bottom10_min(avg:m{*}) > 1",
        "avg(last_5m):p95(avg:m{*} by {env,host}.rollup(avg, 300).rollup(p95, 1800), {env}) > 1",
        "avg(last_5m):moving_rollup(avg:m{*}, 60, 'max') % -+2 > 1",
        "avg(last_5m):calendar_shift(avg:m{*}, '-1d', 'Europe/Paris') > 1",
        "sum(last_5m):count(v: v<=-2.5):m{*}.as_count() by {host} > 1",
        "avg(last_5m):avg:m{openai.model:a or x:b,$env,$scope.value} > 1",
        "avg(last_5m):avg:m{pod_name: web-*,!device:/dev/loop*} by {host} > 1",
    ],
)
def test_what_datadog_takes_is_read(query: str) -> None:
    parse_query(query)


def test_a_tag_may_stand_behind_a_space_as_the_documentation_has_it() -> None:
    query = parse_expression("avg:m{pod_name: web-*, a: and b:c}")
    assert isinstance(query, MetricQuery)
    tags = [node.text for node in walk(query.scope) if isinstance(node, TagIs)]
    assert tags == ["pod_name:web-*", "a:", "b:c"]


def test_a_formula_refers_to_queries_by_name() -> None:
    tree = parse_formula("top(query1 / query2, 5, 'mean', desc) + minimum(query1, query2)")
    assert {node.name for node in walk(tree) if isinstance(node, Reference)} == {"query1", "query2"}
    assert [node.text for node in walk(tree) if isinstance(node, Word)] == ["desc"]
    with pytest.raises(QuerySyntaxError, match="expected the end of the query, found '{'"):
        parse_formula("query1{*}")
    with pytest.raises(QuerySyntaxError, match="expected the name of a query as the first argument of abs"):
        parse_formula("abs('query1')")


def test_dashboards_take_several_expressions_and_monitors_one() -> None:
    tree = parse_expression("avg:a{*}, avg:b{*} - 1")
    assert isinstance(tree, Several)
    assert [type(item) for item in tree.items] == [MetricQuery, Binary]


def test_an_error_in_a_query_of_several_lines_shows_the_line() -> None:
    query = "avg(last_5m):\n\tavg:m{*} by {host} /\n  av:n{*} > 1"
    error = error_of(query)
    assert error is not None
    assert str(error).splitlines() == [
        "'av' is no space aggregator (did you mean 'avg'?) (line 3, column 3)",
        "    av:n{*} > 1",
        "    ^^",
    ]


def test_an_error_in_a_long_query_shows_what_stands_around_it() -> None:
    query = "avg(last_5m):" + "m{*} + " * 100 + "n[*] + " + "m{*} + " * 50 + "1 > 1"
    error = error_of(query)
    assert error is not None
    _, line, caret = str(error).splitlines()
    assert len(line) < 410
    assert line[caret.index("^")] == "["


@given(st.text(alphabet="sum(last_5m):avgx{*}by,.'\"!-<>=+*/%0123 ANDOR", max_size=60))
def test_any_text_parses_or_points_inside(text: str) -> None:
    query = "sum(last_5m):" + text
    error = error_of(query)
    if error is None:
        tree = parse_query(query)
        assert parse_query(render_query(tree)) == tree
    else:
        assert 0 <= error.start <= error.end <= len(query)
