"""Looks for canaries in bytes, in every way in which they may have been written there.

A canary is a secret that was planted to see where it comes out. What leaves a process is seldom the secret as it was:
it is percent-encoded, escaped, in base64 at any offset, in hexadecimal, compressed, in other case or with spaces in it.
Sources: RFC 3986 2.1, RFC 8259 7, RFC 4648, RFC 1950 and 1952. Brotli and Zstandard are not looked into.
"""

from __future__ import annotations

import base64
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import NamedTuple, final

import numpy as np
import numpy.typing as npt

from alertproof.canaries.readings import readings

__all__ = ["Search", "Sighting", "find_canary"]

#: A shorter one would be seen by chance.
_SHORTEST = 6
#: More bytes than this are looked at piece by piece, each with the end of the one before.
_PIECE = 4_000_000
_OVERLAP = 100_000
_TABLE = 1 << 20
#: So few needles are looked for one by one.
_FEW = 40
_FACTOR = np.uint32(0x01000193)
#: What Datadog makes underscores of in a tag. [docs.datadoghq.com/getting_started/tagging]
_NO_TAG = re.compile(r"[^\w:./-]")
_BETWEEN = b" \t\r\n\f\v-"


class Sighting(NamedTuple):
    """Where a canary was seen: how it was written there, and what stands around it."""

    encoding: str
    around: str


def find_canary(octets: bytes, canary: str) -> list[Sighting]:
    """Return every way in which a canary can be read in some bytes; none: it is not there.

    Raises `ValueError` for a canary of fewer than six characters, which would be seen by chance.
    """
    return Search([canary]).find(octets).get(canary, [])


@final
class Search:
    """Looks for many canaries at once: the bytes are read in each way only once.

    Raises `ValueError` for a canary of fewer than six characters beside white space and dashes.
    """

    def __init__(self, canaries: Iterable[str]) -> None:
        self._squeezed, self._exact = _Needles(), _Needles()
        for canary in canaries:
            if len(_squeeze(canary.encode())) < _SHORTEST:
                raise ValueError(
                    f"the canary {canary!r} is too short to be told from chance: take {_SHORTEST} characters or more"
                )
            for encoding, needle in _squeezed_forms(canary):
                self._squeezed.add(needle, canary, encoding)
            for encoding, needle in _exact_forms(canary):
                self._exact.add(needle, canary, encoding)

    def find(self, octets: bytes) -> dict[str, list[Sighting]]:
        """Return the canaries that are in some bytes, and each way in which one is written there."""
        found: dict[str, dict[str, Sighting]] = defaultdict(dict)
        for start in range(0, max(len(octets), 1), _PIECE):
            for canary, sighting in self._in_piece(octets[max(0, start - _OVERLAP) : start + _PIECE]):
                found[canary].setdefault(sighting.encoding, sighting)
        return {canary: list(sightings.values()) for canary, sightings in found.items()}

    def _in_piece(self, octets: bytes) -> Iterator[tuple[str, Sighting]]:
        for way, text in readings(octets):
            squeezed = _squeeze(text)
            for needles, hay in ((self._squeezed, squeezed), (self._exact, text)):
                for at, needle in needles.within(hay):
                    around = hay[max(0, at - 20) : at + len(needle) + 20].decode("utf-8", errors="replace")
                    for canary, encoding in needles.known[needle]:
                        yield canary, Sighting(", ".join(filter(None, (way, encoding))) or "as it is", around)


@final
class _Needles:
    """Byte strings that are looked for together: their first bytes are compared by a hash of each place at once."""

    def __init__(self) -> None:
        self.known: dict[bytes, list[tuple[str, str]]] = defaultdict(list)
        self._by_start: dict[bytes, list[bytes]] = defaultdict(list)
        self._table: npt.NDArray[np.bool_] | None = None

    def add(self, needle: bytes, canary: str, encoding: str) -> None:
        start = needle[:_SHORTEST]
        if needle not in self.known:
            self._by_start[start].append(needle)
        self.known[needle].append((canary, encoding))
        self._table = None

    def within(self, hay: bytes) -> Iterator[tuple[int, bytes]]:
        """Yield the first place of each needle that is there."""
        if len(hay) < _SHORTEST:
            return
        if len(self.known) <= _FEW:
            yield from ((hay.find(needle), needle) for needle in self.known if needle in hay)
            return
        if self._table is None:
            self._table = np.zeros(_TABLE, dtype=np.bool_)
            self._table[_hashes(b"".join(self._by_start))[::_SHORTEST]] = True
        seen: set[bytes] = set()
        for place in np.flatnonzero(self._table[_hashes(hay)]).tolist():
            for needle in self._by_start.get(hay[place : place + _SHORTEST], ()):
                if needle not in seen and hay.startswith(needle, place):
                    seen.add(needle)
                    yield place, needle


def _hashes(octets: bytes) -> npt.NDArray[np.uint32]:
    """Return a number below the table's size for each six bytes in a row."""
    values = np.frombuffer(octets, dtype=np.uint8)
    count = len(values) - _SHORTEST + 1
    hashes = values[:count].astype(np.uint32)
    for offset in range(1, _SHORTEST):
        hashes *= _FACTOR
        hashes ^= values[offset : offset + count]
    return (hashes ^ (hashes >> np.uint32(15))) & np.uint32(_TABLE - 1)


def _squeeze(octets: bytes) -> bytes:
    """Return bytes in lower case, without white space and dashes."""
    return octets.lower().translate(None, _BETWEEN)


def _squeezed_forms(canary: str) -> Iterator[tuple[str, bytes]]:
    """Yield what a canary looks like in whatever case, with whatever space between."""
    raw = canary.encode()
    yield "", _squeeze(raw)
    tag = _NO_TAG.sub("_", canary.lower()).encode()
    if tag != raw.lower():
        yield "as a tag", _squeeze(tag)
    yield "hexadecimal", raw.hex().encode()
    yield "backwards", _squeeze(raw[::-1])


def _exact_forms(canary: str) -> Iterator[tuple[str, bytes]]:
    """Yield what a canary looks like inside of a longer base64 text, and in two bytes a letter."""
    raw = canary.encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw)
        # Characters at both ends are made of the neighbours' bits as well.
        inner = coded[-(-8 * offset // 6) : 8 * (offset + len(raw)) // 6]
        if len(inner) >= _SHORTEST:
            yield f"base64 at offset {offset}", inner
            yield f"base64url at offset {offset}", inner.replace(b"+", b"-").replace(b"/", b"_")
    yield "UTF-16", canary.encode("utf-16-le")
