"""A header fault is carried by the traffic itself: it reaches a server in exactly its share, until its end."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import NoReturn, final

import msgspec
import pytest

from alertproof.clock import SystemClock
from alertproof.drills.traffic_door import TrafficDoor
from alertproof.errors import BlastRadiusExceeded, FaultError
from alertproof.faults import Header, Ledger, Stop, injected, sweep
from alertproof.loadgen import Traffic, TrafficPlan

LEASE = timedelta(seconds=30)
FAIL = Header(text="some fail", share=0.2, name="X-Fail", value="$ALERTPROOF_TEST_FAIL")


FAIL_PLAIN = Header(text="some fail", share=0.2, name="X-Fail", value="s3cret")


def of_share(share: float, *, tenant: str = "") -> Header:
    match = {"tenant": tenant} if tenant else {}
    return Header(text="some fail", share=share, name="X-Fail", value="s3cret", match=match)


@final
class Platform:
    """Takes logins, and fails each request that carries the header with its value."""

    def __init__(self) -> None:
        self.carried: list[bool] = []
        outer = self

        @final
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                self._answer(b"{}")

            def do_POST(self) -> None:
                self.rfile.read(int(self.headers["Content-Length"]))
                self._answer(b'{"token": "t"}')

            def _answer(self, body: bytes) -> None:
                fails = self.headers["X-Fail"] == "s3cret"
                if self.path != "/api/login":
                    outer.carried.append(fails)
                self.send_response(500 if fails else 200)
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def platform(monkeypatch: pytest.MonkeyPatch) -> Iterator[Platform]:
    monkeypatch.setenv("ALERTPROOF_TEST_FAIL", "s3cret")
    found = Platform()
    yield found
    found.close()


@pytest.fixture
def traffic(platform: Platform) -> Iterator[Traffic]:
    plan = TrafficPlan(
        base_url=platform.url,
        tenants=("acme", "globex"),
        password="p",
        environment="drill",
        dogstatsd="",
        probe_every=10.0,
    )
    found = Traffic(plan)
    found.wait_ready()
    yield found
    found.stop()


def until(look: Callable[[], object], *, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_exactly_the_share_of_the_requests_carries_the_header_until_the_revert(
    platform: Platform, traffic: Traffic, tmp_path: Path
) -> None:
    door, ledger = TrafficDoor(traffic), Ledger(tmp_path)
    until(lambda: len(platform.carried) > 5)
    assert not any(platform.carried)
    with injected(FAIL, door=door, ledger=ledger, lease=LEASE, target="t"):
        until(lambda: sum(platform.carried) >= 10)
        [state] = door.active()
        [entry] = ledger.pending()
        written = next(tmp_path.glob("*.json")).read_text(encoding="utf-8")
    time.sleep(0.3)
    after = len(platform.carried)
    until(lambda: len(platform.carried) > after + 20)

    first, last = platform.carried.index(True), len(platform.carried) - platform.carried[::-1].index(True)
    hit = platform.carried[first:last]
    assert abs(sum(hit) / len(hit) - 0.2) < 0.05  # the ends are cut at those that were hit
    assert not any(platform.carried[after:])
    assert (state.kind, entry.door) == ("header", "the traffic of this run")
    assert 5 <= state.injected <= state.matched
    assert "s3cret" not in written
    assert (door.active(), ledger.pending()) == ([], [])


def test_those_that_carried_it_are_those_that_failed(platform: Platform, traffic: Traffic) -> None:
    door, began = TrafficDoor(traffic), SystemClock().now()
    door.inject(of_share(1.0, tenant="acme"), fault_id="a", lease=LEASE)
    until(lambda: sum(platform.carried) >= 10)
    answers = [one for one in traffic.answers(since=began) if one.carried or one.failed]

    assert len(answers) >= 5
    assert {(one.carried, one.failed, one.tenant) for one in answers} == {(True, True, "acme")}


def test_the_traffic_ends_the_lease_itself(platform: Platform, traffic: Traffic) -> None:
    door = TrafficDoor(traffic)
    door.inject(of_share(1.0), fault_id="a", lease=timedelta(seconds=0.5))
    until(lambda: any(platform.carried))
    until(lambda: not any(platform.carried[-10:]))

    assert door.active() == []
    door.revert("a")
    door.revert("a")


def test_two_headers_at_once_are_refused(traffic: Traffic) -> None:
    door = TrafficDoor(traffic)
    door.inject(FAIL_PLAIN, fault_id="a", lease=LEASE)

    with pytest.raises(FaultError, match="carries a header already"):
        door.inject(FAIL_PLAIN, fault_id="b", lease=LEASE)
    with pytest.raises(FaultError, match="is no header"):
        door.inject(Stop(text="the API is stopped"), fault_id="b", lease=LEASE)


def test_a_lease_longer_than_the_target_allows_is_refused(platform: Platform, traffic: Traffic) -> None:
    door = TrafficDoor(traffic, longest=timedelta(seconds=30))

    with pytest.raises(BlastRadiusExceeded, match="would stand for 31 s; the target allows 30 s"):
        door.inject(FAIL_PLAIN, fault_id="a", lease=timedelta(seconds=31))
    assert not any(platform.carried)


def test_a_dead_run_s_header_has_nothing_to_revert(traffic: Traffic, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with injected(FAIL, door=TrafficDoor(traffic), ledger=ledger, lease=LEASE, target="t"):
        [entry] = ledger.pending()
    ledger.open(msgspec.structs.replace(entry, owner=1, owner_started="long ago"))

    [swept] = sweep(ledger, door_at=no_door)

    assert "the traffic that carried it ended with its run" in str(swept)


def no_door(url: str) -> NoReturn:
    raise AssertionError(f"nobody is to ask {url}")
