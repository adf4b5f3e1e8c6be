from __future__ import annotations

import base64
import gzip
import json
import zlib
from typing import Any

import brotli
import pytest
import zstandard

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
    assert sentry.client.get(f"/_envelopes/{ID}").content == BODY


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


def test_what_a_200_did_not_store_is_listed_with_the_reason(sentry: Any) -> None:
    sentry.post(BODY)
    sentry.post(BODY)
    sentry.post(f'{{"event_id":"{"e" * 32}"}}\n{{"type":"transaction"}}\n{{}}'.encode())
    listed = sentry.client.get("/_dropped").json()
    assert listed["count"] == 2
    assert listed["events"] == [
        {"event_id": ID, "project": "api", "reason": f"duplicate event_id {ID}"},
        {
            "event_id": "e" * 32,
            "project": "api",
            "reason": f"transaction {'e' * 32} is missing valid trace context",
        },
    ]
