"""Sentry's two models of an alert: what a rule is as a workflow and back, and what one of them cannot say."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from alertproof.errors import NotModelled
from alertproof.sentry.rules import read_rule, read_workflow
from alertproof.sync.sentry_workflows import PAGERDUTY, as_rule, as_workflow

ALERTS = sorted((Path(__file__).parents[2] / "monitoring" / "sentry" / "alerts").glob("*.json"))
ACTION = {"id": PAGERDUTY, "account": "7", "service": "12", "severity": "error"}
FIRST = {"id": "sentry.rules.conditions.first_seen_event.FirstSeenEventCondition"}
AGAIN = {"id": "sentry.rules.conditions.regression_event.RegressionEventCondition"}
MANY = {
    "id": "sentry.rules.conditions.event_frequency.EventFrequencyCondition",
    "comparisonType": "count",
    "interval": "5m",
    "value": 50,
}
LEVEL = {"id": "sentry.rules.filters.level.LevelFilter", "match": "gte", "level": "40"}
TAG = {"id": "sentry.rules.filters.tagged_event.TaggedEventFilter", "key": "tenant", "match": "eq", "value": "acme"}


def rule(*conditions: dict[str, Any], filters: tuple[dict[str, Any], ...] = (), **changes: Any) -> dict[str, Any]:
    made = {"name": "spike", "environment": "prod", "actionMatch": "any", "filterMatch": "all", "frequency": 60}
    return {**made, "conditions": list(conditions), "filters": list(filters), "actions": [ACTION], **changes}


@pytest.mark.parametrize("path", ALERTS, ids=lambda path: path.stem)
def test_each_alert_of_monitoring_is_the_same_as_a_workflow_and_back(path: Path) -> None:
    written = json.loads(path.read_text(encoding="utf-8")) | {"actions": [ACTION]}

    read = as_rule({"id": "3", **as_workflow(written)})

    assert {name: read[name] for name in written if name != "actionMatch"} == {
        name: value for name, value in written.items() if name != "actionMatch"
    }
    assert (read["id"], read["status"]) == ("3", "active")


def test_both_models_are_understood_alike() -> None:
    both = rule(MANY, filters=(LEVEL,))

    (as_it_is,), other = read_workflow(as_workflow(both)), read_rule(both)

    assert (as_it_is.actions, as_it_is.silent, as_it_is.environment) == (other.actions, other.silent, "prod")
    assert as_it_is.conditions == ()
    assert [each.kind for each in as_it_is.filters] == [each.kind for each in (*other.conditions, *other.filters)]


@pytest.mark.parametrize(
    ("said", "logic"),
    [
        (rule(FIRST, AGAIN, filters=(LEVEL, TAG), filterMatch="any"), "any-short"),
        (rule(MANY, filters=(LEVEL, TAG)), "all"),
        (rule(FIRST, MANY, filters=(LEVEL,), actionMatch="all"), "all"),
        (rule(MANY, MANY), "any-short"),
        (rule(MANY), "all"),
    ],
)
def test_counts_are_among_the_filters_of_a_workflow(said: dict[str, Any], logic: str) -> None:
    (group,) = as_workflow(said)["actionFilters"]

    assert group["logicType"] == logic


@pytest.mark.parametrize(
    ("said", "says"),
    [
        (rule(FIRST, MANY), "cannot say 'any' of these 2 conditions"),
        (rule(FIRST, AGAIN, actionMatch="all"), "cannot say 'all' of these 2 conditions"),
        (rule(MANY, filters=(LEVEL, TAG), filterMatch="any"), "joins counts and filters alike"),
        (rule(MANY, MANY, filters=(LEVEL,)), "joins counts and filters alike"),
        (rule({"id": "sentry.rules.conditions.tagged_event.TaggedEventCondition"}), "has no counterpart"),
        (rule({**MANY, "comparisonType": "percent"}), "'percent' is not modelled"),
        (rule(FIRST, actions=[{"id": "sentry.mail.actions.NotifyEmailAction"}]), "has no counterpart that is known"),
    ],
)
def test_what_a_workflow_cannot_say_is_refused_and_not_guessed(said: dict[str, Any], says: str) -> None:
    with pytest.raises(NotModelled, match=says):
        as_workflow(said)


def test_what_a_rule_cannot_say_stays_under_the_workflows_words() -> None:
    workflow = as_workflow(rule(FIRST)) | {"id": "3", "enabled": False}
    workflow["triggers"]["conditions"].append({"id": "9", "type": "issue_resolved_trigger", "comparison": True})
    workflow["actionFilters"].append({"logicType": "all", "conditions": [], "actions": []})

    read = as_rule(workflow)

    assert read["conditions"] == [FIRST, {"type": "issue_resolved_trigger", "comparison": True}]
    assert len(read["actionFilters"]) == 1
    assert read["status"] == "disabled"
