"""When an answer over HTTP/2 begins: a connection first talks about itself, and that is no answer."""

from __future__ import annotations

from typing import final

from alertproof.probes.trouble import NoAnswer, Trouble

__all__ = ["Frames"]

_HEAD = 9  # bytes: three of length, one of type, one of flags, four of the stream (RFC 9113, 4.1)
_HEADERS = 1
_SETTINGS = 4


@final
class Frames:
    """Reads along what comes over a connection, frame by frame, wherever the network cuts it."""

    def __init__(self) -> None:
        self._head = b""
        self._skip = 0
        self._began = False

    def answer(self, data: bytes) -> bool:
        """Return whether in these bytes the headers of an answer begin; raises `NoAnswer` for what is no HTTP/2."""
        found = False
        at = 0
        while at < len(data):
            if self._skip:
                step = min(self._skip, len(data) - at)
                self._skip -= step
                at += step
                continue
            step = min(_HEAD - len(self._head), len(data) - at)
            self._head += data[at : at + step]
            at += step
            if len(self._head) == _HEAD:
                self._skip = int.from_bytes(self._head[:3], "big")
                if not self._began and self._head[3] != _SETTINGS:
                    raise NoAnswer(Trouble.MALFORMED, f"not HTTP/2: it begins with {str(self._head)[1:]}")
                self._began = True
                found = found or self._head[3] == _HEADERS
                self._head = b""
        return found
