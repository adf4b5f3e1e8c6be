"""Follows one log file, through rotation and truncation, and never holds more of it than one line and one piece."""

from __future__ import annotations

import logging
import os
from pathlib import Path
from typing import BinaryIO, final

__all__ = ["MOST_OF_A_LINE", "Tail"]

#: A longer line is cut: Datadog takes logs of up to 1 MB, and as JSON a byte may become six.
MOST_OF_A_LINE = 128 * 1024
_PIECE = 256 * 1024
#: So much of a file that is there when we begin is read. More would be sent again each time that we are started.
_LOOK_BACK = 1024 * 1024
_log = logging.getLogger(__name__)


@final
class Tail:
    """The lines of one file, in order.

    A file that is moved away is read to its end before the new one is begun. One that is cut short is read from its
    start; if it has grown past where we were before we look, that is not seen. What is written without an end of
    line waits for it, until the file is moved away.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._file: BinaryIO | None = None
        self._line = bytearray()
        self._cut = 0
        self._first = True

    def read(self) -> list[str]:
        """Return the lines that have come, from at most one piece of the file; an empty list when there are none."""
        if self._file is None and not self._open():
            return []
        assert self._file is not None  # noqa: S101 - opened above
        piece = self._file.read(_PIECE)
        if piece:
            return self._lines(piece)
        return self._end_of_file(self._file)

    def close(self) -> None:
        """Close the file."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def _open(self) -> bool:
        try:
            self._file = self.path.open("rb")
        except FileNotFoundError:
            self._first = False  # when it comes, all of it is new
            return False
        size = os.fstat(self._file.fileno()).st_size
        if self._first and size > _LOOK_BACK:
            self._file.seek(size - _LOOK_BACK)
            self._file.readline(_LOOK_BACK)  # the rest of a line
            _log.info("%s is read from its last %d bytes on; what is before is not shipped", self.path, _LOOK_BACK)
        self._first = False
        return True

    def _end_of_file(self, file: BinaryIO) -> list[str]:
        """See whether the path has another file by now, or this one has been cut short."""
        mine = os.fstat(file.fileno())
        try:
            now = self.path.stat()
        except FileNotFoundError:
            return []  # moved away, and nothing has come in its place
        if (now.st_dev, now.st_ino) != (mine.st_dev, mine.st_ino):
            # Whoever writes may have written on between our last look at it and now.
            rest = file.read(_PIECE)
            if rest:
                return self._lines(rest)
            self.close()
            return self._rest()
        if mine.st_size < file.tell():
            _log.info("%s was cut short, and is read from its start", self.path)
            file.seek(0)
            return self._rest()
        return []

    def _lines(self, piece: bytes) -> list[str]:
        first, *others = piece.split(b"\n")
        self._take(first)
        found = []
        for other in others:
            found += self._rest()
            self._take(other)
        return found

    def _take(self, part: bytes) -> None:
        room = MOST_OF_A_LINE - len(self._line)
        self._line += part[:room]
        self._cut += max(0, len(part) - room)

    def _rest(self) -> list[str]:
        """Return the line in hand, if it has anything in it, and begin the next."""
        text = self._line.decode(errors="replace").rstrip("\r")
        if self._cut:
            text += f" [{self._cut} more bytes of this line were cut off]"
        self._line.clear()
        self._cut = 0
        return [text] if text.strip() else []
