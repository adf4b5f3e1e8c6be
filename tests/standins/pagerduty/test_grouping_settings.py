"""Alert grouping settings, and what the services that they are of show."""

from __future__ import annotations

from typing import Any

import pytest

TIME = {"type": "time", "config": {"timeout": 600}}


def make(pagerduty: Any, *services: str, **more: Any) -> Any:
    body = {"name": "g", **TIME, "services": [{"id": service} for service in services]} | more
    return pagerduty.post("/alert_grouping_settings", "alert_grouping_setting", **body)


@pytest.fixture(name="services")
def _services(pagerduty: Any) -> list[str]:
    return [pagerduty.account(name=name)[0]["id"] for name in ("api", "web")]


def parameters(pagerduty: Any, service: str) -> Any:
    return pagerduty.get(f"/services/{service}")["service"]["alert_grouping_parameters"]


def test_a_setting_is_of_its_services_until_it_is_changed_or_deleted(pagerduty: Any, services: list[str]) -> None:
    api, web = services
    made = make(pagerduty, api)
    path = f"/alert_grouping_settings/{made['id']}"
    assert (made["type"], made["config"]) == ("time", {"timeout": 600})
    assert pagerduty.get(path)["alert_grouping_setting"] == made
    assert parameters(pagerduty, api) == {"type": "time", "config": {"timeout": 10}}
    changed = pagerduty.change(path, "alert_grouping_setting", name="h", services=[{"id": web}])
    assert (changed["name"], changed["config"]) == ("h", {"timeout": 600})
    assert (parameters(pagerduty, api), bool(parameters(pagerduty, web))) == (None, True)
    pagerduty.delete(path)
    assert parameters(pagerduty, web) is None
    pagerduty.refused("GET", path, status=404)


def test_a_service_with_a_setting_cannot_say_otherwise_and_sends_back_what_it_read(
    pagerduty: Any, services: list[str]
) -> None:
    make(pagerduty, services[0], config={"timeout": 90})
    path = f"/services/{services[0]}"
    service = pagerduty.get(path)["service"]
    assert pagerduty.change(path, "service", **service) == service
    setting = pagerduty.get("/alert_grouping_settings")["alert_grouping_settings"][0]
    assert setting["config"] == {"timeout": 90}
    for given in (None, {"type": "time", "config": {"timeout": 5}}):
        body = {"service": {"alert_grouping_parameters": given}}
        assert "change that" in pagerduty.refused("PUT", path, json=body)["errors"][0]


def test_a_deleted_service_leaves_its_setting(pagerduty: Any, services: list[str]) -> None:
    made = make(pagerduty, *services)
    pagerduty.delete(f"/services/{services[1]}")
    left = pagerduty.get(f"/alert_grouping_settings/{made['id']}")["alert_grouping_setting"]
    assert [each["id"] for each in left["services"]] == services[:1]


def test_pages_go_by_cursor(pagerduty: Any) -> None:
    ids = [make(pagerduty, pagerduty.account(name=f"s{number}")[0]["id"])["id"] for number in range(5)]
    seen: list[str] = []
    after: dict[str, str] = {}
    for rows, more in ((2, True), (2, True), (1, False)):
        page = pagerduty.get("/alert_grouping_settings", limit=2, **after)
        assert (len(page["alert_grouping_settings"]), page["after"] is not None) == (rows, more)
        seen += [each["id"] for each in page["alert_grouping_settings"]]
        after = {"after": page["after"]}
    assert seen == ids
    pagerduty.refused("GET", "/alert_grouping_settings", params={"after": "nope"})
    only = pagerduty.get("/alert_grouping_settings", **{"service_ids[]": "PS00002"})
    assert [each["id"] for each in only["alert_grouping_settings"]] == ids[1:2]


@pytest.mark.parametrize(
    ("fields", "named"),
    [
        ({"type": None}, "Type can't be blank"),
        ({"type": "intelligent"}, "'intelligent' is not modelled"),
        ({"config": {"timeout": 86_401}}, "0 to 86400"),
        ({"services": []}, "Services can't be blank"),
        ({"services": [{"id": "nope"}]}, "'nope'"),
        ({"services": [{"id": "PS00002"}]}, "already"),
    ],
)
def test_what_is_no_setting_is_named(pagerduty: Any, services: list[str], fields: dict[str, Any], named: str) -> None:
    make(pagerduty, services[1])
    body = {**TIME, "services": [{"id": services[0]}]} | fields
    error = pagerduty.refused("POST", "/alert_grouping_settings", json={"alert_grouping_setting": body})
    assert named in error["errors"][0]
