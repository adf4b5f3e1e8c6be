"""Whatever bytes come: no server error, no hang, and what is beside a broken item is there."""

from __future__ import annotations

import contextlib
import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from starlette.testclient import TestClient
from tests.standins.doors import with_doors

from alertproof.clock import Anchor, VirtualClock
from alertproof.sentry import EnvelopeError, parse_envelope
from alertproof.sentry.wire import MAX_DEPTH, NotJsonError, decode_json
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.serve import Standin
from alertproof.standins.sentry.store import Store

KEY = "a" * 32
TYPES = [
    "attachment", "check_in", "client_report", "event", "feedback", "log", "nobody-knows", "profile", "replay_event",
    "session", "sessions", "span", "statsd", "trace_metric", "transaction", "user_report",
]  # fmt: skip
NAMES = [
    "_meta", "attributes", "breadcrumbs", "contexts", "data", "discarded_events", "end_timestamp", "environment",
    "errors", "event_id", "exception", "extra", "fingerprint", "frames", "items", "level", "logentry",
    "mechanism", "message",
    "modules", "quantity", "request", "sdk", "span_id", "spans", "stacktrace", "start_timestamp", "tags", "threads",
    "timestamp", "trace", "trace_id", "transaction", "type", "url", "user", "value", "values",
    "body", "name", "headers",
]  # fmt: skip
LEAVES = (
    st.none()
    | st.booleans()
    | st.integers(-(10**25), 10**25)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(codec="utf-8"), max_size=10)
    | st.sampled_from(["2026-01-01T00:00:00Z", "f" * 32, "{{ default }}", "http://[bad?x=1", 1767225600.0])
)
JSON = st.recursive(
    LEAVES,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(NAMES), inner, max_size=4),
    max_leaves=12,
)
DOCUMENTS = st.dictionaries(st.sampled_from(NAMES), JSON, max_size=6)
PAYLOADS = st.binary(max_size=40) | JSON.map(lambda value: json.dumps(value).encode()) | DOCUMENTS.map(
    lambda value: json.dumps(value | {"contexts": {"trace": {"trace_id": "f" * 32}}}).encode()
)  # fmt: skip
PATHS = [
    "/projects/acme/api/events/?full=true",
    "/projects/acme/api/issues/",
    "/organizations/acme/stats_v2/?field=sum(quantity)&groupBy=outcome&statsPeriod=1d",
    *(
        f"/organizations/acme/events/?dataset={dataset}&field=message&field=span.duration&field=timestamp&field=trace"
        for dataset in ("errors", "transactions", "spans", "logs", "tracemetrics")
    ),
]


def standin() -> TestClient:
    anchor = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=60)
    store = Store([Project(org="acme", slug="api", public_key=KEY, project_id="1")], anchor)
    # A server error is raised here, with its traceback.
    return TestClient(with_doors(Standin(store, VirtualClock(anchor.stack))))


def post(client: TestClient, body: bytes, path: str = "envelope/") -> Any:
    return client.post(f"/api/1/{path}", content=body, headers={"X-Sentry-Auth": f"Sentry sentry_key={KEY}"})


@given(st.binary(max_size=200))
@example(b'{"event_id":1}\n{"type":"event"}\n{}')
@example(b"[" * 100_000)
@example(b'{}\n{"type":"event","length":' + b"9" * 5000 + b"}\n{}")
def test_any_bytes_are_an_envelope_or_refused(data: bytes) -> None:
    with contextlib.suppress(EnvelopeError):
        assert sum(len(item.payload) for item in parse_envelope(data).items) <= len(data)


@given(st.lists(st.tuples(st.sampled_from(TYPES), PAYLOADS), max_size=4), st.booleans())
@example([("event", b"[" * 100_000)], True)
@example([("event", b'{"extra":{"a":123456789012345678901234567890}}')], True)
@example([("span", b'{"items":[{"attributes":{"a":{"value":null}}}]}')], True)
def test_no_item_costs_its_neighbours_or_an_answer(items: list[tuple[str, bytes]], first: bool) -> None:
    identity, needle = "e" * 32, ("log", b'{"items":[{"body":"the needle","timestamp":1767225600}]}')
    lines = [f'{{"event_id":"{identity}"}}'.encode()]
    for kind, payload in [needle, *items] if first else [*items, needle]:
        lines += [json.dumps({"type": kind, "length": len(payload)}).encode(), payload]
    with standin() as client:
        status = post(client, b"\n".join(lines)).status_code
        assert status in {200, 400}
        # One of event and transaction is all that an envelope may hold.
        assert (status == 400) is (sum(kind in {"event", "transaction"} for kind, _ in items) > 1)
        for path in PATHS:
            assert client.get(f"/api/0{path}", headers={"Authorization": "Bearer t"}).status_code == 200
        rows = client.get(
            "/api/0/organizations/acme/events/?dataset=logs&field=message", headers={"Authorization": "Bearer t"}
        ).json()["data"]
        assert ({"message": "the needle"} in rows) is (status == 200)


@given(
    st.sampled_from(["store/", "security/", "nel/", "minidump/", f"events/{'f' * 32}/attachments/", "cron/nightly/"]),
    PAYLOADS,
    st.sampled_from(["application/json", "multipart/form-data", "multipart/form-data; boundary=x", "text/plain"]),
    st.sampled_from(["", "gzip", "br", "zstd", "deflate", "x"]),
)
def test_no_endpoint_fails_on_what_it_is_sent(path: str, body: bytes, content_type: str, encoding: str) -> None:
    headers = {
        "X-Sentry-Auth": f"Sentry sentry_key={KEY}",
        "Content-Type": content_type,
        **({"Content-Encoding": encoding} if encoding else {}),
    }
    with standin() as client:
        assert client.post(f"/api/1/{path}", content=body, headers=headers).status_code < 500
        assert client.get("/control/dropped").status_code == 200


FIELDS = [
    "actionFilters", "actionMatch", "actions", "aggregate", "alertThreshold", "comparison", "conditions", "config",
    "dataset", "environment", "filterMatch", "filters", "frequency", "id", "integration_key", "label", "logicType",
    "name", "projects", "query", "resolveThreshold", "service_table", "status", "thresholdType", "timeWindow",
    "triggers", "type", "version",
]  # fmt: skip
MANAGED: dict[str, dict[str, Any]] = {
    "/projects/acme/api/rules/": {"name": "n", "actionMatch": "all", "frequency": 30, "actions": [{"id": "mail"}]},
    "/organizations/acme/workflows/": {"name": "n", "config": {"frequency": 5}, "actionFilters": []},
    "/organizations/acme/alert-rules/": {
        "name": "n",
        "aggregate": "count()",
        "timeWindow": 5,
        "thresholdType": 0,
        "triggers": [{"label": "critical", "alertThreshold": 0, "actions": []}],
    },
    "/organizations/acme/releases/": {"version": "r", "projects": ["api"]},
    "/organizations/acme/integrations/1/": {"service_table": []},
    "/organizations/acme/artifactbundle/assemble/": {"checksum": "c", "chunks": []},
}
WORDS = st.sampled_from(
    [*FIELDS, "all", "any", "count()", "p95(d)", "critical", "level:error OR", "pagerduty", "errors"]
)
DEEP = st.recursive(
    LEAVES | WORDS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(FIELDS), inner, max_size=4),
    max_leaves=10,
)


@given(
    st.sampled_from(sorted(MANAGED)), st.dictionaries(st.sampled_from(FIELDS), DEEP, max_size=3), st.binary(max_size=9)
)
@example("/projects/acme/api/rules/", {"owner": 10**30}, b"")
@example("/organizations/acme/alert-rules/", {"query": "(" * 50}, b"")
def test_no_document_of_a_rule_makes_the_web_api_or_the_next_event_fail(
    path: str, fields: dict[str, Any], more: bytes
) -> None:
    token = {"Authorization": "Bearer t"}
    body = json.dumps(MANAGED[path] | fields).encode() + more
    with standin() as client:
        answer = client.post(f"/api/0{path}", content=body, headers=token)
        assert answer.status_code < 500
        assert post(client, b'{"event_id":"' + b"e" * 32 + b'"}\n{"type":"event"}\n{"message":"m"}').status_code == 200
        assert client.get("/control/notifications").status_code == 200
        if "integrations" not in path and "artifactbundle" not in path:
            assert client.get(f"/api/0{path}", headers=token).status_code == 200


@pytest.mark.parametrize(("levels", "fits"), [(MAX_DEPTH, True), (MAX_DEPTH + 1, False), (100_000, False)])
def test_json_is_as_deep_as_relay_reads_it(levels: int, fits: bool) -> None:
    data = b"[" * levels + b"]" * levels
    if fits:
        assert decode_json(data) is not None
    else:
        with pytest.raises(NotJsonError, match="nested deeper than 127 levels"):
            decode_json(data)


@pytest.mark.parametrize(("number", "kind"), [(2**64 - 1, int), (2**64, float), (-(2**63), int), (-(2**63) - 1, float)])
def test_a_number_of_more_than_64_bits_becomes_a_float(number: int, kind: type) -> None:
    read = decode_json(f'{{"a":[{number}]}}'.encode())
    assert isinstance(read, dict)
    assert type(read["a"][0]) is kind
    assert read["a"][0] == pytest.approx(number)
