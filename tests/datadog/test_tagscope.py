from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.tagscope import Everything, HasTag, matches, read_downtime_scope, read_rule_scope
from alertproof.errors import QuerySyntaxError
from alertproof.tags import parse_tags


@pytest.mark.parametrize(
    ("scope", "tags", "muted"),
    [
        # The tables of the guide to scoping [DSCOPE].
        ("service:web-store", "host:A,service:web-store", True),
        ("service:web-store", "host:A,host:B,service:synthesizer,service:demo,service:web-store", True),
        ("service:web-store", "host:A,host:B,service:synthesizer", False),
        ("service:web-store AND env:prod", "env:prod,service:web-store", True),
        ("service:web-store AND env:prod", "env:prod,env:dev,service:demo,service:web-store", True),
        ("service:web-store AND env:prod", "env:dev,env:demo,service:web-store", False),
        ("service:web-store AND env:prod", "env:prod,env:demo,service:synthesizer", False),
        # The table of the page on downtimes [DOWN].
        ("env:(dev OR staging)", "env:staging", True),
        ("env:(dev OR staging)", "env:prod", False),
        ("service:web-store AND env:(dev OR staging)", "env:dev,service:web-store", True),
        ("service:web-store AND env:(dev OR staging)", "env:dev", False),
        ("host:authentication-*", "host:authentication-1", True),
        ("host:authentication-*", "host:my-authentication-1", False),
        ("host:*-prod-cluster", "host:a-prod-cluster", True),
        ("host:*-prod-cluster", "host:a-prod-cluster-2", False),
        ("service:webstore AND -env:prod", "service:webstore,env:dev", True),
        ("service:webstore AND -env:prod", "service:webstore", True),
        ("service:webstore AND -env:prod", "service:webstore,env:prod", False),
        ("-env:(dev OR test)", "env:prod", True),
        ("-env:(dev OR test)", "env:test", False),
        ("team:app AND (service:auth OR env:(dev OR test))", "team:app,env:test", True),
        ("team:app AND (service:auth OR env:(dev OR test))", "team:app,env:prod", False),
        # Tags with nothing or a comma between them are all needed.
        ("service:a env:b", "service:a,env:b", True),
        ("service:a env:b", "service:a", False),
        ("service:a,env:b", "service:a,env:b", True),
        ("host:*", "host:x", True),
        ("host:*", "env:x", False),
        ("url:http://a:80/x", "url:http://a:80/x", True),
        ("*", "", True),
        (" * ", "host:a", True),
    ],
)
def test_a_downtime_mutes_the_groups_in_its_scope(scope: str, tags: str, *, muted: bool) -> None:
    assert matches(read_downtime_scope(scope), parse_tags(tags)) is muted


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("service:A OR host:X", "an OR outside parentheses is not supported; make a downtime of each side"),
        (
            "team:app AND (service:auth OR (service:gw AND (env:prod OR env:dev)))",
            "parentheses more than 2 deep are not supported; make several downtimes",
        ),
        (
            "team:app AND (a:b OR (c:d OR e:(f OR g)))",
            "parentheses more than 2 deep are not supported; make several downtimes",
        ),
        ("-service:(A AND B)", "the values of one key are separated by OR"),
        ("service:(-A OR -B)", "expected a value of service, found '-A'"),
        ("-service(A B)", "All values must have a key, such as env:service"),
        ("-(a:b OR c:d)", "only a tag or a list of values can be negated"),
        ("prod AND service:(A OR B)", "All values must have a key, such as env:prod"),
        ("prod", "All values must have a key, such as env:prod"),
        ("service:auth?", "a ? in a scope is not supported; use *"),
        ("service:(a OR b?)", "a ? in a scope is not supported; use *"),
        ("host:a*b*c", "a * in a scope stands at the begin or the end of a value"),
        ("service:(a OR b*c)", "a * in a scope stands at the begin or the end of a value"),
        ('service:"web"', "a value in quotes is not supported in a scope; write env:prod"),
        ("en&v:prod", "'en&v' is not the key of a tag"),
        ("NOT env:prod", "a downtime's scope says -env:prod instead of NOT env:prod"),
        ("", "expected a tag such as env:prod, found 'the end'"),
        ("env:", "env: has no value"),
        ("env:prod AND", "expected a tag such as env:prod, found 'the end'"),
        ("env:prod AND AND a:b", "expected a tag such as env:prod, found 'AND'"),
        ("(env:prod", "this parenthesis is never closed"),
        ("env:(prod", "this parenthesis is never closed"),
        ("env:prod)", "')' was not expected here"),
        ("env:()", "expected a value of env, found ')'"),
        ("env:(", "expected a value of env, found 'the end'"),
        ("env:(a OR", "expected a value of env, found 'the end'"),
        ("env:(a OR AND)", "expected a value of env, found 'AND'"),
        ("env:(a, b)", "the values of one key are separated by OR"),
        ("env:(a b)", "the values of one key are separated by OR"),
        ("env:(a (b))", "the values of one key are separated by OR"),
        ("env:(a OR 'b')", "a value in quotes is not supported in a scope; write env:prod"),
        ("host:?a", "a ? in a scope is not supported; use *"),
        ("host:'a'", "a value in quotes is not supported in a scope; write env:prod"),
        (":a", "'' is not the key of a tag"),
        ("-:(a OR b)", "'' is not the key of a tag"),
        ("-", "only a tag or a list of values can be negated"),
        ("a:b AND (c:d OR)", "expected a tag such as env:prod, found ')'"),
        ("a:b AND OR c:d", "expected a tag such as env:prod, found 'OR'"),
        ("a:b or c:d", "All values must have a key, such as env:or"),
        ("a:b " * 1000, "a scope of 4000 characters; at most 3000 are taken"),
    ],
)
def test_a_scope_that_downtimes_do_not_take_is_refused(scope: str, named: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        read_downtime_scope(scope)
    assert caught.value.message == named


@pytest.mark.parametrize(
    ("scope", "tags", "matched"),
    [
        ("service:web", "service:web,env:prod", True),
        ("service:web AND env:prod", "service:web,env:dev", False),
        ("service:web OR env:prod", "env:prod", True),
        ("service:a OR service:b AND env:prod", "service:a", True),
        ("(service:a OR service:b) AND env:prod", "service:a", False),
        ("NOT env:prod", "env:dev", True),
        ("NOT env:prod", "env:prod", False),
        ("NOT (env:prod OR env:dev)", "env:test", True),
        ("NOT NOT env:prod", "env:prod", True),
        ("team:*", "team:x", True),
        ("NOT team:*", "team:x", False),
    ],
)
def test_a_rule_applies_to_the_notifications_in_its_scope(scope: str, tags: str, *, matched: bool) -> None:
    assert matches(read_rule_scope(scope), parse_tags(tags)) is matched


@pytest.mark.parametrize(
    ("scope", "named"),
    [
        ("team:a*", "the only wildcard of a rule's scope is team:*"),
        ("-env:prod", "a rule's scope says NOT env:prod"),
        ("!env:prod", "a rule's scope says NOT env:prod"),
        ("env:prod service:web", "expected AND, OR or the end, found 'service:web'"),
        ("env:prod, service:web", "expected AND, OR or the end, found ','"),
        ("prod", "All values must have a key, such as env:prod"),
        ("", "expected a tag such as env:prod, found 'the end'"),
        ("(env:prod", "this parenthesis is never closed"),
        ("NOT", "expected a tag such as env:prod, found 'the end'"),
        ("a:b AND", "expected a tag such as env:prod, found 'the end'"),
        ("a:b OR )", "expected a tag such as env:prod, found ')'"),
        ("a:b)", "expected AND, OR or the end, found ')'"),
        ("team:", "team: has no value"),
        ("te(am:a", "All values must have a key, such as env:te"),
        ("NOT " * 40 + "a:b", "a scope nested more than 32 deep"),
        ("(" * 40 + "a:b" + ")" * 40, "a scope nested more than 32 deep"),
    ],
)
def test_a_scope_that_rules_do_not_take_is_refused(scope: str, named: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        read_rule_scope(scope)
    assert caught.value.message == named


def test_an_error_points_at_its_place() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        read_downtime_scope("env:prod AND web")
    assert str(caught.value).endswith("\n  env:prod AND web\n               ^^^")


def test_scopes_are_read_into_a_tree() -> None:
    assert read_downtime_scope("*") == Everything()
    assert read_downtime_scope("env:prod") == read_rule_scope("env:prod") == HasTag("env", "prod")


@given(
    st.lists(
        st.sampled_from(["env:a", "-env:b", "(", ")", "OR", "AND", "NOT", ",", "k:", "*", "x", "-", "é:?"]), max_size=12
    ).map(" ".join)
)
def test_any_scope_is_read_or_refused(text: str) -> None:
    for read in (read_downtime_scope, read_rule_scope):
        with suppress(QuerySyntaxError):
            assert matches(read(text), parse_tags("env:a")) in {True, False}


@given(st.text(st.sampled_from("ab*"), min_size=1, max_size=8), st.text(st.sampled_from("ab"), max_size=10))
def test_a_star_stands_for_any_text(pattern: str, value: str) -> None:
    def fits(pattern: str, value: str) -> bool:
        if not pattern:
            return not value
        if pattern[0] == "*":
            return fits(pattern[1:], value) or (bool(value) and fits(pattern, value[1:]))
        return bool(value) and value[0] == pattern[0] and fits(pattern[1:], value[1:])

    tags = frozenset(parse_tags([f"k:{value}"]))
    assert matches(HasTag("k", pattern), tags) is fits(pattern, value)
