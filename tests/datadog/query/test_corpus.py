from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
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
from alertproof.datadog.query.tree import Node, walk
from alertproof.errors import QuerySyntaxError

DATA = Path(__file__).parents[2] / "data" / "datadog-monitors"
#: How each kind of text is read and printed.
KINDS: dict[str, tuple[Callable[[str], Any], Callable[[Any], str]]] = {
    "monitor": (parse_query, render_query),
    "metric": (parse_expression, render_expression),
    "formula": (parse_formula, render_expression),
    "search": (parse_search, render_search),
}


def lines(name: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (DATA / name).read_text().splitlines()]


def kind_of(row: dict[str, Any]) -> str:
    """Say what a dashboard's text is: an old widget's ``q`` may be the search of its events too."""
    if row["kind"] == "formula":
        return "formula"
    if row["data_source"] in {"metrics", "cloud_cost"} or (row["kind"] == "q" and "{" in row["query"]):
        return "metric"
    return "search"


@cache
def shipped(kind: str) -> tuple[str, ...]:
    """Return the different texts of a kind."""
    if kind == "monitor":
        return tuple(sorted({row["query"] for row in lines("monitors.jsonl")}))
    found = {row["query"] for row in lines("dashboard_queries.jsonl") if kind_of(row) == kind}
    return tuple(sorted(found | set(variables(kind))))


def variables(kind: str) -> Iterator[str]:
    """Yield the searches and metric queries among the variables of shipped formula monitors."""
    for row in lines("monitors.jsonl"):
        for variable in row["options"].get("variables") or ():
            if kind == "search" and "search" in variable:
                yield variable["search"]["query"]
            elif kind == "metric" and "query" in variable:
                yield variable["query"]


EVERY = [(kind, text) for kind in KINDS for text in shipped(kind)]


def refusal(parse: Callable[[str], Any], text: str) -> QuerySyntaxError | None:
    try:
        parse(text)
    except QuerySyntaxError as error:
        return error
    return None


def failure(kind: str, text: str) -> QuerySyntaxError | None:
    """Read a text; it prints as it was written or is refused with a span inside it."""
    parse, render = KINDS[kind]
    error = refusal(parse, text)
    if error is not None:
        assert 0 <= error.start <= error.end <= len(text)
        return error
    tree: Node = parse(text)
    printed = render(tree)
    assert parse(printed) == tree
    assert without_space(printed) == without_space(text)
    assert all(0 <= node.span.start <= node.span.end <= len(text) for node in walk(tree))
    return None


@pytest.mark.parametrize("row", lines("monitors.jsonl"), ids=lambda row: row["source_path"])
def test_every_shipped_monitor_is_read_and_printed_as_it_was(row: dict[str, Any]) -> None:
    assert failure("monitor", row["query"]) is None


@pytest.mark.parametrize(("kind", "least"), [("metric", 0.995), ("formula", 1.0), ("search", 1.0)])
def test_shipped_dashboards_are_read_and_printed_as_they_were(kind: str, least: float) -> None:
    texts = [row["query"] for row in lines("dashboard_queries.jsonl") if kind_of(row) == kind]
    refused = {text: error for text in set(texts) if (error := failure(kind, text)) is not None}
    read = sum(text not in refused for text in texts)
    assert len(texts) > 500
    assert read / len(texts) >= least, "\n".join(map(str, refused.values()))


def test_a_search_is_printed_to_the_last_space() -> None:
    for text in shipped("search"):
        assert render_search(parse_search(text)) == text


def assert_prefixes(kind: str) -> None:
    parse, _ = KINDS[kind]
    for text in shipped(kind):
        for end in range(len(text)):
            error = refusal(parse, text[:end])
            assert error is None or 0 <= error.start <= error.end <= end


def test_every_prefix_of_a_shipped_monitor_is_read_or_refused_inside() -> None:
    assert_prefixes("monitor")


@pytest.mark.prove
@pytest.mark.timeout(1800)
@pytest.mark.parametrize("kind", ["metric", "formula", "search"])
def test_every_prefix_of_a_shipped_dashboard_is_read_or_refused_inside(kind: str) -> None:
    assert_prefixes(kind)


MARKS = [*"(){}[],.:;'\"\\!<>=+-*/%&|$@# \nx1é", "${", "${a}", "%{ if x }", "%{ endif }", " AND ", " by ", "logs("]


def _mutated(text: str, change: str, at: int, mark: str) -> str:
    at = min(at, len(text))
    match change:
        case "delete":
            return text[:at] + text[at + 1 :]
        case "insert":
            return text[:at] + mark + text[at:]
        case "swap":
            return text[:at] + text[at + 1 : at + 2] + text[at : at + 1] + text[at + 2 :]
        case _:
            return text[:at] + text[at // 2 :]


@pytest.mark.timeout(600)
@given(
    st.sampled_from(EVERY),
    st.lists(
        st.tuples(st.sampled_from(["delete", "insert", "swap", "repeat"]), st.integers(0, 300), st.sampled_from(MARKS)),
        min_size=1,
        max_size=3,
    ),
)
def test_a_damaged_query_is_read_or_refused_inside(
    shipped: tuple[str, str], changes: list[tuple[str, int, str]]
) -> None:
    kind, text = shipped
    for change, at, mark in changes:
        text = _mutated(text, change, at, mark)
    failure(kind, text)
