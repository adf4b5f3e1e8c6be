"""Schedules, overrides and on-calls over the wire; how turns are counted is tested where it is decided."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alertproof.pagerduty import Assumptions

DAY = 86_400


def layer(*users: str, **more: Any) -> dict[str, Any]:
    return {
        "name": "first",
        "start": "2026-03-01T00:00:00Z",
        "rotation_virtual_start": "2026-03-01T00:00:00Z",
        "rotation_turn_length_seconds": DAY,
        "users": [{"user": {"id": user, "type": "user_reference"}} for user in users],
    } | more


def make(pagerduty: Any, *layers: dict[str, Any], name: str = "primary") -> Any:
    return pagerduty.post("/schedules", "schedule", name=name, time_zone="UTC", schedule_layers=list(layers))


@pytest.fixture(name="ids")
def _ids(pagerduty: Any) -> tuple[str, str]:
    return pagerduty.person("ada"), pagerduty.person("bob")


def test_a_schedule_is_made_and_shows_who_is_on_call_in_a_range(pagerduty: Any, ids: tuple[str, str]) -> None:
    made = make(pagerduty, layer(*ids))
    assert made["schedule_layers"][0]["rotation_turn_length_seconds"] == DAY
    shown = pagerduty.get(f"/schedules/{made['id']}", since="2026-03-01T12:00:00Z", until="2026-03-03T00:00:00Z")
    entries = shown["schedule"]["final_schedule"]["rendered_schedule_entries"]
    assert [(each["user"]["summary"], each["start"], each["end"]) for each in entries] == [
        ("ada", "2026-03-01T12:00:00Z", "2026-03-02T00:00:00Z"),
        ("bob", "2026-03-02T00:00:00Z", "2026-03-03T00:00:00Z"),
    ]
    assert [each["name"] for each in pagerduty.get("/schedules", query="prim")["schedules"]] == ["primary"]
    assert pagerduty.get("/schedules", query="x")["schedules"] == []


@pytest.mark.parametrize(("precedence", "name"), [("last", "bob"), ("first", "ada")])
def test_which_layer_wins_is_an_option_of_the_account(
    pagerduty: Any, ids: tuple[str, str], precedence: Any, name: str
) -> None:
    pagerduty.desk.assumptions = Assumptions(layer_precedence=precedence)
    path = f"/schedules/{make(pagerduty, layer(ids[0]), layer(ids[1]))['id']}"
    assert [row[0] for row in on_call(pagerduty, escalates_to(pagerduty, path))] == [name]


def test_users_of_a_range_are_named_once(pagerduty: Any, ids: tuple[str, str]) -> None:
    path = f"/schedules/{make(pagerduty, layer(*ids))['id']}/users"

    def names(until: str) -> list[str]:
        users = pagerduty.get(path, since="2026-03-01T00:00:00Z", until=until)["users"]
        return [user["name"] for user in users]

    assert names("2026-03-01T12:00:00Z") == ["ada"]
    assert names("2026-03-09T00:00:00Z") == ["ada", "bob"]


def test_restrictions_are_kept_as_they_were_sent(pagerduty: Any, ids: tuple[str, str]) -> None:
    restrictions = [
        {"type": "daily_restriction", "start_time_of_day": "09:00:00", "duration_seconds": 3600},
        {
            "type": "weekly_restriction",
            "start_time_of_day": "00:00:00",
            "duration_seconds": 2 * DAY,
            "start_day_of_week": 6,
        },
    ]
    made = make(pagerduty, layer(ids[0], restrictions=restrictions))
    assert made["schedule_layers"][0]["restrictions"] == restrictions


def test_an_override_puts_somebody_else_on_call_and_is_deleted_or_cut_short(
    pagerduty: Any, ids: tuple[str, str]
) -> None:
    path = f"/schedules/{make(pagerduty, layer(ids[0]))['id']}"
    user = {"id": ids[1], "type": "user_reference"}
    now = {"start": "2026-03-01T00:00:00Z", "end": "2026-03-01T06:00:00Z", "user": user}
    later = {"start": "2026-03-02T00:00:00Z", "end": "2026-03-02T06:00:00Z", "user": user}
    response = pagerduty.act("POST", f"{path}/overrides", {"overrides": [now, later]})
    assert [each["status"] for each in response.json()] == [201, 201]
    first, second = (each["override"] for each in response.json())
    policy = escalates_to(pagerduty, path)
    assert on_call(pagerduty, policy) == [("bob", "2026-03-01T00:00:00Z", "2026-03-01T06:00:00Z")]
    pagerduty.clock.advance(timedelta(hours=2))
    pagerduty.delete(f"{path}/overrides/{first['id']}")
    pagerduty.delete(f"{path}/overrides/{second['id']}")
    span = {"since": "2026-03-01T00:00:00Z", "until": "2026-03-05T00:00:00Z"}
    (left,) = pagerduty.get(f"{path}/overrides", **span)["overrides"]
    assert (left["id"], left["end"]) == (first["id"], "2026-03-01T02:00:00Z")
    assert [row[0] for row in on_call(pagerduty, policy)] == ["ada"]
    assert "is over" in pagerduty.refused("DELETE", f"{path}/overrides/{first['id']}")["errors"][0]
    pagerduty.refused("DELETE", f"{path}/overrides/nope", status=404)
    pagerduty.refused("GET", f"{path}/overrides")


def escalates_to(pagerduty: Any, path: str) -> str:
    target = {"id": path.rpartition("/")[2], "type": "schedule_reference"}
    rules = [{"escalation_delay_in_minutes": 5, "targets": [target]}]
    made = pagerduty.post("/escalation_policies", "escalation_policy", name="by schedule", escalation_rules=rules)
    return str(made["id"])


def on_call(pagerduty: Any, policy: str, **more: str) -> list[tuple[str, str | None, str | None]]:
    rows = pagerduty.get("/oncalls", **{"escalation_policy_ids[]": policy}, **more)["oncalls"]
    return [(row["user"]["summary"], row["start"], row["end"]) for row in rows]


def test_a_single_override_is_answered_alone(pagerduty: Any, ids: tuple[str, str]) -> None:
    path = f"/schedules/{make(pagerduty, layer(ids[0]))['id']}/overrides"
    user = {"id": ids[1], "type": "user_reference"}
    body = {"override": {"start": "2026-03-01T00:00:00Z", "end": "2026-03-01T06:00:00Z", "user": user}}
    assert pagerduty.act("POST", path, body).json()["override"]["user"]["summary"] == "bob"
    body["override"]["end"] = "2026-02-28T00:00:00Z"
    assert "in the past" in pagerduty.act("POST", path, body).json()["error"]["errors"][0]


def test_an_incident_goes_to_who_is_on_call_when_it_opens(pagerduty: Any, ids: tuple[str, str]) -> None:
    policy = escalates_to(pagerduty, f"/schedules/{make(pagerduty, layer(*ids))['id']}")
    service, integration = pagerduty.account()
    pagerduty.change(f"/services/{service['id']}", "service", escalation_policy={"id": policy})
    pagerduty.send(integration, "trigger", "a")
    pagerduty.clock.advance(timedelta(days=1))
    pagerduty.send(integration, "trigger", "b")
    incidents = pagerduty.get("/incidents", sort_by="incident_number:desc")["incidents"]
    assert incidents[0]["assignments"][0]["assignee"]["summary"] == "bob"
    entries = pagerduty.get("/log_entries")["log_entries"]
    assert [each["user"]["summary"] for each in entries if each["type"].startswith("notify")] == ["bob", "ada"]


def test_on_calls_name_level_user_and_shift(pagerduty: Any, ids: tuple[str, str]) -> None:
    schedule = make(pagerduty, layer(*ids))
    policy = escalates_to(pagerduty, f"/schedules/{schedule['id']}")
    service, _ = pagerduty.account()
    named = service["escalation_policy"]["id"]
    assert on_call(pagerduty, named) == [("ada", None, None), ("bob", None, None)]
    assert on_call(pagerduty, policy) == [("ada", "2026-03-01T00:00:00Z", "2026-03-02T00:00:00Z")]
    until = {"until": "2026-03-04T00:00:00Z"}
    assert [row[0] for row in on_call(pagerduty, policy, **until)] == ["ada", "bob", "ada", "bob"]
    assert [row[0] for row in on_call(pagerduty, policy, earliest="true", **until)] == ["ada", "bob"]
    assert len(pagerduty.get("/oncalls", **{"schedule_ids[]": schedule["id"]})["oncalls"]) == 1
    mine = pagerduty.get("/oncalls", **{"user_ids[]": ids[1]})["oncalls"]
    assert [(row["user"]["summary"], row["escalation_level"], row["schedule"]) for row in mine] == [("bob", 2, None)]


def test_a_schedule_is_changed_and_deleted_when_nobody_needs_it(pagerduty: Any, ids: tuple[str, str]) -> None:
    path = f"/schedules/{make(pagerduty, layer(ids[0]))['id']}"
    changed = pagerduty.change(path, "schedule", description="nights", schedule_layers=[layer(ids[1])])
    assert (changed["name"], changed["description"]) == ("primary", "nights")
    assert [each["summary"] for each in changed["users"]] == ["bob"]
    assert "'primary'" in pagerduty.refused("DELETE", f"/users/{ids[1]}")["errors"][0]
    policy = escalates_to(pagerduty, path)
    assert "'by schedule'" in pagerduty.refused("DELETE", path)["errors"][0]
    pagerduty.delete(f"/escalation_policies/{policy}")
    pagerduty.delete(path)
    pagerduty.refused("GET", path, status=404)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"time_zone": "Mars"}, "'Mars'"),
        ({"time_zone": None}, "Time zone can't be blank"),
        ({"name": ""}, "Name can't be blank"),
        ({"schedule_layers": []}, "1 to 20"),
        ({"schedule_layers": None}, "list of objects"),
        ({"schedule_layers": [{}]}, "start is not"),
        ({"layer": {"users": []}}, "users can't be blank"),
        ({"layer": {"users": [{"user": {"id": "PU9"}}]}}, "'PU9'"),
        ({"layer": {"rotation_turn_length_seconds": 1799}}, "half an hour"),
        ({"layer": {"start": "9999-12-31T23:59:59Z"}}, "of the years"),
        ({"layer": {"restrictions": [{"type": "monthly"}]}}, "'monthly'"),
        ({"layer": {"restrictions": [{"type": "daily_restriction", "start_time_of_day": "9h"}]}}, "HH:mm:ss"),
    ],
)
def test_what_is_no_schedule_is_named(pagerduty: Any, ids: tuple[str, str], fields: dict[str, Any], named: str) -> None:
    changed = fields.pop("layer", {})
    body = {"name": "s", "time_zone": "UTC", "schedule_layers": [layer(*ids) | changed]} | fields
    assert named in pagerduty.refused("POST", "/schedules", json={"schedule": body})["errors"][0]


@pytest.mark.parametrize("path", ["/schedules/{id}", "/oncalls"])
@pytest.mark.parametrize(
    "span",
    [
        {"since": "2026-03-02T00:00:00Z", "until": "2026-03-01T00:00:00Z"},
        {"since": "2026-03-01T00:00:00Z", "until": "2026-06-03T00:00:00Z"},
        {"since": "0001-01-01T00:00:00Z"},
    ],
)
def test_a_range_runs_forward_and_is_three_months_at_most(
    pagerduty: Any, ids: tuple[str, str], path: str, span: dict[str, str]
) -> None:
    made = make(pagerduty, layer(*ids))
    pagerduty.refused("GET", path.format(id=made["id"]), params=span)
