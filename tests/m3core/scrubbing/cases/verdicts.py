"""What of a case is still to be read in what left: raw, and in every encoding a reader would undo."""

from __future__ import annotations

import base64
import binascii
import html
import re
import unicodedata
import urllib.parse
from functools import cache, lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tests.m3core.scrubbing.cases.casebook import Case

__all__ = ["kept", "leaks", "lost"]

#: Shorter than this, a string of letters and digits is also found by chance where the punctuation is taken out.
SHORT = 8
#: How many layers of encoding are undone: JSON in JSON in a form in base64 has four.
LAYERS = 6
DEPTH = 3

_ESCAPE = re.compile(r"\\(?:u([0-9a-fA-F]{4})|x([0-9a-fA-F]{2})|([nrtbf\"'\\/]))")
_SHORT_ESCAPES = {"n": "\n", "r": "\r", "t": "\t", "b": "\b", "f": "\f"}
_BASE64_RUN = re.compile(r"[A-Za-z0-9+/_-]{12,}={0,2}")
_HEX_RUN = re.compile(r"(?:[0-9a-fA-F]{2}){6,}")
# Letters that look like Latin ones, of the two scripts in which this is common.
_LOOKALIKES = str.maketrans(
    "\u0430\u0435\u043e\u0440\u0441\u0445\u0443\u0456\u0455\u0501\u03bf\u03b1\u0410\u0412\u0415\u041a\u041c\u041d\u041e\u0420\u0421\u0422\u0425",
    "aeopcxyisdoaABEKMHOPCTX",
)


def leaks(case: Case, output: bytes) -> tuple[str, ...]:
    """The canaries of the case that can still be read in the output."""
    return tuple(canary for canary in case.canaries if _stands_in(canary, output))


def kept(case: Case, output: dict[str, Any]) -> bool:
    """Whether all that must survive did."""
    return not lost(case, output)


def lost(case: Case, output: dict[str, Any]) -> tuple[str, ...]:
    """The places of the case whose useful data is gone or changed."""
    if case.fragments:
        return tuple(_spelled(path) for path, part in case.fragments if part not in str(_at(output, path)))
    return tuple(_spelled(path) for path, value in case.settings if _at(output, path) != value)


def _spelled(path: tuple[str | int, ...]) -> str:
    return ".".join(map(str, path))


def _at(output: Any, path: tuple[str | int, ...]) -> Any:
    here = output
    for step in path:
        try:
            here = here[step]
        except (KeyError, IndexError, TypeError):
            return None
    return here


def _unescaped(text: str) -> str:
    def one(match: re.Match[str]) -> str:
        if code := match[1] or match[2]:
            return chr(int(code, 16))
        return _SHORT_ESCAPES.get(match[3], match[3])

    undone = _ESCAPE.sub(one, text)
    # Two halves of a surrogate pair, each escaped on its own, are one character.
    return undone.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _layers(text: str) -> list[str]:
    """The text with one layer after the other undone: escapes of JSON and Python, percent, entities of HTML."""
    layers = [text]
    for _ in range(LAYERS):
        following = html.unescape(urllib.parse.unquote(_unescaped(layers[-1])))
        if following == layers[-1]:
            break
        layers.append(following)
    return layers


def _folded(text: str) -> str:
    """Case, width, look-alikes and invisible characters do not hide what a reader reads."""
    if text.isascii():
        return text.lower()
    plain = unicodedata.normalize("NFKC", text).translate(_LOOKALIKES)
    plain = "".join(
        str(unicodedata.digit(c)) if c.isdigit() and not c.isascii() else c
        for c in plain
        if unicodedata.category(c) != "Cf"
    )
    return plain.casefold()


def _alone(text: str) -> str:
    """Its letters and digits alone."""
    return "".join(filter(str.isalnum, text))


def _runs(text: str) -> list[str]:
    """What stands in the text as base64 or as hexadecimal digits."""
    found = []
    for match in _BASE64_RUN.finditer(text):
        run = match[0].rstrip("=").translate(str.maketrans("-_", "+/"))
        try:
            decoded = base64.b64decode(run[: len(run) - (len(run) % 4 == 1)] + "=" * (-len(run) % 4))
        except binascii.Error:
            continue
        found.append(decoded.decode("utf-8", "replace"))
        if b"\x00" in decoded:
            found.append(decoded.decode("utf-16-le", "replace"))
    found.extend(bytes.fromhex(match[0]).decode("utf-8", "replace") for match in _HEX_RUN.finditer(text))
    return [text for text in found if sum(map(str.isprintable, text)) * 2 > len(text)]


@lru_cache(maxsize=8)
def _views(output: bytes) -> tuple[tuple[str, ...], tuple[tuple[str, str], ...]]:
    """The output as a reader could read it: without white space; and folded, with punctuation and without."""
    texts = [output.decode("utf-8", "replace")]
    undone: list[str] = []
    for _ in range(DEPTH):
        layers = [layer for text in texts for layer in _layers(text)]
        undone.extend(layers)
        texts = [run for layer in layers for run in _runs(layer)]
    undone = list(dict.fromkeys(undone + texts))
    tight = tuple("".join(text.split()) for text in undone)
    return tight, tuple((folded, _alone(folded)) for folded in map(_folded, undone))


@cache
def _needles(canary: str) -> tuple[str, ...]:
    """The canary in the encodings that are not undone as a whole: a piece of base64 at each offset, numbers."""
    found = []
    for raw in (canary.encode(), canary.encode("utf-16-le")):
        found.append(",".join(map(str, raw)))
        for offset in range(3):
            coded = base64.b64encode(b"\0" * offset + raw).decode().rstrip("=")
            # The first characters and the last one also hold bits of the neighbours.
            piece = coded[(offset * 8 + 5) // 6 : (offset + len(raw)) * 8 // 6]
            found.extend((piece, piece.translate(str.maketrans("+/", "-_"))))
    return tuple(dict.fromkeys(piece for piece in found if len(piece) >= SHORT))


def _stands_in(canary: str, output: bytes) -> bool:
    tight, folded = _views(output)
    if any(needle in text for needle in _needles(canary) for text in tight):
        return True
    wanted = _folded(canary)
    bare = _alone(wanted)
    if len(bare) < SHORT:
        word = re.compile(rf"(?<![^\W_]){re.escape(wanted)}(?![^\W_])")
        return any(word.search(text) for text, _ in folded)
    hexadecimal = canary.encode().hex()
    return any(wanted in text or bare in stripped or hexadecimal in stripped for text, stripped in folded)
