"""Takes a body out of its Content-Encoding, never more of it than is allowed, and sees whether it is whole."""

from __future__ import annotations

import zlib
from typing import final

from alertproof.probes.trouble import NoAnswer, Trouble

__all__ = ["ENCODINGS", "Decoder"]

#: What probes say that they take, as the header has it.
ENCODINGS = "gzip, deflate"


@final
class Decoder:
    """Decodes a body part by part into ``body``; raises `NoAnswer` for what is no such body, and for one too large."""

    def __init__(self, encoding: str, *, limit: int) -> None:
        self.body = bytearray()
        self._limit = limit
        self._left = [
            _Unpacked(name) for name in reversed([one.strip().lower() for one in encoding.split(",")]) if name
        ]

    def feed(self, part: bytes) -> None:
        """Take the next bytes as they came."""
        for one in self._left:
            part = one.unpack(part, self._limit)
        self.body += part
        if len(self.body) > self._limit:
            raise _too_large(self._limit)

    def end(self) -> None:
        """See that the body ends here."""
        for one in self._left:
            one.end()


@final
class _Unpacked:
    def __init__(self, name: str) -> None:
        if name not in {"gzip", "x-gzip", "deflate", "identity"}:
            raise NoAnswer(Trouble.MALFORMED, f"the body's encoding is {name!r}, and only {ENCODINGS} were asked for")
        self._name = name
        self._began = b""
        self._state = None if name == "deflate" else zlib.decompressobj(zlib.MAX_WBITS | 16)

    def unpack(self, part: bytes, limit: int) -> bytes:
        if self._name == "identity" or not part:
            return part
        state, fresh = self._state, part
        if state is None:
            self._began += part
            if len(self._began) < 2:
                return b""
            state, fresh = _inflating(self._began), self._began
        self._state = state
        self._began = self._began or part[:1]
        try:
            found = state.decompress(fresh, limit + 1)
        except zlib.error as error:
            raise self._wrong(str(error)) from error
        if state.unconsumed_tail:
            raise _too_large(limit)
        return found

    def end(self) -> None:
        if self._name != "identity" and self._began and not (self._state and self._state.eof):
            raise self._wrong("it ends too early")

    def _wrong(self, why: str) -> NoAnswer:
        return NoAnswer(Trouble.MALFORMED, f"the body is not in its own encoding {self._name}: {why}")


def _inflating(began: bytes) -> zlib._Decompress:
    """Return what reads deflate that begins so: some send it without the envelope that it has in HTTP (RFC 1950)."""
    enveloped = began[0] & 15 == 8 and int.from_bytes(began[:2], "big") % 31 == 0
    return zlib.decompressobj(zlib.MAX_WBITS if enveloped else -zlib.MAX_WBITS)


def _too_large(limit: int) -> NoAnswer:
    return NoAnswer(Trouble.TOO_LARGE, f"the body is larger than {limit:,} bytes")
