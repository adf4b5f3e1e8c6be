from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from msgspec import structs

from alertproof.datadog import Assumptions, Definition, Notification, State
from alertproof.datadog.rules import NotificationRule, load_rule, notification_tags, recipients_of, routed
from alertproof.errors import ConfigError, NotModelled
from alertproof.tags import Tag, parse_tags

ALERT = frozenset({"is_alert"})


def rule(recipients: list[str] | None = None, *, name: str = "r", **attributes: Any) -> NotificationRule:
    attributes = {"name": name, "filter": {"tags": ["env:prod"]}} | attributes
    if recipients is not None:
        attributes["recipients"] = recipients
    return load_rule({"data": {"type": "monitor-notification-rule", "attributes": attributes}}, source="r.json")


# The table of the page on notification rules [NRULES].
DOCUMENTED = [
    rule(["slack-channel1", "jira-project"], filter={"tags": ["team:shopist", "service:web-store"]}),
    rule(["jira-project"], filter={"tags": ["team:shopist"]}),
    rule(["jira-project"], filter={"tags": ["service:web-store"]}),
    rule(["user@datadoghq.com"], filter={"tags": ["service:web-store", "env:prod"]}),
    rule(["jira-project"], filter={"tags": ["service:web-store", "env:dev"]}),
]


@pytest.mark.parametrize(
    ("tags", "told"),
    [
        ("team:shopist,service:web-store", ("slack-channel1", "jira-project")),
        ("team:shopist", ("jira-project",)),
        ("service:web-store", ("jira-project",)),
        ("service:web-store,env:prod", ("jira-project", "user@datadoghq.com")),
        ("service:web-store,env:dev", ("jira-project",)),
        ("team:other", ()),
    ],
)
def test_all_matching_rules_tell_their_recipients_once(tags: str, told: tuple[str, ...]) -> None:
    assert recipients_of(DOCUMENTED, parse_tags(tags), ALERT) == told


def test_the_tags_of_monitor_and_group_are_matched_together(monitor: Callable[..., Definition]) -> None:
    definition = replace(monitor("avg(last_5m):avg:m{*} by {service} > 1"), tags=("team:shopist",))
    tags = notification_tags(definition, (Tag("service", "web-store"),))
    assert recipients_of(DOCUMENTED, tags, ALERT) == ("slack-channel1", "jira-project")
    assert recipients_of(DOCUMENTED, notification_tags(definition, ()), ALERT) == ("jira-project",)


def test_a_rule_may_have_a_scope_with_words() -> None:
    worded = rule(["a"], filter={"scope": "(service:a OR service:b) AND NOT env:dev"})
    assert recipients_of([worded], parse_tags("service:b,env:prod"), ALERT) == ("a",)
    assert recipients_of([worded], parse_tags("service:b,env:dev"), ALERT) == ()


CONDITIONAL = rule(
    conditional_recipients={
        "conditions": [
            {"scope": "transition_type:is_alert", "recipients": ["pagerduty-a", "slack-a"]},
            {"scope": "transition_type:is_recovery", "recipients": ["slack-a"]},
            {"scope": "region:eu", "recipients": ["slack-eu", "slack-a"]},
        ],
        "fallback_recipients": ["slack-rest"],
    }
)


@pytest.mark.parametrize(
    ("tags", "conditions", "told"),
    [
        ("env:prod", {"is_alert"}, ("pagerduty-a", "slack-a")),
        ("env:prod", {"is_recovery", "is_alert_recovery"}, ("slack-a",)),
        ("env:prod,region:eu", {"is_alert"}, ("pagerduty-a", "slack-a", "slack-eu")),
        ("env:prod,region:eu", {"is_warning"}, ("slack-eu", "slack-a")),
        ("env:prod,region:us", {"is_warning"}, ("slack-rest",)),
        ("env:dev,region:eu", {"is_alert"}, ()),
    ],
)
def test_recipients_may_depend_on_the_transition_or_a_tag(
    tags: str, conditions: set[str], told: tuple[str, ...]
) -> None:
    assert recipients_of([CONDITIONAL], parse_tags(tags), frozenset(conditions)) == told


def test_whether_every_condition_counts_is_an_assumption() -> None:
    tags = parse_tags("env:prod,region:eu")
    assert recipients_of([CONDITIONAL], tags, ALERT, every_condition=False) == ("pagerduty-a", "slack-a")
    without = rule(conditional_recipients={"conditions": [{"scope": "region:eu", "recipients": ["a"]}]})
    assert recipients_of([without], parse_tags("env:prod"), ALERT) == ()


def test_a_notification_tells_the_recipients_of_its_rules_too(
    monitor: Callable[..., Definition], minute: Callable[[float], datetime]
) -> None:
    definition = replace(monitor("avg(last_5m):avg:m{*} > 1"), tags=("env:prod",))
    sent = Notification(
        at=minute(1),
        group=(),
        transition="Triggered",
        state=State.ALERT,
        handles=("slack-a", "own"),
        title="",
        body="",
        value=None,
        told_nothing=("own",),
        conditions=ALERT,
    )
    found = routed(sent, definition, [CONDITIONAL], Assumptions())
    assert found.handles == ("slack-a", "own", "pagerduty-a")
    assert found.told_nothing == ("own",)
    assert (
        routed(structs.replace(sent, told_nothing=("slack-a",)), definition, [CONDITIONAL], Assumptions()).told_nothing
        == ()
    )
    assert routed(sent, replace(definition, tags=()), [CONDITIONAL], Assumptions()) == sent
    first = Assumptions(every_rule_condition_counts=False)
    eu = replace(definition, tags=("env:prod", "region:eu"))
    assert "slack-eu" in routed(sent, eu, [CONDITIONAL], Assumptions()).handles
    assert "slack-eu" not in routed(sent, eu, [CONDITIONAL], first).handles


CONDITION = {"scope": "region:eu", "recipients": ["a"]}


@pytest.mark.parametrize(
    ("attributes", "named"),
    [
        ({}, "the notification rule 'r' has recipients or conditional_recipients, one of them"),
        (
            {"recipients": ["a"], "conditional_recipients": {"conditions": [CONDITION]}},
            "the notification rule 'r' has recipients or conditional_recipients, one of them",
        ),
        ({"recipients": ["@a"]}, "a recipient of a rule must not start with '@': @a"),
        ({"recipients": []}, "Expected `array` of length >= 1 - at `$.recipients`"),
        ({"recipients": ["a"] * 51}, "Expected `array` of length <= 50 - at `$.recipients`"),
        (
            {"recipients": ["a"], "filter": {}},
            "the filter of the notification rule 'r' has tags or a scope, one of them",
        ),
        (
            {"recipients": ["a"], "filter": {"tags": ["a:b"], "scope": "a:b"}},
            "the filter of the notification rule 'r' has tags or a scope, one of them",
        ),
        (
            {"recipients": ["a"], "filter": {"tags": ["a:b OR c:d"]}},
            "this is to be one tag such as env:prod: a:b OR c:d",
        ),
        (
            {"recipients": ["a"], "filter": {"scope": "a:b*"}},
            "the only wildcard of a rule's scope is a:* (column 1)\n  a:b*\n  ^^^^",
        ),
        ({"recipients": ["a"], "filter": None}, "Expected `object`, got `null` - at `$.filter`"),
        (
            {"conditional_recipients": {"conditions": [{"scope": "transition_type:is_alrt", "recipients": ["a"]}]}},
            "'transition_type:is_alrt' names no transition (did you mean 'is_alert'?)",
        ),
        (
            {"conditional_recipients": {"conditions": [{"scope": "a:b AND c:d", "recipients": ["a"]}]}},
            "this is to be one tag such as env:prod: a:b AND c:d",
        ),
        (
            {"conditional_recipients": {"conditions": [{"scope": "a:b", "recipients": ["@a"]}]}},
            "a recipient of a rule must not start with '@': @a",
        ),
        (
            {"conditional_recipients": {"conditions": []}},
            "Expected `array` of length >= 1 - at `$.conditional_recipients.conditions`",
        ),
        (
            {"conditional_recipients": {"conditions": [CONDITION], "fallback_recipients": ["@a"]}},
            "a recipient of a rule must not start with '@': @a",
        ),
    ],
)
def test_a_rule_that_the_api_refuses_is_refused(attributes: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError) as caught:
        rule(**attributes)
    assert str(caught.value) == f"r.json: {named}"


def test_bundled_alerts_are_not_modelled() -> None:
    with pytest.raises(NotModelled, match=r"r\.json: bundle_config"):
        rule(["a"], bundle_config={"bundle_by": ["host"]})
