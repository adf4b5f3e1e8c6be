from __future__ import annotations

from collections.abc import Callable

import pytest

from alertproof.datadog.query import parse_expression
from alertproof.datadog.query.matching import matches, require_modelled_scope, series_by_group
from alertproof.datadog.query.tree import MetricQuery
from alertproof.errors import NotModelled
from alertproof.tags import Tag, parse_tags
from alertproof.telemetry.series import SeriesStore

TAGS = parse_tags("env:prod,host:web-01,url:http://x:80/a,canary")


def query(text: str) -> MetricQuery:
    tree = parse_expression(text)
    assert isinstance(tree, MetricQuery)
    return tree


@pytest.mark.parametrize(
    ("scope", "selected"),
    [
        ("*", True),
        ("env:prod", True),
        ("env:pro", False),
        ("canary", True),
        ("canar", False),
        ("url:http://x:80/a", True),
        ("env:*", True),
        ("region:*", False),
        ("host:web-*", True),
        ("host:wex*", False),
        ("host:db-*", False),
        ("host:*-01", True),
        ("host:*-02", False),
        ("host:*b-0*", True),
        ("host:*web-01*", True),
        ("host:*b-2*", False),
        ("region:*b*", False),
        ("!host:*b-0*", False),
        ("host IN (*b-2*,*b-0*)", True),
        ("!env:prod", False),
        ("!env:drill", True),
        ("env:prod,host:web-01", True),
        ("env:prod,!canary", False),
        ("env:drill OR host:web-01", True),
        ("env:drill OR host:web-02", False),
        ("env:prod AND NOT host:web-02", True),
        ("env:prod and not (host:web-01 or host:web-02)", False),
        ("env IN (drill,prod)", True),
        ("env NOT IN (drill,prod)", False),
        ("env NOT IN (drill)", True),
        ("env:prod AND host IN (web-01)", True),
        ("env:prod AND host IN (web-02)", False),
    ],
)
def test_a_scope_selects_by_tags(scope: str, selected: bool) -> None:
    parsed = query(f"m{{{scope}}}").scope
    require_modelled_scope(parsed)
    assert matches(parsed, TAGS) is selected


@pytest.mark.parametrize(
    "scope", ["a:b*c", "a:*b*c*", "$host", "a:$host", "a IN (b*c)", "a IN (b,$x)", "en*:prod", "*prod", "NOT canar*"]
)
def test_a_scope_of_unclear_meaning_is_refused(scope: str) -> None:
    with pytest.raises(NotModelled):
        require_modelled_scope(query(f"m{{{scope}}}").scope)


@pytest.mark.parametrize(
    "scope", ["a:b OR c:d,e:f", "a IN (x,y),c:d", "!a:b AND c:d", "-a:b OR c:d", "NOT (a:b AND !c:d)"]
)
def test_signs_and_words_are_not_mixed_in_one_scope(scope: str) -> None:
    with pytest.raises(NotModelled, match="mixes , or ! with AND, OR, NOT or IN"):
        require_modelled_scope(query(f"m{{{scope}}}").scope)


def test_a_series_without_a_group_tag_is_in_no_group(store_of: Callable[..., SeriesStore]) -> None:
    store = store_of(("m{env:prod,host:a}", [1]), ("m{env:prod}", [1]), ("m{host:b}", [1]))
    groups = series_by_group(query("m{*} by {host,env}"), store)
    assert list(groups) == [(Tag("env", "prod"), Tag("host", "a"))]
    assert len(series_by_group(query("m{*}"), store)[()]) == 3


def test_a_series_with_two_values_is_in_both_groups(store_of: Callable[..., SeriesStore]) -> None:
    store = store_of(("m{host:a,host:b}", [1]))
    assert list(series_by_group(query("m{*} by {host}"), store)) == [(Tag("host", "a"),), (Tag("host", "b"),)]
