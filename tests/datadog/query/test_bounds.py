"""Hostile texts end in an error that says what is wrong, whatever their length."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from alertproof.datadog.query import parse_expression, parse_formula, parse_query, parse_search
from alertproof.datadog.query.tree import walk
from alertproof.errors import QuerySyntaxError

LONGEST = 64 * 1024
READERS = (parse_query, parse_expression, parse_formula, parse_search)
HEADS = (
    "",
    "avg(last_5m):",
    "avg(last_5m):avg:m{",
    "avg(last_5m):avg:m{*} by {",
    'logs("',
    'formula("',
    '"check".over(',
    "avg(last_5m):avg:m{*} ",
)
UNITS = (
    *("(", ")", "{", "}", "[", "a:b,", " ", "'", '"', '"a"', "-", "!", "NOT ", "abs(", "m{*} + ", "${", "${a}", '${"'),
    *("%{ if x }", "%{ if x }%{ else }", "\\", '\\"', "a.", "1.", "1e", "a-", ".rollup(1)", "a=", "a:b AND ", "a OR "),
    *("a IN (", ":", "@a:(", "@a:[", "[a TO b] ", "CIDR(@a,b) ", "1 && ", "!1 || ", "$", "a:", "é", "\n", "\t", "_"),
)


def repeated(head: str, unit: str, length: int) -> str:
    return (head + unit * (length // len(unit)))[:length]


def assert_bounded(parse: Callable[[str], object], text: str) -> None:
    """Read a text; an error is short, and points inside."""
    error: QuerySyntaxError | None = None
    try:
        parse(text)
    except QuerySyntaxError as raised:
        error = raised
    assert error is None or 0 <= error.start <= error.end <= len(text)
    assert len(str(error)) < 1000


@pytest.mark.parametrize("parse", READERS)
def test_a_text_that_is_too_long_is_refused_before_it_is_read(parse: Callable[[str], object]) -> None:
    for unit in ("(", "a:b,", " ", "'", '"', "${"):
        with pytest.raises(QuerySyntaxError, match="longer than 65536 characters") as caught:
            parse(unit * 100_000)
        assert caught.value.start == LONGEST
        assert len(str(caught.value)) < 1000


def test_the_longest_text_is_read() -> None:
    scope = ",".join(["a:b"] * ((LONGEST - 30) // 4))
    text = f"avg(last_5m):avg:m{{{scope}}} > 1"
    parse_query(text.ljust(LONGEST))
    with pytest.raises(QuerySyntaxError, match="longer"):
        parse_query(text.ljust(LONGEST + 1))


@pytest.mark.parametrize("head", HEADS)
def test_a_long_run_of_anything_is_read_or_refused_inside(head: str) -> None:
    for unit in UNITS:
        assert_bounded(parse_query, repeated(head, unit, 4096))


@pytest.mark.parametrize("parse", READERS[1:])
def test_so_it_is_without_a_monitor_around_it(parse: Callable[[str], object]) -> None:
    for unit in UNITS:
        assert_bounded(parse, repeated("", unit, 4096))


@pytest.mark.prove
@pytest.mark.timeout(600)
@pytest.mark.parametrize("unit", UNITS)
def test_so_it_is_as_long_as_may_be(unit: str) -> None:
    for head in HEADS:
        assert_bounded(parse_query, repeated(head, unit, LONGEST))
    for parse in READERS[1:]:
        assert_bounded(parse, repeated("", unit, LONGEST))


@pytest.mark.parametrize(
    "deep",
    [
        "sum(last_5m):" + "(" * 5000,
        "sum(last_5m):" + "-" * 5000,
        "sum(last_5m):" + "abs(" * 5000,
        "sum(last_5m):m{" + "NOT " * 5000,
        "sum(last_5m):m{" + "(" * 5000,
        "!" * 5000 + "1",
        "(" * 5000 + "1",
        'logs("' + "(" * 5000 + '")',
        'logs("' + "NOT " * 5000 + '")',
        'logs("' + "-" * 5000 + '")',
        'formula("' + "abs(" * 5000 + '")',
        "change(" * 5000,
    ],
)
def test_a_query_that_nests_absurdly_is_an_error_and_no_crash(deep: str) -> None:
    with pytest.raises(QuerySyntaxError, match="levels deep|change of a change"):
        parse_query(deep)


def test_nesting_counts_up_to_its_bound() -> None:
    # The expression itself and the scope within it are levels too.
    parse_query("avg(last_5m):" + "(" * 38 + "m{*}" + ")" * 38 + " > 1")
    with pytest.raises(QuerySyntaxError, match="nested more than 40 levels deep"):
        parse_query("avg(last_5m):" + "(" * 39 + "m{*}" + ")" * 39 + " > 1")


def test_arithmetic_counts_up_to_its_bound() -> None:
    tree = parse_expression(" + ".join(["m{*}"] * 201))
    assert sum(1 for _ in walk(tree)) == 200 + 201 * 2
    with pytest.raises(QuerySyntaxError, match="more than 200 arithmetic operators") as caught:
        parse_expression(" + ".join(["m{*}"] * 202))
    assert (caught.value.start, caught.value.end) == (7 * 201 - 2, 7 * 201 - 1)
