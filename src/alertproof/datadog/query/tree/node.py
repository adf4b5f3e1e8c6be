"""What every part of a query's tree is: a frozen value that knows where it stood in the text."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import ClassVar, NamedTuple

from alertproof.datadog.parts import WrittenPart

__all__ = ["Enclosed", "Node", "Span", "spelling", "walk"]


class Span(NamedTuple):
    """Character offsets into the query's text, ``start <= end``."""

    start: int
    end: int


_NOWHERE = Span(0, 0)


class Node(WrittenPart, frozen=True, eq=False, kw_only=True):
    """Anything in the tree.

    Two trees are equal when they say the same thing. Where a part stood and how it was spelled (the case of
    ``and``, ``!`` or ``-``, parentheses that change nothing) take no part in comparison; they are kept so that
    the tree prints as it was written.
    """

    span: Span = _NOWHERE
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("span",)

    @cached_property
    def children(self) -> tuple[Node, ...]:
        """Return the nodes that this one holds, in the order of its fields."""
        held: list[Node] = []
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, Node):
                held.append(value)
            elif isinstance(value, tuple):
                held.extend(child for child in value if isinstance(child, Node))
        return tuple(held)


class Enclosed(Node, frozen=True, eq=False, kw_only=True):
    """A part that may stand in parentheses; ``parentheses`` counts the pairs written around it, needed or not."""

    parentheses: int = 0
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("parentheses",)


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, each part before what it holds."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        waiting.extend(reversed(current.children))


def spelling(node: Node) -> Iterator[str]:
    """Yield the texts that a node holds itself, such as names, tags and quoted texts."""
    for name in node.__struct_fields__:
        value = getattr(node, name)
        yield from (text for text in (value if isinstance(value, tuple) else (value,)) if isinstance(text, str))
