"""What is remembered of texts from one event to the next: they come again, and to read one is what scrubbing costs.

A secret is never kept. Of a short text in which nothing was found the text itself is, of a long one what was made of
it, under the text's digest, and where in it stood what was taken out.
"""

from __future__ import annotations

from collections.abc import Callable
from hashlib import blake2b
from typing import final

__all__ = ["Clean", "Memory"]

#: What a text became, and the rules that took something out of it.
Clean = tuple[str, list[str]]

#: So many short texts: file names, lines of source and statements.
_MOST_CLEAR = 4096
_SHORT = 300
#: So many long ones: a failure that happens at each request has the same traceback, in its span and in its line of log.
_MOST_LONG = 64


@final
class Memory:
    """The texts of one scrubber; what it forgets is read again."""

    def __init__(self) -> None:
        #: Short texts in which nothing was found. None that held something is ever among them.
        self.clear: dict[str, None] = {}
        self._long: dict[bytes, tuple[Clean, list[slice]]] = {}

    def keep(self, text: str) -> None:
        """Remember that nothing was found in a text, if it is a short one."""
        if len(text) <= _SHORT:
            if len(self.clear) >= _MOST_CLEAR:
                self.clear.clear()
            self.clear[text] = None

    def settled(self, text: str, key: str, settle: Callable[[], tuple[Clean, set[str]]]) -> tuple[Clean, set[str]]:
        """Return what a text becomes, and what was taken out that may stand elsewhere as well.

        ``settle`` finds both out where it is not remembered; ``key`` is the text and how it is read.
        """
        if len(text) <= _SHORT:
            return settle()
        digest = blake2b(key.encode("utf-8", "surrogatepass")).digest()
        known = self._long.get(digest)
        if known is not None:
            clean, places = known
            return clean, {text[place] for place in places}
        clean, taken = settle()
        starts = [(text.find(each), len(each)) for each in taken]
        # What stands there in another form has no place; what was out of an event's bounds need not be of the next's.
        if all(start >= 0 for start, _ in starts) and "out-of-bounds" not in clean[1]:
            if len(self._long) >= _MOST_LONG:
                self._long.clear()
            self._long[digest] = clean, [slice(start, start + length) for start, length in starts]
        return clean, taken
