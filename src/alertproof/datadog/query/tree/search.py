r"""The tree of an event search, such as ``source:nginx @http.status_code:>=500 -env:(dev OR test)`` [LOGSYN].

Texts are kept as they stand in the query. Inside a query in double quotes a quote is written ``\"`` and a
backslash may be written ``\\``; :func:`characters` reads such a text.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

from alertproof.datadog.query.tree.node import Enclosed, Node

__all__ = [
    "Attribute",
    "Cidr",
    "Comparison",
    "Either",
    "Every",
    "Phrase",
    "Range",
    "Search",
    "SearchExpression",
    "Term",
    "Without",
    "characters",
]


def characters(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the characters that a text as written means, and whether each stands for itself.

    A character behind a backslash stands for itself, so that ``*`` is a wildcard only where the second is False.
    """
    at = 0
    while at < len(text):
        escaped = text[at] == "\\" and at + 1 < len(text)
        if escaped and text[at + 1] == "\\" and at + 2 < len(text):
            # The outer quotes' way of writing one backslash, which escapes what follows.
            at += 2
            at += text.startswith('\\"', at)
        elif escaped:
            at += 1
        yield text[at], escaped
        at += 1


def _plain(text: str) -> str:
    return "".join(character for character, _ in characters(text))


class Term(Enclosed, frozen=True, eq=False):
    """One word, possibly with wildcards ``*`` and ``?``."""

    text: str

    @property
    def value(self) -> str:
        """Return the word without its escapes."""
        return _plain(self.text)

    @property
    def is_pattern(self) -> bool:
        """Tell whether the word holds a wildcard."""
        return any(character in "*?" and not literal for character, literal in characters(self.text))


class Phrase(Enclosed, frozen=True, eq=False):
    """Words in quotes, in which ``*`` and ``?`` are plain characters; ``text`` includes the quotes."""

    text: str

    @property
    def value(self) -> str:
        """Return what stands between the quotes, without its escapes."""
        width = 2 if self.text.startswith("\\") else 1
        return _plain(self.text[width:-width])


class Comparison(Enclosed, frozen=True, eq=False):
    """``>=500``: one of ``> >= < <=`` and what to compare with."""

    operator: str
    value: Term | Phrase


class Range(Enclosed, frozen=True, eq=False):
    """``[400 TO 499]``; a square bracket includes its end, a brace does not, and ``*`` is no end."""

    opening: str
    low: str
    high: str
    closing: str


class Cidr(Enclosed, frozen=True, eq=False):
    """``CIDR(@network.client.ip, 13.0.0.0/8)``: the attribute lies in one of the blocks."""

    attribute: str
    blocks: tuple[str, ...]


class Attribute(Enclosed, frozen=True, eq=False):
    """``@http.method:GET``, ``service:(web OR api)``, ``*:text``; ``name`` is what stands before the colon."""

    name: str
    value: SearchExpression


class Without(Enclosed, frozen=True, eq=False):
    """``-x``, ``NOT x`` or ``!x``; ``sign`` says which."""

    item: SearchExpression
    sign: str = "-"
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("sign",)


class Every(Enclosed, frozen=True, eq=False):
    """``x y`` or ``x AND y``: all of two or more; ``words`` are what stood between them, empty for nothing."""

    items: tuple[SearchExpression, ...]
    words: tuple[str, ...] = ()
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("words",)


class Either(Enclosed, frozen=True, eq=False):
    """``x OR y``: one of two or more; binds looser than `Every`."""

    items: tuple[SearchExpression, ...]
    words: tuple[str, ...] = ()
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("words",)


SearchExpression = Term | Phrase | Comparison | Range | Cidr | Attribute | Without | Every | Either


class Search(Node, frozen=True, eq=False):
    """A whole search; without an ``expression`` it finds everything.

    ``quote`` is the quote around it, empty where it stands alone, as among a formula's variables. ``spaces`` is
    the white space before each token and behind the last, as written; ``()`` prints the usual one.
    """

    quote: str
    expression: SearchExpression | None
    spaces: tuple[str, ...] = ()
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("spaces",)
