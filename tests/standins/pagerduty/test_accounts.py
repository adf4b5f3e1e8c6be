from __future__ import annotations

from typing import Any

import pytest

RULES = [{"escalation_delay_in_minutes": 5, "targets": [{"id": "PU00001", "type": "user_reference"}]}]


@pytest.mark.parametrize("header", [{}, {"Authorization": "Token abc"}, {"Authorization": "Token token="}])
def test_without_a_token_it_answers_401(pagerduty: Any, header: dict[str, str]) -> None:
    for path in ("/users", "/incidents", "/services", "/log_entries", "/abilities"):
        response = pagerduty.client.get(path, headers=header)
        assert (response.status_code, response.json()["error"]["code"]) == (401, 2006)


def test_a_bearer_token_is_taken_too(pagerduty: Any) -> None:
    assert pagerduty.client.get("/users", headers={"Authorization": "Bearer abc"}).status_code == 200


def test_an_account_is_made_and_read_back(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    assert len(integration["integration_key"]) == 32
    read = pagerduty.get(f"/services/{service['id']}")["service"]
    assert (read["name"], read["status"], read["created_at"]) == ("api", "active", "2026-03-01T00:00:00Z")
    assert read["incident_urgency_rule"] == {"type": "constant", "urgency": "severity_based"}
    assert (read["acknowledgement_timeout"], read["auto_resolve_timeout"]) == (1800, 14400)
    assert "integration_key" not in read["integrations"][0]
    whole = pagerduty.get(f"/services/{service['id']}", **{"include[]": "integrations"})["service"]
    assert whole["integrations"] == [integration]
    path = f"/services/{service['id']}/integrations/{integration['id']}"
    assert pagerduty.get(path)["integration"] == integration
    policy = pagerduty.get(f"/escalation_policies/{service['escalation_policy']['id']}")["escalation_policy"]
    assert [rule["escalation_delay_in_minutes"] for rule in policy["escalation_rules"]] == [5, 5]
    assert [rule["targets"][0]["summary"] for rule in policy["escalation_rules"]] == ["ada", "bob"]
    assert policy["services"][0]["id"] == service["id"]
    assert pagerduty.get("/users/PU00001")["user"]["email"] == "ada@example.com"
    assert pagerduty.get("/abilities") == {"abilities": []}


def test_lists_are_searched_by_a_part_of_the_name(pagerduty: Any) -> None:
    pagerduty.account(name="api")
    pagerduty.account(name="web")
    assert [each["name"] for each in pagerduty.get("/services")["services"]] == ["api", "web"]
    assert [each["name"] for each in pagerduty.get("/services", query="WE")["services"]] == ["web"]
    found = pagerduty.get("/escalation_policies", query="api p")["escalation_policies"]
    assert [each["name"] for each in found] == ["api policy"]
    assert [each["name"] for each in pagerduty.get("/users", query="bob@")["users"]] == ["bob"]


def test_pages_say_whether_there_is_more(pagerduty: Any) -> None:
    for number in range(30):
        pagerduty.post("/users", "user", name=f"u{number}", email=f"u{number}@example.com")
    first = pagerduty.get("/users")
    assert (len(first["users"]), first["limit"], first["offset"], first["more"], first["total"]) == (
        25,
        25,
        0,
        True,
        None,
    )
    last = pagerduty.get("/users", offset=25, total="true")
    assert (len(last["users"]), last["more"], last["total"]) == (5, False, 30)
    exact = pagerduty.get("/users", limit=30)
    assert (len(exact["users"]), exact["more"]) == (30, False)
    assert pagerduty.get("/users", limit=1000)["limit"] == 100
    assert pagerduty.get("/users", limit=100, offset=9900)["users"] == []
    assert pagerduty.refused("GET", "/users", params={"limit": 100, "offset": 9901})["code"] == 2001


@pytest.mark.parametrize(
    "path",
    ["/users/x", "/services/x", "/escalation_policies/x", "/services/x/integrations/y", "/incidents/x", "/nowhere"],
)
def test_what_is_not_there_is_404_with_code_2100(pagerduty: Any, path: str) -> None:
    assert pagerduty.refused("GET", path, status=404)["code"] == 2100


def test_an_integration_is_found_in_its_own_service_only(pagerduty: Any) -> None:
    _, integration = pagerduty.account(name="api")
    other, _ = pagerduty.account(name="web")
    pagerduty.refused("GET", f"/services/{other['id']}/integrations/{integration['id']}", status=404)


@pytest.mark.parametrize("seconds", [0, None])
def test_a_timeout_of_0_or_null_is_off(pagerduty: Any, seconds: int | None) -> None:
    pagerduty.person("ada")
    policy = pagerduty.post("/escalation_policies", "escalation_policy", name="p", escalation_rules=RULES)
    service = pagerduty.post(
        "/services",
        "service",
        name="s",
        escalation_policy={"id": policy["id"]},
        acknowledgement_timeout=seconds,
        auto_resolve_timeout=seconds,
    )
    assert (service["acknowledgement_timeout"], service["auto_resolve_timeout"]) == (None, None)


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/users", {"user": {"name": "x"}}, "Email can't be blank"),
        ("/users", {"user": {"name": "x", "email": "ADA@example.com"}}, "Email has already been taken"),
        ("/users", {"name": "x"}, "the body must be {'user': {..}}"),
        ("/escalation_policies", {"escalation_policy": {"name": "p"}}, "Escalation rules cannot be empty"),
        ("/escalation_policies", {"escalation_policy": {"name": "p", "escalation_rules": []}}, "at least one rule"),
        (
            "/escalation_policies",
            {"escalation_policy": {"name": "p", "escalation_rules": RULES, "num_loops": 10}},
            "repeats 0 to 9 times",
        ),
        (
            "/escalation_policies",
            {
                "escalation_policy": {
                    "name": "p",
                    "escalation_rules": [
                        {"escalation_delay_in_minutes": 5, "targets": [{"id": "S", "type": "team_reference"}]}
                    ],
                }
            },
            "'team_reference' is not modelled",
        ),
        ("/services", {"service": {"name": "s"}}, "Escalation policy can't be blank"),
        ("/services", {"service": {"name": "s", "escalation_policy": {"id": "nope"}}}, "'nope'"),
        (
            "/services",
            {"service": {"name": "s", "support_hours": {"type": "fixed_time_per_day"}}},
            "'support_hours' is not modelled",
        ),
        (
            "/services",
            {"service": {"name": "s", "status": "asleep", "escalation_policy": {"id": "PE00001"}}},
            "Status is not included in the list: 'asleep'",
        ),
        (
            "/escalation_policies",
            {
                "escalation_policy": {
                    "name": "p",
                    "escalation_rules": [{**RULES[0], "escalation_rule_assignment_strategy": "round_robin"}],
                }
            },
            "='round_robin' is not modelled",
        ),
        ("/services", {"service": {"name": "s", "alert_creation": "create_incidents"}}, "'create_incidents'"),
        (
            "/services",
            {
                "service": {
                    "name": "s",
                    "escalation_policy": {"id": "PE00001"},
                    "incident_urgency_rule": {"type": "use_support_hours"},
                }
            },
            "use_support_hours",
        ),
        (
            "/services",
            {
                "service": {
                    "name": "s",
                    "escalation_policy": {"id": "PE00001"},
                    "incident_urgency_rule": {"type": "constant", "urgency": "medium"},
                }
            },
            "'medium'",
        ),
    ],
)
def test_what_cannot_be_made_is_400_and_named(pagerduty: Any, path: str, body: dict[str, Any], named: str) -> None:
    pagerduty.person("ada")
    error = pagerduty.refused("POST", path, json=body)
    assert (error["code"], error["message"]) == (2001, "Invalid Input Provided")
    assert named in error["errors"][0]


@pytest.mark.parametrize("strategy", [None, "assign_to_everyone", {"type": "assign_to_everyone"}])
def test_what_is_merely_the_default_is_taken(pagerduty: Any, strategy: object) -> None:
    pagerduty.person("ada")
    rules = [{**RULES[0], "escalation_rule_assignment_strategy": strategy}]
    policy = pagerduty.post("/escalation_policies", "escalation_policy", name="p", escalation_rules=rules)
    service = pagerduty.post("/services", "service", name="s", status="active", escalation_policy={"id": policy["id"]})
    assert service["status"] == "active"


def test_an_integration_of_another_type_is_refused_by_name(pagerduty: Any) -> None:
    service, _ = pagerduty.account()
    body = {"integration": {"type": "generic_email_inbound_integration"}}
    error = pagerduty.refused("POST", f"/services/{service['id']}/integrations", json=body)
    assert "'generic_email_inbound_integration' is not modelled" in error["errors"][0]


@pytest.mark.parametrize(
    ("path", "parameters", "named"),
    [
        ("/services", {"team_ids[]": "T"}, "'team_ids[]'"),
        ("/services", {"include[]": "teams"}, "include[]=teams"),
        ("/users", {"include[]": "contact_methods"}, "'include[]'"),
        ("/users", {"limit": "many"}, "'many'"),
    ],
)
def test_a_parameter_that_is_not_modelled_is_400_and_named(
    pagerduty: Any, path: str, parameters: dict[str, str], named: str
) -> None:
    pagerduty.account()
    assert named in pagerduty.refused("GET", path, params=parameters)["errors"][0]
