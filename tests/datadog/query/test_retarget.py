from __future__ import annotations

import pytest

from alertproof.datadog import retarget_text
from alertproof.datadog.query import parse_query, parse_search, render_query, render_search
from alertproof.datadog.query.retarget import retarget_query
from alertproof.errors import ConfigError


def moved(text: str) -> str:
    return retarget_text(text, environment="drill", origin="prod")


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("sum:a{env:prod}", "sum:a{env:drill}"),
        ("sum:a{service:env:prod,env:prod}", "sum:a{service:env:prod,env:drill}"),
        ("sum:a{env:prod AND host:x}", "sum:a{env:drill AND host:x}"),
        ("sum:a{env IN (prod,stage)}", "sum:a{env IN (drill,stage)}"),
        ("sum:a{env:prod} / sum:b{env:prod}", "sum:a{env:drill} / sum:b{env:drill}"),
        ("top(sum:a{env:prod} by {env}, 5, 'env:prod', 'asc')", "top(sum:a{env:drill} by {env}, 5, 'env:prod', 'asc')"),
        ("sum:a{env:prod,!env:prod}", "sum:a{env:drill,!env:prod}"),
    ],
)
def test_only_scopes_are_moved(before: str, after: str) -> None:
    assert moved(before) == after


@pytest.mark.parametrize(
    "text", ["sum:a{*}", "sum:a{env:production}", "sum:a{!env:prod}", "sum:a{env:prod} / sum:b{env:stage}"]
)
def test_a_query_that_would_go_on_watching_something_else_is_refused(text: str) -> None:
    with pytest.raises(ConfigError, match="has no scope env:prod"):
        moved(text)


def test_staying_where_one_is_changes_nothing() -> None:
    assert retarget_text("sum:a{*}", environment="prod", origin="prod") == "sum:a{*}"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (
            'logs("env:prod service:a -env:prod").rollup("count").last("5m") > 1',
            'logs("env:drill service:a -env:prod").rollup("count").last("5m") > 1',
        ),
        (
            'rum("@x:prod env:(stage OR prod)").rollup("count").last("5m") > 1',
            'rum("@x:prod env:(stage OR drill)").rollup("count").last("5m") > 1',
        ),
        (
            "processes('x').over('env:prod').rollup('count').last('5m') > 1",
            "processes('x').over('env:drill').rollup('count').last('5m') > 1",
        ),
        (
            '"a".over(\'env:prod\').exclude("env:prod").last(2).count_by_status()',
            '"a".over(\'env:drill\').exclude("env:prod").last(2).count_by_status()',
        ),
    ],
)
def test_searches_and_service_checks_are_moved_too(before: str, after: str) -> None:
    assert render_query(retarget_query(parse_query(before), environment="drill", origin="prod")) == after


def test_a_search_alone_is_moved_and_needs_the_scope() -> None:
    moved = retarget_query(parse_search("a env:prod"), environment="drill", origin="prod")
    assert render_search(moved) == "a env:drill"
    for search in ("a", "-env:prod", "env:production"):
        with pytest.raises(ConfigError, match="the search has no scope env:prod"):
            retarget_query(parse_search(search), environment="drill", origin="prod")


@pytest.mark.parametrize("check", ['"a".over("*")', '"a".over("*").exclude("env:prod")', '"a".over("env:production")'])
def test_a_service_check_that_would_go_on_watching_something_else_is_refused(check: str) -> None:
    tree = parse_query(check + ".last(2).count_by_status()")
    with pytest.raises(ConfigError, match="the query of service check 'a' has no scope env:prod"):
        retarget_query(tree, environment="drill", origin="prod")
