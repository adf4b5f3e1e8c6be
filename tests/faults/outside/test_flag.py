"""A flag is set for as long as a drill holds it, and put back by whoever is left: keeper, run or the next run."""

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
from typing import NoReturn, final

import msgspec
import psutil
import pytest

from alertproof.errors import BlastRadiusExceeded, FaultError, RevertFailed
from alertproof.faults import FeatureFlag, Ledger, LedgerEntry, OutsideDoor, injected, sweep
from alertproof.requirements import HttpChange

LEASE = timedelta(seconds=30)
TOKEN = "ALERTPROOF_TEST_FLAG_TOKEN"


def until(look: Callable[[], object], *, seconds: float = 15) -> None:
    deadline = time.monotonic() + seconds
    while not look():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@final
class Flags:
    """A service that keeps one flag; ``refuse`` answers with an error so many times, to requests with that value."""

    def __init__(self) -> None:
        self.value: object = False
        self.asked: list[object] = []
        self.refuse: dict[object, int] = {}
        self.seen_in_ledger: list[int] = []
        self.ledger: Ledger | None = None
        outer = self

        @final
        class Handler(BaseHTTPRequestHandler):
            def do_PUT(self) -> None:
                wanted = json.loads(self.rfile.read(int(self.headers["Content-Length"])))["on"]
                outer.asked.append(wanted)
                if outer.ledger is not None:
                    outer.seen_in_ledger.append(sum(one.undo is not None for one in outer.ledger.pending()))
                status = 200 if self.headers["Authorization"] == "Bearer s3cret" else 401
                if outer.refuse.get(wanted, 0) > 0:
                    outer.refuse[wanted] -= 1
                    status = 503
                if status == 200:
                    outer.value = wanted
                self.send_response(status)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *arguments: object) -> None:
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}/flags/crash"
        threading.Thread(target=self._server.serve_forever, kwargs={"poll_interval": 0.05}).start()

    def stands(self) -> bool:
        """Return whether the flag is set now."""
        return self.value is True

    def change(self, on: bool) -> HttpChange:
        return HttpChange(url=self.url, body={"on": on}, headers={"Authorization": f"Bearer ${TOKEN}"})

    def fault(self) -> FeatureFlag:
        return FeatureFlag(text="the flag is set", share=0.05, change=self.change(True), undo=self.change(False))

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def flags(monkeypatch: pytest.MonkeyPatch) -> Iterator[Flags]:
    monkeypatch.setenv(TOKEN, "s3cret")
    found = Flags()
    yield found
    found.close()


@pytest.fixture
def door() -> Iterator[OutsideDoor]:
    found = OutsideDoor("http://127.0.0.1:9")
    yield found
    found.close()


def test_a_flag_is_set_until_the_revert_and_its_undo_is_written_down_before(
    flags: Flags, door: OutsideDoor, tmp_path: Path
) -> None:
    flags.ledger = ledger = Ledger(tmp_path)
    with injected(flags.fault(), door=door, ledger=ledger, lease=LEASE, target="t"):
        assert flags.stands()
        [state] = door.active()
        [entry] = ledger.pending()
        written = next(tmp_path.glob("*.json")).read_text(encoding="utf-8")

    assert (state.kind, state.injected) == ("flag", 1)
    assert 0 < state.lease_left_seconds < 30
    assert entry.undo == flags.change(False)
    assert "s3cret" not in written
    assert flags.seen_in_ledger[0] == 1
    assert flags.asked == [True, False]
    assert not flags.stands()
    assert (door.active(), ledger.pending()) == ([], [])


def test_a_flag_without_an_undo_is_never_set(flags: Flags, door: OutsideDoor, tmp_path: Path) -> None:
    fault = FeatureFlag(text="t", share=0.05, change=flags.change(True), undo=None)

    with (
        pytest.raises(BlastRadiusExceeded, match="has no undo; it is not set"),
        injected(fault, door=door, ledger=Ledger(tmp_path), lease=LEASE, target="t"),
    ):
        raise AssertionError
    assert flags.asked == []
    assert not list(tmp_path.iterdir())


def test_a_flag_is_put_back_when_its_lease_ends(flags: Flags, door: OutsideDoor) -> None:
    door.inject(flags.fault(), fault_id="a", lease=timedelta(seconds=1))
    assert flags.stands()

    until(lambda: not flags.stands(), seconds=5)
    until(lambda: door.active() == [])
    door.revert("a")
    assert flags.asked == [True, False]


def test_a_flag_whose_run_is_killed_is_put_back(flags: Flags) -> None:
    program = f"""
import time
from datetime import timedelta
from alertproof.faults import FeatureFlag, OutsideDoor
from alertproof.requirements import HttpChange
def change(on):
    return HttpChange(url={flags.url!r}, body={{"on": on}}, headers={{"Authorization": "Bearer ${TOKEN}"}})
OutsideDoor("http://127.0.0.1:9").inject(
    FeatureFlag(text="t", share=1.0, change=change(True), undo=change(False)),
    fault_id="a",
    lease=timedelta(seconds=60),
)
time.sleep(60)
"""
    with subprocess.Popen([sys.executable, "-c", program]) as run:
        until(flags.stands)
        os.kill(run.pid, signal.SIGKILL)
    until(lambda: not flags.stands())


def test_a_flag_whose_keeper_is_killed_is_put_back_by_the_run(flags: Flags, door: OutsideDoor) -> None:
    door.inject(flags.fault(), fault_id="a", lease=LEASE)
    [keeper] = [one for one in psutil.Process().children() if "alertproof.faults.outside.flag" in one.cmdline()]
    keeper.kill()
    until(lambda: door.active() == [])
    assert flags.stands()

    door.revert("a")
    assert not flags.stands()


def test_an_undo_that_is_refused_is_sent_again(flags: Flags, door: OutsideDoor) -> None:
    flags.refuse[False] = 1
    door.inject(flags.fault(), fault_id="a", lease=LEASE)
    door.revert("a")

    assert flags.asked == [True, False, False]
    assert not flags.stands()


def test_a_flag_that_is_not_put_back_stays_in_the_ledger_until_a_sweep_does(
    flags: Flags, door: OutsideDoor, tmp_path: Path
) -> None:
    ledger = Ledger(tmp_path)
    flags.refuse[False] = 6  # the keeper's five, and the run's
    with (
        pytest.raises(RevertFailed, match="may still stand"),
        injected(flags.fault(), door=door, ledger=ledger, lease=LEASE, target="t"),
    ):
        pass
    [entry] = ledger.pending()
    assert flags.stands()

    [swept] = sweep(_of_a_dead_run(ledger, entry), door_at=no_door)

    assert "its flag was put back" in str(swept)
    assert not flags.stands()
    assert ledger.pending() == []


def test_a_sweep_that_is_refused_keeps_the_entry(flags: Flags, tmp_path: Path) -> None:
    ledger, now = Ledger(tmp_path), datetime.now(UTC)
    flags.refuse[False] = 1
    entry = LedgerEntry(
        fault_id="a",
        kind="flag",
        text="the flag is set",
        door="a process of this run",
        target="t",
        owner=1,
        owner_started="long ago",
        opened_at=now,
        lease_ends=now,
        undo=flags.change(False),
    )
    ledger.open(entry)

    with pytest.raises(RevertFailed, match="was answered 503"):
        sweep(ledger, door_at=no_door)
    assert ledger.pending() == [entry]


def test_a_flag_that_cannot_be_set_says_why_and_is_put_back_in_case_it_was(flags: Flags, door: OutsideDoor) -> None:
    flags.refuse[True] = 1

    with pytest.raises(FaultError, match=r"PUT http://127\.0\.0\.1/flags/crash was answered 503"):
        door.inject(flags.fault(), fault_id="a", lease=LEASE)
    door.revert("a")
    assert flags.asked == [True, False]


def test_a_secret_that_is_not_set_is_named_before_anything_is_sent(
    flags: Flags, door: OutsideDoor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv(TOKEN)

    with pytest.raises(FaultError, match=f"set {TOKEN} in the environment"):
        door.inject(flags.fault(), fault_id="a", lease=LEASE)
    assert flags.asked == []


def _of_a_dead_run(ledger: Ledger, entry: LedgerEntry) -> Ledger:
    ledger.open(msgspec.structs.replace(entry, owner=1, owner_started="long ago"))
    return ledger


def no_door(url: str) -> NoReturn:
    raise AssertionError(f"nobody is to ask {url}")
