"""What is kept of each kind of item, how it is read, and what is counted."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from starlette.testclient import TestClient

from alertproof.clock import Anchor, VirtualClock
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.outcomes import Key, Outcomes
from alertproof.standins.sentry.serve import Standin
from alertproof.standins.sentry.store import Store

TABLE = "/organizations/acme/events/"
STATS = "/organizations/acme/stats_v2/"
REAL = 1767225600.0
TRACE = "f" * 32
SPANS = {
    "version": 2,
    "items": [
        {
            "trace_id": TRACE,
            "span_id": f"{number:016x}",
            "name": "GET /leads",
            "status": status,
            "is_segment": True,
            "start_timestamp": REAL + number,
            "end_timestamp": REAL + number + number / 10,
            "attributes": {
                "sentry.op": {"value": "http.server", "type": "string"},
                "http.status": {"value": 200, "type": "integer"},
            },
        }
        for number, status in [(1, "ok"), (2, "ok"), (3, "error")]
    ],
}


def envelope(*items: tuple[str, Any], event_id: str = "", **headers: Any) -> bytes:
    lines = [json.dumps({"event_id": event_id} if event_id else {}).encode()]
    for kind, payload in items:
        data = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        lines += [json.dumps({"type": kind, "length": len(data)} | headers).encode(), data]
    return b"\n".join(lines)


def outcomes(sentry: Any, **parameters: Any) -> dict[tuple[Any, ...], int]:
    groups = ["category", "outcome", "reason"]
    found = sentry.get(STATS, field="sum(quantity)", statsPeriod="1d", groupBy=groups, **parameters)
    return {tuple(row["by"][name] for name in groups): row["totals"]["sum(quantity)"] for row in found["groups"]}


def test_spans_are_searched_by_their_attributes_and_durations_stay(sentry: Any, at: Any) -> None:
    assert sentry.post(envelope(("span", SPANS), item_count=3)).status_code == 200
    sentry.clock.advance(timedelta(minutes=10))
    fields = ["id", "span.op", "span.duration", "timestamp", "http.status", "is_transaction"]
    found = sentry.get(TABLE, dataset="spans", field=fields, query="span.duration:>100ms span.status:ok")
    assert found["data"] == [
        {
            "id": f"{2:016x}",
            "span.op": "http.server",
            "span.duration": 200.0,
            "timestamp": at(2),
            "http.status": 200.0,
            "is_transaction": True,
        }
    ]
    assert found["meta"]["fields"]["span.duration"] == "duration"
    assert found["meta"]["units"]["span.duration"] == "millisecond"


def test_functions_are_over_the_groups_of_the_other_fields(sentry: Any) -> None:
    sentry.post(envelope(("span", SPANS)))
    fields = ["span.status", "count()", "p50(span.duration)", "max(span.duration)", "failure_rate()"]
    rows = sentry.get(TABLE, dataset="spans", field=fields)["data"]
    assert rows == [
        {
            "span.status": "ok",
            "count()": 2,
            "p50(span.duration)": pytest.approx(150),
            "max(span.duration)": 200.0,
            "failure_rate()": 0.0,
        },
        {
            "span.status": "error",
            "count()": 1,
            "p50(span.duration)": 300.0,
            "max(span.duration)": 300.0,
            "failure_rate()": 1.0,
        },
    ]
    (total,) = sentry.get(TABLE, dataset="spans", field=["count()", "p95(span.duration)"], query="no such")["data"]
    assert total == {"count()": 0, "p95(span.duration)": None}


def test_a_transaction_is_a_row_and_its_spans_are_rows(sentry: Any, at: Any) -> None:
    payload = {
        "transaction": "GET /x",
        "start_timestamp": REAL + 1,
        "timestamp": REAL + 3,
        "contexts": {"trace": {"trace_id": TRACE, "span_id": "a" * 16, "op": "http.server", "status": "ok"}},
        "spans": [
            {
                "span_id": "b" * 16,
                "op": "db",
                "description": "SELECT 1",
                "start_timestamp": REAL + 1.5,
                "timestamp": REAL + 2,
                "data": {"db.system": "postgresql"},
            }
        ],
    }
    identity = sentry.send(payload, kind="transaction")
    fields = ["id", "transaction", "transaction.duration", "transaction.op"]
    assert sentry.get(TABLE, dataset="transactions", field=fields)["data"] == [
        {"id": identity, "transaction": "GET /x", "transaction.duration": 2000.0, "transaction.op": "http.server"}
    ]
    rows = sentry.get(TABLE, dataset="spans", field=["span.description", "span.duration", "trace"])["data"]
    assert rows == [
        {"span.description": "SELECT 1", "span.duration": 500.0, "trace": TRACE},
        {"span.description": "GET /x", "span.duration": 2000.0, "trace": TRACE},
    ]
    assert sentry.get(TABLE, dataset="spans", field="id", query="db.system:postgresql")["data"] == [{"id": "b" * 16}]


def test_logs_are_searched_by_text_severity_and_attribute(sentry: Any, at: Any) -> None:
    logs = [
        {"timestamp": REAL + 1, "trace_id": TRACE, "level": "info", "body": "started", "attributes": {}},
        {
            "timestamp": REAL + 2,
            "trace_id": TRACE,
            "level": "error",
            "body": "Payment failed",
            "attributes": {"tenant": {"value": "acme", "type": "string"}},
        },
    ]
    sentry.post(envelope(("log", {"version": 2, "items": logs}), item_count=2))
    fields = ["sentry.item_id", "trace", "severity", "timestamp", "message"]
    (row,) = sentry.get(TABLE, dataset="logs", field=fields, query="payment severity:error tenant:acme")["data"]
    assert len(row.pop("sentry.item_id")) == 32
    assert row == {"trace": TRACE, "severity": "error", "timestamp": at(2), "message": "Payment failed"}
    assert outcomes(sentry)["log_item", "accepted", "none"] == 2


def test_metrics_are_kept_with_name_and_value(sentry: Any) -> None:
    metric = {"timestamp": REAL, "trace_id": TRACE, "name": "leads", "type": "counter", "value": 3, "attributes": {}}
    sentry.post(envelope(("trace_metric", {"version": 2, "items": [metric, metric | {"value": 5}]})))
    rows = sentry.get(TABLE, dataset="tracemetrics", field=["metric.name", "sum(value)"])["data"]
    assert rows == [{"metric.name": "leads", "sum(value)": 8.0}]


def test_one_broken_entry_of_a_container_costs_the_others_nothing_and_is_named(sentry: Any) -> None:
    sentry.post(envelope(("log", {"items": [{"body": "one"}, {"level": "info"}, 7, {"body": "two"}]})))
    rows = sentry.get(TABLE, dataset="logs", field="message")["data"]
    assert [row["message"] for row in rows] == ["two", "one"]
    reasons = [row["reason"] for row in sentry.client.get("/control/dropped").json()["events"]]
    assert reasons == ["log 1 of 4: a log without a body", "log 2 of 4: not a JSON object"]


def test_every_item_is_kept_also_of_a_type_that_nobody_knows(sentry: Any) -> None:
    sent = [
        ("session", {"sid": "1", "status": "ok", "attrs": {"release": "r1"}}),
        ("check_in", {"monitor_slug": "nightly", "status": "ok"}),
        ("feedback", {"contexts": {"feedback": {"message": "hi"}}}),
        ("replay_recording", b"\x00\x01\xff"),
        ("of the future", b"text"),
    ]
    sentry.post(envelope(*sent))
    kept = sentry.client.get("/control/items").json()["items"]
    assert [(each["type"], each.get("json"), each.get("base64")) for each in kept] == [
        ("session", {"sid": "1", "status": "ok", "attrs": {"release": "r1"}}, None),
        ("check_in", {"monitor_slug": "nightly", "status": "ok"}, None),
        ("feedback", {"contexts": {"feedback": {"message": "hi"}}}, None),
        ("replay_recording", None, "AAH/"),
        ("of the future", None, "dGV4dA=="),
    ]
    (one,) = sentry.client.get("/control/items?type=check_in").json()["items"]
    assert one["headers"]["type"] == "check_in"


def test_an_events_attachments_are_listed_and_downloaded(sentry: Any) -> None:
    identity = "e" * 32
    files = [("event", {"message": "m"}), ("attachment", b"\x00raw\n\xff")]
    sentry.post(envelope(*files, event_id=identity, filename="a.bin", attachment_type="event.attachment"))
    root = f"/projects/acme/api/events/{identity}/attachments/"
    (shown,) = sentry.get(root)
    assert (shown["name"], shown["size"], shown["event_id"]) == ("a.bin", 6, identity)
    assert sentry.ask(f"{root}{shown['id']}/", download="1").content == b"\x00raw\n\xff"
    assert sentry.ask(f"{root}999/").status_code == 404


def test_what_clients_report_lost_is_counted_by_reason_and_category(sentry: Any) -> None:
    report = {
        "timestamp": REAL,
        "discarded_events": [
            {"reason": "queue_overflow", "category": "error", "quantity": 236},
            {"reason": "sample_rate", "category": "span", "quantity": 4},
        ],
        "rate_limited_events": [{"reason": "quota", "category": "error", "quantity": 2}],
    }
    sentry.post(envelope(("client_report", report)))
    sentry.post(envelope(("client_report", report)))
    assert outcomes(sentry) == {
        ("error", "client_discard", "queue_overflow"): 472,
        ("span", "client_discard", "sample_rate"): 8,
        ("error", "rate_limited", "quota"): 4,
    }
    assert outcomes(sentry, category="span") == {("span", "client_discard", "sample_rate"): 8}


def test_what_was_accepted_and_what_was_not_is_counted_by_outcome(sentry: Any) -> None:
    identity = sentry.send({"message": "m"})
    body = envelope(("event", {"message": "again"}), ("attachment", b"12345"), event_id=identity)
    assert sentry.post(body).status_code == 200
    assert sentry.post(envelope(("transaction", {}), event_id="e" * 32)).status_code == 200
    assert sentry.post(envelope(("client_report", b" " * 5000))).status_code == 413
    assert sentry.post(envelope(("check_in", b" " * 200_000))).status_code == 413
    assert outcomes(sentry) == {
        ("error", "accepted", "none"): 1,
        ("error", "invalid", "duplicate"): 1,
        ("attachment", "accepted", "none"): 5,
        ("transaction", "invalid", "invalid"): 1,
        ("monitor", "invalid", "too_large"): 1,
    }


def test_statistics_are_in_intervals_of_stack_time(sentry: Any) -> None:
    sentry.send({"message": "one"})
    sentry.clock.advance(timedelta(hours=1, minutes=30))
    sentry.send({"message": "two"})
    sentry.send({"message": "three"})
    found = sentry.get(STATS, field="sum(quantity)", groupBy="outcome", statsPeriod="3h", interval="1h")
    assert found["intervals"] == [f"2026-{day}:00:00Z" for day in ("02-28T22", "02-28T23", "03-01T00", "03-01T01")]
    assert found["groups"] == [
        {"by": {"outcome": "accepted"}, "totals": {"sum(quantity)": 3}, "series": {"sum(quantity)": [0, 0, 1, 2]}}
    ]


@pytest.mark.parametrize(
    ("parameters", "named"),
    [
        ({"statsPeriod": "1d"}, "Invalid field"),
        ({"field": "sum(quantity)"}, "a range is required"),
        ({"field": "sum(quantity)", "statsPeriod": "1d", "groupBy": "key"}, "'key'"),
        ({"field": "sum(quantity)", "statsPeriod": "1d", "interval": "0h"}, "'0h'"),
        ({"field": "sum(quantity)", "statsPeriod": "300d", "interval": "1m"}, "too many results"),
    ],
)
def test_statistics_that_cannot_be_answered_say_why(sentry: Any, parameters: dict[str, str], named: str) -> None:
    response = sentry.ask(STATS, **parameters)
    assert (response.status_code, named in response.json()["detail"]) == (400, True)


def test_beyond_its_bound_the_oldest_minutes_are_no_longer_counted() -> None:
    counted, start = Outcomes(kept=3), datetime(2026, 1, 1, tzinfo=UTC)
    for minute in range(5):
        counted.add(Key("1", "error", "accepted", ""), 1, start + timedelta(minutes=minute))
    found = counted.between(start, start + timedelta(hours=1))
    assert [count.minute.minute for count in found] == [2, 3, 4]
    # Both ends of a range are in it.
    found = counted.between(start + timedelta(minutes=2), start + timedelta(minutes=3))
    assert [count.minute.minute for count in found] == [2, 3]


@pytest.mark.parametrize(("size", "left"), [(5_000_000, 3), (250_000, 2), (10, 1)])
def test_bytes_are_bounded_too_and_the_newest_is_always_there(size: int, left: int) -> None:
    anchor = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=60)
    store = Store([Project(org="acme", slug="api", public_key="a" * 32, project_id="1")], anchor, size=size)
    with TestClient(Standin(store, VirtualClock(anchor.stack)).app) as client:
        for number in range(3):
            body = envelope(("event", {"message": "x" * 100_000}), event_id=f"{number:032x}")
            client.post("/api/1/envelope/?sentry_key=" + "a" * 32, content=body)
    assert len(store.events(store.projects)) == len(store.received) == len(store.items(store.projects)) == left
    assert store.event(store.projects[0], f"{2:032x}") is not None


def test_a_check_in_that_ends_is_the_one_that_began(sentry: Any) -> None:
    began = {"monitor_slug": "nightly", "check_in_id": "a" * 32, "status": "in_progress", "environment": "prod"}
    ended = began | {"status": "ok", "duration": 4.5}
    for document in (began, ended, began | {"check_in_id": "b" * 32}):
        assert sentry.post(envelope(("check_in", document))).status_code == 200
        sentry.clock.advance(timedelta(minutes=1))
    newest, oldest = sentry.get("/organizations/acme/monitors/nightly/checkins/")
    assert (oldest["id"], oldest["status"], oldest["duration"]) == ("a" * 32, "ok", 4500)
    assert (newest["id"], newest["status"], newest["environment"]) == ("b" * 32, "in_progress", "prod")


@pytest.mark.parametrize(
    ("trace", "shown"),
    [
        ({"trace": {"sample_rate": "0.25", "trace_id": TRACE}}, 0.25),
        ({"trace": {"trace_id": TRACE}}, None),
        ({"trace": {"sample_rate": "often"}}, None),
        ({"trace": {"sample_rate": "1.5"}}, None),
        ({}, None),
    ],
)
def test_an_event_says_the_sample_rate_of_its_envelope_and_not_its_own(
    sentry: Any, trace: dict[str, Any], shown: float | None
) -> None:
    identity = "c" * 32
    event = {"message": "m", "contexts": {"trace": {"trace_id": TRACE, "client_sample_rate": 0.9}}}
    head, _, rest = envelope(("event", event), event_id=identity).partition(b"\n")
    assert sentry.post(json.dumps(json.loads(head) | trace).encode() + b"\n" + rest).status_code == 200
    context = sentry.get(f"/projects/acme/api/events/{identity}/")["contexts"]["trace"]
    assert context["trace_id"] == TRACE
    assert context.get("client_sample_rate") == shown
