"""Issue alerts: rules of a project and workflows of an organization, as one thing that is evaluated.

A rule says when an event is worth telling (conditions, filters, environment), whom, and how often at most per issue.
Source: docs.sentry.io/api/alerts; getsentry/sentry (rules, workflow engine).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import timedelta
from typing import Any

from msgspec import Struct

from alertproof.errors import NotModelled, nearest
from alertproof.sentry.conditions import Condition, Occurrence, RuleError, condition_holds, read_condition

__all__ = ["Action", "IssueRule", "read_rule", "read_workflow", "rule_fires"]

_PAGERDUTY = "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction"
_SEVERITIES = ("default", "critical", "warning", "error", "info")
#: What a project's rules call conditions and filters, by the end of the id.
_CLASSES = {
    "AgeComparisonFilter": "age_comparison",
    "EventAttributeCondition": "event_attribute",
    "EventAttributeFilter": "event_attribute",
    "EventFrequencyCondition": "event_frequency",
    "EventUniqueUserFrequencyCondition": "event_unique_user_frequency",
    "EveryEventCondition": "every_event",
    "FirstSeenEventCondition": "first_seen_event",
    "IssueOccurrencesFilter": "issue_occurrences",
    "LatestReleaseFilter": "latest_release",
    "LevelCondition": "level",
    "LevelFilter": "level",
    "ReappearedEventCondition": "reappeared_event",
    "RegressionEventCondition": "regression_event",
    "TaggedEventCondition": "tagged_event",
    "TaggedEventFilter": "tagged_event",
}
_WORKFLOW_KINDS = {
    "event_frequency_count": "event_frequency",
    "event_unique_user_frequency_count": "event_unique_user_frequency",
}
_MATCHES = ("all", "any", "none")
#: Minutes for which a rule may keep silent about an issue. [docs.sentry.io/api/alerts]
_SHORTEST, _LONGEST = 5, 43_200
_FREQUENCIES = (0, 1, 5, 10, 30, 60, 180, 720, 1440, 10_080, 43_200)


class Action(Struct, frozen=True):
    """What is done: ``pagerduty`` with integration, service and severity, or another ``kind`` that is only noted."""

    kind: str
    account: str = ""
    service: str = ""
    severity: str = "default"


class IssueRule(Struct, frozen=True, kw_only=True):
    """One rule. ``match`` and ``filter_match`` are all, any or none; ``silent`` is how long it then keeps silent."""

    name: str
    match: str
    conditions: tuple[Condition, ...]
    filter_match: str
    filters: tuple[Condition, ...]
    actions: tuple[Action, ...]
    silent: timedelta
    environment: str | None = None


def rule_fires(rule: IssueRule, occurrence: Occurrence) -> bool:
    """Whether the rule tells of an event, apart from how often it has done so."""
    if rule.environment is not None and occurrence.event.environment != rule.environment:
        return False
    return _decided(rule.match, rule.conditions, occurrence) and _decided(rule.filter_match, rule.filters, occurrence)


def read_rule(document: Mapping[str, Any]) -> IssueRule:
    """Read a rule as ``/projects/{org}/{project}/rules/`` takes it.

    Raises:
        RuleError: something of it is missing or cannot be.
        NotModelled: it asks for what is not modelled.
    """
    minutes = document.get("frequency", 30)
    if isinstance(minutes, str) and minutes.isdigit():
        minutes = int(minutes)
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not _SHORTEST <= minutes <= _LONGEST:
        raise RuleError("frequency", f"Ensure this value is between {_SHORTEST} and {_LONGEST}, got {minutes!r}.")
    actions = tuple(_action(each) for each in _objects(document, "actions"))
    if not actions:
        raise RuleError("actions", "You must add an action for this alert to fire.")
    return IssueRule(
        name=_name(document),
        match=_one_of(document.get("actionMatch"), _MATCHES, "actionMatch"),
        conditions=tuple(_named(each, "conditions") for each in _objects(document, "conditions")),
        filter_match=_one_of(document.get("filterMatch", "all"), _MATCHES, "filterMatch"),
        filters=tuple(_named(each, "filters") for each in _objects(document, "filters")),
        actions=actions,
        silent=timedelta(minutes=minutes),
        environment=_environment(document),
    )


def read_workflow(document: Mapping[str, Any]) -> tuple[IssueRule, ...]:
    """Read a workflow as ``/organizations/{org}/workflows/`` takes it: one rule for each of its action filters.

    Raises:
        RuleError: something of it is missing or cannot be.
        NotModelled: it asks for what is not modelled.
    """
    minutes = _object(document.get("config") or {}, "config").get("frequency", 30)
    if minutes not in _FREQUENCIES or isinstance(minutes, bool):
        raise RuleError("config", f"frequency is one of {_FREQUENCIES}, got {minutes!r}")
    triggers = _object(document.get("triggers") or {}, "triggers")
    match = _logic(triggers, "triggers")
    conditions = tuple(_typed(each, "triggers") for each in _objects(triggers, "conditions"))
    return tuple(
        IssueRule(
            name=_name(document),
            match=match,
            conditions=conditions,
            filter_match=_logic(group, "actionFilters"),
            filters=tuple(_typed(each, "actionFilters") for each in _objects(group, "conditions")),
            actions=tuple(_workflow_action(each) for each in _objects(group, "actions")),
            silent=timedelta(minutes=minutes),
            environment=_environment(document),
        )
        for group in _objects(document, "actionFilters")
    )


def _decided(match: str, conditions: Iterable[Condition], occurrence: Occurrence) -> bool:
    held = [condition_holds(condition, occurrence) for condition in conditions]
    if match == "none":
        return not any(held)
    # Without conditions every event counts, under any as under all.
    return all(held) if match == "all" or not held else any(held)


def _named(given: Mapping[str, Any], where: str) -> Condition:
    identity = str(given.get("id") or "")
    kind = _CLASSES.get(identity.rpartition(".")[2])
    if kind is None or not identity.startswith("sentry.rules."):
        raise NotModelled(f"{where}: {identity!r} is not modelled (modelled: {', '.join(sorted(_CLASSES))})")
    return read_condition(
        kind, {name: value for name, value in given.items() if name not in {"id", "name"}}, where=where
    )


def _typed(given: Mapping[str, Any], where: str) -> Condition:
    kind = str(given.get("type") or "")
    comparison = given.get("comparison")
    if given.get("conditionResult", True) is not True:
        raise NotModelled(f"{where}: {kind} with conditionResult {given['conditionResult']!r} is not modelled")
    options = comparison if isinstance(comparison, Mapping) else {}
    return read_condition(_WORKFLOW_KINDS.get(kind, kind), options, where=where)


def _action(given: Mapping[str, Any]) -> Action:
    identity = given.get("id")
    if not isinstance(identity, str) or not identity:
        raise RuleError("actions", "Missing attribute 'id'")
    if identity != _PAGERDUTY:
        return Action(identity)
    severity = _one_of(given.get("severity", "default"), _SEVERITIES, "actions")
    return Action("pagerduty", str(given.get("account") or ""), str(given.get("service") or ""), severity)


def _workflow_action(given: Mapping[str, Any]) -> Action:
    kind = given.get("type")
    if not isinstance(kind, str) or not kind:
        raise RuleError("actionFilters", "an action has no type")
    if kind != "pagerduty":
        return Action(kind)
    config, data = _object(given.get("config") or {}, "config"), _object(given.get("data") or {}, "data")
    severity = _one_of(data.get("priority", "default"), _SEVERITIES, "actionFilters")
    return Action(
        "pagerduty", str(given.get("integrationId") or ""), str(config.get("targetIdentifier") or ""), severity
    )


def _name(document: Mapping[str, Any]) -> str:
    name = document.get("name")
    if not isinstance(name, str) or not name.strip():
        raise RuleError("name", "This field is required.")
    if len(name) > 256:
        raise RuleError("name", "Ensure this field has no more than 256 characters.")
    return name


def _environment(document: Mapping[str, Any]) -> str | None:
    environment = document.get("environment")
    if environment is not None and not isinstance(environment, str):
        raise RuleError("environment", f"Not a valid string: {environment!r}")
    return environment or None


def _logic(group: Mapping[str, Any], where: str) -> str:
    logic = _one_of(group.get("logicType", "any-short"), (*_MATCHES, "any-short"), where)
    return logic.removesuffix("-short")


def _one_of(value: object, allowed: tuple[str, ...], field: str) -> str:
    if not isinstance(value, str) or value not in allowed:
        known = nearest(str(value), allowed)
        raise RuleError(field, f"{str(value)[:100]!r} is not a valid choice{known} (one of: {', '.join(allowed)}).")
    return value


def _objects(document: Mapping[str, Any], field: str) -> list[Mapping[str, Any]]:
    given = document.get(field) or []
    if not isinstance(given, list) or not all(isinstance(each, Mapping) for each in given):
        raise RuleError(field, "Expected a list of objects.")
    return given


def _object(given: object, field: str) -> Mapping[str, Any]:
    if not isinstance(given, Mapping):
        raise RuleError(field, "Expected an object.")
    return given
