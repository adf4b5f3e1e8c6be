"""Texts packed into other texts: base64, hexadecimal, compressed, and bytes of any encoding.

What is packed is only looked into. If there is something in it, all of it goes: a piece cut out would not unpack.
Sources: RFC 4648 (base64, base64url, base32, base16), RFC 1950 to 1952 (zlib, deflate, gzip), SAML 2.0
bindings 3.4.4.1.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections.abc import Iterator

from m3core.scrubbing.clues import Clues, has_long_run, has_wide_run, is_mixed

__all__ = ["packed", "text_of", "texts_of"]

_BASE64 = re.compile(r"(?<![A-Za-z0-9+/_\-])[A-Za-z0-9+/_\-]{12,}+(?:\r?\n[A-Za-z0-9+/_\-]{4,}+)*+={0,2}")
_PIECE = re.compile(r"[A-Za-z0-9+]{12,}={0,2}")
_DIGIT = re.compile(r"\d")
_BASE32 = re.compile(r"(?<![A-Za-z0-9])(?P<body>[A-Z2-7]{16,}+)={0,6}(?![A-Za-z0-9])")
#: How many signs there are beyond whole groups of eight, for one to four octets more.
_BASE32_ENDS = frozenset([0, 2, 4, 5, 7])
_HEX = re.compile(r"(?<![0-9a-fA-F])(?P<hex>(?:[0-9a-fA-F]{2}){8,}+)")
_SPACED_HEX = re.compile(
    r"(?<![0-9a-zA-Z])(?:0x)?[0-9a-fA-F]{2}(?P<between>, ?|[ :,.\-])(?:0x)?[0-9a-fA-F]{2}"
    r"(?:(?P=between)(?:0x)?[0-9a-fA-F]{2}){6,}(?![0-9a-fA-F])"
)
# Bytes as the numbers that they are.
_NUMBERS = re.compile(r"(?<![\w.])\d{1,3}(?:,\s{0,2}\d{1,3}){7,}(?![\w.])|(?<![\w.,])\d{2,3}(?: \d{2,3}){7,}(?![\w.])")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_LARGEST = 262_144
#: Texts between the lengths and the kinds of a binary form: protocol buffers, MessagePack, BSON, Thrift.
_RUNS = re.compile(rb"[\x20-\x7e]{4,}")
_FEWEST_IN_RUNS = 6


def packed(text: str, clues: Clues) -> Iterator[tuple[int, int, str]]:
    """Yield the parts of a text that are packed texts: where each begins and ends, and what is in it."""
    if clues.made_up and has_wide_run(text):
        yield from _in_base64(text)
    if clues.made_up:
        yield from _in_base32(text)
    if (clues.made_up or clues.numbers) and has_long_run(text):
        yield from _in_hexadecimal(text)
    if clues.numbers and max(map(text.count, " :,-.")) >= 7:
        for match in _SPACED_HEX.finditer(text):
            digits = match[0].replace("0x", "").replace(match["between"], "")
            written = _readable(bytes.fromhex(digits[: 2 * _LARGEST]))
            if written:
                yield match.start(), match.end(), written
        for match in _NUMBERS.finditer(text):
            numbers = [int(number) for number in re.findall(r"\d+", match[0])]
            written = _readable(bytes(numbers)) if max(numbers) < 256 and min(numbers) >= 9 else None
            if written:
                yield match.start(), match.end(), written


def _in_base64(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _BASE64.finditer(text):
        # Signs of base64 also join a packed text to what stands before it: in a path, in a name.
        for begin, end in ((match.start(), match.end()), *_pieces(match)):
            word = text[begin:end]
            if not is_mixed(word) or (len(word) < 24 and not _DIGIT.search(word)):
                continue
            inner = next(_unpacked(word), None)
            if inner:
                yield begin, end, inner
                break


def _pieces(match: re.Match[str]) -> list[tuple[int, int]]:
    pieces = [(match.start() + piece.start(), match.start() + piece.end()) for piece in _PIECE.finditer(match[0])]
    return pieces if len(pieces) > 1 or (pieces and pieces[0] != match.span()) else []


def _in_base32(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _BASE32.finditer(text):
        body = match["body"][: _LARGEST // 8 * 8]
        written = _readable(base64.b32decode(body + "=" * (-len(body) % 8))) if len(body) % 8 in _BASE32_ENDS else None
        if written:
            yield match.start(), match.end(), written


def _in_hexadecimal(text: str) -> Iterator[tuple[int, int, str]]:
    for match in _HEX.finditer(text):
        written = _readable(bytes.fromhex(match["hex"][:_LARGEST]))
        if written:
            yield match.start(), match.end(), written


def _unpacked(word: str) -> Iterator[str]:
    """Yield what a word of base64 holds; a word that begins elsewhere than its text is tried at each offset."""
    body = re.sub(r"\s+", "", word).rstrip("=").replace("-", "+").replace("_", "/")[:_LARGEST]
    for offset in range(4):
        part = body[offset:]
        try:
            octets = base64.b64decode(part[: len(part) // 4 * 4] + _tail(part))
        except ValueError:
            continue
        inner = _readable(octets) or (None if offset or len(octets) < 12 else _readable(_inflated(octets, -15) or b""))
        if inner:
            yield inner


def _tail(part: str) -> str:
    rest = part[len(part) // 4 * 4 :]
    return rest + "=" * (4 - len(rest)) if len(rest) > 1 else ""


def _readable(octets: bytes) -> str | None:
    """Return the text that octets are, or None where they are none: what is random hardly ever is."""
    if octets[:2] == b"\x1f\x8b" or octets[:1] == b"\x78":
        octets = _inflated(octets) or octets
    if not octets:
        return None
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as error:
        if error.start < len(octets) - 4:
            return _wide(octets) or _runs(octets)
        text = octets[: error.start].decode("utf-8")
    if "\x00" in text:
        return _wide(octets) or _runs(octets)
    if _CONTROL.search(text):
        return _runs(octets)
    return text if len(text) >= 6 else None


def _runs(octets: bytes) -> str | None:
    """Return the texts that stand in octets of a binary form, a line each, where they are most of it."""
    runs: list[bytes] = _RUNS.findall(octets)
    long = max(map(len, runs), default=0) >= _FEWEST_IN_RUNS
    return b"\n".join(runs).decode("ascii") if long and sum(map(len, runs)) * 2 > len(octets) else None


def _wide(octets: bytes) -> str | None:
    """Return the text that octets are in UTF-16, told by the zeros in it."""
    zeros = octets[:400].count(0)
    if zeros * 3 < min(len(octets), 400):
        return None
    encoding = "utf-16-be" if octets[:1] == b"\x00" or octets[:2] == b"\xfe\xff" else "utf-16-le"
    text = octets[: len(octets) // 2 * 2].decode(encoding, errors="replace").lstrip("\ufeff")
    return text if text.replace("\n", " ").replace("\r", " ").replace("\t", " ").isprintable() else None


def _inflated(octets: bytes, form: int = 47) -> bytes | None:
    """Return what compressed octets hold, up to a bound: little can be made to grow into very much.

    They tell themselves whether they are gzip's or zlib's; ``-15`` is for those without a head, as SAML sends them.
    """
    try:
        return zlib.decompressobj(wbits=form).decompress(octets, _LARGEST)
    except zlib.error:
        return None


def text_of(octets: bytes) -> str:
    """Return bytes as a log or an event would write them."""
    return octets.decode("utf-8", errors="backslashreplace")


def texts_of(octets: bytes) -> Iterator[str]:
    """Yield what else bytes can be read as, beside :func:`text_of`."""
    if octets[:2] == b"\x1f\x8b" or octets[:1] == b"\x78":
        inflated = _inflated(octets)
        if inflated:
            yield inflated.decode("utf-8", errors="replace")
    wide = _wide(octets)
    if wide:
        yield wide
    yield octets.decode("latin-1")
