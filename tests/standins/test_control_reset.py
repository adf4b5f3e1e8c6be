"""A reset leaves a stand-in as at its start, on the same ports and the same clock, with nothing of what was."""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import psutil
from tests.standins.doors import BEARER, Vendor, ask_door

from alertproof.clock import Anchor, SystemClock

KEY = "a" * 32


def sent(vendor: Vendor, number: int) -> None:
    """Let something be there of everything that can be found."""
    if vendor.name == "datadog":
        body = {"type": "query alert", "query": "avg(last_5m):avg:a.b{*} > 1", "name": "n", "message": "m"}
        assert vendor.post("/api/v1/monitor", json=body).status_code == 200
    elif vendor.name == "sentry":
        event = b'{"event_id":"%032x"}\n{"type":"event"}\n{"message":"m"}' % number
        assert vendor.post(f"/api/1/envelope/?sentry_key={KEY}", content=event).status_code == 200
    else:
        user = {"user": {"name": "n", "email": f"u{number}@example.com"}}
        assert vendor.post("/users", json=user).status_code == 201


def found(vendor: Vendor) -> int:
    if vendor.name == "pagerduty":
        return len(vendor.get("/users").json()["users"])
    return len(vendor.get().json())


def reset(vendor: Vendor) -> None:
    vendor.control("POST", "reset")


def test_nothing_is_left_of_what_arrived_and_of_what_was_turned(vendor: Vendor) -> None:
    reset(vendor)
    clock = vendor.control("GET", "clock")["now"]
    sent(vendor, 1)
    vendor.get("/nowhere")
    assert found(vendor) == 1
    vendor.turn(path="/nowhere", status=500)
    vendor.control("PUT", "visibility", json={"after_s": 60})
    vendor.control("PUT", "clock", json={"skew_s": 3600})
    reset(vendor)
    assert vendor.control("GET", "requests")["requests"] == []
    assert vendor.control("GET", "unknown") == {"count": 0, "requests": []}
    assert vendor.taken() == []
    assert vendor.control("GET", "visibility") == {"after_s": 0, "waiting": 0}
    told = vendor.control("GET", "clock")
    assert told["skew_s"] == 0
    assert 0 < told["now"] - clock < 1800
    assert found(vendor) == 0
    sent(vendor, 1)
    assert found(vendor) == 1


def test_who_connects_meanwhile_waits_and_nobody_is_refused(vendor: Vendor) -> None:
    statuses: list[int | str] = []
    ending = threading.Event()

    def ask() -> None:
        while not ending.is_set():
            try:
                statuses.append(vendor.get(timeout=20).status_code)
            except (httpx.RemoteProtocolError, httpx.ReadError):
                # Let in before, and not answered any more.
                statuses.append("closed")

    asking = threading.Thread(target=ask)
    asking.start()
    for _ in range(3):
        reset(vendor)
    ending.set()
    asking.join()
    assert set(statuses) <= {200, "closed"}
    assert vendor.get().status_code == 200


def test_datagrams_find_their_port_again(vendors: Mapping[str, Vendor]) -> None:
    vendor = vendors["datadog"]
    reset(vendor)
    assert ask_door(vendor.door, "health")["datagrams"] == 0
    address = urlsplit(vendor.endpoints["dogstatsd"])
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        sender.sendto(b"a.b:1|c", (address.hostname, address.port))
    clock = SystemClock()
    began = clock.monotonic()
    while ask_door(vendor.door, "health")["datagrams"] == 0:
        assert (clock.monotonic() - began).total_seconds() < 10


def test_a_reset_costs_no_threads_and_no_descriptors(
    vendors: Mapping[str, Vendor], start_stand_in: Callable[..., Any]
) -> None:
    projects = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"}])
    standin = start_stand_in("sentry", "--projects", projects)
    process = psutil.Process(standin.process.pid)

    def once() -> tuple[int, int]:
        httpx.post(f"{standin.endpoints['sentry_control']}/reset", headers=BEARER).raise_for_status()
        ask_door(standin.endpoints["sentry_control"], "knobs")
        return process.num_threads(), process.num_fds()

    first = once()
    last = [once() for _ in range(5)][-1]
    assert last[0] <= first[0] + 1
    assert last[1] <= first[1] + 2
    assert standin.end() == 0


def test_a_store_is_emptied_too(start_stand_in: Callable[..., Any], tmp_path: Path) -> None:
    anchor = Anchor.at_now(60)

    def started() -> Any:
        return start_stand_in("datadog", "--store", str(tmp_path / "store"), anchor=anchor)

    def monitors(standin: Any) -> Any:
        keys = {"DD-API-KEY": "k", "DD-APPLICATION-KEY": "a"}
        body = {"type": "query alert", "query": "avg(last_5m):avg:a.b{*} > 1", "name": "n", "message": "m"}
        address = f"{standin.endpoints['datadog']}/api/v1/monitor"
        return (lambda: httpx.post(address, json=body, headers=keys)), (lambda: httpx.get(address, headers=keys).json())

    first = started()
    make, listed = monitors(first)
    make()
    assert len(listed()) == 1
    httpx.post(f"{first.endpoints['control']}/reset", headers=BEARER).raise_for_status()
    assert listed() == []
    make()
    make()
    first.process.kill()
    first.process.wait()
    second = started()
    assert second.endpoints == first.endpoints
    assert len(monitors(second)[1]()) == 2


def test_an_envelope_of_before_a_reset_does_not_come_back_after_a_kill(
    start_stand_in: Callable[..., Any], tmp_path: Path
) -> None:
    anchor = Anchor.at_now(60)
    projects = json.dumps([{"org": "acme", "project": "api", "public_key": KEY, "project_id": "1"}])

    def started() -> Any:
        return start_stand_in("sentry", "--projects", projects, "--store", str(tmp_path / "store"), anchor=anchor)

    def send(standin: Any, number: int) -> None:
        event = b'{"event_id":"%032x"}\n{"type":"event"}\n{"message":"m"}' % number
        address = f"{standin.endpoints['sentry_api']}/api/1/envelope/?sentry_key={KEY}"
        assert httpx.post(address, content=event).status_code == 200

    def events(standin: Any) -> list[str]:
        rows = ask_door(standin.endpoints["sentry_control"], "overview")["events"]
        return sorted(row["event_id"][-1] for row in rows)

    first = started()
    send(first, 1)
    httpx.post(f"{first.endpoints['sentry_control']}/reset", headers=BEARER).raise_for_status()
    assert events(first) == []
    send(first, 2)
    first.process.kill()
    first.process.wait()
    assert events(started()) == ["2"]
