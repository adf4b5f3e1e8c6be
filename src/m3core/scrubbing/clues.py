"""What a text must hold for whole families of rules to find anything in it: looked for first, because most hold none.

A clue may be there for nothing; it may never be missing where a rule would find something.
"""

from __future__ import annotations

import re
from typing import NamedTuple

__all__ = ["Clues", "alike", "clues_in", "has_digits", "has_long_run", "has_run", "has_wide_run", "is_mixed"]

#: Each character as what it is: small, large, a digit, a sign that rules look for, or another sign.
_SHAPE = {
    code: "!" if not 32 <= code < 127 or chr(code) in "@%\\&<$'\"`" else "a" if chr(code).islower()
    else "A" if chr(code).isupper() else "0" if chr(code).isdigit() else chr(code)
    for code in range(128)
}  # fmt: skip
#: Letters that are mixed with digits or change their case, or very many in a row.
_MADE_UP = ("aA", "a0", "A0", "0a", "0A", "A" * 8, "a" * 15)
#: An address that is spelled out.
_SPOKEN = re.compile(r"[\[({<]\s?at\s?[\])}>]")
_WORDS = re.compile(
    r"pass|pwd|pin|secret|token|key|otp|cv|credential|ssn|soci|code|auth|bearer|basic|negotiate|ntlm|hawk|dpop|splunk"
    r"|select|insert|update|delete|merge|values|where|identified|contains|parameters|duplicate|column|copy|log|sign"
    r"|user|cookie|nonce|private|session|jwt|login|csrf|xsrf|\.com/|\.org/"
)
# Five digits not far from each other are the fewest of most numbers, four between letters those of one; numbers with
# dots or colons between them are an address.
_DIGITS = re.compile(r"[0-9](?:[^0-9]{0,3}[0-9]){4}|[0-9]\.[0-9]{1,3}\.[0-9]|:[0-9A-Fa-f]{0,4}:")
# An account of more letters than digits.
_LETTERED = re.compile(r"[A-Z]{2}[0-9]{2}[ \-.]?[A-Z0-9]{4}[ \-.]?[A-Z0-9]{4}")
_NUMBERS = re.compile(rf"{_DIGITS.pattern}|[A-Z][0-9]{{4}}[A-Z]|{_LETTERED.pattern}")
# Eight letters and digits in a row, with a digit among them or a large letter after the first; or sixteen of any.
_MADE_UP_RUN = re.compile(r"(?<![A-Za-z0-9])(?=[A-Za-z0-9]{8})(?:[A-Za-z0-9]{16}|[0-9]|[A-Za-z][a-z]{0,14}+[A-Z0-9])")
_WIDE_RUNS = re.compile(r"[A-Za-z0-9+/_\-]{12,}")
_HEXADECIMAL = re.compile(r"[0-9a-fA-F]{16}")
# Base64 of a text has letters of both cases, one after the other.
_MIXED = re.compile(r"[^A-Za-z]*+(?:[A-Z][^a-z]*+[a-z][^A-Z]*+[A-Z]|[a-z][^A-Z]*+[A-Z][^a-z]*+[a-z])")
# The fewest digits that a rule for numbers alone takes, near each other, or those of a number with letters around them:
# an account may have no more than its two check digits.
_NEAR = re.compile(rf"[0-9](?:[^0-9]{{0,3}}[0-9]){{5}}|[A-Z][0-9]{{4}}[A-Z]|{_LETTERED.pattern}")
#: Where an object is in memory, which is what most digits of a frame's variables are.
_POINTER = re.compile(r"\b0x(?=[0-9]{0,15}[a-f])[0-9a-f]{6,16}\b")
# A number of a few digits that is no part of a name, of another number or of an escape.
_ALONE = re.compile(r"(?<![\w.\-$@\[%\\&#])[0-9]{1,4}(?![\w.\-\]:=%$@\[])")


class Clues(NamedTuple):
    """What of it a text holds."""

    #: Letters and digits in a row that a machine may have made up.
    made_up: bool = True
    #: Digits of a number or an address.
    numbers: bool = True
    #: Words of credentials, statements and the like.
    words: bool = True
    #: Signs: quotes, escapes, brackets of elements, ends of lines.
    signs: bool = True


_ALL = Clues()


def clues_in(text: str) -> Clues:
    """Return which clues there are in a text whose characters are plain; in another there may be all."""
    if not text.isascii():
        return _ALL
    shape, lower = text.translate(_SHAPE), text.lower()
    signs = "!" in shape
    spoken = (
        (signs and ("@" in text or "<<" in text))
        or " dot " in lower
        or ("at" in lower and _SPOKEN.search(lower) is not None)
    )
    return Clues(
        any(map(shape.__contains__, _MADE_UP)),
        spoken
        or "A0000A" in shape
        or ("AA00" in shape and _LETTERED.search(text) is not None)
        or (("0" in shape or ":" in shape) and _DIGITS.search(text) is not None),
        _WORDS.search(lower) is not None,
        signs,
    )


def alike(text: str) -> str | None:
    """Return what a text has in common with all those of which a rule thinks the same; None if it is but itself.

    It is the text with other digits in the numbers that stand alone: they are too short to be anything by themselves,
    and how many digits there are is all that a rule asks of a value under a name.
    """
    return None if _NUMBERS.search(text) else _ALONE.sub(lambda match: "5" * len(match[0]), text)


def has_run(text: str) -> bool:
    """Whether there are letters and digits in a row that are no word in its usual letters."""
    return _MADE_UP_RUN.search(text) is not None


def has_wide_run(text: str) -> bool:
    """Whether there are signs of base64 in a row that may be a text."""
    return any(map(is_mixed, _WIDE_RUNS.findall(text)))


def has_long_run(text: str) -> bool:
    """Whether there are hexadecimal digits in a row that may be a text."""
    return _HEXADECIMAL.search(text) is not None


def is_mixed(run: str) -> bool:
    """Whether letters change their case twice."""
    return _MIXED.match(run[:400]) is not None


def has_digits(text: str) -> bool:
    """Whether there are digits enough, near each other, for a number of a person or an account."""
    return _NEAR.search(_POINTER.sub("~~~~", text) if "0x" in text else text) is not None
