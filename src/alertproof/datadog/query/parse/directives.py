"""Takes Terraform's directives out of a query: ``%{ if var.x }..%{ else }..%{ endif }`` and ``%{ for .. }``.

What the first branches say is left, and read as any other query; a directive, with what another branch says, is a
`Directive` that knows where it stood. So they may stand anywhere, within a word too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import chain
from typing import Any, NoReturn, TypeVar

from msgspec.structs import replace

from alertproof.datadog.query.parse.placeholders import end_of_placeholder
from alertproof.datadog.query.tree import Directive, Node, Span
from alertproof.errors import QuerySyntaxError

__all__ = ["FirstBranches", "has_directives", "visible"]

_N = TypeVar("_N", bound=Node)
# "%%{" is how Terraform writes a plain "%{".
_DIRECTIVE = re.compile(r"(?<!%)%\{~?\s*(if|else|endif|for|endfor)\b")
_OPENS = {"endif": "if", "endfor": "for", "else": "if"}


def has_directives(text: str) -> bool:
    """Tell whether there is a directive anywhere in a text."""
    return _DIRECTIVE.search(text) is not None


def visible(text: str) -> Iterator[int]:
    """Yield the offsets of the characters that count: all but white space outside quotes."""
    quote = ""
    escaped = False
    for at, character in enumerate(text):
        if quote or not character.isspace():
            yield at
        if escaped:
            escaped = False
        elif quote and character == "\\":
            escaped = True
        elif character == quote:
            quote = ""
        elif not quote and character in "'\"":
            quote = character


class FirstBranches:
    """A query without its directives; raises `QuerySyntaxError` if they do not match.

    ``text`` is what is left, ``directives`` what was taken out.
    """

    def __init__(self, query: str) -> None:
        self._query = query
        self._kept: list[tuple[int, int]] = []
        self._taken: list[tuple[int, int]] = []
        self._cut()
        self.text = "".join(query[start:end] for start, end in self._kept)
        self._offsets = [*chain.from_iterable(range(start, end) for start, end in self._kept), len(query)]

    def _cut(self) -> None:
        """Split the query into what the first branches say and the rest; adjacent parts of the rest are one."""
        waiting: list[tuple[str, int]] = []
        # While another branch is read: how many blocks were open before its "else".
        other: int | None = None
        at = 0
        while match := _DIRECTIVE.search(self._query, at):
            start, word = match.start(), match[1]
            end = end_of_placeholder(self._query, start, len(self._query))
            if end is None:
                self._fail("this directive is never closed", start, match.end())
            self._take(at, start, end, keep=other is None)
            if word in {"if", "for"}:
                waiting.append((word, start))
            elif not waiting or waiting[-1][0] != _OPENS[word]:
                self._fail(f"%{{ {word} }} without %{{ {_OPENS[word]} }}", start, end)
            elif word == "else":
                other = len(waiting) if other is None else other
            else:
                other = None if other == len(waiting) else other
                waiting.pop()
            at = end
        if waiting:
            word, start = waiting[-1]
            self._fail(f"%{{ {word} }} without %{{ end{word} }}", start, start + 2)
        self._kept.append((at, len(self._query)))

    def _take(self, before: int, start: int, end: int, *, keep: bool) -> None:
        """Take a directive out, with what stands before it unless that is kept."""
        if keep:
            self._kept.append((before, start))
            self._taken.append((start, end))
        else:
            self._taken[-1] = (self._taken[-1][0], end)

    def _fail(self, message: str, start: int, end: int) -> NoReturn:
        raise QuerySyntaxError(message, query=self._query, start=start, end=end)

    @property
    def directives(self) -> tuple[Directive, ...]:
        """Return what was taken out."""
        counted = list(visible(self.text))
        found, behind, before = [], 0, 0
        for (start, end), (kept_start, kept_end) in zip(self._taken, self._kept, strict=False):
            behind += kept_end - kept_start
            while before < len(counted) and counted[before] < behind:
                before += 1
            found.append(Directive(before, self._query[start:end], span=Span(start, end)))
        return tuple(found)

    def span(self, span: Span) -> Span:
        """Return where a span of what is left stood in the query."""
        start = self._offsets[span.start]
        return Span(start, self._offsets[span.end - 1] + 1 if span.end > span.start else start)

    def moved(self, node: _N) -> _N:
        """Return a tree of what is left with the spans it has in the query."""
        changed: dict[str, Any] = {"span": self.span(node.span)}
        for name in node.__struct_fields__:
            value = getattr(node, name)
            if isinstance(value, Node):
                changed[name] = self.moved(value)
            elif isinstance(value, tuple) and value and isinstance(value[0], Node):
                changed[name] = tuple(self.moved(child) for child in value)
        return replace(node, **changed)
