"""Metric alerts: when they change, and what they send to PagerDuty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

METRICS = "/organizations/acme/alert-rules/"


def metric(**fields: Any) -> dict[str, Any]:
    page = {"type": "pagerduty", "targetType": "specific", "targetIdentifier": "1", "integrationId": "1"}
    given = {
        "name": "many errors",
        "aggregate": "count()",
        "dataset": "events",
        "query": "is:unresolved",
        "timeWindow": 5,
        "thresholdType": 0,
        "triggers": [
            {"label": "critical", "alertThreshold": 3, "actions": [page]},
            {"label": "warning", "alertThreshold": 1, "actions": [page]},
        ],
        "projects": ["api"],
    }
    return given | fields


def test_a_metric_alert_warns_gets_worse_and_resolves_under_one_key(sentry: Any, told: Any) -> None:
    made = sentry.change("POST", METRICS, metric())
    assert made.status_code == 201, made.text
    seconds = 0.0
    for count in (1, 1, 2):
        for _ in range(count):
            seconds += 0.01
            sentry.send({"message": "m"}, seconds=seconds)
        sentry.clock.advance(timedelta(minutes=1))
        seconds += 1
        told()
    sentry.clock.advance(timedelta(minutes=10))
    found = told()
    keys = {each["body"]["dedup_key"] for each in found}
    assert keys == {"incident_acme_1"}
    assert [(each["body"]["event_action"], each["body"]["payload"]["severity"]) for each in found] == [
        ("trigger", "warning"),
        ("trigger", "critical"),
        ("trigger", "warning"),
        ("resolve", "info"),
        ("resolve", "info"),
    ]
    assert found[1]["body"]["payload"] == {
        "summary": "many errors",
        "severity": "critical",
        "source": "1",
        "custom_details": {"details": "4 events in the last 5 minutes"},
    }
    (incident,) = sentry.get("/organizations/acme/incidents/")
    assert (incident["status"], incident["title"]) == (2, "many errors")
    assert incident["dateStarted"] < incident["dateClosed"]


@pytest.mark.parametrize(("count", "fires"), [(3, False), (4, True)])
def test_the_threshold_itself_is_not_beyond_it(sentry: Any, told: Any, count: int, fires: bool) -> None:
    only = metric()["triggers"][:1]
    sentry.change("POST", METRICS, metric(triggers=only))
    for number in range(count):
        sentry.send({"message": "m"}, seconds=0.1 + number / 100)
    sentry.clock.advance(timedelta(minutes=1))
    assert bool(told()) is fires


def test_with_a_threshold_to_resolve_it_stays_until_the_value_is_on_the_good_side(sentry: Any, told: Any) -> None:
    only = metric()["triggers"][:1]
    sentry.change("POST", METRICS, metric(triggers=only, resolveThreshold=1, timeWindow=1))
    for minute, count in enumerate([4, 1, 0]):
        for number in range(count):
            sentry.send({"message": "m"}, seconds=minute + 0.1 + number / 100)
        sentry.clock.advance(timedelta(minutes=1))
        actions = [each["body"]["event_action"] for each in told()]
        assert actions == (["trigger", "resolve"] if minute == 2 else ["trigger"])


def test_a_metric_alert_watches_the_duration_of_transactions(sentry: Any, told: Any) -> None:
    only = metric()["triggers"][:1]
    only[0] = only[0] | {"alertThreshold": 800}
    slow = metric(aggregate="p95(transaction.duration)", dataset="transactions", query="", triggers=only)
    sentry.change("POST", METRICS, slow)
    payload = {"transaction": "t", "start_timestamp": 1767225600.1 - 0.9}
    sentry.send(payload, kind="transaction", seconds=0.1)
    sentry.clock.advance(timedelta(minutes=1))
    assert [each["body"]["payload"]["custom_details"] for each in told()] == [
        {"details": "900 p95(transaction.duration) in the last 5 minutes"}
    ]


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"timeWindow": 7}, "timeWindow", "Invalid Time Window"),
        ({"thresholdType": 2}, "thresholdType", "valid values are [0, 1]"),
        ({"aggregate": "median()"}, "detail", "median() is not modelled"),
        ({"dataset": "sessions"}, "detail", "'sessions' is not modelled"),
        ({"comparisonDelta": 60}, "detail", "comparisonDelta"),
        ({"resolveThreshold": 5}, "resolveThreshold", "must be above the resolution threshold"),
        ({"triggers": []}, "triggers", "at least one trigger"),
        ({"triggers": [{"label": "warning", "alertThreshold": 1}]}, "triggers", "labeled critical"),
        ({"projects": ["nope"]}, "detail", "Invalid project: nope"),
        ({"query": "age:-1h"}, "detail", "age:-1h"),
    ],
)
def test_a_metric_alert_that_cannot_be_is_400_with_its_field(
    sentry: Any, told: Any, fields: dict[str, Any], field: str, part: str
) -> None:
    answer = sentry.change("POST", METRICS, metric(**fields))
    assert answer.status_code == 400
    assert part in str(answer.json()[field])
    assert sentry.get(METRICS) == told() == []
