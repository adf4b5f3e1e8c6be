from __future__ import annotations

import base64
import gzip
import json
import tracemalloc
import zlib
from datetime import UTC, datetime
from typing import Any

import brotli
import pytest
import zstandard
from starlette.testclient import TestClient
from tests.standins.doors import with_doors

from alertproof.clock import Anchor, VirtualClock
from alertproof.standins.sentry.intake.decoding import EncodingError, decode_content
from alertproof.standins.sentry.issues import Project
from alertproof.standins.sentry.serve import Standin
from alertproof.standins.sentry.store import Store

KEY = "a" * 32
ID = "9ec79c33ec9942ab8353589fcb2e04dc"
BODY = f'{{"event_id":"{ID}"}}\n{{"type":"event"}}\n{{"message":"hello"}}'.encode()
HEADER = f"sentry_key={KEY},sentry_version=7"
BASIC = base64.b64encode(f"{KEY}:".encode()).decode()
PATH = f"/projects/acme/api/events/{ID}/"


@pytest.mark.parametrize(
    ("headers", "query"),
    [
        ({"X-Sentry-Auth": f"Sentry {HEADER}"}, ""),
        ({"X-Sentry-Auth": f"Sentry {HEADER}, sentry_client=x/1, sentry_secret=old"}, ""),
        ({"Authorization": f"Sentry {HEADER}"}, ""),
        ({"Authorization": f"Basic {BASIC}"}, ""),
        ({}, f"?sentry_key={KEY}&sentry_version=7&sentry_client=x%2F1"),
        ({}, f"?sentry_key={KEY}"),
    ],
)
def test_every_form_of_authorization_is_taken(sentry: Any, headers: dict[str, str], query: str) -> None:
    response = sentry.post(BODY, headers=headers, query=query)
    assert (response.status_code, response.json()) == (200, {"id": ID})
    assert sentry.get(PATH)["title"] == "hello"


def test_the_dsn_of_the_envelope_authorizes_when_nothing_else_does(sentry: Any) -> None:
    body = BODY.replace(b'"}', f'","dsn":"http://{KEY}@host/1"}}'.encode(), 1)
    assert sentry.post(body, headers={}).json() == {"id": ID}


@pytest.mark.parametrize(
    ("headers", "query", "status", "detail"),
    [
        ({}, "", 401, "missing authorization information"),
        ({"X-Sentry-Auth": f"Sentry {HEADER}"}, f"?sentry_key={KEY}", 401, "multiple authorization payloads detected"),
        ({"X-Sentry-Auth": "Sentry sentry_version=7"}, "", 401, "bad x-sentry-auth header"),
        ({"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=x"}, "", 401, "bad x-sentry-auth header"),
        ({"Authorization": "Basic not-base-64"}, "", 401, "bad x-sentry-auth header"),
        ({"X-Sentry-Auth": f"Sentry sentry_key={KEY},sentry_version=8"}, "", 400, "unsupported protocol version (8)"),
        ({}, f"?sentry_key={'f' * 32}", 403, "event submission rejected with_reason: ProjectId"),
        ({}, f"?sentry_key={'b' * 32}", 403, "event submission rejected with_reason: ProjectId"),
    ],
)
def test_who_may_not_write_is_told_why(
    sentry: Any, headers: dict[str, str], query: str, status: int, detail: str
) -> None:
    response = sentry.post(BODY, headers=headers, query=query)
    assert (response.status_code, response.json()["detail"]) == (status, detail)
    assert sentry.ask(PATH).status_code == 404


def test_a_project_that_is_not_there_is_403(sentry: Any) -> None:
    assert sentry.post(BODY, project="99").status_code == 403


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [
        ("", bytes),
        ("identity", bytes),
        ("gzip", gzip.compress),
        ("deflate", zlib.compress),
        ("br", brotli.compress),
        ("zstd", zstandard.compress),
        ("GZIP", gzip.compress),
        ("gzip, br", lambda data: brotli.compress(gzip.compress(data))),
    ],
)
def test_every_content_encoding_is_undone(sentry: Any, encoding: str, encode: Any) -> None:
    headers = {"X-Sentry-Auth": f"Sentry {HEADER}", "Content-Encoding": encoding}
    assert sentry.post(encode(BODY), headers=headers).json() == {"id": ID}
    assert sentry.get(PATH)["title"] == "hello"
    assert sentry.client.get(f"/control/envelopes/{ID}").content == BODY


def test_deflate_without_the_framing_of_zlib_and_zstd_without_a_size_are_undone(sentry: Any) -> None:
    bare = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    stream = zstandard.ZstdCompressor().compressobj()
    for encoding, data in (
        ("deflate", bare.compress(BODY) + bare.flush()),
        ("zstd", stream.compress(BODY) + stream.flush()),
    ):
        headers = {"X-Sentry-Auth": f"Sentry {HEADER}", "Content-Encoding": encoding}
        assert sentry.post(data, headers=headers).json() == {"id": ID}


@pytest.mark.parametrize("encoding", ["gzip", "deflate", "br", "zstd"])
def test_content_that_is_not_what_its_header_says_is_400(sentry: Any, encoding: str) -> None:
    headers = {"X-Sentry-Auth": f"Sentry {HEADER}", "Content-Encoding": encoding}
    response = sentry.post(BODY, headers=headers)
    assert response.status_code == 400
    assert response.json()["detail"].startswith(f"the body is not {encoding}")


def test_a_stream_that_was_cut_is_400(sentry: Any) -> None:
    headers = {"X-Sentry-Auth": f"Sentry {HEADER}", "Content-Encoding": "gzip"}
    assert sentry.post(gzip.compress(BODY)[:-12], headers=headers).status_code == 400


def test_an_unknown_content_encoding_is_415_and_named(sentry: Any) -> None:
    headers = {"X-Sentry-Auth": f"Sentry {HEADER}", "Content-Encoding": "lzma"}
    response = sentry.post(BODY, headers=headers)
    assert response.status_code == 415
    assert "'lzma'" in response.json()["detail"]


def test_a_malformed_envelope_is_400_and_says_where(sentry: Any) -> None:
    response = sentry.post(b'{}\n{"type":"event","length":99}\n{}')
    assert response.status_code == 400
    assert response.json() == {
        "detail": "invalid event envelope",
        "causes": ["unexpected end of file: 97 bytes are missing (at byte 34)"],
    }


def test_an_envelope_without_an_event_answers_an_empty_object(sentry: Any) -> None:
    response = sentry.post(b'{}\n{"type":"client_report"}\n{"discarded_events":[]}')
    assert (response.status_code, response.json()) == (200, {})


@pytest.mark.parametrize(("size", "status"), [(1024 * 1024, 200), (1024 * 1024 + 1, 413)])
def test_an_event_holds_at_most_one_mebibyte(sentry: Any, size: int, status: int) -> None:
    payload = json.dumps({"message": ""}).encode()
    payload = payload[:-2] + b"x" * (size - len(payload)) + payload[-2:]
    head = f'{{"event_id":"{ID}"}}\n{{"type":"event","length":{len(payload)}}}\n'.encode()
    assert sentry.post(head + payload).status_code == status


def test_an_attachment_may_be_larger(sentry: Any) -> None:
    head = f'{{"event_id":"{ID}"}}\n{{"type":"attachment","length":{2 * 1024 * 1024}}}\n'.encode()
    assert sentry.post(head + bytes(2 * 1024 * 1024)).status_code == 200


def test_a_browser_may_send_from_anywhere_and_read_the_limits(sentry: Any) -> None:
    for response in (sentry.post(BODY), sentry.post(b"", headers={}), sentry.client.options("/api/1/envelope/")):
        assert response.headers["access-control-allow-origin"] == "*"
        assert "x-sentry-rate-limits" in response.headers["access-control-expose-headers"]
    preflight = sentry.client.options("/api/1/envelope/")
    assert preflight.status_code == 200
    assert preflight.headers["access-control-allow-methods"] == "POST"
    assert "x-sentry-auth" in preflight.headers["access-control-allow-headers"]
    assert preflight.headers["access-control-max-age"] == "3600"


def test_an_event_that_the_stacks_clock_cannot_show_is_dropped_with_the_reason_and_others_are_not() -> None:
    # In 2001, 24 years before the anchor: 120 times as long before it is no year of the calendar.
    anchor = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=120)
    store = Store([Project(org="acme", slug="api", public_key=KEY, project_id="1")], anchor)
    headers = {"X-Sentry-Auth": f"Sentry {HEADER}"}
    with TestClient(with_doors(Standin(store, VirtualClock(anchor.stack)))) as client:
        for number, at in enumerate([1_000_000_000, 1_767_225_600]):
            body = f'{{"event_id":"{number:032x}"}}\n{{"type":"event"}}\n{{"message":"m","timestamp":{at}}}'.encode()
            assert client.post("/api/1/envelope/", content=body, headers=headers).status_code == 200
        (dropped,) = client.get("/control/dropped").json()["events"]
    assert dropped["event_id"] == f"{0:032x}"
    assert "clock cannot show" in dropped["reason"]
    assert [stored.event.event_id for stored in store.events(store.projects)] == [f"{1:032x}"]


def test_beyond_the_bound_the_oldest_is_forgotten_with_its_issue_and_ids_are_not_given_again() -> None:
    anchor = Anchor(real=datetime(2026, 1, 1, tzinfo=UTC), stack=datetime(2026, 3, 1, tzinfo=UTC), factor=60)
    store = Store([Project(org="acme", slug="api", public_key=KEY, project_id="1")], anchor, kept=3)
    headers = {"X-Sentry-Auth": f"Sentry {HEADER}"}
    with TestClient(Standin(store, VirtualClock(anchor.stack)).app) as client:
        for number, message in enumerate(["alone", "often", "often", "last", "often"]):
            body = f'{{"event_id":"{number:032x}"}}\n{{"type":"event"}}\n{{"message":"{message}"}}'.encode()
            for _ in range(2):  # the second is a duplicate, and dropped
                assert client.post("/api/1/envelope/", content=body, headers=headers).status_code == 200
    assert [stored.event.event_id for stored in store.events(store.projects)] == [f"{n:032x}" for n in (4, 3, 2)]
    issues = {issue.newest.event.message: issue for issue in store.issues(store.projects)}
    assert {message: len(issue.events) for message, issue in issues.items()} == {"often": 2, "last": 1}
    assert [issues["often"].number, issues["last"].number] == [2, 3]
    assert [len(store.received), len(store.drops())] == [3, 3]
    assert store.event(store.projects[0], f"{0:032x}") is None


def test_a_dsn_that_is_no_address_is_401(sentry: Any) -> None:
    body = BODY.replace(b'"}', b'","dsn":"http://[bad"}', 1)
    assert sentry.post(body, headers={}).status_code == 401


@pytest.mark.parametrize(
    ("encoding", "encode"),
    [("gzip", gzip.compress), ("deflate", zlib.compress), ("br", brotli.compress), ("zstd", zstandard.compress)],
)
def test_a_small_body_does_not_fill_the_memory(encoding: str, encode: Any) -> None:
    kilobyte, packed = 1024, encode(bytes(64 * 1024 * 1024))
    tracemalloc.start()
    with pytest.raises(EncodingError) as raised:
        decode_content(packed, encoding, limit=100 * kilobyte)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert raised.value.status == 413
    assert peak < 2000 * kilobyte


@pytest.mark.parametrize("encoding", [("gzip", gzip.compress), ("br", brotli.compress)])
def test_a_body_as_long_as_the_limit_is_taken_and_one_byte_more_is_not(encoding: tuple[str, Any]) -> None:
    name, encode = encoding
    assert len(decode_content(encode(bytes(100_000)), name, limit=100_000)) == 100_000
    with pytest.raises(EncodingError):
        decode_content(encode(bytes(100_001)), name, limit=100_000)


@pytest.mark.parametrize("cut", [1, 12])
def test_brotli_that_was_cut_is_400(sentry: Any, cut: int) -> None:
    headers = {"X-Sentry-Auth": f"Sentry {HEADER}", "Content-Encoding": "br"}
    assert sentry.post(brotli.compress(BODY)[:-cut], headers=headers).status_code == 400


def test_what_a_200_did_not_store_is_listed_with_the_reason(sentry: Any) -> None:
    sentry.post(BODY)
    sentry.post(BODY)
    sentry.post(f'{{"event_id":"{"e" * 32}"}}\n{{"type":"transaction"}}\n{{}}'.encode())
    listed = sentry.client.get("/control/dropped").json()
    assert listed["count"] == 2
    assert listed["events"] == [
        {"event_id": ID, "project": "api", "reason": f"duplicate event_id {ID}"},
        {
            "event_id": "e" * 32,
            "project": "api",
            "reason": f"transaction {'e' * 32} is missing valid trace context",
        },
    ]
