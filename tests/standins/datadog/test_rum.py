# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
"""RUM events and browser logs as the SDK sends them, from a page of another origin; searched by the official client."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client.v2.api.logs_api import LogsApi
from datadog_api_client.v2.api.rum_api import RUMApi
from datadog_api_client.v2.model.rum_aggregate_request import RUMAggregateRequest
from datadog_api_client.v2.model.rum_search_events_request import RUMSearchEventsRequest
from tests.standins.datadog.official import parsed

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

ASKED = "ddsource=browser&dd-api-key=pub123&dd-evp-origin=browser&ddtags=env%3Atest%2Cversion%3A1.2"


def send(standin: Running, path: str, *events: dict[str, Any], query: str = ASKED) -> httpx.Response:
    body = "\n".join(map(json.dumps, events))
    headers = {"Origin": "https://crm.example", "Content-Type": "text/plain;charset=UTF-8"}
    return httpx.post(f"{standin.endpoints['datadog']}{path}?{query}", headers=headers, content=body)


def view(name: str, version: int, **more: Any) -> dict[str, Any]:
    return {
        "type": "view",
        "date": int(datetime.now(UTC).timestamp() * 1000),
        "service": "m3core-web",
        "session": {"id": "s-1", "type": "user"},
        "view": {"id": name, "url_path": "/leads", **more},
        "_dd": {"document_version": version},
    }


def search(standin: Running, query: str) -> list[Any]:
    with standin.client() as client:
        body: Any = {"filter": {"query": query, "from": "now-2h", "to": "2027-01-01T00:00:00Z"}}
        return list(parsed(RUMApi(client).search_rum_events(RUMSearchEventsRequest(**body))).data)


def test_a_view_that_is_sent_again_is_one_event_with_what_came_last(standin: Running) -> None:
    send(standin, "/api/v2/rum", view("v-1", 1, loading_time=None), view("v-1", 3, loading_time=3_000_000))
    answer = send(standin, "/api/v2/rum", view("v-1", 2, loading_time=1))
    assert answer.status_code == 202
    assert answer.headers["access-control-allow-origin"] == "*"

    (found,) = search(standin, "@type:view @session.type:user @view.id:v-1 env:test service:m3core-web")
    assert found.attributes.attributes["view"]["loading_time"] == 3_000_000
    assert found.attributes.tags == ["env:test", "service:m3core-web", "version:1.2"]


def test_an_address_is_found_by_its_parts_and_one_that_is_none_is_kept(standin: Running) -> None:
    send(standin, "/api/v2/rum", view("u-1", 1, url_path=None, url="https://crm.example/leads/7f3/edit?tab=notes#top"))
    send(standin, "/api/v2/rum", view("u-2", 1, url_path=None, url="http://[::1"))
    query = "@view.url_host:crm.example @view.url_path_group:/leads/?/edit @view.url_query.tab:notes"
    (found,) = search(standin, f"@view.id:u-1 {query}".replace("/?/", "/\\?/"))
    assert found.attributes.attributes["view"]["url_scheme"] == "https"
    (odd,) = search(standin, "@view.id:u-2")
    assert odd.attributes.attributes["view"]["url"] == "http://[::1"


def test_rum_events_are_aggregated_by_facets(standin: Running) -> None:
    for number in range(4):
        send(standin, "/api/v2/rum", view(f"a-{number}", 1, url_path=f"/a/{number % 2}", time_spent=number))
    with standin.client() as client:
        asked: Any = {
            "filter": {"query": "@view.url_path:/a/*", "from": "now-2h", "to": "2027-01-01T00:00:00Z"},
            "compute": [{"aggregation": "sum", "metric": "@view.time_spent", "type": "total"}],
            "group_by": [{"facet": "@view.url_path", "limit": 10, "total": False}],
        }
        buckets = parsed(RUMApi(client).aggregate_rum_events(RUMAggregateRequest(**asked))).data.buckets
    assert [(each.by["@view.url_path"], each.computes["c0"]) for each in buckets] == [("/a/0", 2), ("/a/1", 4)]


def test_a_log_of_the_browser_is_a_log_like_any_other(standin: Running) -> None:
    logs = [{"message": f"click {number}", "status": "error", "service": "m3core-web"} for number in (1, 2)]
    assert send(standin, "/api/v2/logs", *logs).status_code == 202
    with standin.client() as client:
        found = LogsApi(client).list_logs_get(filter_query="source:browser status:error env:test")
    assert sorted(each.attributes.message for each in found.data) == ["click 1", "click 2"]


def test_only_what_browsers_send_to_is_open_to_pages_of_other_origins(standin: Running) -> None:
    address, origin = standin.endpoints["datadog"], {"Origin": "https://crm.example"}
    asks = {**origin, "Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "dd-api-key"}
    allowed = httpx.options(f"{address}/api/v2/rum", headers=asks)
    assert (allowed.status_code, allowed.headers["access-control-allow-origin"]) == (200, "*")
    for path in ("/api/v1/monitor", "/api/v2/downtime"):
        answer = httpx.options(f"{address}{path}", headers={**asks, "DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"})
        assert "access-control-allow-origin" not in answer.headers


@pytest.mark.parametrize(
    ("query", "body", "status"), [("ddsource=browser", "{}", 403), (ASKED, "{", 400), (ASKED, "1", 400)]
)
def test_what_is_no_event_or_has_no_key_is_refused(standin: Running, query: str, body: str, status: int) -> None:
    answer = httpx.post(f"{standin.endpoints['datadog']}/api/v2/rum?{query}", content=body)
    assert answer.status_code == status
    assert answer.json()["errors"]
