"""Looks for a canary in bytes, in every way in which it may have been written there.

A canary is a secret that was planted to see where it comes out. What leaves a process is seldom the secret as it was:
it is percent-encoded, escaped, in base64 at any offset, in hexadecimal, compressed, in other case or with spaces in it.
Sources: RFC 3986 2.1, RFC 8259 7, RFC 4648, RFC 1950 and 1952. Brotli and Zstandard are not looked into.
"""

from __future__ import annotations

import base64
import html
import re
import zlib
from collections.abc import Iterator
from typing import NamedTuple
from urllib.parse import unquote_to_bytes

__all__ = ["Sighting", "find_canary"]

#: A shorter one would be seen by chance.
_SHORTEST = 6
_LARGEST = 16_000_000
_LEVELS = 3
_ESCAPE = re.compile(rb"\\(?:u\{([0-9a-fA-F]{1,6})\}|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|x([0-9a-fA-F]{2})|([\"'/\\]))")
_ENTITY = re.compile(rb"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[a-zA-Z]{2,8});")
_BASE64 = re.compile(rb"[A-Za-z0-9+/_-]{16,}={0,2}")
_PACKED = re.compile(rb"\x1f\x8b\x08|\x78[\x01\x5e\x9c\xda]")


class Sighting(NamedTuple):
    """Where a canary was seen: how it was written there, and what stands around it."""

    encoding: str
    around: str


def find_canary(octets: bytes, canary: str) -> list[Sighting]:
    """Return every way in which a canary can be read in some bytes; none: it is not there.

    Raises `ValueError` for a canary of fewer than six characters, which would be seen by chance.
    """
    if len(canary) < _SHORTEST:
        raise ValueError(
            f"the canary {canary!r} is too short to be told from chance: take {_SHORTEST} characters or more"
        )
    sightings: list[Sighting] = []
    for encoding, text in _readings(octets[:_LARGEST], 0):
        at = _place(text, canary)
        if at is not None:
            around = text[max(0, at - 20) : at + len(canary) + 20].decode("utf-8", errors="replace")
            sightings.append(Sighting(encoding, around))
    sightings += [
        Sighting(encoding, needle.decode(errors="replace")) for encoding, needle in _needles(canary) if needle in octets
    ]
    return list({sighting.encoding: sighting for sighting in sightings}.values())


def _place(text: bytes, canary: str) -> int | None:
    """Return where a canary stands, in any case and also with white space or dashes in it."""
    raw = canary.encode()
    for hay, needle in ((text, raw), (text.lower(), raw.lower())):
        at = hay.find(needle)
        if at >= 0:
            return at
    letters = [re.escape(character.encode()) for character in canary if not character.isspace() and character != "-"]
    apart = re.search(rb"[\s-]{0,3}".join(letters), text, re.IGNORECASE) if len(letters) >= _SHORTEST else None
    return apart.start() if apart else None


def _needles(canary: str) -> Iterator[tuple[str, bytes]]:
    """Yield what a canary looks like inside of a longer base64 text, and in hexadecimal."""
    raw = canary.encode()
    for offset in range(3):
        coded = base64.b64encode(b"\0" * offset + raw)
        # Characters at both ends are made of the neighbours' bits as well.
        inner = coded[-(-8 * offset // 6) : 8 * (offset + len(raw)) // 6]
        if len(inner) >= _SHORTEST:
            yield f"base64 at offset {offset}", inner
            yield f"base64url at offset {offset}", inner.replace(b"+", b"-").replace(b"/", b"_")
    yield "hexadecimal", raw.hex().encode()
    yield "hexadecimal", raw.hex().upper().encode()
    yield "UTF-16", canary.encode("utf-16-le")
    yield "backwards", raw[::-1]


def _readings(octets: bytes, depth: int) -> Iterator[tuple[str, bytes]]:
    """Yield the bytes themselves, and what they become when each encoding is undone, one inside of the other."""
    yield "as it is" if depth == 0 else "", octets
    if depth >= _LEVELS:
        return
    for encoding, decoded in _undone(octets):
        for inner, text in _readings(decoded, depth + 1):
            yield (f"{encoding}, {inner}" if inner else encoding), text


def _undone(octets: bytes) -> Iterator[tuple[str, bytes]]:
    if b"%" in octets:
        yield from _changed("percent", octets, unquote_to_bytes(octets.replace(b"+", b" ")))
    if b"\\" in octets:
        yield from _changed("escapes", octets, _ESCAPE.sub(_unescaped, octets))
    if b"&" in octets:
        yield from _changed(
            "entities", octets, _ENTITY.sub(lambda found: html.unescape(found[0].decode()).encode(), octets)
        )
    for match in _PACKED.finditer(octets):
        unpacked = _inflated(octets[match.start() :])
        if unpacked:
            yield "compressed", unpacked
    for match in _BASE64.finditer(octets):
        word = match[0].rstrip(b"=").replace(b"-", b"+").replace(b"_", b"/")
        at = max(word.find(begin) for begin in (b"H4sI", b"eJ", b"eN"))
        unpacked = _inflated(_decoded(word[at:])) if at >= 0 else None
        if unpacked:
            yield "base64 of compressed", unpacked
        for offset in range(4):
            text = _decoded(word[offset:])
            if len(text) >= _SHORTEST and text[:60].isascii() and text[:60].decode().isprintable():
                yield "base64", text


def _changed(encoding: str, before: bytes, after: bytes) -> Iterator[tuple[str, bytes]]:
    if after != before:
        yield encoding, after


def _unescaped(match: re.Match[bytes]) -> bytes:
    code = match[1] or match[2] or match[3] or match[4]
    if code is None:
        return match[5]
    number = int(code, 16)
    return chr(number).encode("utf-8", errors="replace") if number < 0x110000 else match[0]


def _decoded(word: bytes) -> bytes:
    if len(word) % 4 == 1:
        word = word[:-1]
    return base64.b64decode(word + b"=" * (-len(word) % 4))


def _inflated(octets: bytes) -> bytes | None:
    """Return what compressed bytes hold, also where their end is missing."""
    try:
        return zlib.decompressobj(wbits=47).decompress(octets, _LARGEST) or None
    except zlib.error:
        return None
