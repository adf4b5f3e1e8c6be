# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import httpx
import pytest
from datadog_api_client.exceptions import ApiException, NotFoundException
from datadog_api_client.v1.api.events_api import EventsApi as OldEventsApi
from datadog_api_client.v1.model.event_alert_type import EventAlertType
from datadog_api_client.v1.model.event_create_request import EventCreateRequest
from datadog_api_client.v2.api.events_api import EventsApi
from datadog_api_client.v2.model.event_create_request_payload import EventCreateRequestPayload
from datadog_api_client.v2.model.events_list_request import EventsListRequest
from datadog_api_client.v2.model.events_sort import EventsSort
from tests.standins.datadog.official import parsed

from alertproof.standins.datadog.agent.datagram import Event
from alertproof.standins.datadog.eventplatform.event_stream import EventRecords
from alertproof.standins.datadog.eventplatform.events import EventLog
from alertproof.standins.datadog.eventplatform.search import Filter, found, when
from alertproof.standins.datadog.eventplatform.store import RecordLog
from alertproof.standins.datadog.metrics.naming import tag_set
from alertproof.standins.datadog.wire import ApiError

if TYPE_CHECKING:
    from tests.standins.datadog.conftest import Running

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
KEYS = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}


def log_of(count: int) -> EventLog:
    log = EventLog()
    for number in range(count):
        tags = tag_set(["env:test", f"number:{number}"])
        log.sent(Event(title=f"event {number}", text="It happened", source="ci", tags=tags), NOW.timestamp() + number)
    return log


def found_in(log: EventLog, query: str) -> list[str]:
    records = RecordLog()
    records.made_of("events", EventRecords(log))
    wanted = Filter(query=query, from_=NOW.isoformat(), to=(NOW + timedelta(seconds=2)).isoformat())
    return [str(int(kept.record.text.split()[1]) + 1) for kept in found(records, "events", wanted, NOW)]


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("*", "123"),
        ("", "123"),
        ("number:1", "2"),
        ("env:test number:1", "2"),
        ("number:0 OR number:2", "13"),
        ("env:test -number:1", "13"),
        ("number:*", "123"),
        ("env:prod", ""),
        ("happened", "123"),
        ('"event 2"', "3"),
        ("source:ci", "123"),
        ("source:alert", ""),
        ("status:info", "123"),
        ("@evt.name:event*", "123"),
        ("@monitor.id:1", ""),
    ],
)
def test_events_are_searched_as_records_are(query: str, numbers: str) -> None:
    assert found_in(log_of(3), query) == list(numbers)


@pytest.mark.parametrize("query", ["(env:test", "env:", "a OR"])
def test_a_search_that_cannot_be_read_is_refused(query: str) -> None:
    with pytest.raises(ApiError, match="Query parsing error"):
        found_in(log_of(3), query)


def test_both_ends_of_the_span_are_searched() -> None:
    log = log_of(3)
    assert [kept.title for kept in log.between(NOW, NOW + timedelta(seconds=1))] == ["event 0", "event 1"]
    assert [kept.title for kept in log.between(NOW + timedelta(seconds=2), NOW + timedelta(days=1))] == ["event 2"]


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("now", NOW),
        ("now-15m", NOW - timedelta(minutes=15)),
        ("now-2d", NOW - timedelta(days=2)),
        ("2026-03-01T11:00:00Z", NOW - timedelta(hours=1)),
        ("2026-03-01T11:00:00", NOW - timedelta(hours=1)),
        ("2026-03-01T12:00:00+01:00", NOW - timedelta(hours=1)),
        (str(int(NOW.timestamp() * 1000)), NOW),
    ],
)
def test_a_time_is_relative_iso_or_milliseconds(text: str, at: datetime) -> None:
    assert when(text, NOW) == at


@pytest.mark.parametrize("text", ["yesterday", "now-15", "now+1h", "", "9" * 30, "now-99999999999w"])
def test_another_time_is_refused(text: str) -> None:
    with pytest.raises(ApiError, match="not a time"):
        when(text, NOW)


def test_the_official_client_pages_through_the_list_in_both_orders(standin: Running) -> None:
    lines = [f"_e{{6,4}}:paged{number}|text|#for:paging|d:{real}" for number, real in enumerate(_instants(standin))]
    standin.send(*lines)
    standin.eventually(lambda: len(_titles(standin, "timestamp")) == 5)
    assert _titles(standin, "timestamp") == [f"paged{number}" for number in range(5)]
    assert _titles(standin, "-timestamp") == [f"paged{number}" for number in reversed(range(5))]


def _instants(standin: Running) -> list[int]:
    real = int(standin.clock.anchor.to_real(standin.clock.now()).timestamp())
    return [real - 5 + number for number in range(5)]


def _titles(standin: Running, sort: str) -> list[str]:
    with standin.client() as client:
        from_ = (standin.clock.now() - timedelta(hours=1)).isoformat()
        found = EventsApi(client).list_events_with_pagination(
            filter_query="for:paging", filter_from=from_, filter_to="now", sort=EventsSort(sort), page_limit=2
        )
        return [event.attributes.attributes.title for event in found]


@pytest.mark.parametrize(
    ("path", "reason"),
    [
        ("/api/v2/events?page[limit]=0", "page limit must be 1 to 1000"),
        ("/api/v2/events?page[limit]=1001", "page limit must be 1 to 1000"),
        ("/api/v2/events?page[cursor]=x", "Invalid cursor"),
        ("/api/v2/events?sort=title", "sort"),
        ("/api/v2/events?filter[from]=dawn", "not a time"),
        ("/api/v1/events?start=1", "'end' must be a whole number"),
        ("/api/v1/events?start=1&end=1000000000000000", "'end' must be epoch seconds"),
        ("/api/v2/events?filter[from]=now-99999999999w", "not a time"),
    ],
)
def test_wrong_parameters_are_refused(standin: Running, path: str, reason: str) -> None:
    answer = httpx.get(standin.endpoints["datadog"] + path, headers=KEYS)
    assert answer.status_code == 400
    assert reason in answer.json()["errors"][0]


# --- creating -----------------------------------------------------------------------------------------


def test_an_event_of_version_1_is_created_read_and_found_in_both_versions(standin: Running) -> None:
    with standin.client() as client:
        old, new = OldEventsApi(client), EventsApi(client)
        request = EventCreateRequest(
            title="Deployed", text="1.4.2 is out", tags=["made:v1", "env:Test"], alert_type=EventAlertType.SUCCESS
        )
        made = parsed(old.create_event(request))
        assert (made.status, made.event.title, made.event.tags) == ("ok", "Deployed", ["env:test", "made:v1"])

        for number in (made.event.id, int(made.event.id_str)):
            assert parsed(old.get_event(number)).event.text == "1.4.2 is out"
        body: Any = {"filter": {"query": "made:v1 status:success", "from": "now-1h", "to": "now"}}
        (seen,) = parsed(new.search_events(body=EventsListRequest(**body))).data
        assert (seen.id, seen.attributes.message) == (made.event.id_str, "1.4.2 is out")
        with pytest.raises(NotFoundException):
            old.get_event(1)


def test_a_change_is_created_and_read_through_version_2(standin: Running) -> None:
    with standin.client() as client:
        api = EventsApi(client)

        def change(category: str) -> Any:
            attributes = {"changed_resource": {"name": "fallback_payments", "type": "feature_flag"}}
            event = {"title": "Flag on", "category": category, "attributes": attributes, "tags": ["made:v2"]}
            data: Any = {"type": "event", "attributes": event}
            return EventCreateRequestPayload(data=data)

        made = parsed(api.create_event(change("change")))
        name = made.data.attributes.attributes.evt.id
        assert parsed(api.get_event(name)).data.attributes.message == ""
        found_ids = [each.id for each in api.list_events(filter_query="@changed_resource.type:feature_flag").data]
        assert found_ids == [name]
        client.configuration.check_input_type = False
        with pytest.raises(ApiException) as caught:
            api.create_event(change("invalid"))
        assert caught.value.status == 400
        assert "value must be one of" in caught.value.body["errors"][0]["detail"]


def test_an_event_of_long_ago_is_refused_in_the_recorded_words(standin: Running) -> None:
    with standin.client() as client, pytest.raises(ApiException) as caught:
        OldEventsApi(client).create_event(EventCreateRequest(title="t", text="t", date_happened=1))
    assert caught.value.body["errors"] == ["Event too far in the past"]


def test_creating_wants_one_key_and_listing_two(standin: Running) -> None:
    address, key = f"{standin.endpoints['datadog']}/api/v1/events", {"DD-API-KEY": "k"}
    assert httpx.post(address, headers=key, json={"title": "t", "text": "t"}).status_code == 202
    assert httpx.get(f"{address}?start=1&end=2", headers=key).status_code == 403


@pytest.mark.parametrize("path", ["/api/v1/events", "/api/v2/events"])
def test_an_instant_beyond_the_stacks_calendar_is_refused_in_words(path: str, standin: Running) -> None:
    old = {"title": "t", "text": "x", "date_happened": 253_000_000_000}
    attributes = {"title": "t", "category": "alert", "attributes": {}, "timestamp": "9990-01-01T00:00:00Z"}
    body = old if "v1" in path else {"data": {"type": "event", "attributes": attributes}}
    headers = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
    answer = httpx.post(standin.endpoints["datadog"] + path, json=body, headers=headers)
    assert answer.status_code == 400
    assert "calendar" in answer.json()["errors"][0]


def test_events_of_more_bytes_than_may_be_kept_are_forgotten_oldest_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(EventLog, "SIZE", 10_000)
    log = EventLog()
    for number in range(20):
        log.sent(Event(title=str(number), text="x" * 1000), 0.0)
    kept = [each.title for each in log]
    assert 5 < len(kept) < 10
    assert kept == [str(number) for number in range(20 - len(kept), 20)]
