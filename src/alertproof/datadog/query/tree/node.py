"""What every part of a query's tree is: a frozen value that knows where it stood in the text."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from typing import NamedTuple

__all__ = ["Enclosed", "Node", "Span", "spelling", "walk"]


class Span(NamedTuple):
    """Character offsets into the query's text, ``start <= end``."""

    start: int
    end: int


_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the tree.

    Two trees are equal when they say the same thing. Where a part stood and how it was spelled (the case of
    ``and``, ``!`` or ``-``, parentheses that change nothing) take no part in comparison; they are kept so that
    the tree prints as it was written.
    """

    span: Span = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enclosed(Node):
    """A part that may stand in parentheses; ``parentheses`` counts the pairs written around it, needed or not."""

    parentheses: int = field(default=0, compare=False, repr=False)


# The names of each kind's fields; looking them up for every node would take most of a walk.
_NAMES: dict[type, tuple[str, ...]] = {}


def _names(node: Node) -> tuple[str, ...]:
    kind = type(node)
    if kind not in _NAMES:
        _NAMES[kind] = tuple(each.name for each in fields(kind))
    return _NAMES[kind]


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, each part before what it holds."""
    waiting = [node]
    while waiting:
        current = waiting.pop()
        yield current
        held: list[Node] = []
        for name in _names(current):
            value = getattr(current, name)
            if isinstance(value, Node):
                held.append(value)
            elif isinstance(value, tuple):
                held.extend(child for child in value if isinstance(child, Node))
        waiting.extend(reversed(held))


def spelling(node: Node) -> Iterator[str]:
    """Yield the texts that a node holds itself, such as names, tags and quoted texts."""
    for name in _names(node):
        value = getattr(node, name)
        yield from (text for text in (value if isinstance(value, tuple) else (value,)) if isinstance(text, str))
