"""Metric alerts: an aggregate over a sliding window, evaluated each minute, with a warning and a critical threshold.

Source: docs.sentry.io/api/alerts (metric alert rules), docs.sentry.io/product/alerts/create-alerts/metric-alert-config.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from typing import Any

from msgspec import Struct, structs

from alertproof.errors import NotModelled
from alertproof.sentry.aggregate import Aggregate, parse_aggregate
from alertproof.sentry.conditions import RuleError
from alertproof.sentry.rules import Action
from alertproof.sentry.search import Search, parse_search

__all__ = ["MetricRule", "State", "Trigger", "change_in_percent", "read_metric_rule", "state_after"]

_DATASETS = {"events": "errors", "transactions": "transactions", "generic_metrics": "transactions"}
#: The events analytics platform holds several kinds; the first of the event types says which.
_PLATFORM = {"trace_item_span": "spans", "trace_item_log": "logs", "trace_item_metric": "tracemetrics"}
_SEVERITIES = ("default", "critical", "warning", "error", "info")
#: Minutes. [docs.sentry.io/api/alerts]
_WINDOWS = (1, 5, 10, 15, 30, 60, 120, 240, 1440)
#: Minutes: a month, the longest that Sentry offers.
_LONGEST_AGO = 43_200


class State(StrEnum):
    """What a metric alert is in; the worst trigger that is met decides."""

    RESOLVED = "resolved"
    WARNING = "warning"
    CRITICAL = "critical"


class Trigger(Struct, frozen=True):
    """One threshold, and who is told when it is met or no longer met."""

    state: State
    threshold: float
    actions: tuple[Action, ...]


class MetricRule(Struct, frozen=True, kw_only=True):
    """One metric alert; ``above`` says on which side of its thresholds it is bad.

    With ``compared`` its value is a percentage of what it was so long ago, and so are its thresholds.
    """

    name: str
    aggregate: Aggregate
    dataset: str
    search: Search
    window: timedelta
    compared: timedelta | None
    above: bool
    resolve: float | None
    triggers: tuple[Trigger, ...]
    environment: str | None
    projects: tuple[str, ...]


def state_after(rule: MetricRule, state: State, value: float | None) -> State:
    """Return the state after an evaluation; one without a value changes nothing."""
    if value is None:
        return state
    met = [trigger.state for trigger in rule.triggers if _beyond(rule, value, trigger.threshold)]
    if met:
        return State.CRITICAL if State.CRITICAL in met else State.WARNING
    # With a threshold of its own to resolve, it stays as it is until the value is on the good side of that.
    if rule.resolve is None or _beyond(rule, rule.resolve, value):
        return State.RESOLVED
    return state


def read_metric_rule(document: Mapping[str, Any]) -> MetricRule:
    """Read a rule as ``/organizations/{org}/alert-rules/`` takes it.

    Raises:
        RuleError: something of it is missing or cannot be.
        NotModelled: it asks for what is not modelled.
    """
    if document.get("detectionType", "static") != "static":
        raise NotModelled(f"detectionType {document['detectionType']!r} is not modelled; use 'static'")
    minutes = document.get("timeWindow")
    if minutes not in _WINDOWS or isinstance(minutes, bool):
        raise RuleError("timeWindow", f"Invalid Time Window: one of {_WINDOWS} minutes, got {minutes!r}.")
    name, side = document.get("name"), document.get("thresholdType")
    if not isinstance(name, str) or not name.strip():
        raise RuleError("name", "This field is required.")
    if side not in (0, 1) or isinstance(side, bool):
        raise RuleError("thresholdType", f"Invalid threshold type, valid values are [0, 1], got {side!r}.")
    environment, projects = document.get("environment"), document.get("projects") or []
    compared, resolve = _compared(document), _number(document, "resolveThreshold", optional=True)

    def shift(threshold: float) -> float:
        """A change of so many percent, up or down, is so many percent of what was."""
        return threshold if compared is None else 100 + threshold if side == 0 else 100 - threshold

    rule = MetricRule(
        name=name,
        aggregate=parse_aggregate(_required(document, "aggregate")),
        dataset=_dataset(document),
        search=parse_search(str(document.get("query") or "")),
        window=timedelta(minutes=minutes),
        compared=compared,
        above=side == 0,
        resolve=None if resolve is None else shift(resolve),
        triggers=tuple(structs.replace(each, threshold=shift(each.threshold)) for each in _triggers(document)),
        environment=environment if isinstance(environment, str) and environment else None,
        projects=tuple(str(project) for project in projects) if isinstance(projects, list) else (),
    )
    _check_order(rule)
    return rule


def change_in_percent(now: float | None, before: float | None) -> float | None:
    """Return a value in percent of what it was; None where there was nothing to compare with."""
    return 100 * now / before if now is not None and before else None


def _compared(document: Mapping[str, Any]) -> timedelta | None:
    minutes = document.get("comparisonDelta")
    if minutes is None:
        return None
    if not isinstance(minutes, int) or isinstance(minutes, bool) or not 1 <= minutes <= _LONGEST_AGO:
        raise RuleError("comparisonDelta", f"minutes, from 1 to {_LONGEST_AGO}, got {minutes!r}")
    return timedelta(minutes=minutes)


def _beyond(rule: MetricRule, value: float, threshold: float) -> bool:
    return value > threshold if rule.above else value < threshold


def _dataset(document: Mapping[str, Any]) -> str:
    dataset, types = str(document.get("dataset") or "events"), document.get("eventTypes") or []
    if dataset == "events_analytics_platform":
        kind = str(types[0]) if isinstance(types, list) and types else "trace_item_span"
        if kind not in _PLATFORM:
            raise NotModelled(f"eventTypes: {kind!r} is not modelled (modelled: {', '.join(sorted(_PLATFORM))})")
        return _PLATFORM[kind]
    if dataset not in _DATASETS:
        known = ", ".join(sorted([*_DATASETS, "events_analytics_platform"]))
        raise NotModelled(f"dataset: {dataset!r} is not modelled (modelled: {known})")
    return _DATASETS[dataset]


def _triggers(document: Mapping[str, Any]) -> tuple[Trigger, ...]:
    given = document.get("triggers")
    if not isinstance(given, list) or not given or not all(isinstance(each, Mapping) for each in given):
        raise RuleError("triggers", "Must include at least one trigger")
    found = []
    for each in given:
        label = each.get("label")
        if label not in (State.CRITICAL, State.WARNING):
            raise RuleError("triggers", f'Trigger must be labeled "critical" or "warning", got {label!r}')
        threshold = _number(each, "alertThreshold")
        actions = each.get("actions") or []
        if threshold is None or not isinstance(actions, list):
            raise RuleError("triggers", "alertThreshold and actions are required")
        found.append(Trigger(State(label), threshold, tuple(_action(action) for action in actions)))
    labels = [trigger.state for trigger in found]
    if len(set(labels)) < len(labels) or State.CRITICAL not in labels:
        raise RuleError("triggers", "First trigger must be labeled critical, a second one warning")
    return tuple(found)


def _action(given: object) -> Action:
    if not isinstance(given, Mapping) or not isinstance(given.get("type"), str):
        raise RuleError("triggers", "an action has no type")
    if given["type"] != "pagerduty":
        return Action(given["type"])
    priority = given.get("priority") or "default"
    if priority not in _SEVERITIES:
        raise RuleError("triggers", f"priority is one of {', '.join(_SEVERITIES)}, got {priority!r}")
    service = given.get("targetIdentifier", given.get("target_identifier"))
    return Action("pagerduty", str(given.get("integrationId") or ""), str(service or ""), priority)


def _check_order(rule: MetricRule) -> None:
    thresholds = {trigger.state: trigger.threshold for trigger in rule.triggers}
    critical, warning = thresholds[State.CRITICAL], thresholds.get(State.WARNING)
    side = "above" if rule.above else "below"
    if warning is not None and _beyond(rule, warning, critical):
        raise RuleError("triggers", f"Critical threshold must be {side} or equal to warning threshold")
    if rule.resolve is not None and any(_beyond(rule, rule.resolve, each) for each in thresholds.values()):
        raise RuleError("resolveThreshold", f"critical and warning thresholds must be {side} the resolution threshold")


def _required(document: Mapping[str, Any], name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str) or not value:
        raise RuleError(name, "This field is required.")
    return value


def _number(document: Mapping[str, Any], name: str, *, optional: bool = False) -> float | None:
    value = document.get(name)
    if value is None and optional:
        return None
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise RuleError(name, f"A valid number is required, got {value!r}.")
    return float(value)
