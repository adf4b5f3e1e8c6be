"""Whatever is sent, it is taken or refused with PagerDuty's body: never a 500, and nothing kept of what was refused."""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from starlette.testclient import TestClient

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(max_size=8)
)
NAMES = st.sampled_from(
    [
        "id", "type", "name", "email", "user", "users", "targets", "assignee", "assignments", "escalation_policy",
        "escalation_rules", "escalation_delay_in_minutes", "escalation_level", "num_loops", "service", "services",
        "status", "title", "urgency", "incident_key", "body", "details", "start", "end", "start_time", "end_time",
        "time_zone", "schedule_layers", "rotation_virtual_start", "rotation_turn_length_seconds", "restrictions",
        "start_time_of_day", "duration_seconds", "start_day_of_week", "config", "fields", "aggregate", "timeout",
        "alert_grouping_parameters", "incident_urgency_rule", "acknowledgement_timeout", "delivery_method", "url",
        "custom_headers", "secret", "value", "events", "filter", "active", "content", "duration", "source_incidents",
    ]
)  # fmt: skip
LIKELY = st.sampled_from(
    ["PU00001", "PE00001", "PS00001", "PC00001", "Q0000000000001", "user_reference", "resolved", "high", "UTC", "time",
     "2026-03-01T00:00:00Z", "9999-12-31T23:59:59Z", "0001-01-01T00:00:00+23:59", "content_based", "constant",
     "service_reference", "http_delivery_method", "http://127.0.0.1:9/", "incident.triggered", "daily_restriction",
     "23:59:59+14:00", "a@b"]
)  # fmt: skip
VALUES = st.recursive(
    SCALARS | LIKELY,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=5),
    max_leaves=15,
)
DOORS = st.sampled_from(
    [
        ("POST", "/users", "user"),
        ("PUT", "/users/PU00002", "user"),
        ("POST", "/escalation_policies", "escalation_policy"),
        ("PUT", "/escalation_policies/PE00001", "escalation_policy"),
        ("POST", "/services", "service"),
        ("PUT", "/services/PS00001", "service"),
        ("POST", "/services/PS00001/integrations", "integration"),
        ("POST", "/schedules", "schedule"),
        ("POST", "/schedules/PC00001/overrides", "override"),
        ("POST", "/schedules/PC00001/overrides", "overrides"),
        ("PUT", "/schedules/PC00001", "schedule"),
        ("POST", "/maintenance_windows", "maintenance_window"),
        ("POST", "/incidents", "incident"),
        ("PUT", "/incidents", "incidents"),
        ("PUT", "/incidents/Q0000000000001", "incident"),
        ("PUT", "/incidents/Q0000000000001/merge", "source_incidents"),
        ("POST", "/incidents/Q0000000000001/snooze", "duration"),
        ("POST", "/incidents/Q0000000000001/notes", "note"),
        ("PUT", "/incidents/Q0000000000001/alerts/A0000000000001", "alert"),
        ("POST", "/webhook_subscriptions", "webhook_subscription"),
    ]
)
#: What a valid body has, so that what is drawn reaches behind the first missing field.
BASES: dict[str, dict[str, Any]] = {
    "user": {"name": "n", "email": "n@example.com"},
    "escalation_policy": {"name": "p", "escalation_rules": []},
    "service": {"name": "s", "escalation_policy": {"id": "PE00001"}},
    "integration": {"type": "events_api_v2_inbound_integration"},
    "schedule": {"name": "s", "time_zone": "UTC"},
    "override": {"user": {"id": "PU00001"}, "start": "2026-03-01T00:00:00Z", "end": "2026-03-02T00:00:00Z"},
    "maintenance_window": {"start_time": "2026-03-01T00:00:00Z", "end_time": "2026-03-02T00:00:00Z"},
    "incident": {"title": "t", "service": {"id": "PS00001"}},
    "webhook_subscription": {
        "delivery_method": {"type": "http_delivery_method", "url": "http://127.0.0.1:9/"},
        "filter": {"type": "account_reference"},
        "events": ["incident.triggered"],
    },
}


class Kept:
    client: ClassVar[TestClient]


@pytest.fixture(autouse=True)
def _account(pagerduty: Any) -> None:
    service, integration = pagerduty.account()
    assert service["id"] == "PS00001"
    user = {"user": {"id": "PU00001", "type": "user_reference"}}
    start = "2026-03-01T00:00:00Z"
    layer = {"start": start, "rotation_virtual_start": start, "rotation_turn_length_seconds": 86_400, "users": [user]}
    pagerduty.post("/schedules", "schedule", name="s0", time_zone="UTC", schedule_layers=[layer])
    pagerduty.send(integration, "trigger")
    Kept.client = pagerduty.client


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(door=DOORS, drawn=VALUES, fields=st.dictionaries(NAMES, VALUES, max_size=4))
def test_a_body_is_taken_or_refused_with_an_error_body(
    door: tuple[str, str, str], drawn: Any, fields: dict[str, Any]
) -> None:
    method, path, name = door
    entity = BASES.get(name, {}) | fields if method == "POST" else fields or drawn
    headers = {"Authorization": "Token token=abc", "From": "ada@example.com"}
    for body in ({name: entity}, {name: drawn}, drawn):
        response = Kept.client.request(method, path, json=body, headers=headers)
        if response.status_code >= 400:
            assert response.status_code in {400, 404, 413}, response.text
            error = response.json()["error"]
            assert isinstance(error["code"], int)
            assert error["errors"]
    for listing in ("/incidents", "/services", "/schedules", "/escalation_policies", "/oncalls", "/log_entries"):
        assert Kept.client.get(listing, headers=headers).status_code == 200


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    name=st.sampled_from(["since", "until", "limit", "offset", "filter", "statuses[]", "query", "incident_key"]),
    value=st.text(max_size=12) | LIKELY | st.integers(-1, 10**12).map(str),
    path=st.sampled_from(
        ["/incidents", "/oncalls", "/log_entries", "/notifications", "/schedules/PC00001", "/maintenance_windows"]
    ),
)
def test_a_parameter_is_taken_or_refused_with_an_error_body(name: str, value: str, path: str) -> None:
    headers = {"Authorization": "Token token=abc"}
    response = Kept.client.get(path, params={name: value}, headers=headers)
    assert response.status_code in {200, 400}, response.text


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.binary(max_size=40))
@example(data=b"[" * 100_000)
@example(data=b'{"routing_key":' * 20_000)
@example(data=b'{"user": {"name": "\\ud800"}}')
@example(data=b'{"user": {"name": 1e999}}')
def test_bytes_are_refused_everywhere(data: bytes) -> None:
    headers = {"Authorization": "Token token=abc"}
    for path in ("/users", "/v2/enqueue", "/v2/change/enqueue"):
        response = Kept.client.post(path, content=data, headers=headers)
        assert response.status_code == 400
        assert response.json()


@pytest.mark.parametrize("path", ["/v2/enqueue", "/v2/change/enqueue", "/users"])
def test_a_body_that_is_too_large_is_refused(path: str) -> None:
    response = Kept.client.post(path, content=b"x" * 2_000_000, headers={"Authorization": "Token token=abc"})
    assert response.status_code in {400, 413}
    assert "larger than" in response.text
