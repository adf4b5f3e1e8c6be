"""A fault never outlives its run: neither an exception, nor a dead process, nor a dead platform keeps it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import msgspec
import pytest

from alertproof.errors import BlastRadiusExceeded, FaultError, RevertFailed
from alertproof.faults import Backlog, Error, Fault, FaultDoor, Ledger, injected, sweep
from alertproof.redact import Secret

TOKEN = "the-token"
LEASE = timedelta(seconds=30)
FAULT = Error(text="5 % of API requests fail", share=0.05, plant=Secret("s3cret"))


class Door(ThreadingHTTPServer):
    """A small platform whose fault door speaks as M3CoreCRM's does.

    ``answers`` overrides a method's status; ``broken`` is how many things each fault is said to break.
    """

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.faults: dict[str, dict[str, object]] = {}
        self.answers: dict[str, int] = {}
        self.broken = 0

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"


class Handler(BaseHTTPRequestHandler):
    server: Door

    def answer(self, status: int, body: object = None) -> None:
        data = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def refused(self) -> bool:
        status = self.server.answers.get(self.command)
        if self.headers["X-Fault-Token"] != TOKEN:
            status = 403
        if status:
            self.answer(status, {"detail": "no"})
        return status is not None

    def do_POST(self) -> None:
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        if not self.refused():
            self.server.faults[body["id"]] = body
            self.answer(201, body)

    def do_GET(self) -> None:
        if not self.refused():
            rows = [
                {
                    "id": key,
                    "kind": "error",
                    "matched": 0,
                    "injected": self.server.broken,
                    "lease_left_seconds": 12.0,
                }
                for key in self.server.faults
            ]
            self.answer(200, rows)

    def do_DELETE(self) -> None:
        if not self.refused():
            self.server.faults.pop(self.path.rpartition("/")[2], None)
            self.answer(200)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - the base class's name
        """Say nothing."""


@pytest.fixture
def platform() -> Iterator[Door]:
    with Door() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.fixture
def door(platform: Door) -> Iterator[FaultDoor]:
    opened = FaultDoor(base_url=platform.url, token=Secret(TOKEN))
    yield opened
    opened.close()


def test_the_fault_stands_inside_the_block_and_not_after_it(platform: Door, door: FaultDoor, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with injected(FAULT, door=door, ledger=ledger, lease=LEASE, target="t") as fault_id:
        assert platform.faults[fault_id]["share"] == 0.05
        assert platform.faults[fault_id]["lease_seconds"] == 30
        assert [one.fault_id for one in ledger.pending()] == [fault_id]

    assert platform.faults == {}
    assert ledger.pending() == []


def test_a_failing_block_reverts_too(platform: Door, door: FaultDoor, tmp_path: Path) -> None:
    with (
        pytest.raises(ZeroDivisionError),
        injected(FAULT, door=door, ledger=Ledger(tmp_path), lease=LEASE, target="t"),
    ):
        raise ZeroDivisionError

    assert platform.faults == {}
    assert Ledger(tmp_path).pending() == []


def test_a_fault_that_breaks_too_much_is_refused_before_anything_is_written_down_or_broken(
    platform: Door, door: FaultDoor, tmp_path: Path
) -> None:
    with (
        pytest.raises(BlastRadiusExceeded, match="a backlog has 1 to 50,000 jobs, got 50,001"),
        injected(Backlog(text="t", jobs=50_001), door=door, ledger=Ledger(tmp_path), lease=LEASE, target="t"),
    ):
        pytest.fail("the block must not run")

    assert [*tmp_path.iterdir()] == []
    assert platform.faults == {}


def test_the_ledger_says_whom_the_fault_hits(door: FaultDoor, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with injected(FAULT, door=door, ledger=ledger, lease=LEASE, target="t"):
        assert [one.blast_radius for one in ledger.pending()] == ["5 % of the requests to the API"]


def test_the_ledger_is_open_before_the_fault_is_injected(platform: Door, door: FaultDoor, tmp_path: Path) -> None:
    """A process that dies while injecting must have written down that it was about to."""
    written: list[int] = []

    class Watched(FaultDoor):
        def inject(self, fault: Fault, *, fault_id: str, lease: timedelta) -> None:
            written.append(len(Ledger(tmp_path).pending()))
            super().inject(fault, fault_id=fault_id, lease=lease)

    watched = Watched(base_url=platform.url, token=Secret(TOKEN))
    with injected(FAULT, door=watched, ledger=Ledger(tmp_path), lease=LEASE, target="t"):
        pass
    watched.close()

    assert written == [1]


def test_production_refuses_the_fault_and_nothing_is_left_in_the_ledger(
    platform: Door, door: FaultDoor, tmp_path: Path
) -> None:
    platform.answers["POST"] = 409
    with (
        pytest.raises(BlastRadiusExceeded, match="refuses faults"),
        injected(FAULT, door=door, ledger=Ledger(tmp_path), lease=LEASE, target="t"),
    ):
        pytest.fail("the block must not run")

    assert Ledger(tmp_path).pending() == []


def test_a_revert_that_fails_is_raised_and_stays_in_the_ledger(platform: Door, door: FaultDoor, tmp_path: Path) -> None:
    with (
        pytest.raises(RevertFailed, match="M3CORE_FAULT_TOKEN=... alertproof faults revert"),
        injected(FAULT, door=door, ledger=Ledger(tmp_path), lease=LEASE, target="t"),
    ):
        platform.answers["DELETE"] = 500

    assert len(Ledger(tmp_path).pending()) == 1


def test_a_platform_that_died_took_its_fault_with_it(platform: Door, door: FaultDoor, tmp_path: Path) -> None:
    with injected(FAULT, door=door, ledger=Ledger(tmp_path), lease=LEASE, target="t"):
        platform.shutdown()
        platform.server_close()

    assert Ledger(tmp_path).pending() == []


def test_the_plant_is_in_no_repr_and_not_in_the_ledger(platform: Door, door: FaultDoor, tmp_path: Path) -> None:
    with injected(FAULT, door=door, ledger=Ledger(tmp_path), lease=LEASE, target="t"):
        texts = [path.read_text(encoding="utf-8") for path in tmp_path.iterdir()]

    assert "s3cret" not in repr(FAULT)
    assert all("s3cret" not in text for text in texts)


def abandoned(ledger: Ledger, url: str) -> None:
    """Leave an entry as a killed run does."""
    door = FaultDoor(base_url=url, token=Secret(TOKEN))
    with injected(FAULT, door=door, ledger=ledger, lease=LEASE, target="t") as fault_id:
        (entry,) = ledger.pending()
    door.close()
    ledger.open(msgspec.structs.replace(entry, fault_id=fault_id, owner_started="long ago"))


def reopened(url: str) -> FaultDoor:
    return FaultDoor(base_url=url, token=Secret(TOKEN))


def test_a_sweep_reverts_what_still_stands_and_says_so(platform: Door, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    abandoned(ledger, platform.url)
    (entry,) = ledger.pending()
    platform.faults[entry.fault_id] = {}

    (swept,) = sweep(ledger, door_at=reopened)

    assert platform.faults == {}
    assert ledger.pending() == []
    assert "still stood, with 12 s of its lease left; reverted" in str(swept)


def test_a_sweep_says_when_the_lease_had_ended_the_fault(platform: Door, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    abandoned(ledger, platform.url)

    (swept,) = sweep(ledger, door_at=reopened)

    assert "its lease had ended it" in str(swept)


def test_a_sweep_closes_the_entry_of_a_platform_that_is_gone(platform: Door, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    abandoned(ledger, platform.url)
    platform.shutdown()
    platform.server_close()

    (swept,) = sweep(ledger, door_at=reopened)

    assert "is gone" in str(swept)
    assert ledger.pending() == []


def test_a_sweep_that_cannot_revert_keeps_the_entry_and_fails(platform: Door, tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    abandoned(ledger, platform.url)

    with pytest.raises(RevertFailed, match="1 fault"):
        sweep(ledger, door_at=lambda url: FaultDoor(base_url=url, token=Secret("wrong")))

    assert len(ledger.pending()) == 1


def test_an_old_entry_whose_door_refuses_is_closed_because_its_lease_has_ended(platform: Door, tmp_path: Path) -> None:
    """Otherwise one killed run would block every later one, long after its platform was started anew."""
    ledger = Ledger(tmp_path)
    abandoned(ledger, platform.url)
    (entry,) = ledger.pending()
    ledger.open(msgspec.structs.replace(entry, lease_ends=entry.lease_ends - timedelta(hours=2)))

    (swept,) = sweep(ledger, door_at=lambda url: FaultDoor(base_url=url, token=Secret("wrong")))

    assert "its lease ended at" in str(swept)
    assert ledger.pending() == []


def test_a_platform_elsewhere_that_is_not_reached_keeps_its_entry() -> None:
    """A name that does not resolve, a network that is down: the fault may stand all the same."""
    door = FaultDoor(base_url="http://platform.invalid", token=Secret(TOKEN))
    with pytest.raises(FaultError, match="was not reached") as refused:
        door.revert("f1")
    door.close()

    assert type(refused.value) is FaultError


def test_a_door_that_does_not_exist_is_told_from_one_that_refuses(platform: Door, door: FaultDoor) -> None:
    platform.answers["POST"] = 404
    with pytest.raises(FaultError, match="has no fault door; start the platform with M3CORE_FAULT_TOKEN"):
        door.inject(FAULT, fault_id="x", lease=LEASE)
