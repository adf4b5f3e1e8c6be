"""The journal of one stand-in: each of its inputs written down before it acts, and all done again at the next start.

A record is its kind (one byte), the instant of the stand-in's clock (microseconds since 1970, little-endian, 8 bytes)
and what its kind says. Whoever is in charge of a kind tells how it is done again; while that happens the clock stands
at the record's instant and nothing is written.
"""

from __future__ import annotations

import asyncio
import contextlib
import struct
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeAlias, final

from alertproof.clock import Clock, SystemClock, standing_at
from alertproof.standins.journal.folding import Folding
from alertproof.standins.journal.snapshot import (
    Part,
    SnapshotError,
    read_state,
    restore,
    states,
)
from alertproof.standins.ledger import Ledger, LedgerError

__all__ = ["Journal", "Redo"]

#: The kind of the record that makes the one before it void.
_VOID = b"\x00"

#: What does a record of a kind again.
Redo: TypeAlias = Callable[[bytes], Awaitable[None] | None]

_HEAD = struct.Struct("<cq")
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
#: The journal is folded into a snapshot when it holds so many bytes ..
_BYTES = 256 * 1024 * 1024
#: .. or when doing it again would take so long (real time), but not more often than costs a twentieth of the time.
_COST = timedelta(seconds=2)
_SHARE = 20
#: Real seconds between two looks whether it is time.
_NAP = 0.1
#: Real seconds until a record that could not be written is tried again.
_PATIENCE = 1.0


@final
class Journal:
    """Inputs on disk, in ``folder``; without one nothing is written, and nothing is there at the next start.

    ``turn`` is held by whoever works on the state over an ``await``: no snapshot is taken in the middle of that.
    """

    def __init__(self, clock: Clock, folder: Path | None = None) -> None:
        self.turn = asyncio.Lock()
        #: Whether what happens now happens again: nobody else is to be told of it.
        self.redoing = False
        self._clock = clock
        self._real = SystemClock()
        self._parts: dict[str, Part] = {}
        self._redos: dict[bytes, Redo] = {}
        self._first: list[Callable[[], None]] = []
        self._obstacles: list[Callable[[], bool]] = []
        self._needs: list[Callable[[], int]] = []
        self._whole: dict[bytes, Callable[[bytes], None]] = {}
        #: Where other records, of kinds that are no part of this, may be written in order with those of this.
        self.ledger = Ledger(folder) if folder else None
        self._folding: Folding | None = None
        self._folded_size = self._give_up = 0
        self._cost = self._longest_fold = self._began_fold = timedelta(0)
        self.know("clock", clock)
        self.know("journal", self)

    def keep(
        self,
        name: str,
        thing: object,
        *,
        without: Iterable[str] = (),
        after: Callable[[int], None] | None = None,
    ) -> None:
        """Take an object's state into snapshots, but for some of its attributes.

        ``after`` is called when the state was taken over, with the number of the first file that is not in it.
        """
        self._parts[name] = Part(thing, frozenset(without), after)

    def know(self, name: str, thing: object) -> None:
        """Let parts refer to an object that belongs to the process: nothing of it is written but its name."""
        self._parts[name] = Part(thing, without=None)

    def on(self, kind: bytes, redo: Redo) -> None:
        """Say how records of a kind (one byte) are done again."""
        self._redos[kind] = redo

    def on_whole(self, kind: bytes, redo: Callable[[bytes], None]) -> None:
        """Say how records are done again that others write, whole and in a form of their own but for the kind."""
        self._whole[kind] = redo

    def still_needs(self, oldest: Callable[[], int]) -> None:
        """Keep files that a snapshot would make needless, from this number on."""
        self._needs.append(oldest)

    def first(self, action: Callable[[], None]) -> None:
        """Let this be done before each record that is done again, at its instant: what had happened by itself."""
        self._first.append(action)

    def not_while(self, condition: Callable[[], bool]) -> None:
        """Take no snapshot while this holds: something waits outside of the state."""
        self._obstacles.append(condition)

    def write(self, kind: bytes, content: bytes = b"") -> datetime:
        """Write a record and return its instant; raises `LedgerError` if it is not kept."""
        at = self._clock.now()
        if self.ledger and not self.redoing:
            self.ledger.append(_HEAD.pack(kind, (at - _EPOCH) // _MICROSECOND) + content)
        return at

    @contextlib.contextmanager
    def doing(self, kind: bytes, content: bytes = b"") -> Iterator[datetime]:
        """Write a record, and let the clock stand at its instant for what is done within; raises `LedgerError`."""
        at = self.write(kind, content)
        began = self._real.monotonic()
        try:
            with standing_at(at):
                yield at
        finally:
            self._cost += self._real.monotonic() - began

    async def insist(self, kind: bytes, content: bytes) -> datetime:
        """Write a record of what has happened elsewhere and cannot be refused any more: wait until there is room."""
        while True:
            try:
                return self.write(kind, content)
            except LedgerError as error:
                _say(f"{error}; trying again")
                await asyncio.sleep(_PATIENCE)

    @contextlib.asynccontextmanager
    async def serving(self) -> AsyncIterator[Mapping[str, str]]:
        """Do again what the store holds, then fold it when it is time, until the context is left."""
        if self.ledger is None:
            yield {}
            return
        if self.ledger.torn:
            _say(f"{self.ledger.torn}; it was not acknowledged, and is cut off")
        await self._redo_all(self.ledger)
        async with asyncio.TaskGroup() as group:
            task = group.create_task(self._watch(self.ledger))
            try:
                yield {}
            finally:
                task.cancel()
                if self._folding is not None:
                    self._folding.stop()

    def void(self) -> None:
        """Say that the newest record did nothing and is not to be done again."""
        self.write(_VOID)

    def close(self) -> None:
        """Let go of the folder."""
        if self.ledger:
            self.ledger.close()

    async def _redo_all(self, ledger: Ledger) -> None:
        """Take over the newest snapshot and do again what came after it; raises `LedgerError` for what is damaged."""
        self.redoing = True
        try:
            since = self._restored(ledger)
            before: bytes | None = None
            for record in ledger.records(since):
                # One behind: a record may say of the one before that it is void.
                void = record[:1] == _VOID
                if before is not None and not void:
                    await self._redo(before)
                before = None if void else record
            if before is not None:
                await self._redo(before)
        finally:
            self.redoing = False

    async def _watch(self, ledger: Ledger) -> None:
        while True:
            await asyncio.sleep(_NAP)
            if self._folding is not None:
                self._finish(ledger)
                continue
            costly = self._cost > max(_COST, _SHARE * self._longest_fold)
            large = ledger.size - self._folded_size > _BYTES
            if (costly or large) and not any(obstacle() for obstacle in self._obstacles):
                async with self.turn:
                    self._fold(ledger)

    def _fold(self, ledger: Ledger) -> None:
        """Begin a snapshot of the whole state, and a new file for the records after it."""
        self._cost, self._folded_size, self._began_fold = timedelta(0), ledger.size, self._real.monotonic()
        try:
            number = ledger.turn()
            self._give_up = min([number, *(needed() for needed in self._needs)])
            self._folding = Folding(ledger.folder / f"{number:08d}.state", self._parts)
        except (LedgerError, OSError) as error:
            _say(f"{error}; the journal grows on")

    def _finish(self, ledger: Ledger) -> None:
        """Give up the records before a snapshot once that is written."""
        written = self._folding.over() if self._folding else None
        if written is None:
            return
        self._folding = None
        self._longest_fold = self._real.monotonic() - self._began_fold
        if written:
            for path in states(ledger.folder)[1:]:
                path.unlink(missing_ok=True)
            ledger.give_up(self._give_up)
            self._folded_size = ledger.size
        else:
            _say("a snapshot was not written; the journal grows on")

    async def _redo(self, record: bytes) -> None:
        whole = self._whole.get(record[:1])
        if whole is not None:
            whole(record)
            return
        kind, micros = _HEAD.unpack_from(record)
        began = self._real.monotonic()
        with standing_at(_EPOCH + micros * _MICROSECOND):
            for action in self._first:
                action()
            done = self._redos[kind](record[_HEAD.size :])
            if done is not None:
                await done
        self._cost += self._real.monotonic() - began

    def _restored(self, ledger: Ledger) -> int:
        """Take over the newest snapshot; returns the number of the first file that is not in it."""
        for unfinished in ledger.folder.glob("*.unfinished"):
            unfinished.unlink(missing_ok=True)
        newest = next(iter(states(ledger.folder)), None)
        if newest is None:
            if ledger.oldest > 1:
                raise LedgerError(f"{ledger.folder} has lost its snapshot: give another folder to begin anew")
            return 0
        try:
            restore(self._parts, read_state(newest))
            for part in self._parts.values():
                if part.after is not None:
                    part.after(int(newest.stem))
        except (OSError, SnapshotError) as error:
            raise LedgerError(f"{newest}: {error}; give another folder to begin anew") from error
        return int(newest.stem)


def _say(text: str) -> None:
    sys.stderr.write(f"alertproof.standins: {text}\n")
