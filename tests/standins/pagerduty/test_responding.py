"""What people do to incidents over the wire."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest


@pytest.fixture(name="door")
def _door(pagerduty: Any) -> Any:
    return pagerduty.account()[1]


def service_of(door: Any) -> dict[str, str]:
    return {"id": door["service"]["id"], "type": "service_reference"}


def opened(pagerduty: Any, door: Any, key: str = "k", **payload: Any) -> str:
    pagerduty.send(door, "trigger", key, **payload)
    (incident,) = pagerduty.get("/incidents", incident_key=key)["incidents"]
    return f"/incidents/{incident['id']}"


def by_hand(pagerduty: Any, door: Any, **more: Any) -> Any:
    body = {"type": "incident", "title": "by hand", "service": service_of(door)} | more
    return pagerduty.act("POST", "/incidents", {"incident": body})


def error_of(response: Any, status: int = 400) -> tuple[int, str]:
    assert response.status_code == status, response.text
    error = response.json()["error"]
    return error["code"], error["errors"][0]


def test_an_incident_is_opened_by_hand(pagerduty: Any, door: Any) -> None:
    response = by_hand(pagerduty, door, incident_key="K", body={"type": "incident_body", "details": "look"})
    assert response.status_code == 201
    incident = response.json()["incident"]
    assert (incident["title"], incident["incident_key"], incident["urgency"]) == ("by hand", "K", "high")
    assert (incident["body"]["details"], incident["alert_counts"]["all"]) == ("look", 0)
    assert [each["assignee"]["summary"] for each in incident["assignments"]] == ["ada"]
    assert incident["last_status_change_by"]["summary"] == "ada"
    assert pagerduty.get("/incidents", incident_key="K")["incidents"] == [incident]
    assert pagerduty.put(f"/incidents/{incident['id']}", status="resolved").status_code == 200


def test_a_key_is_free_again_after_the_resolve(pagerduty: Any, door: Any) -> None:
    first = by_hand(pagerduty, door, incident_key="K").json()["incident"]
    code, text = error_of(by_hand(pagerduty, door, incident_key="K"))
    assert (code, text) == (2002, "Open incident with matching dedup key already exists on this service")
    pagerduty.put(f"/incidents/{first['id']}", status="resolved")
    assert by_hand(pagerduty, door, incident_key="K").status_code == 201


def test_one_for_somebody_is_not_escalated(pagerduty: Any, door: Any) -> None:
    bob = {"assignee": {"id": pagerduty.person("bob"), "type": "user_reference"}}
    made = by_hand(pagerduty, door, assignments=[bob], urgency="low").json()["incident"]
    assert (made["assigned_via"], made["urgency"]) == ("direct_assignment", "low")
    assert [each["type"] for each in made["pending_actions"]] == ["resolve"]


@pytest.mark.parametrize(
    ("fields", "code", "named"),
    [
        ({"title": ""}, 2001, "Title can't be blank"),
        ({"title": "x" * 1025}, 2001, "maximum is 1024"),
        ({"service": None}, 2001, "Service can't be blank"),
        ({"service": {"id": "nope"}}, 2001, "Service not found"),
        ({"urgency": "medium"}, 2001, "'medium'"),
        ({"assignments": [{"assignee": {"id": "PU9"}}]}, 2001, "'PU9'"),
        ({"priority": {"id": "P1"}}, 2001, "'priority'"),
        ({"conference_bridge": {}}, 2001, "'conference_bridge'"),
    ],
)
def test_what_cannot_be_opened_is_named(
    pagerduty: Any, door: Any, fields: dict[str, Any], code: int, named: str
) -> None:
    got = error_of(by_hand(pagerduty, door, **fields))
    assert (got[0], named in got[1]) == (code, True)
    assert pagerduty.get("/incidents")["incidents"] == []


def test_a_policy_that_is_not_there_is_404(pagerduty: Any, door: Any) -> None:
    assert error_of(by_hand(pagerduty, door, escalation_policy={"id": "nope"}), 404)[0] == 2100


def test_with_nobody_on_call_it_is_1015(pagerduty: Any, door: Any) -> None:
    user = {"user": {"id": pagerduty.person("ada"), "type": "user_reference"}}
    future = "2027-01-01T00:00:00Z"
    layer = {"start": future, "rotation_virtual_start": future, "rotation_turn_length_seconds": 86_400, "users": [user]}
    schedule = pagerduty.post("/schedules", "schedule", name="s", time_zone="UTC", schedule_layers=[layer])
    target = {"id": schedule["id"], "type": "schedule_reference"}
    rules = [{"escalation_delay_in_minutes": 5, "targets": [target]}]
    policy = pagerduty.post("/escalation_policies", "escalation_policy", name="empty", escalation_rules=rules)
    path = opened(pagerduty, door)
    assert error_of(pagerduty.put(path, escalation_policy={"id": policy["id"]}))[0] == 1015
    pagerduty.change(f"/services/{door['service']['id']}", "service", escalation_policy={"id": policy["id"]})
    assert error_of(by_hand(pagerduty, door))[0] == 1015
    assert by_hand(pagerduty, door, assignments=[{"assignee": user["user"]}]).status_code == 201
    pagerduty.send(door, "trigger", "dropped")
    assert pagerduty.get("/control/dropped")["events"][0]["reason"] == "nobody is on call"


def test_an_incident_is_given_escalated_and_moved(pagerduty: Any, door: Any) -> None:
    path = opened(pagerduty, door)
    eve = pagerduty.person("eve")

    def assigned(**changes: Any) -> tuple[str, str]:
        incident = pagerduty.put(path, **changes).json()["incident"]
        return incident["assignments"][0]["assignee"]["summary"], incident["assigned_via"]

    assert assigned(escalation_level=2) == ("bob", "escalation_policy")
    assert assigned(assignments=[{"assignee": {"id": eve}}]) == ("eve", "direct_assignment")
    rules = [{"escalation_delay_in_minutes": 5, "targets": [{"id": eve, "type": "user_reference"}]}]
    policy = pagerduty.post("/escalation_policies", "escalation_policy", name="eve's", escalation_rules=rules)
    assert assigned(escalation_policy={"id": policy["id"]}) == ("eve", "escalation_policy")
    types = [each["type"] for each in pagerduty.get(f"{path}/log_entries")["log_entries"]]
    assert types == [
        "notify_log_entry",
        "delegate_log_entry",
        "notify_log_entry",
        "assign_log_entry",
        "notify_log_entry",
        "escalate_log_entry",
        "notify_log_entry",
        "assign_log_entry",
        "trigger_log_entry",
    ]


@pytest.mark.parametrize("level", [0, 3, "2"])
def test_a_level_that_the_policy_does_not_have_is_refused(pagerduty: Any, door: Any, level: Any) -> None:
    path = opened(pagerduty, door)
    assert error_of(pagerduty.put(path, escalation_level=level))[0] == 2001


def test_a_low_incident_is_not_escalated_by_hand_unless_it_becomes_high(pagerduty: Any, door: Any) -> None:
    path = opened(pagerduty, door, severity="warning")
    assert "low-urgency" in error_of(pagerduty.put(path, escalation_level=2))[1]
    changed = pagerduty.put(path, escalation_level=2, urgency="high").json()["incident"]
    assert (changed["urgency"], changed["assignments"][0]["assignee"]["summary"]) == ("high", "bob")


def test_a_refused_change_leaves_all_as_it_was(pagerduty: Any, door: Any) -> None:
    path = opened(pagerduty, door)
    acknowledged = pagerduty.put(path, status="acknowledged").json()["incident"]
    pagerduty.clock.advance(timedelta(seconds=1))
    for changes in (
        {"status": "acknowledged", "title": "t"},
        {"urgency": "low", "escalation_level": 2},
        {"title": "t", "escalation_level": 3},
        {"urgency": "low", "assignments": [{"assignee": {"id": "PU9"}}]},
    ):
        assert error_of(pagerduty.put(path, **changes))
    assert pagerduty.get(path)["incident"] == acknowledged


def test_a_title_and_an_urgency_are_changed(pagerduty: Any, door: Any) -> None:
    path = opened(pagerduty, door)
    changed = pagerduty.put(path, title="worse", urgency="low").json()["incident"]
    assert (changed["title"], changed["urgency"], changed["status"]) == ("worse", "low", "triggered")
    assert [each["type"] for each in changed["pending_actions"]] == ["resolve"]


def test_a_resolution_is_kept_as_a_note(pagerduty: Any, door: Any) -> None:
    path = opened(pagerduty, door)
    pagerduty.put(path, status="resolved", resolution="restarted")
    (note,) = pagerduty.get(f"{path}/notes")["notes"]
    assert (note["content"], note["user"]["summary"]) == ("Resolution Note: restarted", "ada")


def test_many_are_changed_at_once(pagerduty: Any, door: Any) -> None:
    ids = [opened(pagerduty, door, key).rpartition("/")[2] for key in "ab"]
    changes = [{"id": name, "type": "incident_reference", "status": "acknowledged"} for name in ids]
    response = pagerduty.act("PUT", "/incidents", {"incidents": changes})
    assert [each["status"] for each in response.json()["incidents"]] == ["acknowledged", "acknowledged"]
    unknown = [*changes, {"id": "nope", "status": "resolved"}]
    assert error_of(pagerduty.act("PUT", "/incidents", {"incidents": unknown}), 404)[0] == 2100
    many = {"incidents": [changes[0]] * 251}
    assert error_of(pagerduty.act("PUT", "/incidents", many), 413)[0] == 2001
    assert error_of(pagerduty.act("PUT", "/incidents", {"incidents": changes[0]}))[0] == 2001


def test_a_merge_says_where_it_went(pagerduty: Any, door: Any) -> None:
    target, source = opened(pagerduty, door, "a"), opened(pagerduty, door, "b")
    body = {"source_incidents": [{"id": source.rpartition("/")[2], "type": "incident_reference"}]}
    merged = pagerduty.act("PUT", f"{target}/merge", body)
    assert merged.json()["incident"]["alert_counts"]["all"] == 2
    reason = pagerduty.get(source)["incident"]["resolve_reason"]
    assert reason["type"] == "merge_resolve_reason"
    assert target.endswith(reason["incident"]["id"])
    assert error_of(pagerduty.act("PUT", f"{target}/merge", body))[0] == 1001
    assert error_of(pagerduty.act("PUT", f"{target}/merge", {"source_incidents": []}))[0] == 2001


def test_a_snooze_shows_when_it_ends(pagerduty: Any, door: Any) -> None:
    path = opened(pagerduty, door)
    snoozed = pagerduty.act("POST", f"{path}/snooze", {"duration": 3600})
    assert snoozed.status_code == 201
    incident = snoozed.json()["incident"]
    assert incident["status"] == "acknowledged"
    assert incident["pending_actions"][0] == {"type": "unacknowledge", "at": "2026-03-01T01:00:00Z"}
    pagerduty.clock.advance(timedelta(hours=1))
    assert pagerduty.get(path)["incident"]["status"] == "triggered"


@pytest.mark.parametrize("duration", [0, 604_801, "3600", None, 1.5])
def test_a_snooze_is_a_second_to_a_week(pagerduty: Any, door: Any, duration: Any) -> None:
    path = opened(pagerduty, door)
    assert error_of(pagerduty.act("POST", f"{path}/snooze", {"duration": duration}))[0] == 2001
    for allowed in (1, 604_800):
        assert pagerduty.act("POST", f"{path}/snooze", {"duration": allowed}).status_code == 201


def test_notes_are_newest_first_and_in_the_log(pagerduty: Any, door: Any) -> None:
    path = opened(pagerduty, door)
    incident = {"id": path.rpartition("/")[2]}
    for text in ("one", "two"):
        pagerduty.note(incident, text)
    assert [note["content"] for note in pagerduty.get(f"{path}/notes")["notes"]] == ["two", "one"]
    entry = pagerduty.get(f"{path}/log_entries")["log_entries"][0]
    assert (entry["type"], entry["channel"]["summary"]) == ("annotate_log_entry", "two")
    assert error_of(pagerduty.act("POST", f"{path}/notes", {"note": {"content": " "}}))[0] == 2001


def test_an_alert_is_read_and_resolved_alone(pagerduty: Any, door: Any) -> None:
    service = f"/services/{door['service']['id']}"
    pagerduty.change(service, "service", alert_grouping_parameters={"type": "time"})
    path = opened(pagerduty, door, "a")
    pagerduty.send(door, "trigger", "b")
    first, second = pagerduty.get(f"{path}/alerts")["alerts"]
    one = f"{path}/alerts/{first['id']}"
    assert pagerduty.get(one)["alert"] == first
    resolved = pagerduty.act("PUT", one, {"alert": {"status": "resolved"}})
    assert resolved.json()["alert"]["status"] == "resolved"
    assert pagerduty.get(path)["incident"]["status"] == "triggered"
    assert "already resolved" in error_of(pagerduty.act("PUT", one, {"alert": {"status": "resolved"}}))[1]
    assert "must be 'resolved'" in error_of(pagerduty.act("PUT", one, {"alert": {"status": "triggered"}}))[1]
    move = {"alert": {"status": "resolved", "incident": {"id": "Q"}}}
    assert "merge" in error_of(pagerduty.act("PUT", f"{path}/alerts/{second['id']}", move))[1]
    pagerduty.act("PUT", f"{path}/alerts/{second['id']}", {"alert": {"status": "resolved"}})
    assert pagerduty.get(path)["incident"]["status"] == "resolved"
    pagerduty.refused("GET", f"{path}/alerts/nope", status=404)


def test_incidents_are_found_by_who_has_them(pagerduty: Any, door: Any) -> None:
    opened(pagerduty, door)
    ada, bob = pagerduty.person("ada"), pagerduty.person("bob")

    def count(user: str) -> int:
        return len(pagerduty.get("/incidents", **{"user_ids[]": user})["incidents"])

    assert (count(ada), count(bob)) == (1, 0)
    pagerduty.clock.advance(timedelta(minutes=5))
    assert (count(ada), count(bob)) == (0, 1)


@pytest.mark.parametrize(
    ("method", "tail"),
    [("PUT", ""), ("PUT", "/merge"), ("POST", "/snooze"), ("POST", "/notes"), ("PUT", "/alerts/A")],
)
def test_every_change_is_somebody_s(pagerduty: Any, door: Any, method: str, tail: str) -> None:
    path = opened(pagerduty, door) + tail
    assert pagerduty.refused(method, path, json={})["code"] == 2001
    assert error_of(pagerduty.act(method, path, {}, email="nobody@example.com"))[0] == 1008
