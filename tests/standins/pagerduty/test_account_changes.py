"""What was made is changed and deleted; what something else still needs stays."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


def reference(identity: str, kind: str) -> dict[str, str]:
    return {"id": identity, "type": f"{kind}_reference"}


def test_a_user_gets_the_server_s_defaults_and_is_changed_in_part(pagerduty: Any) -> None:
    made = pagerduty.post("/users", "user", name="ada", email="ada@example.com")
    assert (made["role"], made["time_zone"], made["job_title"]) == ("user", "Etc/UTC", None)
    path = f"/users/{made['id']}"
    changed = pagerduty.change(path, "user", job_title="pilot", time_zone="Europe/Zurich", role="admin")
    assert (changed["name"], changed["job_title"]) == ("ada", "pilot")
    assert pagerduty.get(path)["user"] == changed
    assert pagerduty.change(path, "user", email="ADA@example.com")["time_zone"] == "Europe/Zurich"
    pagerduty.delete(path)
    pagerduty.refused("GET", path, status=404)
    assert pagerduty.get("/users")["users"] == []
    assert pagerduty.post("/users", "user", name="b", email="ada@example.com")["id"] != made["id"]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"name": None}, "Name can't be blank"),
        ({"name": "x" * 101}, "maximum is 100"),
        ({"email": "nobody"}, "Email is invalid"),
        ({"email": "bob@example.com"}, "already been taken"),
        ({"role": "king"}, "'king'"),
        ({"time_zone": "Mars/Olympus"}, "'Mars/Olympus'"),
        ({"time_zone": "../etc/passwd"}, "Time zone"),
        ({"job_title": 5}, "must be a string"),
        ({"teams": [{"id": "T"}]}, "'teams' is not modelled"),
    ],
)
def test_a_wrong_change_of_a_user_changes_nothing(pagerduty: Any, fields: dict[str, Any], named: str) -> None:
    ada, _ = pagerduty.person("ada"), pagerduty.person("bob")
    before = pagerduty.get(f"/users/{ada}")
    assert named in pagerduty.refused("PUT", f"/users/{ada}", json={"user": fields})["errors"][0]
    assert pagerduty.get(f"/users/{ada}") == before


def test_who_is_told_by_a_policy_is_not_deleted(pagerduty: Any) -> None:
    pagerduty.account()
    error = pagerduty.refused("DELETE", f"/users/{pagerduty.person('ada')}")
    assert "'api policy'" in error["errors"][0]


def test_a_user_is_told_by_mail(pagerduty: Any) -> None:
    path = f"/users/{pagerduty.person('ada')}"
    (method,) = pagerduty.get(f"{path}/contact_methods")["contact_methods"]
    assert (method["type"], method["address"]) == ("email_contact_method", "ada@example.com")
    rules = pagerduty.get(f"{path}/notification_rules")["notification_rules"]
    assert [(rule["urgency"], rule["start_delay_in_minutes"]) for rule in rules] == [("high", 0), ("low", 0)]
    pagerduty.refused("GET", "/users/me")
    assert pagerduty.refused("GET", "/abilities/teams", status=402)["code"] == 2014


def test_a_policy_is_changed_in_part_and_what_is_open_keeps_the_old_one(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    pagerduty.send(integration, "trigger", "old")
    path = f"/escalation_policies/{service['escalation_policy']['id']}"
    before = pagerduty.get(path)["escalation_policy"]
    changed = pagerduty.change(path, "escalation_policy", escalation_rules=before["escalation_rules"][1:], num_loops=2)
    assert (changed["name"], changed["num_loops"], len(changed["escalation_rules"])) == ("api policy", 2, 1)
    pagerduty.send(integration, "trigger", "new")
    old, new = pagerduty.get("/incidents")["incidents"]
    assert [each["assignments"][0]["assignee"]["summary"] for each in (old, new)] == ["ada", "bob"]


def test_a_policy_in_use_is_not_deleted_and_a_free_one_is(pagerduty: Any) -> None:
    service, _ = pagerduty.account()
    path = f"/escalation_policies/{service['escalation_policy']['id']}"
    assert "still used by 'api'" in pagerduty.refused("DELETE", path)["errors"][0]
    pagerduty.delete(f"/services/{service['id']}")
    pagerduty.delete(path)
    pagerduty.refused("GET", path, status=404)


def test_policies_are_found_by_whom_they_tell(pagerduty: Any) -> None:
    pagerduty.account()
    ada, eve = pagerduty.person("ada"), pagerduty.person("eve")

    def found(user: str) -> int:
        return len(pagerduty.get("/escalation_policies", **{"user_ids[]": user})["escalation_policies"])

    assert (found(ada), found(eve)) == (1, 0)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"escalation_rules": []}, "at least one rule"),
        ({"escalation_rules": [{"targets": []}] * 21}, "maximum is 20"),
        ({"escalation_rules": [{"targets": [{}] * 11}]}, "maximum is 10"),
        ({"escalation_rules": [{"escalation_delay_in_minutes": 5, "targets": []}]}, "at least one target"),
        (
            {"escalation_rules": [{"escalation_delay_in_minutes": 0, "targets": [reference("PU00001", "user")]}]},
            "at least one minute",
        ),
        (
            {"escalation_rules": [{"escalation_delay_in_minutes": 5, "targets": [reference("PU9", "user")]}]},
            "'PU9'",
        ),
        ({"name": "web policy"}, "already been taken"),
    ],
)
def test_a_wrong_change_of_a_policy_is_named(pagerduty: Any, fields: dict[str, Any], named: str) -> None:
    service, _ = pagerduty.account(name="api")
    pagerduty.account(name="web")
    path = f"/escalation_policies/{service['escalation_policy']['id']}"
    assert named in pagerduty.refused("PUT", path, json={"escalation_policy": fields})["errors"][0]


def test_a_service_is_changed_in_part(pagerduty: Any) -> None:
    service, _ = pagerduty.account()
    path = f"/services/{service['id']}"
    changed = pagerduty.change(path, "service", description="crm", acknowledgement_timeout=None)
    assert (changed["name"], changed["description"]) == ("api", "crm")
    assert (changed["acknowledgement_timeout"], changed["auto_resolve_timeout"]) == (None, 14400)
    assert pagerduty.get(path)["service"] == changed
    # What was read can be sent back as it is.
    assert pagerduty.change(path, "service", **changed) == changed


def test_a_changed_timeout_takes_hold_of_what_is_open(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    pagerduty.change(f"/services/{service['id']}", "service", auto_resolve_timeout=60)
    (incident,) = pagerduty.get("/incidents")["incidents"]
    assert incident["pending_actions"][0] == {"type": "resolve", "at": "2026-03-01T00:01:00Z"}
    pagerduty.clock.advance(timedelta(minutes=1))
    assert pagerduty.get(f"/incidents/{incident['id']}")["incident"]["status"] == "resolved"


def test_a_disabled_service_drops_what_is_new(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    path = f"/services/{service['id']}"
    assert pagerduty.change(path, "service", status="disabled")["status"] == "disabled"
    pagerduty.send(integration, "trigger")
    assert pagerduty.get("/incidents")["incidents"] == []
    assert pagerduty.get("/control/dropped")["events"][0]["reason"] == "the service is disabled"
    assert pagerduty.change(path, "service", status="active")["status"] == "active"
    pagerduty.send(integration, "trigger")
    assert len(pagerduty.get("/incidents")["incidents"]) == 1


def test_a_service_with_open_incidents_is_not_deleted_and_afterwards_its_incidents_keep_its_name(
    pagerduty: Any,
) -> None:
    service, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    path = f"/services/{service['id']}"
    assert "open incidents" in pagerduty.refused("DELETE", path)["errors"][0]
    pagerduty.send(integration, "resolve")
    pagerduty.delete(path)
    pagerduty.refused("GET", path, status=404)
    (incident,) = pagerduty.get("/incidents")["incidents"]
    assert incident["service"]["summary"] == "api"
    assert pagerduty.get(f"/incidents/{incident['id']}/alerts")["alerts"][0]["integration"]["summary"] == "datadog"
    pagerduty.send(integration, "trigger")
    assert pagerduty.get("/control/dropped")["events"][0]["reason"] == "no integration has this routing key"


@pytest.mark.parametrize(
    ("given", "shown"),
    [
        (None, None),
        ({"type": None}, None),
        ({"type": "time", "config": {"timeout": 5}}, {"type": "time", "config": {"timeout": 5}}),
        ({"type": "time"}, {"type": "time", "config": {"timeout": 0}}),
        (
            {"type": "content_based", "config": {"aggregate": "any", "fields": ["source"], "time_window": 300}},
            {"type": "content_based", "config": {"aggregate": "any", "fields": ["source"], "time_window": 300}},
        ),
        (
            {"type": "content_based", "config": {"aggregate": "all", "fields": ["source"]}},
            {"type": "content_based", "config": {"aggregate": "all", "fields": ["source"], "time_window": 86400}},
        ),
    ],
)
def test_grouping_is_kept(pagerduty: Any, given: Any, shown: Any) -> None:
    service, _ = pagerduty.account()
    changed = pagerduty.change(f"/services/{service['id']}", "service", alert_grouping_parameters=given)
    assert changed["alert_grouping_parameters"] == shown


def test_grouped_alerts_are_in_one_incident(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    pagerduty.change(f"/services/{service['id']}", "service", alert_grouping_parameters={"type": "time"})
    for key in "abc":
        pagerduty.send(integration, "trigger", key)
    pagerduty.send(integration, "resolve", "b")
    (incident,) = pagerduty.get("/incidents", incident_key="c")["incidents"]
    assert incident["alert_counts"] == {"all": 3, "triggered": 2, "resolved": 1}


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"alert_grouping_parameters": {"type": "intelligent"}}, "'intelligent' is not modelled"),
        ({"alert_grouping_parameters": "time"}, "must be"),
        ({"alert_grouping_parameters": {"type": "time", "config": {"timeout": 1441}}}, "0 to 1440"),
        ({"alert_grouping_parameters": {"type": "content_based"}}, "fields"),
        ({"alert_grouping_parameters": {"type": "content_based", "config": {"fields": ["a"]}}}, "aggregate"),
        (
            {
                "alert_grouping_parameters": {
                    "type": "content_based",
                    "config": {"fields": ["a"], "aggregate": "all", "time_window": 299},
                }
            },
            "300 to 3600",
        ),
        ({"name": " "}, "Name can't be blank"),
        ({"name": "x" * 256}, "maximum is 255"),
        ({"acknowledgement_timeout": -1}, "acknowledgement_timeout"),
        ({"acknowledgement_timeout": True}, "acknowledgement_timeout"),
        ({"escalation_policy": {"id": "PE9"}}, "'PE9'"),
        ({"escalation_policy": None}, "Escalation policy can't be blank"),
    ],
)
def test_a_wrong_change_of_a_service_is_named(pagerduty: Any, fields: dict[str, Any], named: str) -> None:
    service, _ = pagerduty.account()
    path = f"/services/{service['id']}"
    assert named in pagerduty.refused("PUT", path, json={"service": fields})["errors"][0]
    assert pagerduty.get(path)["service"] == service | {"integrations": pagerduty.get(path)["service"]["integrations"]}


def test_an_integration_is_renamed_and_keeps_its_key(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    path = f"/services/{service['id']}/integrations/{integration['id']}"
    changed = pagerduty.change(path, "integration", name="sentry")
    assert (changed["name"], changed["integration_key"]) == ("sentry", integration["integration_key"])
    pagerduty.send(changed, "trigger")
    (entry,) = [each for each in pagerduty.get("/log_entries")["log_entries"] if each["type"].startswith("trigger")]
    assert entry["agent"]["summary"] == "sentry"


def test_the_policy_is_included_whole_where_asked(pagerduty: Any) -> None:
    service, _ = pagerduty.account()
    whole = pagerduty.get(f"/services/{service['id']}", **{"include[]": "escalation_policies"})["service"]
    assert len(whole["escalation_policy"]["escalation_rules"]) == 2
