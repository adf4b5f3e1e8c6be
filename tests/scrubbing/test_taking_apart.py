from __future__ import annotations

import gzip
import json
import zlib

import brotli
import pytest
import zstandard

from alertproof.errors import Broken
from alertproof.scrubbing import left_by_request

EVENT = json.dumps({"platform": "python", "request": {"url": "/"}, "extra": {"a": 1}}).encode()
ENVELOPE = b'{"event_id":"%s","trace":{"release":"r1"}}\n' % (b"a" * 32) + (
    b'{"type":"event","length":%d}\n%s\n{"type":"attachment","length":5}\nbytes\n' % (len(EVENT), EVENT)
)


def sources(vendor: str, path: str, body: bytes, encoding: str = "") -> dict[str, bytes]:
    headers = [["content-encoding", encoding]] if encoding else []
    return {left.source: left.octets for left in left_by_request(vendor, path, "", headers, body)}


def test_an_envelope_is_taken_apart_item_by_item_with_its_headers() -> None:
    found = sources("Sentry", "/api/1/envelope/", ENVELOPE)

    assert found["Sentry event of python"] == EVENT
    assert found["Sentry attachment"] == b"bytes"
    assert b'"release":"r1"' in found["Sentry envelope headers"]


def test_an_event_has_its_fields_as_parts() -> None:
    event = list(left_by_request("Sentry", "/api/1/envelope/", "", [], ENVELOPE))[2]

    assert set(event.parts()) == {"platform", "request", "extra"}


def test_the_address_and_the_headers_of_every_request_are_searched_too() -> None:
    (head,) = left_by_request("Datadog", "/api/v1/validate", "q=secret", [["x-note", "told"]], b"")

    assert (head.source, head.octets) == (
        "Datadog: addresses and headers",
        b"/api/v1/validate?q=secret\nx-note: told",
    )


@pytest.mark.parametrize(
    ("vendor", "path", "source"),
    [
        ("Datadog", "/v0.5/traces", "Datadog spans"),
        ("Datadog", "/api/v2/logs", "Datadog logs"),
        ("Datadog", "/api/v2/rum", "Datadog RUM"),
        ("Datadog", "/api/v2/series", "Datadog metrics"),
        ("Datadog", "/api/v1/monitor", "Datadog monitors"),
        ("Datadog", "/api/v1/events", "Datadog events"),
        ("Datadog", "/api/v1/slo", "Datadog: other requests"),
        ("PagerDuty", "/v2/enqueue", "PagerDuty events"),
        ("PagerDuty", "/users", "PagerDuty: other requests"),
        ("Sentry", "/api/0/projects/", "Sentry: other requests"),
    ],
)
def test_what_a_request_is_stands_in_its_path(vendor: str, path: str, source: str) -> None:
    assert source in sources(vendor, path, b"{}")


@pytest.mark.parametrize(
    ("encoding", "packed"),
    [
        ("gzip", gzip.compress(ENVELOPE)),
        ("deflate", zlib.compress(ENVELOPE)),
        ("br", brotli.compress(ENVELOPE)),
        ("zstd", zstandard.ZstdCompressor().compress(ENVELOPE)),
        ("", ENVELOPE),
    ],
)
def test_a_body_is_unpacked_however_it_was_packed(encoding: str, packed: bytes) -> None:
    assert sources("Sentry", "/api/1/envelope/", packed, encoding)["Sentry event of python"] == EVENT


@pytest.mark.parametrize("encoding", ["compress", "gzip"])
def test_a_body_that_cannot_be_read_is_broken_and_not_skipped(encoding: str) -> None:
    with pytest.raises(Broken, match=encoding):
        sources("Sentry", "/api/1/envelope/", b"???", encoding)


def test_lines_of_json_have_their_fields_as_parts() -> None:
    body = b'{"type":"view","view":{"url":"/"}}\n{"type":"error","error":{"message":"m"}}\n'
    (rum,) = [left for left in left_by_request("Datadog", "/api/v2/rum", "", [], body) if left.source == "Datadog RUM"]

    assert set(rum.parts()) == {"type", "view", "error"}
