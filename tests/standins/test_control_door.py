"""The control door: who is let in, and everything that arrived as it came."""

from __future__ import annotations

import base64
import gzip
import json
import socket
from collections.abc import Mapping
from urllib.parse import urlsplit

import httpx
import pytest
from tests.standins.doors import BEARER, Vendor


@pytest.mark.parametrize("given", [{}, {"Authorization": "Bearer tokem"}, {"Authorization": "token"}])
@pytest.mark.parametrize(("method", "path"), [("GET", ""), ("GET", "/requests"), ("DELETE", "/knobs"), ("GET", "/x")])
def test_without_the_token_it_is_shut(vendor: Vendor, given: dict[str, str], method: str, path: str) -> None:
    answer = httpx.request(method, vendor.door + path, headers=given)
    assert answer.status_code == 403
    assert 'curl -H "Authorization: Bearer $ALERTPROOF_CONTROL_TOKEN"' in answer.json()["errors"][0]


def test_a_token_in_the_address_is_none_for_addresses_are_written_down(vendor: Vendor) -> None:
    assert httpx.get(f"{vendor.door}/knobs?token=token&access_token=token").status_code == 403


def test_the_vendors_own_site_has_no_door(vendor: Vendor) -> None:
    before = vendor.control("GET", "unknown")["count"]
    assert vendor.get("/control/knobs", headers=BEARER).status_code in (403, 404)
    if vendor.name != "datadog":  # which asks for its keys first, whatever the path
        assert vendor.control("GET", "unknown")["count"] == before + 1


def test_it_says_which_doors_it_has(vendor: Vendor) -> None:
    doors = vendor.control("GET", "")["doors"]
    assert {"/control/knobs", "/control/requests", "/control/unknown", "/control/clock"} <= set(doors)


def test_what_arrived_is_kept_as_it_came_whatever_was_answered(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    vendor.control("DELETE", "requests")
    body = gzip.compress(b'{"series": "no"}')
    sent = {"Content-Encoding": "gzip", "X-Mark": "caf\N{LATIN SMALL LETTER E WITH ACUTE}".encode("latin-1")}
    assert vendor.post("/api/v2/series?a=%2F", content=body, headers=sent).status_code == 400
    assert vendor.get("/nowhere/%2e%2e/x").status_code == 404
    first, second = vendor.control("GET", "requests")["requests"]
    assert (first["method"], first["path"], first["query"]) == ("POST", "/api/v2/series", "a=%2F")
    assert (first["status"], first["size"], first["truncated"], first["site"]) == (400, len(body), False, "datadog")
    assert ["x-mark", "caf\N{LATIN SMALL LETTER E WITH ACUTE}"] in first["headers"]
    assert (second["path"], second["status"], second["number"]) == ("/nowhere/%2e%2e/x", 404, first["number"] + 1)
    answer = httpx.get(f"{vendor.door}/requests/{first['number']}/body", headers=BEARER)
    assert answer.content == body
    assert answer.headers["content-type"] == "application/octet-stream"
    assert answer.headers["content-disposition"] == f'attachment; filename="request-{first["number"]}.bin"'
    lines = httpx.get(f"{vendor.door}/requests.jsonl", headers=BEARER).text.splitlines()
    assert [base64.b64decode(json.loads(line)["body_base64"]) for line in lines] == [body, b""]
    rest = httpx.get(f"{vendor.door}/requests.jsonl?after={first['number']}", headers=BEARER).text.splitlines()
    assert [json.loads(line)["number"] for line in rest] == [second["number"]]
    assert httpx.get(f"{vendor.door}/requests.jsonl?after=x", headers=BEARER).status_code == 400


def test_every_site_of_a_stand_in_is_recorded(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    vendor.control("DELETE", "requests")
    httpx.post(vendor.endpoints["datadog_agent"] + "/v0.4/traces", content=b"\x90")
    httpx.post(vendor.endpoints["otlp"] + "/v1/traces", content=b"{}", headers={"Content-Type": "application/json"})
    rows = vendor.control("GET", "requests")["requests"]
    assert [(row["site"], row["size"]) for row in rows] == [("datadog_agent", 1), ("otlp", 2)]


def test_a_listing_goes_on_where_another_ended_and_by_path(vendor: Vendor) -> None:
    vendor.control("DELETE", "requests")
    for path in ("/one", "/two", "/one/more"):
        vendor.get(path)
    found = vendor.control("GET", "requests", params={"limit": 2})["requests"]
    assert [row["path"] for row in found] == ["/one", "/two"]
    rest = vendor.control("GET", "requests", params={"after": found[-1]["number"]})["requests"]
    assert [row["path"] for row in rest] == ["/one/more"]
    found = vendor.control("GET", "requests", params={"path": "/one"})["requests"]
    assert [row["path"] for row in found] == ["/one", "/one/more"]
    for bad in ("-1", "x", "\N{SUPERSCRIPT TWO}", "9" * 30):
        assert httpx.get(f"{vendor.door}/requests", params={"after": bad}, headers=BEARER).status_code == 400
    assert httpx.get(f"{vendor.door}/requests/999999999/body", headers=BEARER).status_code == 404


def test_a_large_body_is_kept_up_to_a_bound_and_counted_whole(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.control("DELETE", "requests")
    vendor.post("/nowhere", content=bytes(9 * 1024 * 1024))
    (row,) = vendor.control("GET", "requests")["requests"]
    assert (row["size"], row["truncated"]) == (9 * 1024 * 1024, True)
    body = httpx.get(f"{vendor.door}/requests/{row['number']}/body", headers=BEARER).content
    assert len(body) == 8 * 1024 * 1024
    for _ in range(8):
        vendor.post("/nowhere", content=bytes(9 * 1024 * 1024))
    # 64 MiB in all, heads and bodies: the first two, and their rows, are gone.
    assert len(vendor.control("GET", "requests")["requests"]) == 7


def test_long_heads_count_too(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.control("DELETE", "requests")
    for _ in range(7):
        vendor.post("/nowhere", content=bytes(8 * 1024 * 1024))
    with httpx.Client(base_url=vendor.api, headers=vendor.headers) as client:
        for _ in range(140):
            client.get(vendor.reads, params={"q": "x" * 30_000}, headers={"X-Long": "y" * 32_000})
    # With 8 MiB of heads it is more than 64 MiB, and less without the first body.
    assert vendor.control("GET", "requests", params={"limit": 0})["kept"] == 7 + 140 - 1


def test_a_body_without_end_is_not_read_to_its_end(vendor: Vendor) -> None:
    address = urlsplit(vendor.api)
    assert address.hostname is not None
    port = address.port or 0
    with socket.create_connection((address.hostname, port)) as plain:
        wrapped = vendor.context.wrap_socket(plain, server_hostname="127.0.0.1") if "https" in vendor.api else plain
        with wrapped as connection:
            head = "\r\n".join(f"{name}: {value}" for name, value in vendor.headers.items())
            start = f"POST /nowhere HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n{head}\r\n\r\n"
            connection.sendall(start.encode())
            for _ in range(17):
                connection.sendall(bytes(1024 * 1024))
            connection.settimeout(20)
            assert connection.recv(12) == b"HTTP/1.1 404"
    assert vendor.control("GET", "unknown")["requests"][-1]["body"] == "(the body is larger than 16777216 bytes)"


def test_of_a_request_that_no_route_takes_the_start_is_kept(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.post(f"/nowhere/{'p' * 20_000}", params={"q": "q" * 20_000}, content=b"b" * 20_000)
    kept = vendor.control("GET", "unknown")["requests"][-1]
    assert {name: len(kept[name]) for name in ("path", "query", "body")} == dict.fromkeys(
        ("path", "query", "body"), 2000
    )


@pytest.mark.parametrize(
    "path", ["/../knobs", "/%2e%2e/knobs", "/requests/..%2f..%2fetc%2fpasswd/body", "/requests/-1/body"]
)
def test_no_path_leads_out_of_it(vendor: Vendor, path: str) -> None:
    assert httpx.get(vendor.door + path, headers=BEARER).status_code in (200, 404)
    address = urlsplit(vendor.door)
    with socket.create_connection((address.hostname or "", address.port or 0)) as connection:
        line = f"GET /control{path} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer token\r\nConnection: close\r\n\r\n"
        connection.sendall(line.encode())
        assert connection.recv(12) == b"HTTP/1.1 404"


def test_an_envelope_that_is_taken_is_recorded_as_it_came_too(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.control("DELETE", "requests")
    body = gzip.compress(b'{"event_id":"%s"}\n{"type":"event"}\n{"message":"m"}' % (b"9" * 32))
    address = f"/api/1/envelope/?sentry_key={'a' * 32}"
    assert vendor.post(address, content=body, headers={"Content-Encoding": "gzip"}).status_code == 200
    (row,) = vendor.control("GET", "requests")["requests"]
    assert (row["method"], row["path"], row["query"]) == ("POST", "/api/1/envelope/", f"sentry_key={'a' * 32}")
    assert (row["status"], row["size"]) == (200, len(body))
    assert ["content-encoding", "gzip"] in row["headers"]
    assert httpx.get(f"{vendor.door}/requests/{row['number']}/body", headers=BEARER).content == body


def test_the_chunks_of_a_transfer_are_joined_and_nothing_else_is_changed(vendor: Vendor) -> None:
    vendor.control("DELETE", "requests")
    parts = [b"\x00one", b"\r\n2\r\n", b"\xff"]
    vendor.post("/nowhere", content=iter(parts))
    (row,) = vendor.control("GET", "requests")["requests"]
    assert ["transfer-encoding", "chunked"] in row["headers"]
    body = httpx.get(f"{vendor.door}/requests/{row['number']}/body", headers=BEARER, verify=vendor.context)
    assert row["status"] == 404
    assert body.content == b"".join(parts)
