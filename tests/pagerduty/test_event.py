from __future__ import annotations

import json
from typing import Any

import pytest

from alertproof.pagerduty import Action, EventRefused, Severity, parse_change, parse_event
from alertproof.pagerduty.event import MAX_BODY

KEY = "k" * 32


def trigger(**changes: Any) -> dict[str, Any]:
    payload = {"summary": "s", "source": "h", "severity": "critical"} | changes.pop("payload", {})
    body = {"routing_key": KEY, "event_action": "trigger", "payload": payload} | changes
    return {name: value for name, value in body.items() if value is not ...}


def errors_of(body: dict[str, Any]) -> tuple[str, ...]:
    with pytest.raises(EventRefused) as raised:
        parse_event(body)
    assert (raised.value.status, raised.value.message) == ("invalid event", "Event object is invalid")
    return raised.value.errors


def test_a_trigger_is_read_with_everything_it_says() -> None:
    event = parse_event(json.dumps(trigger(dedup_key="d", payload={"custom_details": {"a": 1}})).encode())
    assert (event.action, event.dedup_key, event.severity) == (Action.TRIGGER, "d", Severity.CRITICAL)
    assert (event.summary, event.source, event.payload["custom_details"]) == ("s", "h", {"a": 1})


@pytest.mark.parametrize("action", ["acknowledge", "resolve"])
def test_acknowledge_and_resolve_need_a_key_and_no_payload(action: str) -> None:
    event = parse_event({"routing_key": KEY, "event_action": action, "dedup_key": "d"})
    assert (event.action, event.severity) == (Action(action), None)
    assert errors_of({"routing_key": KEY, "event_action": action}) == ("'dedup_key' is missing or blank",)


@pytest.mark.parametrize("key", ["k" * 31, "k" * 33])
def test_a_routing_key_has_exactly_32_characters(key: str) -> None:
    assert errors_of(trigger(routing_key=key)) == ("Length of 'routing_key' is incorrect (should be 32 characters)",)


@pytest.mark.parametrize("severity", ["Critical", "Info", "fatal", 5, ["critical"]])
def test_a_severity_is_one_of_four_and_its_case_counts(severity: object) -> None:
    assert errors_of(trigger(payload={"severity": severity})) == (
        "'payload.severity' is invalid (must be one of the following: 'critical', 'warning', 'error' or 'info')",
    )


@pytest.mark.parametrize("severity", list(Severity))
def test_the_four_severities_are_read(severity: Severity) -> None:
    assert parse_event(trigger(payload={"severity": severity.value})).severity is severity


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({"routing_key": ...}, "'routing_key' is missing or blank"),
        ({"event_action": ...}, "'event_action' is missing or blank"),
        (
            {"event_action": "Trigger"},
            "'event_action' is invalid (must be one of the following: 'trigger', 'acknowledge' or 'resolve')",
        ),
        ({"payload": {"summary": None}}, "'payload.summary' is missing or blank"),
        ({"payload": {"summary": "  "}}, "'payload.summary' is missing or blank"),
        ({"payload": {"source": ""}}, "'payload.source' is missing or blank"),
        ({"payload": {"severity": None}}, "'payload.severity' is missing or blank"),
        ({"payload": {"custom_details": "text"}}, "'payload.custom_details' is invalid (must be an object)"),
        (
            {"payload": {"timestamp": "yesterday"}},
            "'payload.timestamp' is invalid (must be an ISO 8601 date and time)",
        ),
        ({"payload": {"timestamp": 5}}, "'payload.timestamp' is invalid (must be an ISO 8601 date and time)"),
        ({"payload": {"class": 5}}, "'payload.class' is invalid (must be a string)"),
        ({"links": "nonsense"}, "'links' is invalid (must be a list of objects with a 'href')"),
        ({"links": [{"text": "t"}]}, "'links' is invalid (must be a list of objects with a 'href')"),
        ({"images": [5]}, "'images' is invalid (must be a list of objects with a 'src')"),
        ({"client": 5}, "'client' is invalid (must be a string)"),
        ({"dedup_key": ""}, "'dedup_key' is missing or blank"),
        ({"dedup_key": 5}, "'dedup_key' is missing or blank"),
    ],
)
def test_what_is_wrong_with_a_trigger_is_said(changes: dict[str, Any], error: str) -> None:
    assert errors_of(trigger(**changes)) == (error,)


@pytest.mark.parametrize("timestamp", ["2026-03-01T12:00:00Z", "2026-03-01T12:00:00.000+0000", None])
def test_links_images_and_instants_in_their_forms_are_read(timestamp: str | None) -> None:
    body = trigger(
        payload={"timestamp": timestamp, "component": "db", "group": None},
        links=[{"href": "https://example.com", "text": "t"}],
        images=[{"src": "https://example.com/i.png"}],
        client="Monitor",
    )
    assert parse_event(body).body == body
    change = {"routing_key": KEY, "payload": {"summary": "deployed", "timestamp": timestamp}, "links": []}
    assert parse_change(change).summary == "deployed"


def test_all_that_is_wrong_is_said_at_once() -> None:
    assert len(errors_of({"event_action": "trigger", "payload": {}})) == 4


def test_a_trigger_without_a_payload_is_refused() -> None:
    assert errors_of({"routing_key": KEY, "event_action": "trigger"}) == ("'payload' is missing or blank",)


def test_a_dedup_key_has_at_most_255_characters() -> None:
    assert parse_event(trigger(dedup_key="d" * 255)).dedup_key == "d" * 255
    assert errors_of(trigger(dedup_key="d" * 256))


def test_a_summary_has_at_most_1024_characters() -> None:
    assert parse_event(trigger(payload={"summary": "s" * 1024})).summary == "s" * 1024
    assert errors_of(trigger(payload={"summary": "s" * 1025}))


@pytest.mark.parametrize("data", [b"", b"no json", b"[]", b"\xff"])
def test_a_body_that_is_no_json_object_is_unrecognized(data: bytes) -> None:
    with pytest.raises(EventRefused) as raised:
        parse_event(data)
    assert raised.value.status == "Unrecognized object"
    assert raised.value.message == "Event object format is unrecognized"
    assert raised.value.errors == ("JSON parse error",)


def test_a_body_has_at_most_512_kilobytes() -> None:
    data = json.dumps(trigger()).encode()
    assert parse_event(data.ljust(MAX_BODY)).summary == "s"
    with pytest.raises(EventRefused, match="larger than 524288 bytes"):
        parse_event(data.ljust(MAX_BODY + 1))


def test_a_change_needs_a_key_and_a_summary() -> None:
    assert parse_change({"routing_key": KEY, "payload": {"summary": "deployed"}}).summary == "deployed"
    with pytest.raises(EventRefused) as raised:
        parse_change({"payload": {}})
    assert raised.value.errors == ("'routing_key' is missing or blank", "'payload.summary' is missing or blank")
    with pytest.raises(EventRefused, match=r"'links' is invalid.*'images' is invalid"):
        parse_change({"routing_key": KEY, "payload": {"summary": "s"}, "links": {}, "images": "i"})
    with pytest.raises(EventRefused, match="'payload' is missing or blank"):
        parse_change({"routing_key": KEY})


def test_the_key_of_a_ruleset_takes_events_and_no_changes() -> None:
    ruleset = "R" + KEY[1:]
    assert parse_event(trigger(routing_key=ruleset)).routing_key == ruleset
    with pytest.raises(EventRefused, match="takes no change events"):
        parse_change({"routing_key": ruleset, "payload": {"summary": "s"}})


def test_a_source_of_a_change_is_a_text() -> None:
    with pytest.raises(EventRefused, match="'payload.source' is invalid"):
        parse_change({"routing_key": KEY, "payload": {"summary": "s", "source": 5}})


def test_a_body_of_too_many_levels_is_unrecognized() -> None:
    with pytest.raises(EventRefused, match="JSON parse error"):
        parse_event(b"[" * 100_000)


def test_the_size_is_that_of_the_whole_body() -> None:
    data = json.dumps(trigger()).encode().ljust(1000)
    assert parse_event(data).size == 1000
