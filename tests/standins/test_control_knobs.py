# mypy: disallow-untyped-calls=False
# The official clients' calls come without types.
"""Knobs make a vendor fail, exactly so often: what unmodified clients do about it is then seen."""

from __future__ import annotations

import os
import socket
import ssl
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import httpx
import msgspec
import pytest
import sentry_sdk
from datadog.dogstatsd import DogStatsd
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from pagerduty import EventsApiV2Client, RestApiV2Client
from tests.standins.doors import BEARER, Vendor

from alertproof.clock import SystemClock, wait_until

KEY = "a" * 32
pytestmark = pytest.mark.usefixtures("quiet")


def datadog_client(vendor: Vendor, **options: Any) -> ApiClient:
    configuration = Configuration(host=vendor.api, **options)
    configuration.api_key |= {"apiKeyAuth": "k", "appKeyAuth": "a"}
    return ApiClient(configuration)


# -- what each vendor's clients do about a 429 ---------------------------------------------------------------


def test_datadogs_client_waits_as_long_as_its_header_says_and_tries_again(vendors: Mapping[str, Vendor]) -> None:
    vendor, clock = vendors["datadog"], SystemClock()
    vendor.turn(path="/api/v1/monitor", status=429, retry_after_s=1, times=2)
    began = clock.monotonic()
    with datadog_client(vendor, enable_retry=True, max_retries=3) as client:
        assert isinstance(MonitorsApi(client).list_monitors(), list)
    assert clock.monotonic() - began >= timedelta(seconds=2)
    assert vendor.taken() == [2]


def test_without_trying_again_datadogs_client_sees_the_refusal_whole(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    vendor.turn(path="/api/v1/monitor", method="GET", status=429, retry_after_s=7, times=1)
    with datadog_client(vendor) as client:
        with pytest.raises(ApiException) as caught:
            MonitorsApi(client).list_monitors()
        assert (caught.value.status, caught.value.body["errors"]) == (429, ["Too Many Requests"])
        headers = {name.lower(): value for name, value in caught.value.headers.items()}
        assert headers["x-ratelimit-reset"] == headers["x-ratelimit-period"] == "7"
        assert headers["x-ratelimit-remaining"] == "0"
        MonitorsApi(client).list_monitors()


def test_pages_of_any_origin_see_what_a_knob_answers_where_browsers_send(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    vendor.turn(status=429)
    page = {"Origin": "https://app.example"}
    for path, leave in (("/api/v2/rum", "*"), ("/api/v2/logs", "*"), ("/api/v2/logs/events/search", None)):
        answer = vendor.post(path, content=b"{}", headers=page)
        assert (answer.status_code, answer.headers.get("access-control-allow-origin")) == (429, leave)


def test_sentrys_sdk_keeps_back_what_the_header_tells_it_to(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.turn(path="/api/1/envelope/", status=429, retry_after_s=60, times=1)
    vendor.control("DELETE", "requests")
    client = sentry_sdk.Client(dsn=vendor.endpoints["sentry_dsn"], default_integrations=False)
    for message in ("refused", "kept back", "kept back too"):
        client.capture_event({"message": message}, scope=sentry_sdk.Scope())
        client.flush(5)
    client.close(5)
    rows = vendor.control("GET", "requests")["requests"]
    # The first was refused; the others never left, nor did a report of them, for all categories are held.
    assert [row["status"] for row in rows] == [429]
    assert vendor.control("GET", "knobs")["knobs"][0]["taken"] == 1


def test_sentrys_headers_are_relays_where_sdks_send_and_the_web_apis_elsewhere(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["sentry"]
    vendor.turn(status=429, retry_after_s=9)
    sent = vendor.post("/api/1/envelope/", content=b"{}")
    assert (sent.headers["retry-after"], sent.headers["x-sentry-rate-limits"]) == ("9", "9::organization")
    assert sent.headers["access-control-allow-origin"] == "*"
    assert sent.json()["detail"].startswith("Sentry dropped data due to a quota")
    asked = vendor.get()
    assert (asked.status_code, asked.headers["x-sentry-rate-limit-remaining"]) == (429, "0")
    assert "too frequently" in asked.json()["detail"]


def test_pagerdutys_rest_client_tries_again_after_a_429(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["pagerduty"]
    vendor.turn(path="/services", status=429, retry_after_s=3, times=2)
    with RestApiV2Client("t", base_url=vendor.api, verify=vendor.context) as client:
        client.sleep_timer = 0.05
        assert client.rget("services") == []
    assert vendor.taken() == [2]


def test_pagerdutys_refusals_are_those_of_rest_and_of_events(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["pagerduty"]
    vendor.turn(status=429, retry_after_s=3)
    asked, sent = vendor.get(), vendor.post("/v2/enqueue", content=b"{}")
    for answer in (asked, sent):
        assert [answer.headers[f"ratelimit-{name}"] for name in ("limit", "remaining", "reset")] == ["960", "0", "3"]
    assert asked.json() == {"error": {"message": "Rate Limit Exceeded", "code": 2020}}
    assert sent.json()["status"] == "throttle exceeded"


def test_pagerdutys_events_client_sends_again_after_a_500(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["pagerduty"]
    vendor.turn(path="/v2/enqueue", status=500, times=1)
    with EventsApiV2Client("R" * 32, base_url=vendor.api, verify=vendor.context) as client:
        client.sleep_timer = 0.05
        assert client.trigger("it broke", "test", dedup_key="one") == "one"
    assert vendor.taken() == [1]


# -- every kind of fault, of each vendor ---------------------------------------------------------------------


def test_every_nth_request_is_taken_and_others_are_not_touched(vendor: Vendor) -> None:
    vendor.turn(path=vendor.reads, status=503, every=3)
    assert [vendor.get().status_code for _ in range(7)] == [200, 200, 503, 200, 200, 503, 200]
    (knob,) = vendor.control("GET", "knobs")["knobs"]
    assert (knob["seen"], knob["taken"]) == (7, 2)


def test_so_many_are_taken_and_no_more_and_of_two_knobs_the_first_takes(vendor: Vendor) -> None:
    vendor.turn(path=vendor.reads, status=500, times=1)
    vendor.turn(path=vendor.reads, status=502, times=1)
    assert [vendor.get().status_code for _ in range(3)] == [500, 502, 200]
    vendor.turn(path=vendor.reads, method="POST", status=500)
    assert vendor.get().status_code == 200
    vendor.control("DELETE", "knobs")
    assert vendor.taken() == []


def test_an_answer_is_late(vendor: Vendor) -> None:
    vendor.turn(path=vendor.reads, delay_s=0.5, times=1)
    with pytest.raises(httpx.ReadTimeout):
        vendor.get(timeout=0.2)
    assert vendor.get(timeout=5).status_code == 200


def test_an_own_answer_is_given_in_the_vendors_place(vendor: Vendor) -> None:
    vendor.turn(path=vendor.reads, status=418, headers={"X-Own": "caf\N{LATIN SMALL LETTER E WITH ACUTE}"}, body=[1])
    answer = vendor.get()
    assert (answer.status_code, answer.json()) == (418, [1])
    assert answer.headers["x-own"] == "caf\N{LATIN SMALL LETTER E WITH ACUTE}"


def test_a_connection_is_closed_without_an_answer_or_within_it(vendor: Vendor) -> None:
    vendor.turn(path=vendor.reads, breaks="closed", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        vendor.get()
    vendor.turn(path=vendor.reads, breaks="truncated", times=1)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending complete"):
        vendor.get()
    assert vendor.get().status_code == 200


def test_a_request_is_never_answered_and_its_connection_is_closed_in_the_end(vendor: Vendor) -> None:
    vendor.turn(path=vendor.reads, breaks="silent", times=2, hold_s=0.6)
    with pytest.raises(httpx.ReadTimeout):
        vendor.get(timeout=0.3)
    with pytest.raises(httpx.RemoteProtocolError, match="without sending a response"):
        vendor.get(timeout=10)
    assert vendor.get().status_code == 200


def test_a_connection_is_reset_within_an_answer(vendor: Vendor) -> None:
    vendor.turn(path=vendor.reads, breaks="reset", times=1)
    address = urlsplit(vendor.api)
    request = f"GET {vendor.reads} HTTP/1.1\r\nHost: x\r\n"
    request += "".join(f"{name}: {value}\r\n" for name, value in vendor.headers.items()) + "\r\n"
    with socket.create_connection((address.hostname or "", address.port or 0)) as plain:
        connection: socket.socket | ssl.SSLSocket = plain
        if address.scheme == "https":
            connection = vendor.context.wrap_socket(plain, server_hostname="127.0.0.1")
        # By the kernel: above it Python's TLS takes a reset for an end.
        with connection, socket.socket(fileno=os.dup(connection.fileno())) as below:
            connection.sendall(request.encode())
            below.settimeout(10)
            with pytest.raises(ConnectionResetError):
                list(iter(lambda: below.recv(4096), b""))
    assert vendor.get().status_code == 200


def test_what_a_knob_took_is_recorded_with_what_was_answered(vendor: Vendor) -> None:
    vendor.control("DELETE", "requests")
    vendor.turn(path="/api/", status=503, times=1)
    vendor.turn(path="/v2/", status=503, times=1)
    path = "/v2/enqueue" if vendor.name == "pagerduty" else "/api/1/store/"
    vendor.post(path, content=b"body of it")
    (row,) = vendor.control("GET", "requests")["requests"]
    assert (row["status"], row["size"]) == (503, len(b"body of it"))


def test_one_site_of_several_fails(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    vendor.turn(site="datadog_agent", status=500, every=2)
    address = vendor.endpoints["datadog_agent"] + "/v0.4/traces"
    assert [httpx.post(address, content=b"\x90").status_code for _ in range(4)] == [200, 500, 200, 500]
    assert vendor.get().status_code == 200


@pytest.mark.parametrize(
    ("knob", "said"),
    [
        ({}, "a knob has a status, a delay_s or breaks"),
        ({"status": 999}, "<= 599"),
        ({"stauts": 500}, "stauts"),
        ({"delay_s": 301}, "<= 300"),
        ({"status": 500, "times": 0}, ">= 1"),
        ({"status": 500, "site": "elsewhere"}, "no site 'elsewhere'"),
        ({"status": 500, "headers": {"X-A": "b\r\nX-C: d"}}, "'X-A' cannot be sent"),
        ({"status": 500, "headers": {"X-A\r\nX-C": "d"}}, "cannot be sent"),
        ({"status": 500, "headers": {"X-A": "\N{SNOWMAN}"}}, "cannot be sent"),
        ({"status": 500, "headers": {"Content-Length": "0"}}, "the server's own"),
        ({"breaks": "everything"}, "breaks"),
        (["status"], "is no knob"),
    ],
)
def test_what_is_no_knob_is_refused(vendor: Vendor, knob: Any, said: str) -> None:
    answer = httpx.post(f"{vendor.door}/knobs", json=knob, headers=BEARER, verify=vendor.context)
    assert answer.status_code == 400
    assert said in answer.json()["errors"][0]
    assert vendor.taken() == []


def test_no_more_than_a_hundred_are_turned_and_no_large_body_is_one(vendor: Vendor) -> None:
    with httpx.Client(headers=BEARER, base_url=vendor.door) as client:
        answers = [client.post("/knobs", json={"status": 500, "path": "/none"}).status_code for _ in range(101)]
        assert answers == [201] * 100 + [400]
        assert client.post("/knobs", content=bytes(1024 * 1024 + 1)).status_code == 413


# -- datagrams and traces ------------------------------------------------------------------------------------


def test_every_nth_datagram_is_thrown_away_and_the_others_are_counted(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    assert vendor.control("PUT", "datagrams", json={"lose_every": 4})["lose_every"] == 4
    before = vendor.control("GET", "health")
    statsd = DogStatsd(**address_of(vendor), disable_buffering=True)
    for _ in range(41):
        statsd.increment("knobs.lost")
    statsd.close_socket()
    told = until(lambda: vendor.control("GET", "datagrams"), lambda told: told["seen"] == 41)
    assert told["lost"] == 10
    after = until(lambda: vendor.control("GET", "health"), lambda told: told["samples"] >= before["samples"] + 31)
    assert after["samples"] == before["samples"] + 31
    assert after["datagrams"] == before["datagrams"] + 41
    assert vendor.control("GET", "overview")["common"]["lost_every"] == 4
    assert vendor.control("PUT", "datagrams", json={"lose_every": 0}) == {"lose_every": 0, "seen": 0, "lost": 0}


def test_a_payload_of_traces_is_acknowledged_and_lost(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    vendor.turn(site="datadog_agent", path="/v0.4/traces", status=200, body={"rate_by_service": {}}, every=2)
    before = vendor.control("GET", "spans")["count"]
    span = {"trace_id": 1, "span_id": 1, "start": 1, "duration": 1, "name": "a", "service": "s"}
    for _ in range(4):
        address = vendor.endpoints["datadog_agent"] + "/v0.4/traces"
        answer = httpx.put(address, content=msgspec.msgpack.encode([[span]]))
        assert answer.status_code == 200, answer.text
    assert vendor.control("GET", "spans")["count"] == before + 2


@pytest.mark.parametrize("body", [{}, {"lose_every": -1}, {"lose_every": "x"}, {"lose": 1}])
def test_a_loss_that_is_none_is_refused(vendors: Mapping[str, Vendor], body: dict[str, Any]) -> None:
    answer = httpx.put(f"{vendors['datadog'].door}/datagrams", json=body, headers=BEARER)
    assert answer.status_code == 400
    assert "expected" in answer.json()["errors"][1]


def address_of(vendor: Vendor) -> dict[str, Any]:
    address = urlsplit(vendor.endpoints["dogstatsd"])
    return {"host": address.hostname, "port": address.port}


def until(ask: Callable[[], Any], is_so: Callable[[Any], bool]) -> Any:
    clock = SystemClock()

    def look() -> Any:
        told = ask()
        return told if is_so(told) else None

    found = wait_until(look, clock=clock, deadline=clock.now() + timedelta(seconds=10), every=timedelta(seconds=0.02))
    return found or ask()
