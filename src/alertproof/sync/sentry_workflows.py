"""Sentry's two models of an issue alert: a rule of a project, and a workflow of an organization. Pure.

The files say rules. Where an account has workflows instead, a rule is written as one, and one is read as a rule. Which
of Sentry's own monitors a workflow listens to (``detectorIds``) is left as the account has it.
Source: docs.sentry.io/api/alerts; getsentry/sentry-for-ai (create an alert).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from alertproof.errors import NotModelled

__all__ = ["PAGERDUTY", "as_rule", "as_workflow"]

PAGERDUTY = "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction"
_CONDITIONS, _FILTERS = "sentry.rules.conditions.", "sentry.rules.filters."
#: What begins a workflow.
_TRIGGERS = {
    f"{_CONDITIONS}first_seen_event.FirstSeenEventCondition": "first_seen_event",
    f"{_CONDITIONS}reappeared_event.ReappearedEventCondition": "reappeared_event",
    f"{_CONDITIONS}regression_event.RegressionEventCondition": "regression_event",
}
#: A rule's conditions that a workflow has among its filters, and begins with any event.
_COUNTED = {
    f"{_CONDITIONS}event_frequency.EventFrequencyCondition": "event_frequency_count",
    f"{_CONDITIONS}event_frequency.EventUniqueUserFrequencyCondition": "event_unique_user_frequency_count",
}
_FILTERED = {
    f"{_FILTERS}age_comparison.AgeComparisonFilter": "age_comparison",
    f"{_FILTERS}event_attribute.EventAttributeFilter": "event_attribute",
    f"{_FILTERS}issue_occurrences.IssueOccurrencesFilter": "issue_occurrences",
    f"{_FILTERS}latest_release.LatestReleaseFilter": "latest_release",
    f"{_FILTERS}level.LevelFilter": "level",
    f"{_FILTERS}tagged_event.TaggedEventFilter": "tagged_event",
}
_TYPES = {**_TRIGGERS, **_COUNTED, **_FILTERED}
_IDS = {kind: identity for identity, kind in _TYPES.items()}
_LOGIC = {"all": "all", "any": "any-short", "none": "none"}
_MATCHES = {"all": "all", "any": "any", "any-short": "any", "none": "none"}


def as_workflow(rule: Mapping[str, Any]) -> dict[str, Any]:
    """Return the workflow that tells of the same events; an action has integration and service by their ids.

    Raises `NotModelled` for a rule that no one workflow can say.
    """
    given = list(rule.get("conditions") or ())
    triggers = [each for each in given if each.get("id") in _TRIGGERS]
    counted = [each for each in given if each.get("id") in _COUNTED]
    if len(triggers) + len(counted) < len(given):
        other = next(each for each in given if each not in triggers and each not in counted)
        raise NotModelled(f"{rule.get('name')!r}: {other.get('id')!r} has no counterpart in a workflow of Sentry's")
    filters = list(rule.get("filters") or ())
    return {
        "name": rule["name"],
        "enabled": True,
        "environment": rule.get("environment"),
        "config": {"frequency": rule.get("frequency", 30)},
        "triggers": {"logicType": "any-short", "conditions": [_typed(each, rule) for each in triggers]},
        "actionFilters": [
            {
                "logicType": _logic(rule, triggers, counted, filters),
                "conditions": [_typed(each, rule) for each in (*counted, *filters)],
                "actions": [_action(each, rule) for each in rule.get("actions") or ()],
            }
        ],
    }


def _logic(
    rule: Mapping[str, Any], triggers: Sequence[object], counted: Sequence[object], filters: Sequence[object]
) -> str:
    """Return how the filters of the workflow are joined; raises `NotModelled` where one join cannot say it."""
    match, filter_match = str(rule.get("actionMatch", "any")), str(rule.get("filterMatch", "all"))
    conditions = len(triggers) + len(counted)
    alone = conditions <= 1
    if match == "none" or (len(triggers) > 1 and match != "any") or (triggers and counted and match != "all"):
        raise NotModelled(
            f"{rule.get('name')!r}: a workflow of Sentry's cannot say {match!r} of these {conditions} conditions"
        )
    if not counted:
        return _LOGIC[filter_match]
    if not filters:
        return "all" if alone else _LOGIC[match]
    if (match == "all" or alone or triggers) and (
        filter_match == "all" or (filter_match == "any" and len(filters) == 1)
    ):
        return "all"
    raise NotModelled(
        f"{rule.get('name')!r}: a workflow of Sentry's joins counts and filters alike, this rule does not "
        f"(actionMatch {match!r}, filterMatch {filter_match!r})"
    )


def _typed(given: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    kind = _TYPES.get(str(given.get("id")))
    if kind is None:
        raise NotModelled(f"{rule.get('name')!r}: {given.get('id')!r} has no counterpart in a workflow of Sentry's")
    said = {name: value for name, value in given.items() if name not in ("id", "name", "uuid", "comparisonType")}
    if given.get("comparisonType", "count") != "count":
        raise NotModelled(f"{rule.get('name')!r}: the comparison {given['comparisonType']!r} is not modelled")
    if kind == "level":
        said["level"] = int(said["level"])
    return {"type": kind, "comparison": said or True, "conditionResult": True}


def _action(given: Mapping[str, Any], rule: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("id") != PAGERDUTY:
        raise NotModelled(f"{rule.get('name')!r}: the action {given.get('id')!r} has no counterpart that is known")
    service = str(given["service"])
    return {
        "type": "pagerduty",
        "integrationId": str(given["account"]),
        "config": {"targetType": "specific", "targetIdentifier": service, "targetDisplay": None},
        "data": {"priority": given.get("severity", "default")},
    }


def as_rule(workflow: Mapping[str, Any]) -> dict[str, Any]:
    """Return the rule that a workflow is; what a rule has no word for stays under the workflow's."""
    triggers, groups = workflow.get("triggers") or {}, list(workflow.get("actionFilters") or ({},))
    group = groups[0]
    inside = list(group.get("conditions") or ())
    counted = [each for each in inside if each.get("type") in _COUNTED.values()]
    filters = [each for each in inside if each not in counted]
    conditions = [*(triggers.get("conditions") or ()), *counted]
    rule = {
        "id": workflow["id"],
        "name": workflow["name"],
        "environment": workflow.get("environment"),
        "frequency": (workflow.get("config") or {}).get("frequency", 30),
        "actionMatch": _match(triggers) if len(conditions) > len(counted) else _match(group),
        "filterMatch": _match(group),
        "conditions": [_named(each) for each in conditions],
        "filters": [_named(each) for each in filters],
        "actions": [_told(each) for each in group.get("actions") or ()],
        "status": "active" if workflow.get("enabled", True) else "disabled",
    }
    return rule if len(groups) == 1 else {**rule, "actionFilters": groups[1:]}


def _match(group: Mapping[str, Any]) -> str:
    logic = str(group.get("logicType", "any-short"))
    return _MATCHES.get(logic, logic)


def _named(given: Mapping[str, Any]) -> dict[str, Any]:
    kind, comparison = str(given.get("type")), given.get("comparison")
    if kind not in _IDS or given.get("conditionResult", True) is not True:
        return {name: value for name, value in given.items() if name != "id"}
    said = dict(comparison) if isinstance(comparison, Mapping) else {}
    if kind == "level":
        said["level"] = str(said.get("level"))
    if kind in _COUNTED.values():
        said = {"comparisonType": "count", **said}
    return {"id": _IDS[kind], **said}


def _told(given: Mapping[str, Any]) -> dict[str, Any]:
    if given.get("type") != "pagerduty":
        return {name: value for name, value in given.items() if name != "id"}
    return {
        "id": PAGERDUTY,
        "account": str(given.get("integrationId")),
        "service": str((given.get("config") or {}).get("targetIdentifier")),
        "severity": (given.get("data") or {}).get("priority", "default"),
    }
