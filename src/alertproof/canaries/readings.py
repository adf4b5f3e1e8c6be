"""What some bytes become when each encoding is undone, one inside of the other."""

from __future__ import annotations

import binascii
import functools
import html
import re
import zlib
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

__all__ = ["readings"]

#: What is unpacked is read up to so many bytes: a bomb must not be.
_LARGEST = 16_000_000
_LEVELS = 3
#: A shorter word of base64 holds no encoding inside of it; what it holds as it is, is looked for in base64.
_WORD = 16
_ESCAPE = re.compile(rb"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([\"'/\\]))")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{%d,}={0,2}" % _WORD)
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")
_PACKED_WORD = re.compile(rb"H4sI|eJ|eN")
_UNREADABLE = re.compile(rb"[^\t\n\r -~]")


def readings(octets: bytes) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes as they are, with an empty name, and each reading of them with the encodings undone for it."""
    yield from _readings(octets, "", 0, set())


def _readings(octets: bytes, way: str, depth: int, seen: set[int]) -> Iterator[tuple[str, bytes]]:
    mark = hash(octets)
    if mark in seen:
        return  # two encodings undone in either order come to the same
    seen.add(mark)
    yield way, octets
    if depth < _LEVELS:
        for encoding, decoded in _undone(octets):
            yield from _readings(decoded, f"{way}, {encoding}" if way else encoding, depth + 1, seen)


def _undone(octets: bytes) -> Iterator[tuple[str, bytes]]:
    # SDKs undo the percents of a query and leave the spaces as they were sent.
    if b"%" in octets or b"+" in octets:
        yield "percent", unquote_to_bytes(octets.replace(b"+", b" "))
    if b"\\" in octets:
        yield "escapes", _ESCAPE.sub(_unescaped, octets)
    if b"&" in octets:
        yield "entities", _ENTITY.sub(lambda found: html.unescape(found[0].decode()).encode(), octets)
    for match in _PACKED.finditer(octets):
        unpacked = _inflated(octets[match.start() :])
        if unpacked:
            yield "compressed", unpacked
    for match in _BASE64.finditer(octets):
        yield from _word_read(match[0].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/"))


# Identifiers, paths and names of packages come again with every item.
@functools.lru_cache(maxsize=50_000)
def _word_read(word: bytes) -> tuple[tuple[str, bytes], ...]:
    read = []
    packed = _PACKED_WORD.search(word)
    unpacked = _inflated(_decoded(word[packed.start() :])) if packed else None
    if unpacked:
        read.append(("base64 of compressed", unpacked))
    for offset in range(4):
        begin = word[offset : offset + 24]
        if len(begin) >= 8 and not _UNREADABLE.search(_decoded(begin)):
            read.append(("base64", _decoded(word[offset:])))
    return tuple(read)


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1] or match[2] or match[3] or match[4]
    if code is None:
        return match[5]
    number = int(code, 16)
    return chr(number).encode("utf-8", errors="replace") if number < 0x110000 else match[0]


def _decoded(word: bytes) -> bytes:
    if len(word) % 4 == 1:
        word = word[:-1]
    return binascii.a2b_base64(word + b"=" * (-len(word) % 4))


def _inflated(octets: bytes) -> bytes | None:
    """Return what compressed bytes hold, also where their end is missing."""
    try:
        return zlib.decompressobj(wbits=47).decompress(octets, _LARGEST) or None
    except zlib.error:
        return None
