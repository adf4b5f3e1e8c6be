"""The same text as others may read it: look-alike letters made plain, and escapes decoded, level after level.

A rule looks at a reading; what it finds is mapped back to the text as it was written.
Sources: Unicode NFKC; Unicode UTS 39, confusables.txt (the letters that pass for Latin ones); RFC 3986 2.1 (percent);
RFC 8259 7 (JSON escapes); WHATWG HTML, character references; RFC 2045 6.7 (quoted-printable); WHATWG URL 5 (forms).
"""

from __future__ import annotations

import html
import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterator
from typing import final

__all__ = ["Reading", "fold", "is_plain", "readings"]

#: How many levels of escapes are undone: a body in a header in a log line has three.
_LEVELS = 4

# Each letter of a row passes for the one that stands below it: Cyrillic, Greek, Armenian, Cherokee, and others.
_ALIKE = (
    ("аеорсухіјѕһԁԛԝкмтвнгѵӏАВЕКМНОРСТУХІЈЅԌԚԜ", "aeopcyxijshdqwkmtbhrvlABEKMHOPCTYXIJSGQW"),
    ("αβγεικνορτυχωηΑΒΕΖΗΙΚΜΝΟΡΤΥΧ", "abyeikvoptuxwnABEZHIKMNOPTYX"),
    ("ոսցօզհԼՕՍՏ", "nugoqhLOUS"),
    ("ᎪᏴᏟᎠᎬᎻᎫᏦᏞᎷᏢᎡᏚᎢᏙᏔᏃ", "ABCDEHJKLMPRSTVWZ"),
    ("ɑɡɩıſƽøłđØŁĐ。｡", "agiis5oldOLD.."),
)
_CONFUSABLES = {letter: plain for row, below in _ALIKE for letter, plain in zip(row, below, strict=True)}
_FOREIGN = re.compile(r"[^\x00-\x7f]|[\x00-\x08\x0b\x0e-\x1f\x7f]")
# What colours a terminal's text (ECMA-48): its last letter would be the first of the next word.
_COLOURS = re.compile(r"\x1b\[[0-9;:?]{0,20}[A-Za-z]")
_QUOTES = str.maketrans("‘’‚‛′“”„‟″", "'''''\"\"\"\"\"")


def _plain(character: str) -> str:
    """Return the ASCII that a character passes for; nothing for one that is not seen; else the character itself."""
    if character in _CONFUSABLES:
        return _CONFUSABLES[character]
    category = unicodedata.category(character)
    if category in {"Cf", "Mn", "Me", "Cc"}:
        return ""
    if category == "Nd":
        return str(unicodedata.digit(character))
    if category == "Pd":
        return "-"
    if category in {"Zs", "Zl", "Zp"}:
        return " "
    wide = unicodedata.normalize("NFKD", character.translate(_QUOTES))
    letters = "".join(_CONFUSABLES.get(one, one) for one in wide if unicodedata.category(one) not in {"Mn", "Me"})
    return letters if letters.isascii() else character


class _Plain(dict[str, str]):
    """What each character that was met passes for: a text repeats its few."""

    def __missing__(self, character: str) -> str:
        plain = _plain(character)
        if len(self) < 20_000:
            self[character] = plain
        return plain


_PLAIN = _Plain()
# A percent-encoded character of more than one byte is one piece; each ASCII one is a piece of its own, so that what is
# found is cut out exactly.
_ESCAPE = re.compile(
    r"%(?:u[0-9a-fA-F]{4}|[0-7][0-9a-fA-F]|[cCdD][0-9a-fA-F]%[89abAB][0-9a-fA-F]"
    r"|[eE][0-9a-fA-F](?:%[89abAB][0-9a-fA-F]){2}"
    r"|[fF][0-7](?:%[89abAB][0-9a-fA-F]){3}|[89a-fA-F][0-9a-fA-F])"
    r"|\\(?:u\{[0-9a-fA-F]{1,6}\}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|x[0-9a-fA-F]{2}|[0-3][0-7]{2}|[\"'/\\nrtbf])"
    r"|&(?:\#[0-9]{1,7};?|\#[xX][0-9a-fA-F]{1,6};?|[a-zA-Z]{2,8};)"
    # Quoted-printable, where it cannot be the value of a short name.
    r"|=[0-9A-F]{2}(?==[0-9A-F]{2})|(?<==[0-9A-F]{2})=[0-9A-F]{2}"
)
_QUOTED_PRINTABLE = re.compile(r"=[0-9A-F]{2}=[0-9A-F]{2}=")
# An encoded word of a header (RFC 2047).
_OF_WORD = re.compile(r"=[0-9A-F]{2}|(?<=\w)_(?=\w)")
# In forms and queries a plus is a space; one after another is itself.
_FORM = re.compile(r"=[^\s\"'<>]*\+")
_PLUS = re.compile(r"(?<!\+)\+(?!\s|$)")
_LETTERS = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}


@final
class Reading:
    """A text made of another by rewriting pieces of it."""

    __slots__ = ("_from", "_starts", "_under", "text")

    def __init__(self, text: str, under: Reading | None = None) -> None:
        self.text = text
        self._under = under
        self._starts: list[int] = []
        # For each piece: where it stands in the text under it, and where it ends there if it was rewritten.
        self._from: list[tuple[int, int | None]] = []

    def where(self, start: int, end: int) -> tuple[int, int]:
        """Return where a part of this reading stands in the text as it was written."""
        if self._under is None:
            return start, end
        if self._starts:
            start, end = self._left(start), self._right(end)
        return self._under.where(start, end)

    def _left(self, at: int) -> int:
        index = bisect_right(self._starts, at) - 1
        begin, stop = self._from[index]
        return begin if stop is not None else begin + at - self._starts[index]

    def _right(self, at: int) -> int:
        index = bisect_right(self._starts, at - 1) - 1
        begin, stop = self._from[index]
        return stop if stop is not None else begin + at - self._starts[index]

    def rewritten(self, pattern: re.Pattern[str], change: Callable[[re.Match[str]], str]) -> Reading:
        """Return a reading with every match of a pattern changed, or this one where nothing changes."""
        text, done, length = self.text, 0, 0
        found = Reading("", self)
        parts: list[str] = []
        for match in pattern.finditer(text):
            new = change(match)
            if new == match[0]:
                continue
            begin, end = match.span()
            if begin > done:
                parts.append(text[done:begin])
                found._add(length, done, None)
                length += begin - done
            found._add(length, begin, end)
            parts.append(new)
            length += len(new)
            done = end
        if not parts:
            return self
        parts.append(text[done:])
        found._add(length, done, None)
        found.text = "".join(parts)
        return found

    def _add(self, start: int, begin: int, end: int | None) -> None:
        self._starts.append(start)
        self._from.append((begin, end))


def fold(text: str) -> str:
    """Return a text with every character that passes for ASCII made ASCII."""
    return text if text.isascii() and text.isprintable() else _FOREIGN.sub(lambda match: _PLAIN[match[0]], text)


def is_plain(text: str) -> bool:
    """Whether a text has no other reading than itself."""
    return (
        text.isascii()
        and text.isprintable()
        and not ("%" in text or "\\" in text or "&" in text)
        and not ("=" in text and ("+" in text or "?=" in text or _QUOTED_PRINTABLE.search(text)))
    )


def readings(text: str) -> Iterator[Reading]:
    """Yield the text with plain letters, and then each level of it with its escapes decoded."""
    reading = _folded(Reading(text))
    yield reading
    is_form = False
    if "?Q?" in text or "?q?" in text:
        yield reading.rewritten(_OF_WORD, _unescaped)
    for _ in range(_LEVELS):
        is_form = is_form or ("+" in reading.text and _FORM.search(reading.text) is not None)
        if is_form and "+" in reading.text:
            yield reading.rewritten(_PLUS, lambda _: " ")
        if not any(sign in reading.text for sign in "%\\&") and not _QUOTED_PRINTABLE.search(reading.text):
            return
        decoded = reading.rewritten(_ESCAPE, _unescaped)
        if decoded is reading:
            return
        reading = _folded(decoded)
        yield reading
    if "+" in reading.text and (is_form or _FORM.search(reading.text)):
        yield reading.rewritten(_PLUS, lambda _: " ")


def _folded(reading: Reading) -> Reading:
    if reading.text.isascii() and (reading.text.isprintable() or not _FOREIGN.search(reading.text)):
        return reading
    if "\x1b" in reading.text:
        reading = reading.rewritten(_COLOURS, lambda _: " ")
    return reading.rewritten(_FOREIGN, lambda match: _PLAIN[match[0]])


def _unescaped(match: re.Match[str]) -> str:
    written = match[0]
    if written[0] == "&":
        return html.unescape(written)
    if written == "_":
        return " "
    if (written[0] == "%" and written[1] != "u") or written[0] == "=":
        octets = bytes.fromhex(written.replace("%", "").replace("=", ""))
        return octets.decode("utf-8", errors="replace") if octets[0] > 127 else chr(octets[0])
    kind = written[1]
    if kind in "uUx":
        code = int(written[2:].strip("{}"), 16)
        return chr(code) if code < 0x110000 else written
    if kind in "0123" and len(written) == 4:
        return chr(int(written[1:], 8))
    return _LETTERS.get(kind, kind)
