from __future__ import annotations

import asyncio
import os
import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.testclient import TestClient
from tests.standins.killable import largest_file

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.journal import drawn
from alertproof.standins.journal.folder import Store
from alertproof.standins.journal.journal import Journal
from alertproof.standins.journal.requests import Requests
from alertproof.standins.ledger import LedgerError

ANCHOR = Anchor.at_now(60)
LARGEST = 1000


class Book:
    """A state: what was noted, when, and by which id."""

    def __init__(self) -> None:
        self.notes: list[tuple[str, datetime, str]] = []
        self.refused = 0


@dataclass
class World:
    journal: Journal
    book: Book
    client: TestClient
    clock: ScaledClock
    redone: list[str] = field(default_factory=list)

    def note(self, text: str, **options: Any) -> Any:
        return self.client.post("/notes", content=text, **options)


def world(folder: Path, refuse: Callable[[], bool] = lambda: False) -> World:
    clock, book = ScaledClock(ANCHOR), Book()
    journal = Journal(clock, folder)

    async def note(request: Request) -> Response:
        text = (await request.body()).decode()
        if refuse():
            return JSONResponse({}, 429)
        if text == "crash":
            book.refused += 1
            raise RuntimeError("a mistake")
        # Two looks at the clock within one request.
        book.notes.append((text, clock.now(), str(drawn.uuid4())))
        assert clock.now() == book.notes[-1][1]
        return JSONResponse({"id": book.notes[-1][2]}, 201)

    async def listing(_request: Request) -> Response:
        return JSONResponse(len(book.notes))

    app = Starlette(routes=[Route("/notes", note, methods=["POST"]), Route("/notes", listing)])
    client = TestClient(Requests(journal, largest=LARGEST).before("site", app), raise_server_exceptions=False)
    journal.keep("book", book)
    return World(journal, book, client, clock)


def fold(journal: Journal) -> None:
    """Write a snapshot and wait until that is done."""
    assert journal.ledger is not None
    journal._fold(journal.ledger)
    while journal._folding is not None:
        journal._finish(journal.ledger)
        time.sleep(0.002)


def again(before: World, folder: Path, **options: Any) -> World:
    """Return the world as a process finds it that is started on the same folder."""
    before.journal.close()
    after = world(folder, **options)

    async def start() -> None:
        async with after.journal.serving():
            pass

    try:
        asyncio.run(start())
    except LedgerError:
        after.journal.close()
        raise
    return after


def test_requests_are_done_again_with_their_ids_and_instants(tmp_path: Path) -> None:
    first = world(tmp_path)
    ids = [first.note(text).json()["id"] for text in ("one", "two")]
    second = again(first, tmp_path)
    assert [note[2] for note in second.book.notes] == ids
    assert second.book.notes == first.book.notes
    # What comes now is new, and kept beside the others.
    second.note("three")
    third = again(second, tmp_path)
    assert [note[0] for note in third.book.notes] == ["one", "two", "three"]
    assert len({note[2] for note in third.book.notes}) == 3


def test_what_only_reads_is_not_written(tmp_path: Path) -> None:
    first = world(tmp_path)
    assert first.journal.ledger is not None
    size = first.journal.ledger.size
    assert first.client.get("/notes").json() == 0
    assert first.journal.ledger.size == size
    first.note("one")
    assert first.journal.ledger.size > size


def test_what_cannot_be_written_is_refused_and_not_done(tmp_path: Path) -> None:
    first = world(tmp_path)
    first.note("one")
    assert first.journal.ledger is not None
    os.close(first.journal.ledger._descriptor)
    first.journal.ledger._descriptor = os.open(os.devnull, os.O_RDONLY)
    refused = first.note("two")
    assert refused.status_code == 503
    assert "cannot be written" in refused.json()["errors"][0]
    assert [note[0] for note in first.book.notes] == ["one"]


def test_a_body_above_what_is_taken_is_refused_and_not_written(tmp_path: Path) -> None:
    first = world(tmp_path)
    assert first.note("x" * LARGEST).status_code == 201
    assert first.journal.ledger is not None
    before = first.journal.ledger.size
    answer = first.note("x" * (LARGEST + 1))
    assert (answer.status_code, answer.json()) == (413, {"errors": ["the body is larger than 1000 bytes"]})
    assert first.journal.ledger.size == before
    assert len(first.book.notes) == 1


def test_a_request_that_a_limit_refused_is_not_done_again(tmp_path: Path) -> None:
    limited = iter([False, True, False])
    first = world(tmp_path, refuse=lambda: next(limited))
    assert [first.note(text).status_code for text in ("one", "two", "three")] == [201, 429, 201]
    second = again(first, tmp_path)
    assert second.book.notes == first.book.notes
    assert [note[0] for note in second.book.notes] == ["one", "three"]


def test_a_request_that_a_mistake_ended_is_done_again_and_ends_nothing_else(tmp_path: Path) -> None:
    first = world(tmp_path)
    assert [first.note(text).status_code for text in ("one", "crash", "two")] == [201, 500, 201]
    second = again(first, tmp_path)
    assert (second.book.notes, second.book.refused) == (first.book.notes, 1)


def test_a_snapshot_takes_the_place_of_the_records_before_it(tmp_path: Path) -> None:
    first = world(tmp_path)
    for number in range(20):
        first.note(f"before {number}" + "x" * 500)
    ledger = first.journal.ledger
    assert ledger is not None
    size = ledger.size
    fold(first.journal)
    assert ledger.size < 100 < size
    first.note("after")
    second = again(first, tmp_path)
    assert second.book.notes == first.book.notes
    assert len(second.book.notes) == 21
    # And the next one takes the place of the first.
    assert second.journal.ledger is not None
    fold(second.journal)
    assert len(list(tmp_path.glob("*.state"))) == 1
    assert again(second, tmp_path).book.notes == first.book.notes


def test_a_kill_between_a_snapshot_and_the_end_of_the_records_before_it_loses_nothing(tmp_path: Path) -> None:
    first = world(tmp_path)
    first.note("one")
    assert first.journal.ledger is not None
    first.journal.ledger.turn()
    (tmp_path / "00000002.unfinished").write_bytes(b"half")
    first.note("two")
    assert again(first, tmp_path).book.notes == first.book.notes
    assert not list(tmp_path.glob("*.unfinished"))


def test_a_journal_that_costs_much_to_do_again_is_folded_by_itself(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("alertproof.standins.journal.journal._COST", timedelta(0))
    monkeypatch.setattr("alertproof.standins.journal.journal._NAP", 0.01)
    first = world(tmp_path)
    waiting = [True]
    first.journal.not_while(lambda: waiting[0])

    async def run() -> None:
        async with first.journal.serving():
            with first.journal.doing(b"x"):
                first.book.notes.append(("by itself", first.clock.now(), ""))
            await asyncio.sleep(0.1)
            assert first.journal.ledger is not None
            assert first.journal.ledger.oldest == 1
            waiting[0] = False
            for _ in range(6000):
                await asyncio.sleep(0.01)
                if first.journal.ledger.oldest > 1:
                    break

    first.journal.on(b"x", lambda _: None)
    asyncio.run(run())
    assert list(tmp_path.glob("*.state"))
    assert again(first, tmp_path).book.notes == first.book.notes


def test_a_damaged_snapshot_is_said(tmp_path: Path) -> None:
    first = world(tmp_path)
    first.note("one")
    assert first.journal.ledger is not None
    fold(first.journal)
    state = next(tmp_path.glob("*.state"))
    content = bytearray(state.read_bytes())
    content[-1] ^= 1
    state.write_bytes(content)
    with pytest.raises(LedgerError, match=r"00000002\.state: it is damaged: .*; give another folder"):
        again(first, tmp_path)
    state.unlink()
    with pytest.raises(LedgerError, match="has lost its snapshot"):
        again(world(tmp_path), tmp_path)


def test_the_same_seed_draws_the_same_and_only_within() -> None:
    def draws() -> list[Any]:
        return [drawn.uuid4(), drawn.token(32), drawn.randbelow(10**9), drawn.choice(range(10**9))]

    seed = drawn.new_seed()
    with drawn.drawing_from(seed):
        first = draws()
    with drawn.drawing_from(seed):
        assert draws() == first
    assert draws() != draws()
    with drawn.drawing_from(drawn.new_seed()):
        assert draws() != first
    assert isinstance(first[0], uuid.UUID)
    assert first[0].version == 4
    assert len(bytes.fromhex(first[1])) == 32


def test_a_store_is_one_stand_ins_on_one_clock(tmp_path: Path) -> None:
    environment = {"ALERTPROOF_CLOCK": '{"real": 1000.0, "stack": 2000.0, "factor": 60.0}'}
    first = Store("sentry", tmp_path / "store", environment=environment)
    first.remember({"sentry_api": "http://127.0.0.1:4711", "dogstatsd": "udp://127.0.0.1:4712"})
    second = Store("sentry", tmp_path / "store", environment={})
    assert second.anchor == first.anchor
    assert [second.port(name) for name in ("sentry_api", "dogstatsd", "other")] == [4711, 4712, 0]
    with pytest.raises(LedgerError, match="is that of sentry; give another folder"):
        Store("datadog", tmp_path / "store", environment=environment)
    with pytest.raises(LedgerError, match="lives by another clock than ALERTPROOF_CLOCK says"):
        Store("sentry", tmp_path / "store", environment={"ALERTPROOF_CLOCK": '{"real": 1, "stack": 2, "factor": 1}'})
    about = tmp_path / "store" / "about.json"
    about.write_text(about.read_text().replace('"version":"', '"version":"0.'))
    with pytest.raises(LedgerError, match=r"was written by version 0\..*; give another folder"):
        Store("sentry", tmp_path / "store", environment=environment)
    about.write_text("{")
    with pytest.raises(LedgerError, match=r"about\.json cannot be read: "):
        Store("sentry", tmp_path / "store", environment=environment)


def test_the_store_is_its_accounts_own(tmp_path: Path) -> None:
    Store("sentry", tmp_path / "store", environment={})
    assert (tmp_path / "store").stat().st_mode & 0o777 == 0o700
    first = world(tmp_path / "store" / "journal")
    first.note("one")
    assert first.journal.ledger is not None
    fold(first.journal)
    for path in (tmp_path / "store" / "journal").iterdir():
        assert path.stat().st_mode & 0o077 == 0, path


def test_without_a_folder_nothing_is_written(tmp_path: Path) -> None:
    store = Store("sentry", None, environment={})
    store.remember({"sentry_api": "http://127.0.0.1:4711"})
    assert store.journal is None
    assert not list(tmp_path.iterdir())


def test_what_has_happened_elsewhere_is_written_once_there_is_room(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("alertproof.standins.journal.journal._PATIENCE", 0.01)
    first = world(tmp_path)
    seen: list[bytes] = []
    ledger = first.journal.ledger
    assert ledger is not None

    async def run() -> None:
        with largest_file(ledger.size):
            writing = asyncio.create_task(first.journal.insist(b"x", b"told"))
            await asyncio.sleep(0.05)
            assert not writing.done()
        await asyncio.wait_for(writing, 5)

    asyncio.run(run())
    assert "cannot be written: File too large" in capsys.readouterr().err
    first.journal.close()
    second = world(tmp_path)
    second.journal.on(b"x", seen.append)

    async def start() -> None:
        async with second.journal.serving():
            pass

    asyncio.run(start())
    assert seen == [b"told"]


def test_a_snapshot_that_cannot_be_written_is_said_and_costs_nothing(
    tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    first = world(tmp_path)
    for number in range(20):
        first.note(f"before {number}")
    first.book.refused = lambda: None  # type: ignore[assignment]
    fold(first.journal)
    assert "the state cannot be written" in capfd.readouterr().err
    assert not list(tmp_path.glob("*.state"))
    assert again(first, tmp_path).book.notes == first.book.notes
