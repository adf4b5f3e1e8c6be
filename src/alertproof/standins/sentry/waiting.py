"""Envelopes as they came, and those that nobody has read yet: in memory, or on disk if there is a store."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping
from datetime import datetime

import msgspec

from alertproof.standins.ledger import Ledger, LedgerError, Position, Reader
from alertproof.standins.sentry.intake.decoding import decode_content
from alertproof.standins.sentry.issues import Project

__all__ = ["MARK", "Received", "Waiting", "is_envelope"]

#: Bytes of unread envelopes on disk at most; beyond, intake is as slow as reading. A ledger is to keep more than that.
_MOST_ON_DISK = 256 * 1024 * 1024
#: Records of envelopes begin with it, so that a ledger may hold others too.
MARK = b"E"


class Received(msgspec.Struct, frozen=True, kw_only=True, gc=False):
    """An envelope as it came: ``raw`` in its content ``encoding``, ``at`` in stack time.

    ``limited`` are the places of items that a rate limit dropped, with its reason.
    """

    project: Project
    raw: bytes
    event_id: str | None
    at: datetime
    encoding: str = ""
    limited: Mapping[int, str] = {}

    @property
    def data(self) -> bytes:
        """The envelope after content decoding."""
        return decode_content(self.raw, self.encoding)


class _Record(msgspec.Struct, frozen=True, array_like=True):
    project_id: str
    raw: bytes
    event_id: str | None
    at: datetime
    encoding: str
    limited: dict[int, str]


_ENCODER = msgspec.msgpack.Encoder()
_DECODER = msgspec.msgpack.Decoder(_Record)


def is_envelope(record: bytes) -> bool:
    """Tell whether a record of a ledger is an envelope."""
    return record.startswith(MARK)


class Waiting:
    """Envelopes in the order in which they came, each given out once.

    In memory at most ``count`` of ``size`` bytes may wait, on disk more, and memory then holds none of them.
    """

    def __init__(self, projects: Iterable[Project], *, count: int, size: int) -> None:
        self._projects = {project.project_id: project for project in projects}
        self._count, self._size = count, size
        self._in_memory: deque[Received] = deque()
        self._weight = 0
        self._ledger: Ledger | None = None
        self._reader: Reader | None = None
        self._on_disk = 0
        self._unread: Position = (0, 0)

    def keep_in(self, ledger: Ledger) -> None:
        """Write to a ledger what comes from now on."""
        self._ledger, self._reader = ledger, ledger.reader()

    def oldest_file(self) -> int:
        """Return the number of the ledger's first file that holds what is unread, and remember the place in it."""
        if self._ledger is not None and not self._on_disk:
            self._reader = self._ledger.reader()
        if self._reader is not None:
            self._unread = self._reader.position
        return self._unread[0]

    def take_up(self, before: int) -> None:
        """Go on with what was unread in the ledger's files below a number, after a kill; it waits in memory."""
        if self._ledger is None:
            return
        reader = self._ledger.reader(self._unread)
        while reader.position[0] < before and (record := reader.read()) is not None and reader.position[0] < before:
            if is_envelope(record):
                self.again(record)
        self._on_disk = 0

    def add(self, received: Received) -> None:
        """Keep an envelope; raises `LedgerError` if the ledger cannot be written, and then it is not kept."""
        if self._ledger is None:
            self._in_memory.append(received)
            self._weight += len(received.raw)
        else:
            record = _encoded(received)
            self._ledger.append(record)
            self._on_disk += len(record)

    def again(self, record: bytes) -> Received:
        """Keep an envelope of a ledger that outlived its process; raises `LedgerError` if its project is not known."""
        received = self._decoded(record)
        self._in_memory.append(received)
        self._weight += len(received.raw)
        return received

    @property
    def is_full(self) -> bool:
        """Whether the oldest is to be read before another may come."""
        if self._ledger is None:
            return len(self._in_memory) > self._count or self._weight > self._size
        return self._on_disk > _MOST_ON_DISK

    def take(self) -> Received | None:
        """Give out the oldest, or None."""
        if self._in_memory:
            received = self._in_memory.popleft()
            self._weight -= len(received.raw)
            return received
        record = self._reader.read() if self._reader else None
        while record is not None and not is_envelope(record) and self._reader:
            record = self._reader.read()
        if record is None:
            return None
        self._on_disk -= len(record)
        return self._decoded(record)

    def _decoded(self, record: bytes) -> Received:
        read = _DECODER.decode(memoryview(record)[len(MARK) :])
        project = self._projects.get(read.project_id)
        if project is None:
            known = ", ".join(sorted(self._projects))
            raise LedgerError(
                f"the store holds an envelope of project {read.project_id}, which --projects does not name (it names"
                f" {known}); name it, or give another folder"
            )
        return Received(
            project=project,
            raw=read.raw,
            event_id=read.event_id,
            at=read.at,
            encoding=read.encoding,
            limited=read.limited,
        )


def _encoded(received: Received) -> bytes:
    return MARK + _ENCODER.encode(
        _Record(
            received.project.project_id,
            received.raw,
            received.event_id,
            received.at,
            received.encoding,
            dict(received.limited),
        )
    )
