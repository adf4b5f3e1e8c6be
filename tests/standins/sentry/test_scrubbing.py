"""Server-side data scrubbing: by Relay's own library where it is installed, and said where it is not."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest
import sentry_sdk
from hypothesis import given
from hypothesis import strategies as st
from sentry_sdk.scrubber import EventScrubber

from alertproof.sentry import Envelope, Item, encode_envelope, scrub

if TYPE_CHECKING:
    from tests.standins.sentry.conftest import Sentry

KEY = "a" * 32
REAL = datetime(2026, 1, 1, tzinfo=UTC)
PROJECT = "/projects/acme/api/"
EVENTS = f"{PROJECT}events/"
CANARY = "canary-5f1d"
FILTERED = "[Filtered]"


def shown(sentry: Any, event: dict[str, Any], **more: Any) -> Any:
    return sentry.get(f"{EVENTS}{sentry.send(event, **more)}/")


@pytest.fixture(name="without_library")
def _without_library(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Python finds no module of that name, as where the extra is not installed."""
    monkeypatch.setitem(sys.modules, "sentry_relay", None)
    scrub._relay.cache_clear()
    yield
    scrub._relay.cache_clear()


# What Relay's default rules reach and what they do not. [docs.sentry.io scrubbing; relay-event-schema]
@pytest.mark.parametrize(
    "event",
    [
        {"extra": {"password": CANARY}},
        {"extra": {"nested": {"api_key": CANARY}}},
        {"user": {"id": "1", "data": {"auth": CANARY}}},
        {"contexts": {"custom": {"secret": CANARY}}},
        {"request": {"headers": {"X-Token": CANARY}}},
        {"request": {"data": {"credentials": CANARY}}},
        {"request": {"cookies": {"secret": CANARY}}},
        {"request": {"query_string": [["password", CANARY]]}},
        {"breadcrumbs": {"values": [{"message": f"password={CANARY}"}]}},
        {
            "exception": {
                "values": [{"type": "E", "stacktrace": {"frames": [{"function": "f", "vars": {"passwd": CANARY}}]}}]
            }
        },
        {"logentry": {"formatted": "paid by 4111 1111 1111 1111"}},
    ],
    ids=[
        "extra", "nested", "user", "context", "header", "body", "cookie", "query", "breadcrumb", "variable", "card",
    ],
)  # fmt: skip
def test_what_the_default_rules_reach_is_nowhere_in_the_event(sentry: Any, event: dict[str, Any]) -> None:
    text = json.dumps(shown(sentry, event))
    assert CANARY not in text
    assert "4111 1111" not in text
    assert FILTERED in text or "[creditcard]" in text


@pytest.mark.parametrize(
    "event",
    [
        {"exception": {"values": [{"type": "E", "value": f"password={CANARY}"}]}},
        {"request": {"url": f"http://x/?password={CANARY}"}},
        {"tags": {"password": CANARY}},
        {"transaction": f"password {CANARY}"},
        {"extra": {"pwd": CANARY}},
    ],
    ids=["error value", "url", "tag", "transaction", "key that is no default"],
)
def test_what_the_default_rules_do_not_reach_is_shown_as_it_was_sent(sentry: Any, event: dict[str, Any]) -> None:
    assert CANARY in json.dumps(shown(sentry, event))


def test_a_scrubbed_place_is_marked_with_the_rule_and_the_length(sentry: Any) -> None:
    found = shown(sentry, {"extra": {"password": CANARY}})
    assert found["context"] == {"password": FILTERED}
    mark = {"rem": [["@password:filter", "s", 0, 10]], "len": len(CANARY)}
    assert found["_meta"] == {"entries": {}, "context": {"password": {"": mark}}}


def test_a_transaction_and_its_spans_are_scrubbed_and_keep_their_durations(sentry: Any) -> None:
    span = {
        "span_id": "b" * 16,
        "trace_id": "c" * 32,
        "start_timestamp": REAL.timestamp() + 1,
        "timestamp": REAL.timestamp() + 1.5,
        "data": {"password": CANARY},
    }
    event = {
        "type": "transaction",
        "transaction": "GET /",
        "contexts": {"trace": {"trace_id": "c" * 32, "span_id": "a" * 16, "op": "http.server"}},
        "start_timestamp": REAL.timestamp() + 1,
        "timestamp": REAL.timestamp() + 2,
        "spans": [span],
    }
    assert CANARY not in json.dumps(shown(sentry, event, kind="transaction"))
    rows = sentry.get("/organizations/acme/events/", dataset="spans", field=["span_id", "span.duration"])["data"]
    assert sorted(row["span.duration"] for row in rows) == [500.0, 1000.0]


def test_the_real_sdk_with_its_own_scrubber_off_leaks_nothing_that_the_server_strikes_out(
    start_stand_in: Callable[..., Any],
) -> None:
    projects = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"}])
    scrubbed, as_sent = (
        _context_seen_of(start_stand_in("sentry", "--projects", projects, *more).endpoints)
        for more in ((), ("--no-scrubbing",))
    )
    assert (scrubbed, as_sent) == ({"password": FILTERED}, {"password": CANARY})


def _context_seen_of(endpoints: Mapping[str, str]) -> Any:
    client = sentry_sdk.Client(
        dsn=endpoints["sentry_dsn"], event_scrubber=EventScrubber(denylist=[]), default_integrations=False
    )
    identity = client.capture_event({"message": "m", "extra": {"password": CANARY}})
    client.close(timeout=5)
    answer = httpx.get(
        f"{endpoints['sentry_api']}/api/0{EVENTS}{identity}/", headers={"Authorization": "Bearer t"}, trust_env=False
    )
    return answer.json()["context"]


# -- settings ------------------------------------------------------------------------------------------------


def test_settings_are_sentrys_defaults_until_they_are_changed(sentry: Any) -> None:
    defaults = {
        "dataScrubber": True,
        "dataScrubberDefaults": True,
        "scrubIPAddresses": False,
        "sensitiveFields": [],
        "safeFields": [],
        "relayPiiConfig": None,
    }
    assert defaults.items() <= sentry.get(PROJECT).items()
    required = defaults | {"dataScrubber": False, "dataScrubberDefaults": False}
    assert required.items() <= sentry.get("/organizations/acme/").items()
    changed = sentry.change("PUT", PROJECT, {"sensitiveFields": ["pwd"]})
    assert changed.json() == sentry.get(PROJECT)
    assert sentry.get(PROJECT)["sensitiveFields"] == ["pwd"]
    # Another project's are its own.
    assert sentry.get("/projects/acme/web/")["sensitiveFields"] == []


def test_sensitive_and_safe_fields_add_and_take_away(sentry: Any) -> None:
    assert sentry.change("PUT", PROJECT, {"sensitiveFields": ["pwd"], "safeFields": ["token"]}).status_code == 200
    found = shown(sentry, {"extra": {"my_PWD": "a", "token": "b", "password": "c"}})
    assert found["context"] == {"my_PWD": FILTERED, "token": "b", "password": FILTERED}


def test_a_project_can_have_no_scrubbing_unless_its_organization_requires_it(sentry: Any) -> None:
    assert sentry.change("PUT", PROJECT, {"dataScrubber": False}).status_code == 200
    event = {"extra": {"password": CANARY}}
    assert shown(sentry, event)["context"] == {"password": CANARY}
    required = {"dataScrubber": True, "dataScrubberDefaults": True}
    assert sentry.change("PUT", "/organizations/acme/", required).status_code == 200
    assert shown(sentry, event)["context"] == {"password": FILTERED}
    # Sensitive fields of the organization hold in all of its projects, and in no other's.
    sentry.change("PUT", "/organizations/globex/", {"sensitiveFields": ["fine"]})
    assert shown(sentry, {"extra": {"fine": "x"}})["context"] == {"fine": "x"}


def test_addresses_are_kept_unless_they_are_not_to_be(sentry: Any) -> None:
    event = {"user": {"id": "7", "ip_address": "203.0.113.9"}}
    assert shown(sentry, event)["user"]["ip_address"] == "203.0.113.9"
    sentry.change("PUT", PROJECT, {"scrubIPAddresses": True})
    assert shown(sentry, event)["user"]["ip_address"] is None


def test_advanced_rules_reach_what_the_defaults_do_not_and_the_organizations_come_first(sentry: Any) -> None:
    def rules(pattern: str, text: str) -> str:
        rule = {"type": "pattern", "pattern": pattern, "redaction": {"method": "replace", "text": text}}
        both = {"both": {"type": "multiple", "rules": ["own", "@email"]}, "own": rule}
        return json.dumps({"rules": both, "applications": {"**": ["both"], "tags.*": ["own"]}})

    assert sentry.change("PUT", "/organizations/acme/", {"relayPiiConfig": rules("canary-[0-9a-f]+", "[ORG]")})
    assert sentry.change("PUT", PROJECT, {"relayPiiConfig": rules("canary|bird", "[PROJECT]")}).status_code == 200
    found = shown(
        sentry, {"exception": {"values": [{"type": "E", "value": f"{CANARY} bird b@c.de"}]}, "tags": {"a": CANARY}}
    )
    (entry,) = found["entries"]
    assert entry["data"]["values"][0]["value"] == "[ORG] [PROJECT] [email]"
    assert {"key": "a", "value": "[ORG]"} in found["tags"]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ({"relayPiiConfig": "{"}, "EOF while parsing"),
        ({"relayPiiConfig": json.dumps({"rules": {"a": {"type": "nope"}}})}, "unknown variant `nope`"),
        ({"relayPiiConfig": json.dumps({"applications": {"(": ["@password"]}})}, "expected a selector"),
        ({"safeFields": ["a b ("]}, "safeFields"),
        ({"sensitiveFields": [""]}, "Empty sensitive fields are not allowed"),
        ({"sensitiveFields": "pwd"}, "Expected `array`"),
        ({"dataScrubber": "yes"}, "Expected `bool`"),
        ({"slug": "other"}, "slug cannot be changed here"),
    ],
    ids=lambda given: str(given)[:40],
)
@pytest.mark.parametrize("path", [PROJECT, "/organizations/acme/"])
def test_settings_that_relay_cannot_read_are_refused_and_change_nothing(
    sentry: Any, given: dict[str, Any], said: str, path: str
) -> None:
    before = sentry.get(path)
    answer = sentry.change("PUT", path, given | {"scrubIPAddresses": True})
    assert answer.status_code == 400
    assert said in answer.json()["detail"]
    assert sentry.get(path) == before


def test_events_that_came_before_a_change_keep_what_held_then(sentry: Any) -> None:
    identity = sentry.send({"extra": {"password": CANARY}})
    sentry.change("PUT", PROJECT, {"dataScrubber": False})
    assert sentry.get(f"{EVENTS}{identity}/")["context"] == {"password": FILTERED}


# -- what cannot be read -------------------------------------------------------------------------------------


def test_what_relay_cannot_read_stands_in_the_errors_of_the_event(sentry: Any) -> None:
    found = shown(sentry, {"level": "bad", "user": "nobody", "extra": {"password": CANARY}})
    assert found["context"] == {"password": FILTERED}
    assert {(error["name"], error["value"]) for error in found["errors"]} == {("level", "bad"), ("user", "nobody")}


def test_an_event_that_relay_cannot_scrub_is_dropped_with_the_reason_and_its_neighbour_is_not(sentry: Any) -> None:
    # Not deeper than the intake takes, but too deep for Relay's reader with what its marks put around it.
    rules = {"rules": {}, "applications": {"**": ["@email"]}}
    assert sentry.change("PUT", PROJECT, {"relayPiiConfig": json.dumps(rules)}).status_code == 200
    deep: Any = "x"
    for _ in range(126):
        deep = [deep]
    lost = sentry.send({"extra": deep})
    found = sentry.send({"message": "m"})
    assert sentry.ask(f"{EVENTS}{lost}/").status_code == 404
    assert sentry.ask(f"{EVENTS}{found}/").status_code == 200
    (row,) = sentry.client.get("/control/dropped").json()["events"]
    assert (row["event_id"], "recursion limit" in row["reason"]) == (lost, True)


_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
_NAMES = "exception tags user request extra contexts breadcrumbs message level _meta errors timestamp threads spans sdk"
_EVENTS = st.dictionaries(st.sampled_from(_NAMES.split()) | st.text(max_size=8), _JSON, max_size=5)


def test_whatever_an_event_holds_it_is_shown_or_dropped_with_a_reason(new_sentry: Callable[[], Sentry]) -> None:
    @given(event=_EVENTS)
    def holds(event: dict[str, Any]) -> None:
        sentry, identity = new_sentry(), "e" * 32
        item = Item({"type": "event"}, json.dumps(event).encode())
        assert sentry.post(encode_envelope(Envelope({"event_id": identity}, (item,)))).status_code == 200
        dropped = sentry.client.get("/control/dropped").json()["count"]
        assert sentry.ask(f"{EVENTS}{identity}/").status_code == (404 if dropped else 200)

    holds()


# -- where it is not -----------------------------------------------------------------------------------------


@pytest.mark.usefixtures("without_library")
def test_without_the_library_events_are_kept_as_sent_and_every_door_says_so(
    new_sentry: Callable[[], Sentry],
) -> None:
    sentry = new_sentry()
    assert shown(sentry, {"extra": {"password": CANARY}})["context"] == {"password": CANARY}
    assert sentry.get(PROJECT)["dataScrubber"] is False
    door = sentry.client.get("/control/scrubbing").json()
    assert (door["on"], door["library"], door["not_scrubbed"]) == (False, None, ["everything"])
    assert "pip install 'alertproof[relay]'" in door["statement"]
    for path in (PROJECT, "/organizations/acme/"):
        answer = sentry.change("PUT", path, {"dataScrubber": True})
        assert (answer.status_code, answer.json()["detail"]) == (400, door["statement"])


def test_the_door_says_what_no_rule_reaches(sentry: Any) -> None:
    door = sentry.client.get("/control/scrubbing").json()
    assert door["on"] is True
    assert {"log", "span", "attachment"} <= set(door["not_scrubbed"])
    log = {
        "items": [
            {"timestamp": REAL.timestamp() + 1, "trace_id": "a" * 32, "level": "info", "body": f"password={CANARY}"}
        ]
    }
    item = Item(
        {"type": "log", "item_count": 1, "content_type": "application/vnd.sentry.items.log+json"},
        json.dumps(log).encode(),
    )
    assert sentry.post(encode_envelope(Envelope({}, (item,)))).status_code == 200
    rows = sentry.get("/organizations/acme/events/", dataset="logs", field=["message"])["data"]
    assert rows == [{"message": f"password={CANARY}"}]
