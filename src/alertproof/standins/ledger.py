"""Records on disk that outlive the process that wrote them: a folder of files that only ever grow at their end.

A record is written by one system call before :meth:`Ledger.append` returns. From then on it is in the kernel's hands
and survives any death of this process, SIGKILL included. It does not survive a power cut: for that each record would
have to be waited for on the disk (fsync), a thousand times slower, and a stand-in does not outlive its machine.

On disk: files ``00000001.ledger``, ``00000002.ledger`` ..; each begins with `_MAGIC`, then records, each a header of
12 bytes (little-endian: length of the payload, CRC-32 of that length, CRC-32 of the payload) and the payload. The
length has a checksum of its own, so that a damaged length cannot pass for the torn end of a file and hide what follows.
"""

from __future__ import annotations

import errno
import fcntl
import os
import re
import struct
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Self, TypeAlias, final

from alertproof.errors import AlertproofError

__all__ = ["Ledger", "LedgerError", "Position", "Reader"]

_MAGIC = b"alertproof ledger 1\n"
_HEADER = struct.Struct("<III")
_LENGTH = struct.Struct("<I")
_NAME = re.compile(r"\d{8}\.ledger")
_FILE_BYTES = 16 * 1024 * 1024
#: A file's number and an offset in it.
Position: TypeAlias = tuple[int, int]


class LedgerError(AlertproofError):
    """A ledger cannot be opened, read or written; the text says what, where and what to do."""


@final
class Ledger:
    """The records of one folder. Used from one thread; a lock keeps other processes out.

    Args:
        folder: made if it is not there.
        file_bytes: a file that is larger is followed by a new one; a record is never split.

    Raises:
        LedgerError: the folder cannot be written, is in use, or what is in it is damaged.
    """

    def __init__(self, folder: Path, *, file_bytes: int = _FILE_BYTES) -> None:
        self.folder = folder
        #: What a kill in the middle of a write left behind and opening cut off, in words; None if nothing.
        self.torn: str | None = None
        self._file_bytes = file_bytes
        self._broken: str | None = None
        self._lock = _locked(folder)
        try:
            self._sizes = _sizes(folder)
            self._newest = max(self._sizes, default=1)
            self._descriptor = self._opened(self._newest)
        except BaseException:
            os.close(self._lock)
            raise

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def oldest(self) -> int:
        """The number of the oldest file; 1 as long as nothing was given up."""
        return min(self._sizes)

    @property
    def size(self) -> int:
        """Bytes of all files together."""
        return sum(self._sizes.values())

    def append(self, record: bytes) -> None:
        """Write a record, whole or not at all; raises `LedgerError` if it is not kept."""
        if self._broken:
            raise LedgerError(self._broken)
        header = _HEADER.pack(len(record), zlib.crc32(_LENGTH.pack(len(record))), zlib.crc32(record))
        whole = len(header) + len(record)
        if self._sizes[self._newest] + whole > self._file_bytes and self._sizes[self._newest] > len(_MAGIC):
            self.turn()
        try:
            written = os.writev(self._descriptor, (header, record))
        except OSError as error:
            raise _refused(self._path(self._newest), error) from error
        if written < whole:
            self._cut_back()
            raise _refused(self._path(self._newest), OSError(errno.ENOSPC, os.strerror(errno.ENOSPC)))
        self._sizes[self._newest] += whole

    def records(self, since: int = 0) -> Iterator[bytes]:
        """Return what the files from number ``since`` on hold, oldest first; raises `LedgerError` at a damaged one."""
        for number in sorted(number for number in self._sizes if number >= since):
            path = self._path(number)
            data = path.read_bytes()
            end = len(_MAGIC)
            for record, after in _parsed(path, data):
                yield record
                end = after
            if end < len(data):
                raise _damaged(path, end, "it was cut off in the middle of a record, and records follow")

    def turn(self) -> int:
        """Begin a new file and return its number; raises `LedgerError` if that cannot be done."""
        descriptor = self._opened(self._newest + 1)
        os.close(self._descriptor)
        self._descriptor = descriptor
        self._newest += 1
        return self._newest

    def give_up(self, before: int) -> None:
        """Remove the files with a number below ``before``, but for the newest."""
        for number in sorted(number for number in self._sizes if number < min(before, self._newest)):
            self._path(number).unlink(missing_ok=True)
            del self._sizes[number]

    def reader(self, at: Position | None = None) -> Reader:
        """Return what reads the records from a position on; without one those that are appended from now on."""
        return Reader(self, *(at or (self._newest, self._sizes[self._newest])))

    def next_after(self, number: int, at: int) -> tuple[bytes, int, int] | None:
        """Return the record at an offset of a file, and the file and offset behind it; None at the end of all.

        A file that was given up is as if it had ended.
        """
        while number < self._newest and at >= self._sizes.get(number, 0):
            number, at = number + 1, len(_MAGIC)
        if at >= self._sizes[number]:
            return None
        path = self._path(number)
        try:
            with path.open("rb", buffering=0) as file:
                file.seek(at)
                length, check_of_length, check = _HEADER.unpack(file.read(_HEADER.size))
                record = file.read(length)
        except (OSError, struct.error) as error:
            raise _damaged(path, at, f"a record cannot be read: {error}") from error
        if zlib.crc32(_LENGTH.pack(length)) != check_of_length or zlib.crc32(record) != check:
            raise _damaged(path, at, "a record does not match its checksum")
        return record, number, at + _HEADER.size + length

    def close(self) -> None:
        """Close the file and let other processes in."""
        os.close(self._descriptor)
        os.close(self._lock)

    def _path(self, number: int) -> Path:
        return self.folder / f"{number:08d}.ledger"

    def _opened(self, number: int) -> int:
        """Open a file to append to, cut back to its last whole record; a new one gets its first line."""
        path = self._path(number)
        try:
            descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise _refused(path, error) from error
        try:
            self._sizes[number] = self._ready(path, descriptor)
        except OSError as error:
            os.close(descriptor)
            raise _refused(path, error) from error
        except LedgerError:
            os.close(descriptor)
            raise
        return descriptor

    def _ready(self, path: Path, descriptor: int) -> int:
        data = path.read_bytes()
        if len(data) < len(_MAGIC) and _MAGIC.startswith(data):
            os.ftruncate(descriptor, 0)
            if os.write(descriptor, _MAGIC) < len(_MAGIC):
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
            return len(_MAGIC)
        end = max((after for _, after in _parsed(path, data)), default=len(_MAGIC))
        if end < len(data):
            os.ftruncate(descriptor, end)
            self.torn = (
                f"{path}: the last {len(data) - end} bytes, from offset {end} on, are a record that was not finished"
            )
        return end

    def _cut_back(self) -> None:
        """Take back the beginning of a record that was not written whole."""
        try:
            os.ftruncate(self._descriptor, self._sizes[self._newest])
        except OSError as error:
            self._broken = (
                f"{self._path(self._newest)} ends in half a record that cannot be taken back: {error.strerror}"
            )


@final
class Reader:
    """Reads on where it stopped, from the files and not from memory."""

    def __init__(self, ledger: Ledger, number: int, at: int) -> None:
        self._ledger = ledger
        self._number, self._at = number, at

    @property
    def position(self) -> Position:
        """Where it reads on."""
        return self._number, self._at

    def read(self) -> bytes | None:
        """Return the next record, None when all are read; raises `LedgerError` for one that is damaged."""
        found = self._ledger.next_after(self._number, self._at)
        if found is None:
            return None
        record, self._number, self._at = found
        return record


def _locked(folder: Path) -> int:
    try:
        folder.mkdir(parents=True, exist_ok=True)
        descriptor = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        message = f"the store {folder} cannot be written: {error.strerror}; give a folder that this account may write"
        raise LedgerError(message) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(descriptor)
        raise LedgerError(f"the store {folder} is in use by another process: end it, or give another folder") from error
    return descriptor


def _sizes(folder: Path) -> dict[int, int]:
    """Return the bytes of each file by its number; raises `LedgerError` if one in between is not there."""
    sizes = {int(path.stem): path.stat().st_size for path in folder.iterdir() if _NAME.fullmatch(path.name)}
    missing = set(range(min(sizes, default=0), max(sizes, default=0))) - set(sizes)
    if missing:
        raise LedgerError(
            f"the store {folder} is damaged: {min(missing):08d}.ledger is missing between its neighbours;"
            " put it back, or give another folder to begin anew"
        )
    return sizes


def _parsed(path: Path, data: bytes) -> Iterator[tuple[bytes, int]]:
    """Return each whole record of a file and where it ends, up to a torn end; raises `LedgerError` for damage."""
    if not data.startswith(_MAGIC):
        raise _damaged(path, 0, "it does not begin as a ledger does")
    at = len(_MAGIC)
    while at + _HEADER.size <= len(data):
        length, check_of_length, check = _HEADER.unpack_from(data, at)
        if zlib.crc32(_LENGTH.pack(length)) != check_of_length:
            raise _damaged(path, at, "the header of a record does not match its checksum")
        end = at + _HEADER.size + length
        if end > len(data):
            return
        record = data[at + _HEADER.size : end]
        if zlib.crc32(record) != check:
            raise _damaged(path, at, "a record does not match its checksum")
        yield record, end
        at = end


def _damaged(path: Path, offset: int, what: str) -> LedgerError:
    return LedgerError(
        f"{path} is damaged at offset {offset}: {what}. To go on with what stands before it:"
        f" truncate -s {offset} {path} and remove the files numbered after it; to begin anew, give another folder"
    )


def _refused(path: Path, error: OSError) -> LedgerError:
    return LedgerError(f"{path} cannot be written: {error.strerror}; nothing was kept of this record")
