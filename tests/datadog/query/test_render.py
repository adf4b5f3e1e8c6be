from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace
from tests.datadog.query import strategies as draw
from tests.datadog.query.spelling import without_space

from alertproof.datadog.query import (
    parse_expression,
    parse_formula,
    parse_query,
    parse_search,
    render_expression,
    render_query,
    render_search,
)
from alertproof.datadog.query.tree import (
    AllOf,
    Binary,
    Directive,
    Expression,
    MetricMonitor,
    MetricQuery,
    Number,
    PlainQuery,
    Search,
    TagIs,
    TemplateMonitor,
    walk,
)

# Thousands of trees of every family take minutes (make prove).
pytestmark = pytest.mark.timeout(1800)


@given(draw.expressions | draw.several)
def test_reading_a_print_gives_the_tree_it_was_printed_from(tree: Expression) -> None:
    assert parse_expression(render_expression(tree)) == tree


@given(draw.formulas)
def test_so_it_does_for_a_formula(tree: Expression) -> None:
    assert parse_formula(render_expression(tree)) == tree


@given(draw.searches_in(""))
def test_so_it_does_for_a_search(tree: Search) -> None:
    assert parse_search(render_search(tree)) == tree


def test_a_search_that_nobody_wrote_has_the_usual_spaces() -> None:
    written = "-(a  OR b:c ) CIDR( @ip,1.2.3.4/32 , ::/0) @c:[ 1 TO 2} @d:>=5 !x  @e:( f g)"
    search = replace(parse_search(written), spaces=())
    assert render_search(search) == "-(a OR b:c) CIDR(@ip, 1.2.3.4/32, ::/0) @c:[1 TO 2} @d:>=5 !x @e:(f g)"


@given(draw.queries)
def test_so_it_does_for_a_monitor_of_any_family(tree: PlainQuery) -> None:
    assert parse_query(render_query(tree)) == tree


@given(draw.queries)
def test_what_was_read_is_printed_as_it_was(tree: PlainQuery) -> None:
    text = render_query(tree)
    assert render_query(parse_query(text)) == text


@given(draw.queries, st.lists(st.integers(0, 200), min_size=2, max_size=2))
def test_a_directive_may_stand_anywhere(tree: PlainQuery, places: list[int]) -> None:
    text = render_query(tree)
    start, end = sorted(min(place, len(without_space(text))) for place in places)
    templated = TemplateMonitor(tree, (Directive(start, "%{ if var.x }"), Directive(end, "%{ else }> 'x%{ endif }")))
    printed = render_query(templated)
    if "%%{" not in printed:
        assert parse_query(printed) == templated


@pytest.mark.parametrize(
    "text",
    [
        "sum(last_5m):sum:a{env:prod}.as_count() / sum:b{env:prod}.as_count() > 0.02",
        "pct_change(avg(last_5m),last_1h):avg:a{*} by {host} < -5",
        "avg(last_4h):anomalies(avg:a{*}, 'agile', 2, direction='both', interval=60) >= 1",
        "avg(last_4h):anomalies(avg:a{*}, \"agile\", 2, direction='both',) >= 1",
        "max(current_1h):(avg:a{*} + avg:b{*}).rollup(max, 60) * 100 == 3",
        "avg(last_5m):count(v: v>0.5):a{*} > threshold",
        'burn_rate("id").over("30d").long_window("1h") >= 14.4',
        "burn_rate('id').short_window(\"5m\").long_window('1h').over(\"30d\") > +14.40",
        'error_budget("id").over("7d") > 75',
        "avg(last_5m):avg:a{NOT (b:c OR d:e) AND f IN (g,h)} > 1",
        "avg(last_5m):avg:a{not ((b:c) Or d:e) and f not In (g,h)} > 01",
        "avg(last_5m):avg:a{-b:c,!d:e}.as_count() by {host}.rollup(sum, 60) > 1",
        "avg(last_5m):(((avg:a{*}) * 2)) - (3 - (4)) + -(5) % +6 > 1",
        "12345 && (!678 || ((a)))",
        'logs("a  b AND(c)\tOR -d ").index("*").rollup(\'count\').last("5m") > 1',
        'events(\'@a:"x y" NOT ( b || !c )\').rollup("count").by("f, g").last("1d") <= 0',
        'rum("@type:error @n:[ 1 TO 5} CIDR( @ip , 10.0.0.0/8,::/0 )").rollup("pc75", "@d").last("5m") > 2e3',
        'formula("(query1/query2)  *100 + top(a, 5, \\"mean\\", \'desc\')").rollup("sum").last("5m") >= 0.8',
        'formula("exclude_null(query1)").last("7d").anomaly(direction="above", threshold=10) >= 5',
        "'http.can_connect'.over(\"*\").exclude('a:b').by(\"host\").last(2).pct_by_status()",
    ],
)
def test_a_query_is_printed_in_its_own_spelling(text: str) -> None:
    assert render_query(parse_query(text)) == text


def test_only_white_space_outside_quotes_is_lost() -> None:
    text = "  avg(last_5m) :\n  avg:a { b: c , d:e }\tby{ host , env } . rollup( sum ,60 )>1 \n"
    assert render_query(parse_query(text)) == "avg(last_5m):avg:a{b:c,d:e} by {host,env}.rollup(sum, 60) > 1"
    quoted = ' logs( "a  b" ) . rollup( "count" ) . last( "5m" )>1 '
    assert render_query(parse_query(quoted)) == 'logs("a  b").rollup("count").last("5m") > 1'


def test_a_tree_made_by_hand_has_the_parentheses_it_needs() -> None:
    one = Number("1")
    assert render_expression(Binary("-", one, Binary("-", one, one))) == "1 - (1 - 1)"
    assert render_expression(Binary("*", Binary("+", one, one), one)) == "(1 + 1) * 1"
    assert render_expression(Binary("+", Binary("*", one, one), one)) == "1 * 1 + 1"


def test_a_changed_tree_prints_the_change_and_the_rest_as_it_was() -> None:
    tree = parse_query("sum(last_5m):((sum:a{ENV:x and env:prod})) > 01")
    assert isinstance(tree, MetricMonitor)
    found = next(node for node in walk(tree) if node == TagIs("env:prod"))
    assert isinstance(found, TagIs)
    query = tree.expression
    assert isinstance(query, MetricQuery)
    assert isinstance(query.scope, AllOf)
    scope = replace(query.scope, items=(query.scope.items[0], replace(found, text="env:drill")))
    changed = replace(tree, expression=replace(query, scope=scope))
    assert render_query(changed) == "sum(last_5m):((sum:a{ENV:x and env:drill})) > 01"


def test_a_long_chain_of_operators_is_printed_without_deep_recursion() -> None:
    text = " + ".join(["a{*}"] * 200)
    assert render_expression(parse_expression(text)) == text


@pytest.mark.parametrize(
    "query",
    [
        "avg:m{*} by {host}.rollup(sum, 60).rollup(avg, 300)",
        "avg:m{*}.rollup(sum, 60) by {host}.fill(zero).rollup(avg, 300).fill(last)",
        "(avg:m{*} by {host}.rollup(sum, 60)).rollup(avg, 300)",
        "(avg:m{*}.rollup(sum, 60)).fill(zero).rollup(avg, 300)",
        "(avg:m{*}).rollup(sum, 60)",
        "avg:m{*}.rollup(sum, 60).rollup(avg, 300) by {host}",
    ],
)
def test_a_second_rollup_is_printed_where_it_stood(query: str) -> None:
    assert render_expression(parse_expression(query)) == query


def test_a_second_rollup_means_the_same_with_and_without_parentheses() -> None:
    behind = parse_expression("avg:m{*} by {host}.rollup(sum, 60).rollup(avg, 300)")
    assert behind == parse_expression("(avg:m{*} by {host}.rollup(sum, 60)).rollup(avg, 300)")
    assert behind != parse_expression("avg:m{*} by {host}.rollup(avg, 300)")
