# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client.exceptions import ApiException, ForbiddenException, NotFoundException
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.api.pager_duty_integration_api import PagerDutyIntegrationApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v1.model.monitor_update_request import MonitorUpdateRequest
from datadog_api_client.v1.model.pager_duty_service import PagerDutyService
from datadog_api_client.v1.model.pager_duty_service_key import PagerDutyServiceKey

if TYPE_CHECKING:
    from collections.abc import Iterator

    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
QUERY = "avg(last_5m):avg:queue.depth{env:test} by {queue} > 10000"


@pytest.fixture
def client(standin: Running) -> Iterator[ApiClient]:
    with standin.client() as client:
        yield client


def monitor(name: str = "queue depth", query: str = QUERY, **more: Any) -> Monitor:
    return Monitor(
        name=name,
        type=MonitorType.METRIC_ALERT,
        query=query,
        message="too deep @pagerduty-m3core-api",
        tags=["team:crm", f"name:{name.replace(' ', '-')}"],
        options=MonitorOptions(thresholds=MonitorThresholds(critical=10000)),
        **more,
    )


def test_a_key_is_valid(client: ApiClient) -> None:
    assert AuthenticationApi(client).validate().valid


def test_without_an_api_key_everything_is_refused_in_the_recorded_words(standin: Running) -> None:
    answer = httpx.get(f"{standin.endpoints['datadog']}/api/v1/monitor")
    assert (answer.status_code, answer.json()) == (403, {"errors": ["API key required"]})


def test_without_an_application_key_what_is_managed_is_refused_and_intake_is_not(standin: Running) -> None:
    url, key = standin.endpoints["datadog"], {"DD-API-KEY": "k"}
    assert httpx.get(f"{url}/api/v1/monitor", headers=key).json() == {"errors": ["Forbidden"]}
    assert httpx.get(f"{url}/api/v1/validate", headers=key).json() == {"valid": True}


def test_the_official_client_without_an_api_key_is_forbidden(standin: Running) -> None:
    with standin.client() as client:
        client.default_headers["DD-API-KEY"] = ""
        client.configuration.api_key.clear()
        with pytest.raises(ForbiddenException):
            AuthenticationApi(client).validate()


def test_a_created_monitor_comes_back_with_the_servers_fields_and_defaults(client: ApiClient) -> None:
    made = MonitorsApi(client).create_monitor(monitor())
    assert not made._unparsed
    assert (made.name, made.query, str(made.overall_state)) == ("queue depth", QUERY, "No Data")
    assert made.multi is True
    assert str(made.type) == "query alert"
    assert made.deleted is None
    assert made.created.year == 2026  # stack time
    options = made.options
    assert (options.notify_no_data, options.include_tags, options.new_host_delay) == (False, True, 300)
    assert options.thresholds.critical == 10000.0
    assert isinstance(options.thresholds.critical, float)


def test_monitors_have_ids_of_their_own_and_are_found_by_id_name_and_tag(client: ApiClient) -> None:
    api = MonitorsApi(client)
    first, second = api.create_monitor(monitor("alpha one")), api.create_monitor(monitor("alpha two"))
    assert first.id != second.id
    assert api.get_monitor(first.id).name == "alpha one"
    assert [found.id for found in api.list_monitors(name="alpha")] == [first.id, second.id]
    assert [found.id for found in api.list_monitors(monitor_tags="team:crm,name:alpha-two")] == [second.id]
    assert [found.id for found in api.list_monitors(name="alpha", page=1, page_size=1)] == [second.id]
    assert not any(found._unparsed for found in api.list_monitors())


def test_an_update_changes_what_it_names_and_keeps_the_rest(client: ApiClient) -> None:
    api = MonitorsApi(client)
    made = api.create_monitor(monitor("renamed"))
    changed = api.update_monitor(made.id, MonitorUpdateRequest(name="new name"))
    assert (changed.name, changed.query, changed.message) == ("new name", QUERY, made.message)
    assert api.get_monitor(made.id).name == "new name"


def test_a_deleted_monitor_is_gone(client: ApiClient) -> None:
    api = MonitorsApi(client)
    made = api.create_monitor(monitor("gone"))
    assert api.check_can_delete_monitor([made.id]).data.ok == [made.id]
    assert api.delete_monitor(made.id).deleted_monitor_id == made.id
    with pytest.raises(NotFoundException, match="Monitor not found"):
        api.get_monitor(made.id)
    with pytest.raises(NotFoundException, match="Monitor not found"):
        api.delete_monitor(made.id)


def test_a_threshold_that_is_not_the_querys_is_refused_on_create_and_validate(client: ApiClient) -> None:
    api = MonitorsApi(client)
    wrong = monitor(query=QUERY.replace("10000", "9000"))
    with pytest.raises(ApiException, match=r"Alert threshold .* does not match that used in the query"):
        api.create_monitor(wrong)
    with pytest.raises(ApiException, match=r"Alert threshold .* does not match"):
        api.validate_monitor(wrong)
    api.validate_monitor(monitor())
    made = api.create_monitor(monitor("validated"))
    with pytest.raises(ApiException, match=r"Alert threshold .* does not match"):
        api.validate_existing_monitor(made.id, wrong)


def test_a_monitor_that_cannot_be_evaluated_is_refused_by_name(client: ApiClient) -> None:
    query = "avg(last_5m):anomalies(avg:queue.depth{env:test}, 'basic', 2) >= 1"
    options = MonitorOptions(thresholds=MonitorThresholds(critical=1))
    with pytest.raises(ApiException, match="anomalies"):
        MonitorsApi(client).create_monitor(Monitor(type=MonitorType.QUERY_ALERT, query=query, options=options))


def test_a_refused_update_leaves_the_monitor_as_it_was(client: ApiClient) -> None:
    api = MonitorsApi(client)
    made = api.create_monitor(monitor("firm"))
    with pytest.raises(ApiException):
        api.update_monitor(made.id, MonitorUpdateRequest(query="nonsense"))
    assert api.get_monitor(made.id).query == QUERY


@pytest.mark.parametrize(
    "changes",
    [
        {"query": QUERY.replace("last_5m", "last_99999999999d")},
        {"options": {"evaluation_delay": 10**12}},
        {"options": {"timeout_h": 10**12}},
        {"options": {"no_data_timeframe": 10**15, "notify_no_data": True}},
        {"options": {"thresholds": {"critical": 10000, "foo": "bar"}}},
        {"options": {"thresholds": {"critical": 10000, "foo": ["bar"]}}},
    ],
)
def test_a_number_beyond_every_calendar_and_a_threshold_that_is_none_are_400(
    standin: Running, changes: dict[str, Any]
) -> None:
    body = {"type": "query alert", "query": QUERY} | changes
    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v1/monitor", headers=KEYS, json=body)
    assert answer.status_code == 400, answer.text
    assert answer.json()["errors"]


@pytest.mark.parametrize("parameter", ["page=-1", "page_size=-1", "id_offset=-1"])
def test_a_page_before_the_first_is_refused(standin: Running, parameter: str) -> None:
    answer = httpx.get(f"{standin.endpoints['datadog']}/api/v1/monitor?{parameter}", headers=KEYS)
    assert answer.status_code == 400
    assert "0 or more" in answer.json()["errors"][0]


def test_search_finds_by_status_tag_and_words_and_counts_them(client: ApiClient) -> None:
    api = MonitorsApi(client)
    made = api.create_monitor(monitor("sought after"))
    found = api.search_monitors(query='sought status:"no data" tag:"team:crm"')
    assert not found._unparsed
    assert [row.id for row in found.monitors] == [made.id]
    assert not found.monitors[0]._unparsed
    assert found.metadata.total_count == 1
    assert found.counts.status.value[0].to_dict() == {"name": "No Data", "count": 1}
    assert found.monitors[0].metrics == ["queue.depth"]
    with pytest.raises(ApiException, match="'bad' is not a valid monitor status"):
        api.search_monitors(query="status:bad")


def test_wrong_group_states_are_refused_in_the_recorded_words(client: ApiClient) -> None:
    made = MonitorsApi(client).create_monitor(monitor("states"))
    with pytest.raises(ApiException, match=r"Invalid group_state filters\."):
        MonitorsApi(client).get_monitor(made.id, group_states="wild")


def test_rate_limits_are_told_where_there_are_any(standin: Running) -> None:
    keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
    url = standin.endpoints["datadog"]
    managed = httpx.get(f"{url}/api/v1/monitor", headers=keys).headers
    assert int(managed["X-RateLimit-Remaining"]) < int(managed["X-RateLimit-Limit"])
    assert 1 <= int(managed["X-RateLimit-Reset"]) <= int(managed["X-RateLimit-Period"])
    assert "X-RateLimit-Limit" not in httpx.get(f"{url}/api/v1/validate", headers=keys).headers


def test_an_unknown_route_is_a_404_and_is_kept(standin: Running) -> None:
    keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v1/notebooks?page=1", headers=keys, content=b"{}")
    assert answer.status_code == 404
    assert "/api/v1/notebooks" in answer.json()["errors"][0]
    kept = standin.control("unknown")["requests"]
    assert {"method": "POST", "path": "/api/v1/notebooks", "query": "page=1", "body": "{}"} in kept


def test_pagerduty_services_are_kept_by_name_and_never_show_their_key(client: ApiClient) -> None:
    api = PagerDutyIntegrationApi(client)
    name = "M3 Core"
    assert (
        api.create_pager_duty_integration_service(
            PagerDutyService(service_name=name, service_key="routing-key-1")
        ).service_name
        == name
    )
    with pytest.raises(ApiException, match="already"):
        api.create_pager_duty_integration_service(PagerDutyService(service_name=name, service_key="routing-key-2"))
    assert api.get_pager_duty_integration_service(name).service_name == name
    api.update_pager_duty_integration_service(name, PagerDutyServiceKey(service_key="routing-key-3"))
    with pytest.raises(ApiException) as caught:
        api.update_pager_duty_integration_service(name, PagerDutyServiceKey(service_key=""))
    assert (caught.value.status, caught.value.body["errors"]) == (400, ["service_key must not be empty"])
    api.delete_pager_duty_integration_service(name)
    with pytest.raises(NotFoundException):
        api.get_pager_duty_integration_service(name)
