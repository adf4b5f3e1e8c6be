# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""Spans as Datadog shows them: searched and aggregated through the official client, and counted in trace metrics."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import msgspec
import pytest
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.metrics_api import MetricsApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_options import MonitorOptions
from datadog_api_client.v1.model.monitor_thresholds import MonitorThresholds
from datadog_api_client.v1.model.monitor_type import MonitorType
from datadog_api_client.v2.api.spans_api import SpansApi
from datadog_api_client.v2.model.spans_aggregate_request import SpansAggregateRequest
from datadog_api_client.v2.model.spans_list_request import SpansListRequest
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from datadog_api_client import ApiClient
    from tests.standins.datadog.conftest import Running

Start = Callable[..., Any]
LAST = {"from": "now-2h", "to": "now"}


def span(number: int, **more: Any) -> dict[str, Any]:
    now = int(datetime.now(UTC).timestamp() * 1e9)
    whole = {
        "name": "http.request",
        "service": "api",
        "resource": "GET /leads",
        "trace_id": number,
        "span_id": number,
        "parent_id": 0,
        "start": now - more.get("duration", 20_000_000),
        "duration": 20_000_000,
        "type": "web",
        "error": 0,
        "meta": {"env": "test", "http.status_code": "200", "http.method": "GET"},
        "metrics": {"_sampling_priority_v1": 1, "rows": 5},
    }
    return {**whole, **more}


def deliver(standin: Running, *spans: dict[str, Any]) -> None:
    """Deliver one trace."""
    body = msgspec.msgpack.encode([list(spans)])
    httpx.put(f"{standin.endpoints['datadog_agent']}/v0.4/traces", content=body).raise_for_status()


@pytest.fixture(scope="module")
def client(standin: Running) -> Iterator[ApiClient]:
    failed = {"env": "test", "http.status_code": "500", "http.method": "POST", "version": "1.2"}
    deliver(standin, span(1), span(2, parent_id=1, name="postgres.query", service="api", resource="SELECT 1"))
    deliver(standin, span(3, resource="POST /leads", error=1, duration=900_000_000, meta=failed))
    with standin.client() as client:
        yield client


def search(client: ApiClient, query: str, **more: Any) -> Any:
    data: Any = {"type": "search_request", "attributes": {"filter": {"query": query, **LAST}, **more}}
    return parsed(SpansApi(client).list_spans(SpansListRequest(data=data)))


def test_a_span_is_found_by_what_it_says_and_shown_with_its_attributes_nested(client: ApiClient) -> None:
    (found,) = search(client, "service:api status:error @http.status_code:500 @duration:>800000000").data

    attributes = found.attributes
    assert (attributes.resource_name, attributes.env, attributes.type) == ("POST /leads", "test", "web")
    assert attributes.custom["http"] == {"status_code": "500", "method": "POST"}
    assert attributes.custom["duration"] == 900_000_000
    assert "version:1.2" in attributes.tags
    assert {each.attributes.span_id for each in search(client, "operation_name:http.request").data} == {"1", "3"}
    assert search(client, 'resource_name:"SELECT 1"').data[0].attributes.parent_id == "1"
    assert search(client, "@http.status_code:404").data == []


def test_spans_come_in_pages(client: ApiClient) -> None:
    body: Any = {
        "type": "search_request",
        "attributes": {"filter": {"query": "service:api", **LAST}, "page": {"limit": 2}},
    }
    found = [
        each.attributes.span_id
        for each in SpansApi(client).list_spans_with_pagination(body=SpansListRequest(data=body))
    ]
    assert sorted(found) == ["1", "2", "3"]
    listed = parsed(SpansApi(client).list_spans_get(filter_query="service:api", filter_from="now-2h", page_limit=1))
    assert len(listed.data) == 1
    assert "filter%5Bquery%5D=service%3Aapi" in listed.links.next


def test_spans_are_aggregated_by_facets(client: ApiClient) -> None:
    compute = [{"aggregation": "count"}, {"aggregation": "max", "metric": "@duration"}]
    attributes = {"filter": {"query": "*", **LAST}, "compute": compute, "group_by": [{"facet": "status"}]}
    data: Any = {"type": "aggregate_request", "attributes": attributes}
    buckets = parsed(SpansApi(client).aggregate_spans(SpansAggregateRequest(data=data))).data
    assert {each.attributes.by["status"]: dict(each.attributes.compute) for each in buckets} == {
        "error": {"c0": 1, "c1": 900_000_000},
        "ok": {"c0": 2, "c1": 20_000_000},
    }


def test_a_span_of_time_that_ends_before_it_begins_is_refused_in_the_recorded_words(client: ApiClient) -> None:
    data: Any = {"type": "search_request", "attributes": {"filter": {"query": "*", "from": "now", "to": "now-15m"}}}
    with pytest.raises(ApiException) as caught:
        SpansApi(client).list_spans(SpansListRequest(data=data))
    assert caught.value.status == 422
    assert "'from' should be anterior to 'to'" in caught.value.body["errors"][0]["detail"]


# --- trace metrics ------------------------------------------------------------------------------------


def points(client: ApiClient, standin: Running, query: str) -> list[float]:
    now = int(standin.clock.now().timestamp())
    series = parsed(MetricsApi(client).query_metrics(_from=now - 3000, to=now, query=query)).series
    return [point.value[1] for one in series for point in one.pointlist]


def total(client: ApiClient, standin: Running, query: str) -> float | None:
    found = points(client, standin, query)
    return sum(found) if found else None


def test_entry_spans_make_hits_errors_and_durations_and_inner_spans_do_not(start: Start) -> None:
    with start(60) as standin, standin.client() as client:
        inner = span(12, parent_id=11, name="template.render")
        measured = span(13, parent_id=11, name="cache.get", metrics={"_dd.measured": 1})
        other = span(14, parent_id=11, name="pg.query", service="database")
        deliver(standin, span(11), inner, measured, other)
        deliver(standin, span(15, error=1, duration=2_000_000_000))

        scope = "{env:test,service:api,resource_name:get_/leads}"
        standin.eventually(lambda: total(client, standin, f"sum:trace.http.request.hits{scope}.as_count()") == 2)
        assert total(client, standin, f"sum:trace.http.request.errors{scope}.as_count()") == 1
        assert total(client, standin, f"sum:trace.http.request.duration{scope}.as_count()") == pytest.approx(2.02)
        assert max(points(client, standin, f"p100:trace.http.request{scope}")) == pytest.approx(2.0, rel=0.02)
        assert total(client, standin, "sum:trace.cache.get.hits{*}.as_count()") == 1
        assert total(client, standin, "sum:trace.pg.query.hits{service:database}.as_count()") == 1
        assert total(client, standin, "sum:trace.template.render.hits{*}.as_count()") is None


def test_a_monitor_of_trace_analytics_fires(start: Start) -> None:
    with start(600) as standin, standin.client() as client:
        query = 'trace-analytics("service:api status:error").index("trace-search").rollup("count").last("5m") > 2'
        options = MonitorOptions(thresholds=MonitorThresholds(critical=2.0))
        body = Monitor(
            type=MonitorType("trace-analytics alert"), name="errors", query=query, message="@ops", options=options
        )
        number = MonitorsApi(client).create_monitor(body).id

        def fires() -> bool:
            deliver(standin, span(21, error=1), span(22, error=1))
            return bool(MonitorsApi(client).get_monitor(number).overall_state.value == "Alert")

        standin.eventually(fires)


def test_a_span_with_a_number_that_has_no_name_is_found_as_others_are(start: Start) -> None:
    with start(60) as standin, standin.client() as client:
        deliver(standin, span(9, metrics={"": 1, "_own": 2, "rows": 5}))
        (found,) = search(client, "service:api").data
    assert found.attributes.custom["rows"] == 5
    assert "_own" not in found.attributes.custom


def test_spans_that_claim_to_begin_beyond_the_calendar_are_found_beside_others(start: Start) -> None:
    with start(60) as standin, standin.client() as client:
        now = int(datetime.now(UTC).timestamp() * 1e9)
        early, late = span(2, start=0, duration=now), span(3, start=2**63 - 1, duration=now - 2**63 + 1)
        deliver(standin, span(1), early, late)
        found = {each.attributes.span_id: each.attributes for each in search(client, "service:api").data}
    assert set(found) == {"1", "2", "3"}
    assert (found["2"].start_timestamp.year, found["3"].start_timestamp.year) == (1, 9999)
