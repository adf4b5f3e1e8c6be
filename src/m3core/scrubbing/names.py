"""The words of a field's name, without its spelling."""

from __future__ import annotations

import re
import unicodedata

from m3core.scrubbing.parts import without_identifiers
from m3core.scrubbing.readings import fold

__all__ = ["joined", "joined_words", "pieces", "read_name"]

_WORDS = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|\d+|[^\W\d_A-Za-z]+")
_BETWEEN = re.compile(r"[\s_.\-\[\]]+")
# Signs that stand for letters.
_SIGNS = re.compile(r"(?<=\w)[@$](?=\w)")
#: No more of a name is read: the end says what it is of.
_MOST = 120


def read_name(key: str) -> tuple[list[str], str]:
    """Return the words of a name and all of it without separators, in lower case and plain letters."""
    plain = fold(without_identifiers(key[-_MOST:])).replace("IPv", "ip v")
    if "@" in plain or "$" in plain:
        plain = _SIGNS.sub(lambda match: "a" if match[0] == "@" else "s", plain)
    words = [word.lower() for word in _WORDS.findall(plain)]
    return words, "".join(words)


def joined(word: str) -> str:
    """Return the letters of a word in any script, small and plain."""
    return "".join(_WORDS.findall(fold(unicodedata.normalize("NFC", word).lower()))).lower()


def pieces(key: str) -> list[str]:
    """Return what stands between the separators of a name."""
    return _BETWEEN.split(key[-_MOST:])


def joined_words(key: str) -> list[str]:
    """Return each word of a name, and each two and three that follow each other, joined."""
    words = [joined(word) for word in pieces(key)]
    return ["".join(words[at : at + count]) for count in (1, 2, 3) for at in range(len(words) - count + 1)]
