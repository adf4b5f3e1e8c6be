"""The form of a snapshot: what may be in it, and what parts of a stand-in are to each other in it."""

from __future__ import annotations

import io
import os
import pickle
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from alertproof.clock import Anchor, ScaledClock
from alertproof.standins.journal.snapshot import Part, SnapshotError, dumped, restore

ANCHOR = Anchor.at_now(60)


class Book:
    def __init__(self) -> None:
        self.notes: Any = []
        self.refused = 0


class _Runs:
    def __reduce__(self) -> tuple[Any, ...]:
        return os.system, ("echo run",)


@dataclass
class _Reaches:
    """Pickles as a name that leads through a module of ours to what that module imported."""

    name: str

    def pickled(self) -> bytes:
        target = io.BytesIO()
        target.write(b"\x80\x05")
        for text in self.name.rpartition(".")[::2]:
            target.write(b"\x8c" + bytes([len(text)]) + text.encode())
        target.write(b"\x93.")
        return target.getvalue()


@pytest.mark.parametrize(
    "data",
    [
        pickle.dumps({"book": {"notes": _Runs()}}),
        pickle.dumps({"book": {"notes": subprocess.Popen}}),
        pickle.dumps({"book": {"notes": eval}}),
        _Reaches("alertproof.standins.journal.folder.os").pickled(),
        _Reaches("alertproof.standins.process.run").pickled(),
        _Reaches("alertproof.stack.processes.Child").pickled(),
        pickle.dumps({"other": {}}),
        b"",
        b"\x80\x05",
        pickle.dumps({"book": {}})[:-3],
    ],
)
def test_a_snapshot_can_only_hold_what_a_state_is_made_of(data: bytes) -> None:
    with pytest.raises(SnapshotError):
        restore({"book": Part(Book())}, data)


def test_parts_refer_to_each_other_and_to_the_process_by_name() -> None:
    class Owner:
        pass

    def parts() -> tuple[Any, Any, dict[str, Part]]:
        owner, owned = Owner(), Book()
        owner.book = owned  # type: ignore[attr-defined]
        owner.clock = clock = ScaledClock(ANCHOR)  # type: ignore[attr-defined]
        owner.note = note = lambda: None  # type: ignore[attr-defined]
        assert note is not None
        return (
            owner,
            owned,
            {
                "owner": Part(owner, frozenset({"note"})),
                "book": Part(owned),
                "clock": Part(clock, without=None),
            },
        )

    _, book, first = parts()
    book.refused = 7
    owner, other, second = parts()
    clock, note = owner.clock, owner.note
    restore(second, dumped(first))
    assert owner.book is other
    assert other.refused == 7
    assert owner.clock is clock
    assert owner.note is note


@pytest.mark.parametrize("thing", [lambda: None, subprocess.Popen, os.system, Path("x"), print])
def test_a_state_that_could_not_be_read_back_is_not_written(thing: Any) -> None:
    book = Book()
    book.notes = thing
    with pytest.raises(SnapshotError, match="the state cannot be written"):
        dumped({"book": Part(book)})
