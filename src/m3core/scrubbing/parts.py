"""Parts of a field's name: a secret's name stands in it from where a word begins, and an identifier names nothing.

``tool_name`` holds the letters of ``lname`` and ``session_idle`` those of ``sessionid``, across words that are neither.
"""

from __future__ import annotations

import re
from itertools import accumulate

__all__ = ["crosses", "stands_in", "without_identifiers"]

#: So many letters of a word at least belong to a part that begins or ends inside of it: ``mypass_word``, ``cc_number``.
_FEWEST = 3
#: Parts that take one letter of the next word on purpose.
_ONE_LETTER = frozenset(["passportn", "whatsappn", "nameofb"])
_UUID = re.compile(r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}-(?:[0-9a-fA-F]{4}-){3}[0-9a-fA-F]{12}(?![0-9A-Za-z])")
_RUN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z0-9]{6,}(?![A-Za-z0-9])")
_HEX = re.compile(r"[0-9a-f]+|[0-9A-F]+")
_WHOLE = re.compile(r"[A-Za-z0-9_\-+/=]{16,}")
_CHANGES = re.compile(r"[A-Za-z](?=\d)|\d(?=[A-Za-z])|[a-z](?=[A-Z])|[A-Z](?=[a-z])")
#: What no machine makes up by chance, and people write with digits for letters.
_MEANT = re.compile(
    r"password|passwd|passphrase|passcode|secret|apikey|privatekey|accesskey|credential|authorization|cookie|session"
    r"|bearer|(?:access|refresh|auth|client)token"
)
_LEET = str.maketrans("0134578", "oleastb")


def stands_in(pattern: re.Pattern[str], words: list[str], plain: str) -> bool:
    """Whether a part stands in a name: inside of a word, or across words from where one begins to where one ends.

    ``plain`` is the words, joined; where some of it was blanked out its places are the same.
    """
    return any(True for _ in _matches(pattern, words, plain))


def crosses(pattern: re.Pattern[str], words: list[str], place: int) -> bool:
    """Whether a part stands across a place between two of the words."""
    return any(start < place < end for start, end in _matches(pattern, words, "".join(words)))


def _matches(pattern: re.Pattern[str], words: list[str], plain: str) -> list[tuple[int, int]]:
    match = pattern.search(plain)
    if match is None:
        return []
    ends = list(accumulate(map(len, words)))
    starts = [0, *ends[:-1]]
    found = []
    while match is not None:
        begin, end = match.span()
        first = max(place for place in starts if place <= begin)
        last = max(place for place in starts if place < end)
        begins = begin == first or ends[starts.index(first)] - begin >= _FEWEST
        stops = end in ends or end - last >= _FEWEST or match[0] in _ONE_LETTER
        if first == last or (begins and stops):
            found.append((begin, end))
        match = pattern.search(plain, begin + 1)
    return found


def without_identifiers(name: str) -> str:
    """Return a name without what a machine made up in it: ``leads/9f86d081884c`` is one of leads."""
    if not any(map(str.isdigit, name)):
        return name
    left = _UUID.sub(" ", name)
    if _is_made_up(left) and _WHOLE.fullmatch(left):
        return ""
    return _RUN.sub(lambda match: " " if _is_made_up(match[0]) else match[0], left)


def _is_made_up(run: str) -> bool:
    changes = len(_CHANGES.findall(run))
    if _HEX.fullmatch(run):
        return changes >= 2 and any(map(str.isdigit, run))
    if len(run) < 12 or changes * 4 < len(run) or sum(map(str.isdigit, run)) < 2:
        return False
    letters = re.sub(r"[^a-z0-9]", "", run.lower())
    return _MEANT.search(letters) is None and _MEANT.search(letters.translate(_LEET)) is None
