from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.datadog.message import (
    RecipientKind,
    Variables,
    handles,
    recipient,
    render,
    slack_channels,
    unparsed_handles,
)


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("@pagerduty-api", ("pagerduty-api",)),
        ("look @slack-a\n@slack-b now @slack-a", ("slack-a", "slack-b")),
        ("@user@example.com", ("user@example.com",)),
        ("mail@example.com", ()),
        ("(@team)", ()),
        ("`@team`", ()),
        ("**@team**", ()),
        ("@team(x)", ()),
        ("@slack-a(b) @slack-c", ("slack-c",)),
        ("(tell @slack-a) @slack-c", ("slack-c",)),
        ("@workflow-restart(host=a)", ("workflow-restart(host=a)",)),
        ("@workflow-restart(host=a, b=c) now", ("workflow-restart(host=a, b=c)",)),
        ("@workflow-restart(host=a, b=c", ()),
        ("@workflow-restart(host=a)x", ()),
        ("@workflow-restart", ("workflow-restart",)),
        ("@team.", ("team.",)),
        ("@ team", ()),
        ("@@team", ()),
        ("@", ()),
        ("x\u00a0@team", ("team",)),
    ],
)
def test_a_handle_stands_alone(text: str, found: tuple[str, ...]) -> None:
    assert handles(text) == found


def test_a_handle_may_hold_a_variable() -> None:
    variables: Variables = {"host": {"name": "web-01"}}
    text = render("@slack-{{host.name}} @slack-{{unknown}}", conditions=frozenset(), variables=variables)
    assert handles(text) == ("slack-web-01", "slack-")


@pytest.mark.parametrize(
    ("handle", "kind", "name"),
    [
        ("pagerduty-Core API", RecipientKind.PAGERDUTY, "Core API"),
        ("pagerduty", RecipientKind.PAGERDUTY, ""),
        ("slack-ops", RecipientKind.SLACK, "ops"),
        ("slack-Main-ops", RecipientKind.SLACK, "Main-ops"),
        ("webhook-notify", RecipientKind.WEBHOOK, "notify"),
        ("teams-ops", RecipientKind.TEAMS, "ops"),
        ("opsgenie-a", RecipientKind.OPSGENIE, "a"),
        ("jira-PROJ", RecipientKind.JIRA, "PROJ"),
        ("servicenow-x", RecipientKind.SERVICENOW, "x"),
        ("oncall-core", RecipientKind.ON_CALL, "core"),
        ("case-bugs", RecipientKind.CASE, "bugs"),
        ("workflow-restart", RecipientKind.WORKFLOW, "restart"),
        ("user@example.com", RecipientKind.EMAIL, "user@example.com"),
        ("user@{{domain}}", RecipientKind.EMAIL, "user@{{domain}}"),
        ("core-team", RecipientKind.TEAM, "core-team"),
        ("pagerdutyish", RecipientKind.TEAM, "pagerdutyish"),
        ("all", RecipientKind.EVERYONE, ""),
    ],
)
def test_a_handle_is_of_a_kind(handle: str, kind: RecipientKind, name: str) -> None:
    found = recipient(handle)
    assert (found.kind, found.name, found.problem, found.handle) == (kind, name, "", handle)


@pytest.mark.parametrize(
    ("handle", "kind", "problem"),
    [
        ("slack-", RecipientKind.SLACK, "a variable in it was empty"),
        ("pagerduty-", RecipientKind.PAGERDUTY, "a variable in it was empty"),
        ("webhook", RecipientKind.WEBHOOK, "@webhook needs a name"),
        ("dev/ops@example.com", RecipientKind.EMAIL, "with a slash"),
        ("a@b@c", RecipientKind.EMAIL, "is no mail address"),
        ("user@", RecipientKind.EMAIL, "is no mail address"),
        ("user@example.com,", RecipientKind.EMAIL, "needs white space behind it"),
        ("pagerduty-a@slack-b", RecipientKind.EMAIL, "is no mail address"),
        ("slack-a,@slack-b.c", RecipientKind.EMAIL, "is no mail address"),
        ("slack-ops.", RecipientKind.SLACK, "needs white space behind it"),
        ("team:", RecipientKind.TEAM, "needs white space behind it"),
    ],
)
def test_a_handle_that_tells_nobody_says_why(handle: str, kind: RecipientKind, problem: str) -> None:
    found = recipient(handle)
    assert found.kind is kind
    assert problem in found.problem


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("(@slack-a now", ["@slack-a is glued to '('; a handle needs white space before it"]),
        ("**@pagerduty-a**", ["@pagerduty-a** is glued to '*'; a handle needs white space before it"]),
        ("@slack-a,@slack-b", ["@slack-b is glued to ','; a handle needs white space before it"]),
        ("(tell @slack-a)", ["@slack-a) has parentheses, which no handle can have"]),
        ("@workflow-a(b=c, d", ["@workflow-a(b=c, has parentheses, which no handle can have"]),
        ("@workflow-a(b=c, d=e) @slack-a @a@slack-b.com me@slack-c.com @slack-", []),
        ("(@somebody) @decorator(x) `@slack-a`,", []),
    ],
)
def test_what_is_no_handle_only_for_what_is_glued_to_it_is_found(text: str, problems: list[str]) -> None:
    found = list(unparsed_handles(text))
    assert [each.problem for each in found] == problems
    assert all(text[each.start] == "@" and each.start < each.end for each in found)


def test_a_workflow_takes_arguments() -> None:
    handle = "workflow-restart(host=web-01, why=load = 3)"
    found = recipient(handle)
    assert found.handle == handle
    assert (found.name, found.arguments) == ("restart", (("host", "web-01"), ("why", "load = 3")))


@pytest.mark.parametrize(
    ("name", "accounts", "split"),
    [
        ("ops", (), ()),
        ("Main-ops", (), ()),
        ("Main-ops", ("Main",), (("Main", "ops"),)),
        ("Main-EU-ops", ("Main", "Main-EU"), (("Main-EU", "ops"), ("Main", "EU-ops"))),
        ("Mainops", ("Main",), ()),
    ],
)
def test_a_slack_handle_may_begin_with_its_account(
    name: str, accounts: tuple[str, ...], split: tuple[tuple[str, str], ...]
) -> None:
    assert slack_channels(name, accounts) == split


@given(st.text(st.sampled_from("@ab-()=, \n./"), max_size=30))
def test_every_handle_is_somebody(text: str) -> None:
    for handle in handles(text):
        assert f"@{handle}" in text
        assert recipient(handle).handle == handle
