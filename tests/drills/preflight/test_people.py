"""Preflight of PagerDuty: the page reaches a service that somebody watches, and no real one is mixed with it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from tests.drills.preflight.conftest import Elsewhere

from alertproof.clock import SystemClock

API = "PagerDuty service m3core-api"


def change(pushed: Elsewhere, service: str, **fields: Any) -> None:
    with pushed.people() as client:
        client.rput(f"services/{pushed.found(service)['id']}", json={"type": "service", **fields})


def test_a_service_that_was_renamed_is_not_there(pushed: Elsewhere) -> None:
    change(pushed, "m3core-api", name="m3core-api-old")

    assert f"{API}: it is not there; create it, or correct its name" in pushed.problems()


def test_a_service_that_is_disabled_opens_nothing(pushed: Elsewhere) -> None:
    change(pushed, "m3core-api", status="disabled")

    assert f"{API}: it is disabled; enable it" in pushed.problems()


def test_a_service_without_an_integration_cannot_be_paged(pushed: Elsewhere) -> None:
    pushed.monitors, pushed.service = "own", "bare"
    policy = {"id": pushed.found()["escalation_policy"]["id"], "type": "escalation_policy_reference"}
    with pushed.people() as client:
        client.rpost("services", json={"type": "service", "name": "bare", "escalation_policy": policy})

    found = pushed.problems()

    do = "add an integration of the Events API v2 to it"
    assert f"PagerDuty service bare: it has no integration that takes events; {do}" in found


def test_a_policy_whose_schedule_is_empty_tells_nobody(pushed: Elsewhere) -> None:
    with pushed.people() as client:
        schedule = client.find("schedules", "M3CoreCRM first on call")
        assert schedule is not None
        whole = client.rget(f"schedules/{schedule['id']}")
        over = (SystemClock().now() - timedelta(days=1)).isoformat()
        layers = [{**layer, "end": over} for layer in whole["schedule_layers"]]
        body = {
            "type": "schedule",
            "name": whole["name"],
            "time_zone": whole["time_zone"],
            "schedule_layers": [_written(layer) for layer in layers],
        }
        client.rput(f"schedules/{schedule['id']}", json=body)

    assert pushed.problems() == [
        f"{API}: nobody is on call at the first level of its escalation policy M3CoreCRM; put somebody on call"
    ]


def _written(layer: dict[str, Any]) -> dict[str, Any]:
    kept = ("id", "start", "end", "rotation_virtual_start", "rotation_turn_length_seconds", "users", "name")
    return {name: layer[name] for name in kept if name in layer}


def test_a_maintenance_window_keeps_a_page_from_opening(pushed: Elsewhere) -> None:
    now = SystemClock().now()
    window = {
        "type": "maintenance_window",
        "start_time": now.isoformat(),
        "end_time": (now + timedelta(hours=1)).isoformat(),
        "description": "moving house",
        "services": [{"id": pushed.found()["id"], "type": "service_reference"}],
    }
    with pushed.people() as client:
        client.rpost("maintenance_windows", json=window)

    found = pushed.problems()

    (said,) = found
    assert said.startswith(f"{API}: a maintenance window is open: 'moving house' until")


def test_an_open_incident_would_be_mixed_with_the_drills(pushed: Elsewhere) -> None:
    with pushed.people() as client:
        service = {"id": pushed.found()["id"], "type": "service_reference"}
        client.rpost("incidents", json={"type": "incident", "title": "it burns", "service": service})

    (said,) = pushed.problems()

    assert said.startswith(f"{API}: an incident is open: 'it burns' (triggered); a drill's page would be mixed")


def test_a_handle_that_datadog_does_not_know_leads_nowhere(pushed: Elsewhere) -> None:
    pushed.account.datadog.turn(path="/api/v1/integration/pagerduty/", status=404, body={"errors": ["not found"]})

    found = pushed.problems()

    assert any(one.startswith("@pagerduty-m3core-api: Datadog knows no service of this name") for one in found)


# -- the service of drills -----------------------------------------------------------------------------------


def test_own_monitors_page_the_drills_service_which_must_be_there(elsewhere: Elsewhere) -> None:
    elsewhere.monitors = "own"

    found = elsewhere.problems()

    assert ("PagerDuty service m3core-operations: it is not there; create it, or name another: drills.service") in found
    assert any(one.startswith("@pagerduty-m3core-operations: Datadog knows no service") for one in found)


@pytest.mark.parametrize(("urgency", "problems"), [("low", 0), ("high", 1)])
def test_the_drills_service_must_be_of_low_urgency(elsewhere: Elsewhere, urgency: str, problems: int) -> None:
    elsewhere.push()
    elsewhere.monitors = "own"
    change(elsewhere, "m3core-operations", incident_urgency_rule={"type": "constant", "urgency": urgency})

    found = [one for one in elsewhere.problems() if "a drill would wake people" in one]

    assert len(found) == problems
