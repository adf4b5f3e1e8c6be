"""Maintenance windows over the wire, through their life."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

HOUR = timedelta(hours=1)


def window(pagerduty: Any, service: str, start: str, end: str, **more: Any) -> Any:
    body = {
        "type": "maintenance_window",
        "start_time": f"2026-03-01T{start}:00Z",
        "end_time": f"2026-03-01T{end}:00Z",
        "services": [{"id": service, "type": "service_reference"}],
    }
    return pagerduty.act("POST", "/maintenance_windows", {"maintenance_window": body | more})


@pytest.fixture(name="service")
def _service(pagerduty: Any) -> tuple[str, Any]:
    service, integration = pagerduty.account()
    return service["id"], integration


def test_a_window_is_made_read_and_drops_what_is_new(pagerduty: Any, service: tuple[str, Any]) -> None:
    made = window(pagerduty, service[0], "01:00", "02:00", description="upgrade")
    assert made.status_code == 201
    shown = made.json()["maintenance_window"]
    assert (shown["start_time"], shown["created_by"]["summary"]) == ("2026-03-01T01:00:00Z", "ada")
    assert pagerduty.get(f"/maintenance_windows/{shown['id']}")["maintenance_window"] == shown
    pagerduty.clock.advance(HOUR)
    assert pagerduty.get(f"/services/{service[0]}")["service"]["status"] == "maintenance"
    pagerduty.send(service[1], "trigger")
    pagerduty.clock.advance(HOUR)
    assert pagerduty.get(f"/services/{service[0]}")["service"]["status"] == "active"
    assert pagerduty.get("/incidents")["incidents"] == []
    pagerduty.send(service[1], "trigger")
    assert len(pagerduty.get("/incidents")["incidents"]) == 1


def test_windows_are_found_by_when_they_are_and_whose(pagerduty: Any, service: tuple[str, Any]) -> None:
    for start, end, text in (("00:00", "01:00", "past"), ("00:30", "03:00", "now"), ("05:00", "06:00", "later")):
        window(pagerduty, service[0], start, end, description=text)
    pagerduty.clock.advance(HOUR)

    def found(**parameters: str) -> list[str]:
        rows = pagerduty.get("/maintenance_windows", **parameters)["maintenance_windows"]
        return [row["description"] for row in rows]

    assert found() == found(filter="all") == ["past", "now", "later"]
    assert found(filter="past") == ["past"]
    assert found(filter="ongoing") == ["now"]
    assert found(filter="future") == ["later"]
    assert found(filter="open") == ["now", "later"]
    assert found(query="AT") == ["later"]
    assert found(**{"service_ids[]": "nope"}) == []
    assert "'soon'" in pagerduty.refused("GET", "/maintenance_windows", params={"filter": "soon"})["errors"][0]


def test_one_to_come_is_deleted_one_that_began_is_ended_and_one_that_is_over_stays(
    pagerduty: Any, service: tuple[str, Any]
) -> None:
    paths = []
    for start, end in (("01:00", "03:00"), ("05:00", "06:00")):
        made = window(pagerduty, service[0], start, end).json()["maintenance_window"]
        paths.append(f"/maintenance_windows/{made['id']}")
    began, future = paths
    pagerduty.delete(future)
    pagerduty.refused("GET", future, status=404)
    pagerduty.clock.advance(2 * HOUR)
    pagerduty.delete(began)
    assert pagerduty.get(began)["maintenance_window"]["end_time"] == "2026-03-01T02:00:00Z"
    assert pagerduty.get(f"/services/{service[0]}")["service"]["status"] == "active"
    pagerduty.refused("DELETE", began, status=405)
    body = {"maintenance_window": {"description": "x"}}
    assert "is over" in pagerduty.refused("PUT", began, json=body)["errors"][0]


def test_a_change_cannot_move_a_beginning_that_is_past(pagerduty: Any, service: tuple[str, Any]) -> None:
    made = window(pagerduty, service[0], "00:00", "03:00").json()["maintenance_window"]
    pagerduty.clock.advance(HOUR)
    changed = pagerduty.change(
        f"/maintenance_windows/{made['id']}",
        "maintenance_window",
        start_time="2026-03-01T02:00:00Z",
        end_time="2026-03-01T04:00:00Z",
        description="longer",
    )
    assert (changed["start_time"], changed["end_time"]) == ("2026-03-01T00:00:00Z", "2026-03-01T04:00:00Z")
    assert changed["description"] == "longer"


def test_a_window_goes_with_its_last_service(pagerduty: Any, service: tuple[str, Any]) -> None:
    other, _ = pagerduty.account(name="web")
    both = [{"id": service[0]}, {"id": other["id"]}]
    made = window(pagerduty, service[0], "01:00", "02:00", services=both).json()["maintenance_window"]
    path = f"/maintenance_windows/{made['id']}"
    pagerduty.delete(f"/services/{other['id']}")
    assert [each["id"] for each in pagerduty.get(path)["maintenance_window"]["services"]] == [service[0]]
    pagerduty.delete(f"/services/{service[0]}")
    pagerduty.refused("GET", path, status=404)


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"services": []}, "Services can't be blank"),
        ({"services": [{"id": "nope"}]}, "'nope'"),
        ({"services": "all"}, "list of objects"),
        ({"start_time": "later"}, "'later'"),
        ({"end_time": "2026-02-28T00:00:00Z"}, "in the future"),
        ({"end_time": "2026-03-01T01:00:00Z"}, "after the start"),
        ({"teams": [{"id": "T"}]}, "'teams' is not modelled"),
    ],
)
def test_what_is_no_window_is_named(
    pagerduty: Any, service: tuple[str, Any], fields: dict[str, Any], named: str
) -> None:
    response = window(pagerduty, service[0], "01:00", "02:00", **fields)
    assert response.status_code == 400
    assert named in response.json()["error"]["errors"][0]


def test_a_window_is_somebody_s(pagerduty: Any, service: tuple[str, Any]) -> None:
    assert pagerduty.refused("POST", "/maintenance_windows", json={})["code"] == 2001
    response = pagerduty.act("POST", "/maintenance_windows", {}, email="nobody@example.com")
    assert response.json()["error"]["code"] == 1008
