from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


def minutes(count: float) -> timedelta:
    return timedelta(minutes=count)


def test_an_incident_says_what_happened_to_whom_and_what_comes_next(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    (incident,) = pagerduty.get("/incidents")["incidents"]
    assert (incident["title"], incident["status"], incident["urgency"]) == ("it broke", "triggered", "high")
    assert (incident["incident_number"], incident["incident_key"]) == (1, None)
    assert incident["service"]["id"] == service["id"]
    assert [each["assignee"]["summary"] for each in incident["assignments"]] == ["ada"]
    assert incident["pending_actions"] == [
        {"type": "escalate", "at": "2026-03-01T00:05:00Z"},
        {"type": "resolve", "at": "2026-03-01T04:00:00Z"},
    ]
    assert incident["alert_counts"] == {"all": 1, "triggered": 1, "resolved": 0}
    assert incident["created_at"] == "2026-03-01T00:00:00Z"
    assert pagerduty.get(f"/incidents/{incident['id']}")["incident"] == incident
    assert pagerduty.get(f"/services/{service['id']}")["service"]["status"] == "critical"


def test_an_alert_keeps_the_key_the_severity_and_the_text_that_were_sent(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    details = {"query": "sum(last_5m)", "nested": {"a": 1}}
    pagerduty.send(
        integration, "trigger", severity="warning", custom_details=details, component="api", **{"class": "x"}
    )
    (incident,) = pagerduty.get("/incidents")["incidents"]
    (alert,) = pagerduty.get(f"/incidents/{incident['id']}/alerts")["alerts"]
    assert (alert["alert_key"], alert["severity"], alert["status"]) == ("k", "warning", "triggered")
    assert (alert["summary"], alert["body"]["details"]) == ("it broke", details)
    cef = alert["body"]["cef_details"]
    assert (cef["severity"], cef["source_component"], cef["event_class"]) == ("warning", "api", "x")
    assert (cef["details"], cef["dedup_key"], cef["source_origin"]) == (details, "k", "test")


def test_a_newer_trigger_replaces_the_alert_s_text_but_not_the_incident_s(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    pagerduty.send(integration, "trigger", summary="worse", custom_details={"n": 2})
    (incident,) = pagerduty.get("/incidents")["incidents"]
    (alert,) = pagerduty.get(f"/incidents/{incident['id']}/alerts")["alerts"]
    assert (incident["title"], alert["summary"], alert["body"]["details"]) == ("it broke", "worse", {"n": 2})


def test_links_and_images_are_contexts(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    body = {
        "routing_key": integration["integration_key"],
        "event_action": "trigger",
        "payload": {"summary": "s", "source": "h", "severity": "info"},
        "links": [{"href": "https://x/", "text": "X"}],
        "images": [{"src": "https://y/"}],
    }
    pagerduty.client.post("/v2/enqueue", json=body)
    (incident,) = pagerduty.get("/incidents")["incidents"]
    (alert,) = pagerduty.get(f"/incidents/{incident['id']}/alerts")["alerts"]
    assert alert["body"]["contexts"] == [
        {"type": "link", "href": "https://x/", "text": "X"},
        {"type": "image", "src": "https://y/"},
    ]


def test_the_log_is_newest_first_and_says_who_was_told_when(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    pagerduty.clock.advance(minutes(7))
    (incident,) = pagerduty.get("/incidents")["incidents"]
    rows = pagerduty.get(
        f"/incidents/{incident['id']}/log_entries", **{"include[]": "channels", "is_overview": "false"}
    )
    entries = rows["log_entries"]
    assert [(entry["type"], entry["created_at"][14:16]) for entry in entries] == [
        ("notify_log_entry", "05"),
        ("escalate_log_entry", "05"),
        ("notify_log_entry", "00"),
        ("assign_log_entry", "00"),
        ("trigger_log_entry", "00"),
    ]
    assert [entry["user"]["summary"] for entry in entries if "user" in entry] == ["bob", "ada"]
    assert entries[1]["assignees"][0]["summary"] == "bob"
    assert entries[-1]["channel"]["cef_details"]["severity"] == "critical"
    assert entries[-1]["agent"]["id"] == integration["id"]
    assert pagerduty.get("/log_entries")["log_entries"] == entries
    late = pagerduty.get("/log_entries", since="2026-03-01T00:00:01Z")["log_entries"]
    assert late == entries[:2]


def test_a_person_acknowledges_and_resolves(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    (incident,) = pagerduty.get("/incidents")["incidents"]
    path = f"/incidents/{incident['id']}"
    pagerduty.clock.advance(minutes(1))
    acknowledged = pagerduty.put(path, status="acknowledged").json()["incident"]
    assert (acknowledged["status"], acknowledged["acknowledgements"][0]["at"]) == (
        "acknowledged",
        "2026-03-01T00:01:00Z",
    )
    assert acknowledged["acknowledgements"][0]["acknowledger"]["summary"] == "ada"
    assert [each["type"] for each in acknowledged["pending_actions"]] == ["unacknowledge", "resolve"]
    again = pagerduty.put(path, status="acknowledged")
    assert (again.status_code, again.json()["error"]["code"]) == (400, 1002)
    pagerduty.clock.advance(minutes(1))
    resolved = pagerduty.put(path, status="resolved").json()["incident"]
    assert (resolved["status"], resolved["resolved_at"], resolved["assignments"]) == (
        "resolved",
        "2026-03-01T00:02:00Z",
        [],
    )
    assert resolved["last_status_change_by"]["summary"] == "ada"
    assert resolved["acknowledgements"] == []
    (alert,) = pagerduty.get(f"{path}/alerts")["alerts"]
    assert (alert["status"], alert["resolved_at"]) == ("resolved", "2026-03-01T00:02:00Z")
    late = pagerduty.put(path, status="resolved")
    assert (late.status_code, late.json()["error"]["code"]) == (400, 1001)


def test_a_change_needs_the_email_of_a_user_and_a_status(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    (incident,) = pagerduty.get("/incidents")["incidents"]
    path = f"/incidents/{incident['id']}"

    def code(**options: Any) -> int:
        response = pagerduty.put(path, **options)
        assert response.status_code == 400
        return int(response.json()["error"]["code"])

    assert code(email=None, status="resolved") == 2001
    assert code(email="nobody@example.com", status="resolved") == 1008
    assert code(status="triggered") == 2001
    assert code() == 2001
    assert code(status="resolved", escalation_level=3) == 2001
    assert code(status="resolved", priority={"id": "P1"}) == 2001
    assert pagerduty.put("/incidents/nope", status="resolved").status_code == 404
    assert pagerduty.get(path)["incident"]["status"] == "triggered"


@pytest.mark.parametrize(
    ("parameters", "numbers"),
    [
        ({}, [1, 2, 3]),
        ({"statuses[]": "triggered"}, [2, 3]),
        ({"statuses[]": ["resolved", "acknowledged"]}, [1]),
        ({"urgencies[]": "low"}, [2]),
        ({"service_ids[]": "PS00002"}, [3]),
        ({"incident_key": "b"}, [2]),
        ({"incident_key": "nope"}, []),
        ({"since": "2026-03-01T00:01:00Z"}, [2, 3]),
        ({"since": "2026-03-01T00:01:01Z"}, [3]),
        ({"until": "2026-03-01T00:01:00+00:00"}, [1, 2]),
        ({"date_range": "all", "sort_by": "created_at:desc"}, [3, 2, 1]),
        ({"limit": "1", "offset": "1"}, [2]),
    ],
)
def test_incidents_are_found_by_what_they_are(pagerduty: Any, parameters: dict[str, str], numbers: list[int]) -> None:
    _, first = pagerduty.account(name="api")
    _, second = pagerduty.account(name="web")
    pagerduty.send(first, "trigger", "a")
    pagerduty.send(first, "resolve", "a")
    pagerduty.clock.advance(minutes(1))
    pagerduty.send(first, "trigger", "b", severity="warning")
    pagerduty.clock.advance(minutes(1))
    pagerduty.send(second, "trigger", "c")
    assert [each["incident_number"] for each in pagerduty.get("/incidents", **parameters)["incidents"]] == numbers


def test_alerts_are_found_by_their_key(pagerduty: Any) -> None:
    _, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    (incident,) = pagerduty.get("/incidents")["incidents"]
    path = f"/incidents/{incident['id']}/alerts"
    assert len(pagerduty.get(path, alert_key="k")["alerts"]) == 1
    assert pagerduty.get(path, alert_key="x")["alerts"] == []
    assert pagerduty.get(path, **{"statuses[]": "resolved"})["alerts"] == []


@pytest.mark.parametrize(
    ("path", "parameters", "named"),
    [
        ("/incidents", {"statuses[]": "open"}, "'open'"),
        ("/incidents", {"urgencies[]": "medium"}, "'medium'"),
        ("/incidents", {"since": "yesterday"}, "'yesterday'"),
        ("/incidents", {"team_ids[]": "T"}, "'team_ids[]'"),
        ("/incidents", {"sort_by": "urgency:asc"}, "sort_by=urgency:asc"),
        ("/incidents", {"date_range": "some"}, "'some'"),
        ("/log_entries", {"is_overview": "true"}, "is_overview=true"),
        ("/log_entries", {"include[]": "teams"}, "include[]=teams"),
    ],
)
def test_what_is_not_modelled_is_400_and_named(
    pagerduty: Any, path: str, parameters: dict[str, str], named: str
) -> None:
    assert named in pagerduty.refused("GET", path, params=parameters)["errors"][0]


def test_what_is_included_is_shown_whole_and_the_rest_as_references(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    pagerduty.send(integration, "trigger")
    (plain,) = pagerduty.get("/incidents")["incidents"]
    include = {"include[]": ["assignees", "services"]}
    (whole,) = pagerduty.get("/incidents", **include)["incidents"]
    assert whole == pagerduty.get(f"/incidents/{plain['id']}", **include)["incident"]
    user = pagerduty.get(f"/users/{plain['assignments'][0]['assignee']['id']}")["user"]
    assert whole["assignments"][0]["assignee"] == user
    assert whole["service"] == pagerduty.get(f"/services/{service['id']}")["service"]
    assert whole["escalation_policy"] == plain["escalation_policy"]
    assert plain["service"]["type"] == "service_reference"


def test_who_is_on_call_is_shown_whole_where_asked(pagerduty: Any) -> None:
    pagerduty.account()
    plain = pagerduty.get("/oncalls")["oncalls"][0]
    whole = pagerduty.get("/oncalls", **{"include[]": ["users", "escalation_policies"]})["oncalls"][0]
    assert whole["user"] == pagerduty.get(f"/users/{plain['user']['id']}")["user"]
    assert whole["escalation_policy"]["escalation_rules"]
    assert (plain["user"]["type"], whole["schedule"]) == ("user_reference", plain["schedule"])


@pytest.mark.parametrize("path", ["/incidents", "/oncalls"])
def test_what_cannot_be_included_is_refused_by_name(pagerduty: Any, path: str) -> None:
    error = pagerduty.refused("GET", path, params={"include[]": "teams"})
    assert "include[]=teams is not modelled" in error["errors"][0]
