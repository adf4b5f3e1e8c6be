"""An attack is real requests from a process of its own: it ends with the revert, the lease, and with who started it."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NoReturn, final

import psutil
import pytest

from alertproof.errors import BlastRadiusExceeded, FaultError, RevertFailed
from alertproof.faults import FaultDoor, Ledger, LedgerEntry, LoginAttack, OutsideDoor, Stop, injected, sweep

LEASE = timedelta(seconds=30)
ATTACK = LoginAttack(text="logins fail", tenant="acme", rate=20, sources=3)


def until(look: Callable[[], object], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@final
class Platform:
    """Answers every login with ``status`` and keeps what was asked."""

    def __init__(self) -> None:
        self.status = 401
        self.asked: list[tuple[float, str, dict[str, Any]]] = []
        outer = self

        @final
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                outer.asked.append((time.monotonic(), self.headers["X-Forwarded-For"], {**body, "path": self.path}))
                self.send_response(outer.status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def platform() -> Iterator[Platform]:
    found = Platform()
    yield found
    found.close()


@pytest.fixture
def door(platform: Platform) -> Iterator[OutsideDoor]:
    found = OutsideDoor(platform.url)
    yield found
    found.close()


def test_logins_are_tried_at_the_rate_with_other_passwords_from_all_sources_until_the_revert(
    platform: Platform, door: OutsideDoor, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    with injected(ATTACK, door=door, ledger=ledger, lease=LEASE, target="t"):
        until(lambda: door.active()[0].injected >= 40)
        [state] = door.active()
        [entry] = ledger.pending()
    reverted = time.monotonic()

    assert (state.kind, entry.door, entry.kind) == ("login_attack", "a process of this run", "login_attack")
    assert 0 < state.lease_left_seconds < 30
    assert state.injected <= state.matched <= len(platform.asked)
    assert door.active() == []
    assert ledger.pending() == []
    times, sources, bodies = zip(*platform.asked, strict=True)
    assert max(times) <= reverted
    assert 15 <= (len(times) - 1) / (max(times) - min(times)) <= 25
    assert {*sources} == {"198.51.100.1", "198.51.100.2", "198.51.100.3"}
    assert {body["email"] for body in bodies} == {f"nobody-{number}@acme.example" for number in (1, 2, 3)}
    assert {(body["tenant"], body["path"]) for body in bodies} == {("acme", "/api/login")}
    assert len({body["password"] for body in bodies}) == len(bodies)


def test_the_process_ends_with_its_lease_when_nobody_reverts(platform: Platform, door: OutsideDoor) -> None:
    door.inject(ATTACK, fault_id="a", lease=timedelta(seconds=1))

    until(lambda: door.active() == [])
    tried = len(platform.asked)
    assert 15 <= tried <= 20
    time.sleep(0.3)
    assert len(platform.asked) == tried
    door.revert("a")
    door.revert("a")


def test_an_attack_that_tries_seldom_does_not_outlive_its_lease_by_waiting(
    platform: Platform, door: OutsideDoor
) -> None:
    seldom = LoginAttack(text="t", tenant="acme", rate=0.1)
    door.inject(seldom, fault_id="a", lease=timedelta(seconds=1))

    until(lambda: door.active() == [], seconds=5)
    assert len(platform.asked) == 1


@pytest.mark.parametrize(("status", "refused"), [(200, False), (500, False), (429, True)])
def test_only_logins_that_are_refused_count(platform: Platform, door: OutsideDoor, status: int, refused: bool) -> None:
    platform.status = status
    door.inject(ATTACK, fault_id="a", lease=LEASE)

    until(lambda: door.active()[0].matched >= 3)
    assert (door.active()[0].injected > 0) is refused


def test_a_fault_of_the_platform_s_own_does_not_come_from_outside(door: OutsideDoor) -> None:
    with pytest.raises(FaultError, match="a door of the platform takes it"):
        door.inject(Stop(text="the API is stopped"), fault_id="a", lease=LEASE)


def test_an_attack_whose_run_is_killed_ends_with_it(platform: Platform) -> None:
    program = f"""
import time
from datetime import timedelta
from alertproof.faults import LoginAttack, OutsideDoor
OutsideDoor({platform.url!r}).inject(
    LoginAttack(text="t", tenant="acme", rate=20), fault_id="a", lease=timedelta(seconds=60))
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program]) as run:
        until(lambda: len(platform.asked) > 3)
        [attack] = psutil.Process(run.pid).children()
        os.kill(run.pid, signal.SIGKILL)
    until(lambda: not attack.is_running() or attack.status() == psutil.STATUS_ZOMBIE)


def entry(owner: int, started: str) -> LedgerEntry:
    return LedgerEntry(
        fault_id="a",
        kind="login_attack",
        text="logins fail",
        door="a process of this run",
        target="stack.json",
        owner=owner,
        owner_started=started,
        opened_at=datetime.now(UTC),
        lease_ends=datetime.now(UTC) + LEASE,
    )


def no_door(url: str) -> NoReturn:
    raise AssertionError(f"nobody is to ask {url}")


def test_a_dead_run_s_attack_has_nothing_to_revert(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.open(entry(1, "long ago"))
    door_at: Callable[[str], FaultDoor] = no_door

    [swept] = sweep(ledger, door_at=door_at)

    assert "it ended with the run that did it" in str(swept)
    assert ledger.pending() == []


def test_a_running_run_s_attack_is_not_closed_for_it(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.open(entry(*Ledger.owner()))

    with pytest.raises(RevertFailed, match=f"process {os.getpid()} does it; end that"):
        sweep(ledger, door_at=no_door, entries=ledger.pending())
    assert len(ledger.pending()) == 1


def test_an_attack_longer_than_the_target_allows_is_not_begun(platform: Platform) -> None:
    door = OutsideDoor(platform.url, longest=timedelta(seconds=30))

    with pytest.raises(BlastRadiusExceeded, match=r"would stand for 31 s; the target allows 30 s"):
        door.inject(ATTACK, fault_id="a", lease=timedelta(seconds=31))
    assert door.active() == []
    assert platform.asked == []
