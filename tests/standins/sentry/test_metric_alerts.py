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
        ({"comparisonDelta": 0}, "comparisonDelta", "from 1 to 43200"),
        ({"comparisonDelta": True}, "comparisonDelta", "from 1 to 43200"),
        ({"comparisonDelta": 43_201}, "comparisonDelta", "from 1 to 43200"),
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


def critical(**fields: Any) -> dict[str, Any]:
    return metric(triggers=metric()["triggers"][:1], **fields)


@pytest.mark.parametrize(("seconds", "fires"), [(1.0, False), (1.0001, True), (2.0, True)])
def test_a_window_is_open_at_its_start_and_closed_at_its_end(
    sentry: Any, told: Any, seconds: float, fires: bool
) -> None:
    sentry.change("POST", METRICS, critical(timeWindow=1))
    # A real second is a stack minute: this is evaluated at the second minute over the time since the first.
    sentry.clock.advance(timedelta(minutes=1))
    told()
    for _ in range(4):
        sentry.send({"message": "m"}, seconds=seconds)
    sentry.clock.advance(timedelta(minutes=1))
    assert bool(told()) is fires


@pytest.mark.parametrize(
    ("fields", "fires"),
    [
        ({"environment": "prod"}, True),
        ({"environment": "test"}, False),
        ({"query": "tenant:acme"}, True),
        ({"query": "tenant:other"}, False),
        ({"projects": ["web"]}, False),
        ({"projects": []}, True),
    ],
)
def test_only_what_the_alert_watches_counts(sentry: Any, told: Any, fields: dict[str, Any], fires: bool) -> None:
    sentry.change("POST", METRICS, critical(**fields))
    for _ in range(4):
        sentry.send({"message": "m", "environment": "prod", "tags": {"tenant": "acme"}}, seconds=0.5)
    sentry.clock.advance(timedelta(minutes=1))
    assert bool(told()) is fires


def test_an_alert_below_its_threshold_fires_when_too_little_happens(sentry: Any, told: Any) -> None:
    only = [metric()["triggers"][0] | {"alertThreshold": 2}]
    sentry.change("POST", METRICS, metric(thresholdType=1, triggers=only, timeWindow=1))
    for minute, (count, pages) in enumerate([(2, 0), (1, 1), (2, 2)]):
        for _ in range(count):
            sentry.send({"message": "m"}, seconds=minute + 0.5)
        sentry.clock.advance(timedelta(minutes=1))
        assert len(told()) == pages


def test_without_a_value_the_state_stays(sentry: Any, told: Any) -> None:
    only = [metric()["triggers"][0] | {"alertThreshold": 800}]
    slow = {"aggregate": "p95(transaction.duration)", "dataset": "transactions", "query": "", "timeWindow": 1}
    sentry.change("POST", METRICS, metric(triggers=only, **slow))
    for minute, (took, pages) in enumerate([(900, 1), (None, 1), (100, 2)]):
        if took:
            ended = minute + 0.5
            payload = {"transaction": "t", "start_timestamp": 1767225600.0 + ended - took / 1000}
            sentry.send(payload, kind="transaction", seconds=ended)
        sentry.clock.advance(timedelta(minutes=1))
        assert len(told()) == pages


def test_metric_alerts_are_listed_replaced_and_deleted(sentry: Any, told: Any) -> None:
    made = sentry.change("POST", METRICS, critical()).json()
    assert [row["id"] for row in sentry.get(METRICS)] == [made["id"]]
    sentry.change("PUT", f"{METRICS}{made['id']}/", critical(name="changed"))
    assert sentry.get(f"{METRICS}{made['id']}/")["name"] == "changed"
    assert sentry.change("DELETE", f"{METRICS}{made['id']}/", None).status_code == 204
    assert sentry.ask(f"{METRICS}{made['id']}/").status_code == 404


@pytest.mark.parametrize(
    ("side", "counts", "told_of"),
    [
        (0, (4, 6), None),
        (0, (4, 7), "events 75% higher in the last minute compared to the same time 60 minutes ago"),
        (1, (4, 2), None),
        (1, (4, 1), "events 75% lower in the last minute compared to the same time 60 minutes ago"),
        (0, (0, 9), None),
    ],
    ids=["at the threshold", "above", "at the threshold below", "below", "nothing to compare with"],
)
def test_a_change_in_percent_is_of_the_same_span_so_long_ago(
    sentry: Any, told: Any, side: int, counts: tuple[int, int], told_of: str | None
) -> None:
    only = [metric()["triggers"][0] | {"alertThreshold": 50}]
    made = sentry.change(
        "POST", METRICS, metric(triggers=only, thresholdType=side, timeWindow=1, comparisonDelta=60, query="")
    )
    assert (made.status_code, made.json()["comparisonDelta"]) == (201, 60)
    assert made.json()["triggers"][0]["alertThreshold"] == 50
    # A real second is a stack minute: the first events an hour before the others, both in the window's minute.
    for count, second in zip(counts, (0.5, 60.5), strict=True):
        for _ in range(count):
            sentry.send({"message": "m"}, seconds=second)
    sentry.clock.advance(timedelta(minutes=61))
    assert [each["body"]["payload"]["custom_details"]["details"] for each in told()] == ([told_of] if told_of else [])


def test_metric_alerts_are_listed_by_name_and_project(sentry: Any, told: Any) -> None:
    for name, project in (("Many errors", "api"), ("slow pages", "web")):
        assert sentry.change("POST", METRICS, metric(name=name, projects=[project])).status_code == 201
    assert [row["name"] for row in sentry.get(METRICS, name="errors")] == ["Many errors"]
    assert [row["name"] for row in sentry.get(METRICS, project="2")] == ["slow pages"]
    assert len(sentry.get(METRICS)) == 2
