# mypy: disallow-untyped-calls=False
# The official client's models come with types but its calls without.
from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import httpx
import pytest
from datadog_api_client.v2.api.events_api import EventsApi
from datadog_api_client.v2.model.events_sort import EventsSort

from alertproof.standins.datadog.datagram import Event
from alertproof.standins.datadog.events import EventLog, event_search, page, when
from alertproof.standins.datadog.naming import tag_set
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


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("*", 3),
        ("", 3),
        ("number:1", 1),
        ("env:test number:1", 1),
        ("env:test AND number:1", 1),
        ("env:prod", 0),
        ("happened", 3),
        ('"event 2"', 1),
        ("source:ci", 3),
        ("source:alert", 0),
        ("status:info", 3),
        ("@monitor.id:1", 0),
    ],
)
def test_all_terms_of_a_search_must_hold(query: str, found: int) -> None:
    matches = event_search(query)
    assert sum(matches(kept) for kept in log_of(3).between(NOW, NOW + timedelta(seconds=2))) == found


@pytest.mark.parametrize("query", ["a OR b", "-env:test", "env:te*", "(env:test)", "@evt.name:x", "'open"])
def test_what_the_search_does_not_know_is_refused(query: str) -> None:
    with pytest.raises(ApiError, match="Query parsing error"):
        event_search(query)


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


def test_pages_follow_each_other_without_a_gap_and_end() -> None:
    found = log_of(5).between(NOW, NOW + timedelta(minutes=1))
    first, after = page(found, after=None, limit=2)
    second, after = page(found, after=after, limit=2)
    third, end = page(found, after=after, limit=2)
    assert [*first, *second, *third] == found
    assert end is None
    with pytest.raises(ApiError, match="Invalid cursor"):
        page(found, after=1, limit=2)


def test_a_full_last_page_says_that_it_is_the_last() -> None:
    assert page(log_of(2).between(NOW, NOW + timedelta(minutes=1)), after=None, limit=2)[1] is None


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
