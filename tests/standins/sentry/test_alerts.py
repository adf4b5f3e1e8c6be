"""Issue alerts, workflows and metric alerts: when they fire, whom they tell, and what they send to PagerDuty."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from alertproof.clock import SystemClock, wait_until

RULES = "/projects/acme/api/rules/"
WORKFLOWS = "/organizations/acme/workflows/"
METRICS = "/organizations/acme/alert-rules/"
KEY = "R" * 32
CONDITIONS, FILTERS = "sentry.rules.conditions.", "sentry.rules.filters."
FIRST = {"id": f"{CONDITIONS}first_seen_event.FirstSeenEventCondition"}
REGRESSION = {"id": f"{CONDITIONS}regression_event.RegressionEventCondition"}
PAGE = {
    "id": "sentry.integrations.pagerduty.notify_action.PagerDutyNotifyServiceAction",
    "account": "1",
    "service": "1",
    "severity": "default",
}


def change(sentry: Any, verb: str, path: str, body: Any) -> Any:
    return sentry.client.request(verb, f"/api/0{path}", json=body, headers={"Authorization": "Bearer token"})


def rule(**fields: Any) -> dict[str, Any]:
    given = {"name": "new issues", "actionMatch": "any", "frequency": 30, "conditions": [FIRST], "actions": [PAGE]}
    return given | fields


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


@pytest.fixture(name="told")
def _told(sentry: Any) -> Callable[[], list[Any]]:
    table = {"service_table": [{"service": "api on call", "integration_key": KEY, "id": ""}]}
    answer = change(sentry, "POST", "/organizations/acme/integrations/1/", table)
    assert answer.json()["configData"]["service_table"] == [{"id": 1, "service": "api on call", "integration_key": KEY}]

    def told() -> list[Any]:
        found: list[Any] = sentry.client.get("/_notifications").json()["notifications"]
        return found

    return told


def test_a_new_issue_pages_with_the_whole_event(sentry: Any, told: Any) -> None:
    made = change(sentry, "POST", RULES, rule())
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
    change(sentry, "POST", RULES, rule(actions=[PAGE | {"severity": chosen}]))
    sentry.send({"message": "m", "level": level})
    assert [each["body"]["payload"]["severity"] for each in told()] == [severity]


def test_a_rule_is_silent_about_an_issue_for_its_frequency_and_not_about_another(sentry: Any, told: Any) -> None:
    made = change(sentry, "POST", RULES, rule(conditions=[], frequency=30)).json()
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
    change(sentry, "POST", RULES, rule(conditions=[REGRESSION]))
    sentry.send({"message": "m"})
    sentry.send({"message": "m"})
    change(sentry, "PUT", "/organizations/acme/issues/1/", {"status": "resolved"})
    assert told() == []
    assert sentry.get("/organizations/acme/issues/", query="is:resolved")[0]["status"] == "resolved"
    sentry.send({"message": "m"})
    assert [each["body"]["event_action"] for each in told()] == ["trigger"]
    assert sentry.get("/organizations/acme/issues/1/")["status"] == "unresolved"


def test_an_ignored_issue_tells_nobody(sentry: Any, told: Any) -> None:
    sentry.send({"message": "m"})
    change(sentry, "PUT", "/organizations/acme/issues/1/", {"status": "ignored"})
    change(sentry, "POST", RULES, rule(conditions=[]))
    sentry.send({"message": "m"})
    sentry.send({"message": "other"})
    assert [each["body"]["dedup_key"] for each in told()] == ["API-2"]


def test_more_events_than_the_value_within_the_interval_fire_and_as_many_do_not(sentry: Any, told: Any) -> None:
    frequency = {"id": f"{CONDITIONS}event_frequency.EventFrequencyCondition", "value": 2, "interval": "5m"}
    change(sentry, "POST", RULES, rule(conditions=[frequency]))
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
    change(sentry, "POST", RULES, rule())
    assert told() == []
    sentry.send({"message": "m"})
    assert told() == []


def test_a_rule_of_one_project_or_environment_is_deaf_to_others(sentry: Any, told: Any) -> None:
    change(sentry, "POST", RULES, rule(environment="prod"))
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
    made = change(sentry, "POST", RULES, rule(filters=[given], filterMatch="all"))
    assert made.status_code == 200, made.text
    trace = {"frames": [{"filename": "app.py", "function": "f"}]}
    exception = {"type": "ValueError", "value": "x", "mechanism": {"handled": False}, "stacktrace": trace}
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
    change(sentry, "POST", RULES, rule(actionMatch=match, conditions=tags))
    for number, given in enumerate([{}, {"a": "1"}, {"a": "1", "b": "1"}]):
        before = len(told())
        sentry.send({"message": f"m{number}", "tags": given})
        assert (len(told()) > before) is fires[number]


def test_rules_are_listed_replaced_whole_and_deleted(sentry: Any, told: Any) -> None:
    made = change(sentry, "POST", RULES, rule(filters=[{"id": TAG, "key": "k", "match": "is"}])).json()
    assert (made["name"], made["projects"], made["status"]) == ("new issues", ["api"], "active")
    assert [row["id"] for row in sentry.get(RULES)] == [made["id"]]
    assert sentry.get("/projects/acme/web/rules/") == []
    change(sentry, "PUT", f"{RULES}{made['id']}/", rule(name="changed"))
    shown = sentry.get(f"{RULES}{made['id']}/")
    assert (shown["name"], shown["filters"]) == ("changed", [])
    assert change(sentry, "DELETE", f"{RULES}{made['id']}/", None).status_code == 202
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
    answer = change(sentry, "POST", RULES, rule(**fields))
    assert answer.status_code == 400
    assert part in str(answer.json()[field])
    assert (sentry.get(RULES), told()) == ([], [])


def workflow(**fields: Any) -> dict[str, Any]:
    action = {
        "type": "pagerduty",
        "integrationId": "1",
        "config": {"targetType": "specific", "targetIdentifier": "1", "targetDisplay": "api on call"},
        "data": {"priority": "error"},
    }
    level = {"type": "level", "comparison": {"level": 40, "match": "gte"}, "conditionResult": True}
    given = {
        "name": "workflow",
        "enabled": True,
        "environment": None,
        "config": {"frequency": 0},
        "triggers": {"logicType": "any-short", "conditions": [{"type": "first_seen_event", "comparison": True}]},
        "actionFilters": [{"logicType": "all", "conditions": [level], "actions": [action]}],
    }
    return given | fields


def test_a_workflow_is_for_all_projects_and_tells_what_its_action_filter_lets_through(sentry: Any, told: Any) -> None:
    made = change(sentry, "POST", WORKFLOWS, workflow())
    assert made.status_code == 201
    sentry.send({"message": "low", "level": "warning"})
    assert told() == []
    auth = {"X-Sentry-Auth": f"Sentry sentry_key={'b' * 32}"}
    sentry.send({"message": "high", "level": "error"}, project="2", headers=auth)
    (one,) = told()
    assert (one["body"]["payload"]["severity"], one["body"]["payload"]["component"]) == ("error", "web")
    identity = made.json()["id"]
    change(sentry, "PUT", f"{WORKFLOWS}{identity}/", workflow(enabled=False))
    sentry.send({"message": "new", "level": "error"})
    assert len(told()) == 1
    assert sentry.get(f"{WORKFLOWS}{identity}/")["enabled"] is False
    assert change(sentry, "DELETE", f"{WORKFLOWS}{identity}/", None).status_code == 204
    assert sentry.get(WORKFLOWS) == []


def test_a_workflow_without_a_frequency_tells_of_every_event(sentry: Any, told: Any) -> None:
    change(sentry, "POST", WORKFLOWS, workflow(triggers={"logicType": "any-short", "conditions": []}))
    for _ in range(3):
        sentry.send({"message": "m"})
    assert [each["body"]["dedup_key"] for each in told()] == ["API-1"] * 3


@pytest.mark.parametrize(
    ("fields", "field", "part"),
    [
        ({"config": {"frequency": 7}}, "config", "frequency is one of"),
        ({"triggers": {"conditions": [{"type": "issue_resolved_trigger"}]}}, "detail", "issue_resolved_trigger"),
        ({"actionFilters": [{"logicType": "most"}]}, "actionFilters", "'most' is not a valid choice"),
    ],
)
def test_a_workflow_that_cannot_be_is_400(
    sentry: Any, told: Any, fields: dict[str, Any], field: str, part: str
) -> None:
    answer = change(sentry, "POST", WORKFLOWS, workflow(**fields))
    assert (answer.status_code, part in str(answer.json()[field])) == (400, True)


def test_a_metric_alert_warns_gets_worse_and_resolves_under_one_key(sentry: Any, told: Any) -> None:
    made = change(sentry, "POST", METRICS, metric())
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
    change(sentry, "POST", METRICS, metric(triggers=only))
    for number in range(count):
        sentry.send({"message": "m"}, seconds=0.1 + number / 100)
    sentry.clock.advance(timedelta(minutes=1))
    assert bool(told()) is fires


def test_with_a_threshold_to_resolve_it_stays_until_the_value_is_on_the_good_side(sentry: Any, told: Any) -> None:
    only = metric()["triggers"][:1]
    change(sentry, "POST", METRICS, metric(triggers=only, resolveThreshold=1, timeWindow=1))
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
    change(sentry, "POST", METRICS, slow)
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
    answer = change(sentry, "POST", METRICS, metric(**fields))
    assert answer.status_code == 400
    assert part in str(answer.json()[field])
    assert sentry.get(METRICS) == told() == []


class _Pager(ThreadingHTTPServer):
    bodies: list[dict[str, Any]]
    paths: list[str]


class _Handler(BaseHTTPRequestHandler):
    server: _Pager

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self.server.bodies.append(body)
        self.server.paths.append(self.path)
        # The first is refused once: it is sent again.
        self.send_response(500 if len(self.server.bodies) == 1 else 202)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_arguments: Any) -> None:
        """Keep quiet."""


@pytest.fixture(name="pager")
def _pager() -> Iterator[_Pager]:
    server = _Pager(("127.0.0.1", 0), _Handler)
    server.bodies, server.paths = [], []
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_page_reaches_pagerduty_without_anybody_asking_and_is_sent_again_after_a_500(
    start_stand_in: Callable[..., Any], pager: _Pager
) -> None:
    projects = json.dumps([{"org": "acme", "project": "api", "public_key": "a" * 32, "project_id": "1"}])
    url = f"http://127.0.0.1:{pager.server_port}"
    address = start_stand_in("sentry", "--projects", projects, "--pagerduty-url", url).endpoints["sentry_api"]
    headers = {"Authorization": "Bearer token"}
    table = {"service_table": [{"service": "s", "integration_key": KEY}]}
    for path, body in (("/organizations/acme/integrations/1/", table), (RULES, rule())):
        httpx.post(f"{address}/api/0{path}", json=body, headers=headers).raise_for_status()
    event = f'{{"event_id":"{"e" * 32}"}}\n{{"type":"event"}}\n{{"message":"hello"}}'
    httpx.post(f"{address}/api/1/envelope/?sentry_key={'a' * 32}", content=event).raise_for_status()
    clock = SystemClock()
    deadline = clock.now() + timedelta(seconds=20)
    found = wait_until(
        lambda: len(pager.bodies) == 2 or None, clock=clock, deadline=deadline, every=timedelta(milliseconds=20)
    )
    assert found, pager.bodies
    assert pager.paths == ["/v2/enqueue/"] * 2
    assert pager.bodies[0] == pager.bodies[1]
    assert (pager.bodies[1]["routing_key"], pager.bodies[1]["dedup_key"]) == (KEY, "API-1")
    outcome = wait_until(
        lambda: "delivered" in httpx.get(f"{address}/_notifications").text or None,
        clock=clock,
        deadline=deadline,
        every=timedelta(milliseconds=20),
    )
    assert outcome
