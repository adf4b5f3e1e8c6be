"""The ledger survives its writer, and tells whose entries nobody is going to close."""

from __future__ import annotations

import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest

from alertproof.errors import FaultError
from alertproof.faults import Ledger, LedgerEntry

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def entry(fault_id: str = "f1", *, owner: int | None = None, started: str | None = None) -> LedgerEntry:
    mine, since = Ledger.owner()
    return LedgerEntry(
        fault_id=fault_id,
        kind="error",
        text="5 % of API requests fail",
        door="http://127.0.0.1:9",
        target="local",
        owner=mine if owner is None else owner,
        owner_started=since if started is None else started,
        opened_at=NOW,
        lease_ends=NOW + timedelta(seconds=30),
    )


def test_what_was_opened_is_pending_until_it_is_closed(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path / "ledger")
    ledger.open(entry("a"))
    ledger.open(entry("b"))
    ledger.close("a")

    assert [one.fault_id for one in Ledger(tmp_path / "ledger").pending()] == ["b"]


def test_closing_twice_is_no_error(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.open(entry())
    ledger.close("f1")
    ledger.close("f1")

    assert ledger.pending() == []


def test_an_entry_of_a_living_owner_is_not_abandoned(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.open(entry())

    assert ledger.abandoned() == []


def test_an_entry_of_a_dead_owner_is_abandoned(tmp_path: Path) -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as dead:
        pass
    ledger = Ledger(tmp_path)
    ledger.open(entry(owner=dead.pid, started="123"))

    assert [one.fault_id for one in ledger.abandoned()] == ["f1"]


def test_a_process_id_used_again_by_another_process_does_not_keep_an_entry(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.open(entry(owner=os.getpid(), started="1"))

    assert [one.fault_id for one in ledger.abandoned()] == ["f1"]


def test_a_file_that_is_no_entry_is_named_and_not_skipped(tmp_path: Path) -> None:
    (tmp_path / "broken.json").write_text('{"fault_id": 3}', encoding="utf-8")

    with pytest.raises(FaultError, match=r"broken\.json: not an entry"):
        Ledger(tmp_path).pending()


def test_a_half_written_entry_is_not_an_entry(tmp_path: Path) -> None:
    """A kill between writing and renaming leaves a temporary file: the fault was not injected yet."""
    (tmp_path / "f1.tmp").write_bytes(msgspec.json.encode(entry())[:20])

    assert Ledger(tmp_path).pending() == []
