from __future__ import annotations

from typing import TypeVar

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.query import parse_expression, parse_query, render_expression, render_query
from alertproof.datadog.query.tree import (
    AllOf,
    AnyOf,
    AnyTag,
    Argument,
    Binary,
    Call,
    CommaList,
    Excluded,
    Expression,
    Grouping,
    Keyword,
    MetricQuery,
    Modified,
    Modifier,
    Negation,
    Number,
    Scope,
    TagIn,
    TagIs,
    Text,
    Unary,
    Word,
)

T = TypeVar("T")


def up_to_two(each: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.one_of(st.just(()), st.tuples(each), st.tuples(each, each))


def two_or_more(each: st.SearchStrategy[T]) -> st.SearchStrategy[tuple[T, ...]]:
    return st.tuples(each, each) | st.tuples(each, each, each)


names = st.sampled_from(["a", "api.errors", "x_1", "count", "by", "sum"])
tags = st.sampled_from(["env:prod", "host:web-*", "canary", "path:/a/b-c", "key:*"])
simple_tags = st.builds(TagIs, tags)
scopes: st.SearchStrategy[Scope] = st.recursive(
    st.one_of(
        st.builds(AnyTag),
        simple_tags,
        st.builds(Excluded, simple_tags),
        st.builds(TagIn, st.just("state"), st.sampled_from([("a",), ("a", "b")]), st.booleans()),
    ),
    lambda inner: st.one_of(
        st.builds(AllOf, two_or_more(inner)),
        st.builds(AnyOf, two_or_more(inner)),
        st.builds(Negation, inner),
    ),
    max_leaves=5,
)
whole_scopes = scopes | st.builds(CommaList, two_or_more(scopes))
numbers = st.builds(Number, st.sampled_from(["0", "1", "2.50", "1e5", "0.02"]))
plain_arguments: st.SearchStrategy[Argument] = st.one_of(
    numbers,
    st.builds(Text, st.sampled_from(["'15m'", '"a b"'])),
    st.builds(Word, names),
    st.builds(Grouping, st.just(("host", "env"))),
)
arguments = plain_arguments | st.builds(Keyword, names, plain_arguments)
modifier = st.builds(Modifier, st.sampled_from(["as_count", "rollup"]), up_to_two(arguments))
modifiers = up_to_two(modifier)
queries = st.builds(
    MetricQuery,
    metric=names,
    scope=whole_scopes,
    space=st.none() | st.sampled_from(["avg", "p95"]),
    by=st.sampled_from([(), ("host",), ("host", "env")]),
    modifiers=modifiers,
)
expressions: st.SearchStrategy[Expression] = st.recursive(
    numbers | queries,
    lambda inner: st.one_of(
        st.builds(Unary, st.sampled_from("+-"), inner),
        st.builds(Binary, st.sampled_from("+-*/%"), inner, inner),
        st.builds(Call, names, up_to_two(inner | arguments)),
        st.builds(Modified, inner, st.tuples(modifier)),
    ),
    max_leaves=6,
)


@given(expressions)
def test_reading_a_print_gives_the_tree_it_was_printed_from(tree: Expression) -> None:
    assert parse_expression(render_expression(tree)) == tree


@pytest.mark.parametrize(
    "text",
    [
        "sum(last_5m):sum:a{env:prod}.as_count() / sum:b{env:prod}.as_count() > 0.02",
        "pct_change(avg(last_5m),last_1h):avg:a{*} by {host} < -5",
        "avg(last_4h):anomalies(avg:a{*}, 'agile', 2, direction='both', interval=60) >= 1",
        "max(current_1h):(avg:a{*} + avg:b{*}).rollup(max, 60) * 100 == 3",
        "avg(last_5m):count(v: v>0.5):a{*} > threshold",
        'burn_rate("id").over("30d").long_window("1h") >= 14.4',
        'error_budget("id").over("7d") > 75',
        "avg(last_5m):avg:a{NOT (b:c OR d:e) AND f IN (g,h)} > 1",
    ],
)
def test_a_query_written_plainly_is_printed_as_it_was(text: str) -> None:
    assert render_query(parse_query(text)) == text


def test_only_the_parentheses_that_matter_are_printed() -> None:
    assert render_expression(parse_expression("((a{*} * 2)) - (3 - (4))")) == "a{*} * 2 - (3 - 4)"
