"""Rules of a service suppress, change and resolve; the conditions' language is tested where it is read."""

from __future__ import annotations

from typing import Any

import pytest


def rule(expression: str | None, **actions: Any) -> dict[str, Any]:
    conditions = [{"expression": expression}] if expression is not None else []
    return {"conditions": conditions, "actions": actions}


def path_of(*rules: dict[str, Any], catch_all: dict[str, Any] | None = None, **sets: list[Any]) -> dict[str, Any]:
    listed = [{"id": "start", "rules": list(rules)}, *({"id": name, "rules": each} for name, each in sets.items())]
    return {"sets": listed, "catch_all": {"actions": catch_all or {}}}


@pytest.fixture(name="door")
def _door(pagerduty: Any) -> Any:
    return pagerduty.account()[1]


def orchestrate(pagerduty: Any, door: Any, *rules: dict[str, Any], **more: Any) -> Any:
    address = f"/event_orchestrations/services/{door['service']['id']}"
    return pagerduty.change(address, "orchestration_path", **path_of(*rules, **more))


def severities(pagerduty: Any) -> list[str]:
    return [
        alert["severity"]
        for incident in pagerduty.get("/incidents")["incidents"]
        for alert in pagerduty.get(f"/incidents/{incident['id']}/alerts")["alerts"]
    ]


def test_what_a_rule_suppresses_opens_nothing_and_is_shown(pagerduty: Any, door: Any) -> None:
    orchestrate(pagerduty, door, rule("event.summary matches part 'noise'", suppress=True))
    pagerduty.send(door, "trigger", "a", summary="mere noise")
    pagerduty.send(door, "trigger", "b")
    (incident,) = pagerduty.get("/incidents")["incidents"]
    assert incident["title"] == "it broke"
    (dropped,) = pagerduty.get("/control/dropped")["events"]
    assert (dropped["event"]["dedup_key"], "suppresses" in dropped["reason"]) == ("a", True)


def test_the_first_rule_that_matches_is_taken_and_else_the_catch_all(pagerduty: Any, door: Any) -> None:
    rules = (
        rule("event.source matches 'a'", severity="info"),
        rule("event.source matches part 'a'", severity="warning"),
    )
    orchestrate(pagerduty, door, *rules, catch_all={"severity": "error"})
    for source in ("a", "ab", "c"):
        pagerduty.send(door, "trigger", source, source=source)
    assert severities(pagerduty) == ["info", "warning", "error"]
    urgencies = [incident["urgency"] for incident in pagerduty.get("/incidents")["incidents"]]
    assert urgencies == ["low", "low", "high"]


def test_a_rule_leads_to_another_set_and_never_in_circles(pagerduty: Any, door: Any) -> None:
    second = [rule(None, severity="info", route_to="start")]
    orchestrate(pagerduty, door, rule(None, severity="warning", route_to="second"), second=second)
    pagerduty.send(door, "trigger")
    assert severities(pagerduty) == ["info"]


def test_a_rule_makes_a_resolve_of_a_trigger(pagerduty: Any, door: Any) -> None:
    orchestrate(pagerduty, door, rule("event.custom_details.state matches 'ok'", event_action="resolve"))
    pagerduty.send(door, "trigger", custom_details={"state": "bad"})
    pagerduty.send(door, "trigger", custom_details={"state": "ok"})
    (incident,) = pagerduty.get("/incidents")["incidents"]
    assert incident["status"] == "resolved"


def test_a_rule_that_is_disabled_or_an_orchestration_that_is_not_active_does_nothing(pagerduty: Any, door: Any) -> None:
    address = f"/event_orchestrations/services/{door['service']['id']}"
    assert pagerduty.get(f"{address}/active") == {"active": False}
    orchestrate(pagerduty, door, rule(None, suppress=True) | {"disabled": True})
    pagerduty.send(door, "trigger", "a")
    orchestrate(pagerduty, door, rule(None, suppress=True))
    assert pagerduty.get(f"{address}/active") == {"active": True}
    pagerduty.send(door, "trigger", "b")
    assert pagerduty.act("PUT", f"{address}/active", {"active": False}).json() == {"active": False}
    pagerduty.send(door, "trigger", "c")
    assert len(pagerduty.get("/incidents")["incidents"]) == 2
    assert pagerduty.act("PUT", f"{address}/active", {"active": 1}).status_code == 400


def test_an_orchestration_is_read_back_with_ids(pagerduty: Any, door: Any) -> None:
    address = f"/event_orchestrations/services/{door['service']['id']}"
    assert pagerduty.get(address)["orchestration_path"]["sets"] == [{"id": "start", "rules": []}]
    made = orchestrate(pagerduty, door, rule("event.source exists", suppress=True), rule(None))
    assert pagerduty.get(address)["orchestration_path"] == made
    rules = made["sets"][0]["rules"]
    assert len({each["id"] for each in rules}) == 2
    assert rules[0]["conditions"] == [{"expression": "event.source exists"}]
    assert made["parent"]["id"] == door["service"]["id"]
    pagerduty.refused("GET", "/event_orchestrations/services/nope", status=404)


@pytest.mark.parametrize(
    ("path", "named"),
    [
        ({"sets": []}, "'start'"),
        ({"sets": [{"id": "start", "rules": []}, {"id": "start", "rules": []}]}, "ids of their own"),
        (path_of(rule("event.summary is 'x'")), "'is'"),
        (path_of(rule("")), "Expression can't be blank"),
        (path_of(rule(None, suspend=300)), "'suspend' of a rule is not modelled"),
        (path_of(rule(None, severity="bad")), "'bad'"),
        (path_of(rule(None, event_action="acknowledge")), "'acknowledge'"),
        (path_of(rule(None, route_to="nowhere")), "'nowhere'"),
        (path_of(rule(None, suppress="yes")), "'yes'"),
        (path_of(*[rule(None)] * 1001), "too many"),
    ],
)
def test_what_is_no_orchestration_is_named(pagerduty: Any, door: Any, path: Any, named: str) -> None:
    address = f"/event_orchestrations/services/{door['service']['id']}"
    assert named in pagerduty.refused("PUT", address, json={"orchestration_path": path})["errors"][0]
    assert pagerduty.get(f"{address}/active") == {"active": False}
