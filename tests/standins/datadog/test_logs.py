# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Logs through the official client: taken in every encoding, preprocessed, searched in pages, aggregated."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.logs_api import LogsApi as OldLogsApi
from datadog_api_client.v1.model.logs_list_request import LogsListRequest as OldLogsListRequest
from datadog_api_client.v1.model.logs_list_request_time import LogsListRequestTime
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.model.content_encoding import ContentEncoding
from datadog_api_client.v2.model.http_log import HTTPLog
from datadog_api_client.v2.model.http_log_item import HTTPLogItem
from datadog_api_client.v2.model.logs_aggregate_request import LogsAggregateRequest
from datadog_api_client.v2.model.logs_list_request import LogsListRequest
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
LAST = {"from": "now-2h", "to": "now"}


@pytest.fixture(scope="module")
def client(standin: Running) -> Iterator[ApiClient]:
    with standin.client() as client:
        yield client


def send(client: ApiClient, *items: dict[str, Any], **more: Any) -> None:
    LogsApi(client).submit_log(HTTPLog([HTTPLogItem(**item) for item in items]), **more)


def search(client: ApiClient, query: str, **more: Any) -> Any:
    body: Any = {"filter": {"query": query, **LAST}, **more}
    return parsed(LogsApi(client).list_logs(body=LogsListRequest(**body)))


def messages(client: ApiClient, query: str) -> list[str]:
    return [str(each.attributes.message) for each in search(client, query, page={"limit": 1000}, sort="timestamp").data]


@pytest.mark.parametrize("encoding", [None, "gzip", "deflate"])
def test_a_log_is_taken_in_each_encoding_and_found_by_all_that_it_says(client: ApiClient, encoding: str | None) -> None:
    name = f"taken-{encoding}"
    more = {"content_encoding": ContentEncoding(encoding)} if encoding else {}
    item = {"message": "no route to host", "ddsource": "nginx", "hostname": "web-1", "service": name}
    send(client, {**item, "ddtags": "env:Prod,team:crm"}, ddtags="region:eu", **more)

    (found,) = search(client, f"service:{name} source:nginx host:web-1 env:prod region:eu route").data
    assert found.type.value == "log"
    attributes = found.attributes
    assert (attributes.message, attributes.service, attributes.host) == ("no route to host", name, "web-1")
    assert attributes.status == "info"
    assert attributes.tags == ["env:prod", "region:eu", "source:nginx", "team:crm"]


def test_a_message_of_json_gives_attributes_a_status_and_a_time(client: ApiClient, standin: Running) -> None:
    inner = {
        "msg": "payment failed",
        "level": "ERROR",
        "timestamp": (datetime.now(UTC) - timedelta(seconds=30)).isoformat(),
        "http": {"status_code": 502, "method": "POST"},
        "tries": [3, 4],
    }
    send(client, {"message": json.dumps(inner), "service": "json"})

    (found,) = search(client, "service:json status:error @http.status_code:>=500 @tries:3").data
    attributes = found.attributes
    assert attributes.message == "payment failed"
    assert attributes.attributes["http"]["status_code"] == 502
    ago = standin.clock.now() - attributes.timestamp
    assert timedelta(minutes=29) < ago < timedelta(minutes=40), "half a minute ago at factor 60"
    assert search(client, "service:json @http.status_code:<500").data == []


@pytest.mark.parametrize(
    ("given", "status"),
    [
        ("warning", "warn"),
        ("Fatal", "emergency"),
        (4, "warn"),
        ("7", "debug"),
        ("OK", "ok"),
        ("?", "info"),
        (99, "info"),
    ],
)
def test_a_status_is_named_as_datadog_names_it(client: ApiClient, standin: Running, given: object, status: str) -> None:
    name = f"status-{given}".replace("?", "unknown")
    body = [{"message": "m", "service": name, "level": given}]
    httpx.post(f"{standin.endpoints['datadog']}/api/v2/logs", headers=KEYS, json=body).raise_for_status()
    (found,) = search(client, f"service:{name}").data
    assert found.attributes.status == status


def test_a_log_of_another_day_is_dropped_and_counted(client: ApiClient, standin: Running) -> None:
    before = standin.control("health")["dropped_logs"]
    for hours in (-17, -19, 1, 3):
        at = (datetime.now(UTC) + timedelta(hours=hours)).isoformat()
        send(client, {"message": json.dumps({"message": f"{hours}", "date": at}), "service": "old"})
    body: Any = {"filter": {"query": "service:old", "from": "now-60d", "to": "2027-01-01T00:00:00Z"}}
    found = LogsApi(client).list_logs(body=LogsListRequest(**body)).data
    assert [each.attributes.message for each in found] == ["1", "-17"]
    assert standin.control("health")["dropped_logs"] == before + 2


def test_pages_hold_each_log_once_in_either_order(client: ApiClient) -> None:
    wanted = [f"page {number}" for number in range(7)]
    for message in wanted:
        send(client, {"message": message, "service": "pages"})
    for sort, expected in (("timestamp", wanted), ("-timestamp", wanted[::-1])):
        body: Any = {"filter": {"query": "service:pages", **LAST}, "sort": sort, "page": {"limit": 3}}
        found = [
            each.attributes.message for each in LogsApi(client).list_logs_with_pagination(body=LogsListRequest(**body))
        ]
        assert found == expected


def test_the_link_to_the_next_page_leads_there(client: ApiClient) -> None:
    for number in range(3):
        send(client, {"message": f"link {number}", "service": "links"})
    first = search(client, "service:links", page={"limit": 2}, sort="timestamp")
    second = httpx.get(first.links.next, headers=KEYS).raise_for_status().json()
    assert [each["attributes"]["message"] for each in second["data"]] == ["link 2"]
    assert "links" not in second


def test_the_search_knows_booleans_wildcards_and_ranges(client: ApiClient) -> None:
    for number, level in enumerate(("info", "warn", "error")):
        item = {"message": json.dumps({"message": f"b{number} x", "n": number, "level": level}), "service": "bool"}
        send(client, item)
    assert messages(client, "service:bool AND (status:warn OR status:error)") == ["b1 x", "b2 x"]
    assert messages(client, "service:bool -status:error") == ["b0 x", "b1 x"]
    assert messages(client, "service:bo* @n:[1 TO 2]") == ["b1 x", "b2 x"]
    assert messages(client, 'service:bool "b0 x"') == ["b0 x"]
    with pytest.raises(ApiException, match="Query parsing error"):
        search(client, "service:(")


def test_version_1_lists_the_same_logs(client: ApiClient, standin: Running) -> None:
    for number in range(3):
        send(client, {"message": f"old {number}", "service": "v1"})
    now = standin.clock.now()
    span = LogsListRequestTime(_from=now - timedelta(hours=1), to=now + timedelta(minutes=5))

    def page(**more: Any) -> Any:
        body = OldLogsListRequest(query="service:v1", time=span, limit=2, **more)
        return parsed(OldLogsApi(client).list_logs(body))

    first = page()
    assert [each.content.message for each in first.logs] == ["old 2", "old 1"]
    second = page(start_at=first.next_log_id)
    assert [each.content.message for each in second.logs] == ["old 0"]
    assert second.next_log_id is None


# --- aggregates ---------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def measured(client: ApiClient) -> ApiClient:
    """Two endpoints: three fast requests of the first, two of the second, one of these slow and failed."""
    for endpoint, took, status in (
        ("/a", 10, 200),
        ("/a", 20, 200),
        ("/a", 30, 200),
        ("/b", 40, 200),
        ("/b", 900, 500),
    ):
        inner = {"endpoint": endpoint, "took": took, "code": status}
        send(client, {"message": json.dumps(inner), "service": "measured"})
    return client


def aggregate(client: ApiClient, **asked: Any) -> list[tuple[dict[str, str], dict[str, Any]]]:
    body: Any = {"filter": {"query": "service:measured", **LAST}, **asked}
    answer = parsed(LogsApi(client).aggregate_logs(LogsAggregateRequest(**body)))
    return [
        (bucket.by, {name: getattr(value, "value", value) for name, value in bucket.computes.items()})
        for bucket in answer.data.buckets
    ]


def test_aggregates_count_and_measure_in_all(measured: ApiClient) -> None:
    computes = [
        {"aggregation": "count", "type": "total"},
        *(
            {"aggregation": how, "metric": "@took", "type": "total"}
            for how in ("sum", "avg", "max", "pc90", "cardinality")
        ),
    ]
    ((by, values),) = aggregate(measured, compute=computes)
    assert by == {}
    assert [values[f"c{number}"] for number in (0, 1, 2, 3, 5)] == [5, 1000, 200, 900, 5]
    assert values["c4"] == 40, "the lower of the two values at nine tenths, as DDSketch ranks"


def test_aggregates_by_a_facet_are_sorted_and_limited(measured: ApiClient) -> None:
    by_worst = {
        "facet": "@endpoint",
        "sort": {"type": "measure", "aggregation": "max", "metric": "@took", "order": "desc"},
    }
    found = aggregate(measured, group_by=[by_worst])
    assert found == [({"@endpoint": "/b"}, {"c0": 2}), ({"@endpoint": "/a"}, {"c0": 3})]
    assert aggregate(measured, group_by=[{**by_worst, "limit": 1}]) == found[:1]
    missing = aggregate(measured, group_by=[{"facet": "@nothing", "missing": "none"}])
    assert missing == [({"@nothing": "none"}, {"c0": 5})]
    assert aggregate(measured, group_by=[{"facet": "@nothing"}]) == []


def test_aggregates_over_time_leave_empty_intervals_out(measured: ApiClient) -> None:
    ((_, values),) = aggregate(measured, compute=[{"aggregation": "count", "type": "timeseries", "interval": "1d"}])
    (point,) = values["c0"]
    assert (point.time, point.value) == ("2026-03-01T00:00:00.000Z", 5)


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ({"compute": [{"aggregation": "middle", "metric": "@took"}]}, "middle"),
        ({"compute": [{"aggregation": "count", "type": "timeseries", "interval": "soon"}]}, "'soon'"),
        ({"compute": [{"aggregation": "count", "type": "timeseries", "interval": "1ms"}]}, "'1ms'"),
        ({"compute": [{"aggregation": "count", "type": "timeseries", "interval": "10"}]}, "more than 10000"),
        ({"group_by": [{"facet": "@took", "histogram": {"interval": 1, "min": 0, "max": 9}}]}, "not modelled"),
        ({"filter": {"query": "a:(", **LAST}}, "Query parsing error"),
        ({"filter": {"from": "now", "to": "now-1h"}}, "is before 'from'"),
        ({"filter": {"from": "yesterday"}}, "not a time"),
    ],
)
def test_an_aggregation_that_cannot_be_made_is_refused(asked: dict[str, Any], said: str, standin: Running) -> None:
    url = f"{standin.endpoints['datadog']}/api/v2/logs/analytics/aggregate"
    answer = httpx.post(url, headers=KEYS, json={"filter": LAST, **asked})
    assert answer.status_code == 400, answer.text
    assert said in answer.json()["errors"][0]


@pytest.mark.parametrize(
    ("body", "status"), [(b"{", 400), (b"[1]", 400), (b'"text"', 400), (json.dumps([{}] * 1001).encode(), 413)]
)
def test_what_is_no_log_is_refused(body: bytes, status: int, standin: Running) -> None:
    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v2/logs", headers=KEYS, content=body)
    assert answer.status_code == status
    assert answer.json()["errors"]
