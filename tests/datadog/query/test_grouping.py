from __future__ import annotations

import pytest

from alertproof.datadog.query import parse_expression, parse_formula, parse_query
from alertproof.datadog.query.grouping import grouped_by, unequal_sides


@pytest.mark.parametrize(
    ("expression", "tags"),
    [
        ("avg:m{*}", ()),
        ("avg:m{*} by {host,env}", ("env", "host")),
        ("avg:m{*} by {host,host}", ("host",)),
        ("-abs(avg:m{*} by {host}) * 2", ("host",)),
        ("avg:m{*} by {host,env} / sum:n{*} by {env}", ("env", "host")),
        ("exclude_null(avg:m{*} by {host,env}, {env})", ("env", "host")),
        ("sum(avg:m{*} by {host,env}, {env})", ("env",)),
        ("max(sum(avg:m{*} by {host,env,az}, {env,az}).rollup(sum, 300), {az})", ("az",)),
        ("p95(avg:m{*} by {host,env}, {env})", ("env",)),
        ("avg(avg:m{*} by {host,env})", ()),
        ("count_not_null(avg:m{*} by {host})", ()),
        ("count_nonzero(avg:m{*} by {host}) + avg:n{*} by {env}", ("env",)),
    ],
)
def test_an_expression_is_grouped_by_what_is_left_of_its_queries_groups(expression: str, tags: tuple[str, ...]) -> None:
    assert grouped_by(parse_expression(expression)) == tags


def test_a_monitors_query_is_grouped_as_its_expression() -> None:
    assert grouped_by(parse_query("avg(last_5m):sum(avg:m{*} by {host,env},{env}) > 1")) == ("env",)


def test_a_formula_is_grouped_as_the_queries_that_it_names() -> None:
    variables = {"a": ("service", "env"), "b": ("env",), "unused": ("host",)}
    assert grouped_by(parse_formula("a / b"), variables) == ("env", "service")
    assert grouped_by(parse_formula("count_not_null(a)"), variables) == ()


@pytest.mark.parametrize(
    ("expression", "sides"),
    [
        ("avg:m{*} by {a} / avg:n{*} by {a}", set()),
        ("avg:m{*} by {a} / 60", set()),
        ("-avg:m{*} by {a}", set()),
        ("avg:m{*} by {a} / avg:n{*}", {frozenset({("a",), ()})}),
        ("avg:m{*} by {a,b} / avg:n{*} by {a}", {frozenset({("a", "b"), ("a",)})}),
        ("sum(avg:m{*} by {a,b},{a}) / avg:n{*} by {a}", set()),
        ("count_not_null(avg:m{*} by {a}) / avg:n{*}", set()),
        ("1 + abs(avg:m{*} by {a} - avg:n{*})", {frozenset({("a",), ()})}),
    ],
)
def test_the_sides_of_a_calculation_may_be_grouped_unequally(
    expression: str, sides: set[frozenset[tuple[str, ...]]]
) -> None:
    assert unequal_sides(parse_expression(expression)) == sides
