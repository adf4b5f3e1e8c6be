from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertproof.sentry import Event, EventError, read_event
from alertproof.sentry.event import Kind, promoted_tags

ID = "9ec79c33ec9942ab8353589fcb2e04dc"
RECEIVED = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
SENT = datetime(2026, 1, 1, tzinfo=UTC)


def stack_time(instant: datetime) -> datetime:
    """Sixty stack seconds in a real one, from SENT on."""
    return SENT + (instant - SENT) * 60


def read(payload: dict[str, Any], *, kind: Kind = "error", event_id: str | None = ID) -> Event:
    data = json.dumps(payload).encode()
    return read_event(data, kind=kind, event_id=event_id, received=RECEIVED, mapped=stack_time)


def test_tags_are_sorted_pairs_from_an_object_and_from_pairs() -> None:
    pairs = (("a", "1"), ("b", "true"), ("c", "x"))
    assert read({"tags": {"c": "x", "a": 1, "b": True, "none": None}}).tags == pairs
    assert read({"tags": [["c", "x"], ["a", 1], ["b", True], ["none", None]]}).tags == pairs


@pytest.mark.parametrize("key", ["bad key", "", "ümlaut", "a\n"])
def test_an_invalid_tag_key_is_no_tag_but_stays_visible_in_errors(key: str) -> None:
    event = read({"tags": {key: "needle", "good.key:1-2": "y"}})
    assert event.tags == (("good.key:1-2", "y"),)
    assert event.errors == ({"type": "invalid_data", "name": "tags", "value": [key, "needle"]},)


def test_a_tag_that_is_no_pair_stays_visible_in_errors() -> None:
    assert read({"tags": [["a"], "needle"]}).errors == (
        {"type": "invalid_data", "name": "tags", "value": ["a"]},
        {"type": "invalid_data", "name": "tags", "value": "needle"},
    )


@pytest.mark.parametrize("form", [[{"message": "a"}], {"values": [{"message": "a"}]}])
def test_breadcrumbs_of_javascript_and_of_python_read_the_same(form: object) -> None:
    assert read({"breadcrumbs": form}).payload["breadcrumbs"] == {"values": [{"message": "a"}]}


@pytest.mark.parametrize(
    "form", [{"values": [{"type": "E", "value": "v"}]}, [{"type": "E", "value": "v"}], {"type": "E", "value": "v"}]
)
def test_an_exception_reads_the_same_from_values_from_a_list_and_alone(form: object) -> None:
    assert read({"exception": form}).exceptions == ({"type": "E", "value": "v"},)


@pytest.mark.parametrize("written", ["2026-01-01T00:00:01Z", "2026-01-01T00:00:01", "2026-01-01T01:00:01+01:00"])
def test_instants_are_mapped_whether_number_or_text(written: str) -> None:
    mapped = SENT + timedelta(seconds=60)
    assert read({"timestamp": written}).timestamp == mapped
    assert read({"timestamp": SENT.timestamp() + 1}).timestamp == mapped


def test_each_breadcrumb_is_mapped_by_itself() -> None:
    event = read({"timestamp": SENT.timestamp() + 2, "breadcrumbs": [{"timestamp": SENT.timestamp() + 1}]})
    assert event.payload["breadcrumbs"]["values"][0]["timestamp"] == SENT + timedelta(seconds=60)


def test_the_durations_of_a_transaction_and_its_spans_are_left_alone() -> None:
    start = SENT.timestamp()
    payload = {
        "start_timestamp": start + 10,
        "timestamp": start + 12,
        "contexts": {"trace": {}},
        "spans": [{"start_timestamp": start + 10.5, "timestamp": start + 11.5}],
    }
    settled = read(payload, kind="transaction").payload
    end = SENT + timedelta(seconds=12 * 60)
    assert settled["timestamp"] == end
    assert settled["start_timestamp"] == end - timedelta(seconds=2)
    assert settled["spans"] == [
        {"start_timestamp": end - timedelta(seconds=1.5), "timestamp": end - timedelta(seconds=0.5)}
    ]


def test_an_event_without_a_timestamp_happened_when_it_was_received() -> None:
    assert read({}).timestamp == RECEIVED


@pytest.mark.parametrize("value", ["yesterday", 1e300, -1e300, "0001-01-01", True, {}, []])
def test_a_timestamp_that_is_no_instant_is_an_error_of_the_event_and_not_a_crash(value: object) -> None:
    event = read({"timestamp": value})
    assert event.timestamp == RECEIVED
    assert event.errors == ({"type": "invalid_data", "name": "timestamp", "value": value},)


@pytest.mark.parametrize("value", ["catastrophic", 5, ["error"]])
def test_an_invalid_level_is_error_with_the_value_kept(value: object) -> None:
    event = read({"level": value})
    assert event.level == "error"
    assert event.errors == ({"type": "invalid_data", "name": "level", "value": value},)


def test_the_level_without_one_is_error_and_of_a_transaction_info() -> None:
    assert read({}).level == "error"
    assert read({"contexts": {"trace": {}}}, kind="transaction").level == "info"


@pytest.mark.parametrize(("given", "stored"), [("drill", "drill"), ("a/b", None), ("", None), (None, None)])
def test_an_environment_that_cannot_be_is_none(given: str | None, stored: str | None) -> None:
    assert read({"environment": given}).environment == stored


def test_the_environment_without_one_is_production() -> None:
    assert read({}).environment == "production"


def test_the_envelope_s_id_wins_over_the_payload_s() -> None:
    assert read({"event_id": "a" * 32}).event_id == ID
    assert read({"event_id": "A" * 8 + "-" + "b" * 24}, event_id=None).event_id == "a" * 8 + "b" * 24


@pytest.mark.parametrize(
    ("payload", "kind", "message"),
    [
        (b"not json", "error", "is not JSON"),
        (b"\xff", "error", "is not JSON"),
        (b"[]", "error", "is not a JSON object"),
        (b"{}", "transaction", "missing valid trace context"),
        (b'{"contexts": {"trace": null}}', "transaction", "missing valid trace context"),
    ],
)
def test_what_sentry_would_drop_after_its_200_is_an_error(payload: bytes, kind: Kind, message: str) -> None:
    with pytest.raises(EventError, match=message):
        read_event(payload, kind=kind, event_id=ID, received=RECEIVED, mapped=stack_time)


def test_an_event_without_any_usable_id_is_an_error() -> None:
    with pytest.raises(EventError, match="no event_id of 32 hex digits, got 'xyz'"):
        read({"event_id": "xyz"}, event_id=None)


@pytest.mark.parametrize(
    ("payload", "title"),
    [
        ({"exception": [{"type": "E", "value": "line one\nline two"}]}, "E: line one"),
        ({"exception": [{"type": "Cause"}, {"type": "E", "value": ""}]}, "E"),
        ({"exception": [{"value": "no type"}]}, "no type"),
        ({"logentry": {"message": "lead %s", "formatted": "lead 5"}}, "lead 5"),
        ({"message": "hello\nworld"}, "hello"),
        ({"message": {"message": "old"}}, "old"),
        ({"transaction": "GET /x"}, "GET /x"),
        ({}, "<unlabeled event>"),
    ],
)
def test_the_title_is_what_an_issue_is_called(payload: dict[str, Any], title: str) -> None:
    assert read(payload).title == title


def test_the_culprit_is_the_transaction_else_the_innermost_frame() -> None:
    frames = [{"module": "outer", "function": "f"}, {"module": "inner", "function": "g"}]
    exception = [{"type": "E", "stacktrace": {"frames": frames}}]
    assert read({"exception": exception}).culprit == "inner in g"
    assert read({"exception": exception, "transaction": "GET /x"}).culprit == "GET /x"
    assert read({}).culprit == ""


def test_fields_that_sentry_shows_as_tags_are_tags_and_win_over_tags_of_that_name() -> None:
    event = read(
        {
            "tags": {"environment": "lie", "mine": "1"},
            "environment": "drill",
            "release": "r1",
            "logger": ["no", "text"],
            "server_name": "box",
            "request": {"url": "http://x/"},
            "user": {"email": "a@b.example"},
            "exception": [{"type": "E", "mechanism": {"type": "generic", "handled": False}}],
        }
    )
    assert dict(promoted_tags(event)) == {
        "environment": "drill",
        "handled": "no",
        "level": "error",
        "logger": "['no', 'text']",
        "mechanism": "generic",
        "mine": "1",
        "release": "r1",
        "server_name": "box",
        "url": "http://x/",
        "user": "email:a@b.example",
    }
