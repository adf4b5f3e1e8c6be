"""Issue alerts: when rules fire, whom they tell, and what they send to PagerDuty."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

RULES = "/projects/acme/api/rules/"
CONDITIONS, FILTERS = "sentry.rules.conditions.", "sentry.rules.filters."
FIRST = {"id": f"{CONDITIONS}first_seen_event.FirstSeenEventCondition"}
REGRESSION = {"id": f"{CONDITIONS}regression_event.RegressionEventCondition"}
PAGE = {
    "id": "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction",
    "account": "1",
    "service": "1",
    "severity": "default",
}


def rule(**fields: Any) -> dict[str, Any]:
    given = {"name": "new issues", "actionMatch": "any", "frequency": 30, "conditions": [FIRST], "actions": [PAGE]}
    return given | fields


def test_a_new_issue_pages_with_the_whole_event(sentry: Any, told: Any) -> None:
    made = sentry.change("POST", RULES, rule())
    assert made.status_code == 200
    identity = sentry.send({"logentry": {"formatted": "x" * 2000}, "level": "fatal", "transaction": "GET /x"})
    (one,) = told()
    link = "http://testserver/organizations/acme/issues/1/"
    assert (one["alert"], one["action"], one["outcome"]) == ("new issues", "pagerduty", "undelivered")
    assert one["reason"] == "no PagerDuty address was given (--pagerduty-url)"
    assert one["body"]["payload"].pop("custom_details") == sentry.get(f"/projects/acme/api/events/{identity}/")
    assert one["body"] == {
        "event_action": "trigger",
        "dedup_key": "API-1",
        "client": "sentry",
        "client_url": link,
        "payload": {"summary": "x" * 1024, "severity": "critical", "source": "GET /x", "component": "api"},
        "links": [{"href": link, "text": "View Sentry Issue Details"}],
    }


@pytest.mark.parametrize(
    ("level", "chosen", "severity"),
    [
        ("debug", "default", "info"),
        ("info", "default", "info"),
        ("warning", "default", "warning"),
        ("error", "default", "error"),
        ("fatal", "default", "critical"),
        ("fatal", "warning", "warning"),
    ],
)
def test_the_severity_is_the_actions_or_goes_by_the_level(
    sentry: Any, told: Any, level: str, chosen: str, severity: str
) -> None:
    sentry.change("POST", RULES, rule(actions=[PAGE | {"severity": chosen}]))
    sentry.send({"message": "m", "level": level})
    assert [each["body"]["payload"]["severity"] for each in told()] == [severity]


def test_a_rule_is_silent_about_an_issue_for_its_frequency_and_not_about_another(sentry: Any, told: Any) -> None:
    made = sentry.change("POST", RULES, rule(conditions=[], frequency=30)).json()
    sentry.send({"message": "one"})
    sentry.clock.advance(timedelta(minutes=29, seconds=59))
    sentry.send({"message": "one"})
    sentry.send({"message": "two"})
    assert [each["body"]["dedup_key"] for each in told()] == ["API-1", "API-2"]
    sentry.clock.advance(timedelta(seconds=1))
    sentry.send({"message": "one"})
    assert [each["body"]["dedup_key"] for each in told()] == ["API-1", "API-2", "API-1"]
    history = sentry.get(f"{RULES}{made['id']}/group-history/")
    assert [(row["group"]["shortId"], row["count"]) for row in history] == [("API-1", 2), ("API-2", 1)]


def test_a_resolved_issue_that_comes_back_is_a_regression_and_nothing_resolves_the_page(sentry: Any, told: Any) -> None:
    sentry.change("POST", RULES, rule(conditions=[REGRESSION]))
    sentry.send({"message": "m"})
    sentry.send({"message": "m"})
    sentry.change("PUT", "/organizations/acme/issues/1/", {"status": "resolved"})
    assert told() == []
    assert sentry.get("/organizations/acme/issues/", query="is:resolved")[0]["status"] == "resolved"
    sentry.send({"message": "m"})
    assert [each["body"]["event_action"] for each in told()] == ["trigger"]
    assert sentry.get("/organizations/acme/issues/1/")["status"] == "unresolved"


def test_an_ignored_issue_tells_nobody(sentry: Any, told: Any) -> None:
    sentry.send({"message": "m"})
    sentry.change("PUT", "/organizations/acme/issues/1/", {"status": "ignored"})
    sentry.change("POST", RULES, rule(conditions=[]))
    sentry.send({"message": "m"})
    sentry.send({"message": "other"})
    assert [each["body"]["dedup_key"] for each in told()] == ["API-2"]


def test_more_events_than_the_value_within_the_interval_fire_and_as_many_do_not(sentry: Any, told: Any) -> None:
    frequency = {"id": f"{CONDITIONS}event_frequency.EventFrequencyCondition", "value": 2, "interval": "5m"}
    sentry.change("POST", RULES, rule(conditions=[frequency]))
    for minute in (0, 1, 6):
        sentry.send({"message": "m"}, seconds=minute)
        sentry.clock.advance(timedelta(minutes=1 if minute == 0 else 5))
    assert told() == []
    for step in range(3):
        sentry.clock.advance(timedelta(minutes=0.5))
        sentry.send({"message": "m"}, seconds=11 + step / 2)
    assert len(told()) == 1


def test_events_that_came_before_the_rule_do_not_fire_it(sentry: Any, told: Any) -> None:
    sentry.send({"message": "m"})
    sentry.change("POST", RULES, rule())
    assert told() == []
    sentry.send({"message": "m"})
    assert told() == []


def test_a_rule_of_one_project_or_environment_is_deaf_to_others(sentry: Any, told: Any) -> None:
    sentry.change("POST", RULES, rule(environment="prod"))
    sentry.send({"message": "a", "environment": "test"})
    auth = {"X-Sentry-Auth": f"Sentry sentry_key={'b' * 32}"}
    sentry.send({"message": "b", "environment": "prod"}, project="2", headers=auth)
    assert told() == []
    sentry.send({"message": "c", "environment": "prod"})
    assert len(told()) == 1


TAG = f"{FILTERS}tagged_event.TaggedEventFilter"
ATTRIBUTE = f"{FILTERS}event_attribute.EventAttributeFilter"


@pytest.mark.parametrize(
    ("given", "fires"),
    [
        ({"id": TAG, "key": "tenant", "match": "eq", "value": "ACME"}, True),
        ({"id": TAG, "key": "tenant", "match": "ne", "value": "acme"}, False),
        ({"id": TAG, "key": "tenant", "match": "sw", "value": "ac"}, True),
        ({"id": TAG, "key": "tenant", "match": "ew", "value": "ac"}, False),
        ({"id": TAG, "key": "tenant", "match": "nc", "value": "zz"}, True),
        ({"id": TAG, "key": "tenant", "match": "in", "value": "x, acme"}, True),
        ({"id": TAG, "key": "tenant", "match": "is"}, True),
        ({"id": TAG, "key": "tenant", "match": "ns"}, False),
        ({"id": TAG, "key": "missing", "match": "ne", "value": "x"}, True),
        ({"id": f"{FILTERS}level.LevelFilter", "match": "gte", "level": "40"}, True),
        ({"id": f"{FILTERS}level.LevelFilter", "match": "gte", "level": "50"}, False),
        ({"id": f"{FILTERS}level.LevelFilter", "match": "lte", "level": "30"}, False),
        ({"id": f"{FILTERS}level.LevelFilter", "match": "eq", "level": "40"}, True),
        ({"id": f"{FILTERS}issue_occurrences.IssueOccurrencesFilter", "value": 1}, True),
        ({"id": f"{FILTERS}issue_occurrences.IssueOccurrencesFilter", "value": 2}, False),
        ({"id": ATTRIBUTE, "attribute": "exception.type", "match": "eq", "value": "valueerror"}, True),
        ({"id": ATTRIBUTE, "attribute": "stacktrace.filename", "match": "ew", "value": "lib.py"}, False),
        ({"id": ATTRIBUTE, "attribute": "error.handled", "match": "eq", "value": "false"}, True),
        ({"id": f"{FILTERS}latest_release.LatestReleaseFilter"}, True),
        (
            {
                "id": f"{FILTERS}age_comparison.AgeComparisonFilter",
                "comparison_type": "older",
                "value": 1,
                "time": "minute",
            },
            False,
        ),
        (
            {
                "id": f"{FILTERS}age_comparison.AgeComparisonFilter",
                "comparison_type": "newer",
                "value": 1,
                "time": "hour",
            },
            True,
        ),
    ],
)
def test_a_filter_lets_an_event_through_or_not(sentry: Any, told: Any, given: dict[str, Any], fires: bool) -> None:
    made = sentry.change("POST", RULES, rule(filters=[given], filterMatch="all"))
    assert made.status_code == 200, made.text
    trace = {"frames": [{"filename": "app.py", "function": "f"}]}
    exception = {
        "type": "ValueError",
        "value": "x",
        "mechanism": {"type": "generic", "handled": False},
        "stacktrace": trace,
    }
    sentry.send(
        {"exception": {"values": [exception]}, "tags": {"tenant": "acme"}, "release": "r2", "level": "error"}, seconds=0
    )
    assert bool(told()) is fires


@pytest.mark.parametrize(
    ("match", "fires"), [("all", [False, False, True]), ("any", [False, True, True]), ("none", [True, False, False])]
)
def test_conditions_hold_together_one_by_one_or_not_at_all(
    sentry: Any, told: Any, match: str, fires: list[bool]
) -> None:
    tags = [{"id": f"{CONDITIONS}tagged_event.TaggedEventCondition", "match": "is", "key": key} for key in ("a", "b")]
    sentry.change("POST", RULES, rule(actionMatch=match, conditions=tags))
    for number, given in enumerate([{}, {"a": "1"}, {"a": "1", "b": "1"}]):
        before = len(told())
        sentry.send({"message": f"m{number}", "tags": given})
        assert (len(told()) > before) is fires[number]


def test_rules_are_listed_replaced_whole_and_deleted(sentry: Any, told: Any) -> None:
    made = sentry.change("POST", RULES, rule(filters=[{"id": TAG, "key": "k", "match": "is"}])).json()
    assert (made["name"], made["projects"], made["status"]) == ("new issues", ["api"], "active")
    assert [row["id"] for row in sentry.get(RULES)] == [made["id"]]
    assert sentry.get("/projects/acme/web/rules/") == []
    sentry.change("PUT", f"{RULES}{made['id']}/", rule(name="changed"))
    shown = sentry.get(f"{RULES}{made['id']}/")
    assert (shown["name"], shown["filters"]) == ("changed", [])
    assert sentry.change("DELETE", f"{RULES}{made['id']}/", None).status_code == 202
    assert sentry.ask(f"{RULES}{made['id']}/").status_code == 404
    sentry.send({"message": "m"})
    assert told() == []


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"name": ""}, "name", "required"),
        ({"frequency": 4}, "frequency", "between 5 and 43200"),
        ({"actionMatch": "some"}, "actionMatch", "not a valid choice"),
        ({"actions": []}, "actions", "add an action"),
        ({"actions": [PAGE | {"service": "2"}]}, "actions", "does not exist in integration '1' (services of"),
        ({"actions": [PAGE | {"severity": "high"}]}, "actions", "'high' is not a valid choice"),
        ({"conditions": "first"}, "conditions", "list of objects"),
        ({"conditions": [{"id": "sentry.rules.x.Y"}]}, "detail", "'sentry.rules.x.Y' is not modelled"),
        (
            {"conditions": [{"id": f"{CONDITIONS}event_frequency.EventFrequencyCondition", "value": 1}]},
            "conditions",
            "needs a usable interval",
        ),
        (
            {"conditions": [{"id": f"{CONDITIONS}event_frequency.EventFrequencyPercentCondition"}]},
            "detail",
            "EventFrequencyPercentCondition' is not modelled",
        ),
    ],
)
def test_a_rule_that_cannot_be_is_400_with_its_field(
    sentry: Any, told: Any, fields: dict[str, Any], field: str, part: str
) -> None:
    answer = sentry.change("POST", RULES, rule(**fields))
    assert answer.status_code == 400
    assert part in str(answer.json()[field])
    assert (sentry.get(RULES), told()) == ([], [])


@pytest.mark.parametrize(("seconds", "fires"), [(0, False), (0.01, True)])
def test_an_event_as_old_as_the_interval_no_longer_counts(sentry: Any, told: Any, seconds: float, fires: bool) -> None:
    frequency = {"id": f"{CONDITIONS}event_frequency.EventFrequencyCondition", "value": 1, "interval": "5m"}
    sentry.change("POST", RULES, rule(conditions=[frequency]))
    sentry.send({"message": "m"}, seconds=seconds)
    sentry.clock.advance(timedelta(minutes=5))
    sentry.send({"message": "m"}, seconds=5)
    assert bool(told()) is fires


@pytest.mark.parametrize(("users", "fires"), [([1, 1, 1], False), ([1, 2], False), ([1, 2, None, 3], True)])
def test_more_users_than_the_value_fire_and_events_without_one_are_nobody(
    sentry: Any, told: Any, users: list[int | None], fires: bool
) -> None:
    name = f"{CONDITIONS}event_frequency.EventUniqueUserFrequencyCondition"
    sentry.change("POST", RULES, rule(conditions=[{"id": name, "value": 2, "interval": "1h"}]))
    for user in users:
        sentry.send({"message": "m", "user": {"id": user} if user else None}, seconds=0)
    assert bool(told()) is fires


@pytest.mark.parametrize(("minutes", "older", "newer"), [(9.9, False, True), (10, False, False), (10.1, True, False)])
def test_an_issue_is_older_or_newer_but_at_its_age_neither(
    sentry: Any, told: Any, minutes: float, older: bool, newer: bool
) -> None:
    sentry.send({"message": "m"}, seconds=0)
    for kind in ("older", "newer"):
        age = {
            "id": f"{FILTERS}age_comparison.AgeComparisonFilter",
            "comparison_type": kind,
            "value": 10,
            "time": "minute",
        }
        sentry.change("POST", RULES, rule(name=kind, conditions=[], filters=[age]))
    sentry.clock.advance(timedelta(minutes=minutes))
    sentry.send({"message": "m"}, seconds=minutes)
    assert [each["alert"] for each in told()] == ["older"] * older + ["newer"] * newer
