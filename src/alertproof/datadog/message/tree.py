"""The tree of a message template.

Frozen values with the place they stand at; two trees are equal when they say the same thing, wherever it stood:
spans take no part in comparison.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

__all__ = [
    "Apply",
    "Argument",
    "Binary",
    "Block",
    "Call",
    "Comment",
    "Evaluation",
    "Expression",
    "Literal",
    "Minus",
    "Name",
    "Node",
    "Number",
    "Part",
    "Path",
    "Question",
    "Span",
    "Template",
    "Text",
    "Variable",
]


class Span(NamedTuple):
    """Character offsets into the template, ``start <= end``."""

    start: int
    end: int


_NOWHERE = Span(0, 0)
#: The keys of a variable: ``("host", "name")`` for ``host.name``, ``("a.b", "name")`` for ``[a.b].name``.
Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the tree."""

    span: Span = field(default=_NOWHERE, compare=False, repr=False)


# --- expressions of eval [EVAL] -----------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number(Node):
    """``15`` or ``0.5``."""

    value: int | float


@dataclass(frozen=True, slots=True)
class Literal(Node):
    """A quoted text, without its quotes."""

    value: str


@dataclass(frozen=True, slots=True)
class Name(Node):
    """A variable; ``path`` as in a tag."""

    path: Path


@dataclass(frozen=True, slots=True)
class Minus(Node):
    """``-x``."""

    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """``x + y``; ``sign`` is one of ``+ - * / % ^``."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Apply(Node):
    """``round(x, 2)``."""

    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Literal | Name | Minus | Binary | Apply


# --- arguments ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evaluation(Node):
    """What ``eval "..."`` computes."""

    expression: Expression


#: What a helper is given: a quoted text or number as a `Literal`, a bare word as a `Name`, a nested eval.
Argument = Literal | Name | Evaluation


# --- parts --------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Text(Node):
    """Plain text, also that of a raw block."""

    text: str


@dataclass(frozen=True, slots=True)
class Comment(Node):
    """``{{!-- never shown --}}``."""


@dataclass(frozen=True, slots=True)
class Variable(Node):
    """``{{host.name}}``, or with ``raw`` ``{{{host.name}}}``, whose text is not HTML-encoded."""

    path: Path
    raw: bool


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``{{eval "value * 100"}}`` and the other helpers that stand alone."""

    helper: str
    arguments: tuple[Argument, ...]
    raw: bool


@dataclass(frozen=True, slots=True)
class Question(Node):
    """The question of a block: ``is_alert``, ``is_match "host.name" "web" "db"``, ``is_priority 'P1'``.

    ``subject`` is the argument that is looked at, None where the question has none; ``wanted`` the texts that
    it is compared with.
    """

    helper: str
    subject: Argument | None = None
    wanted: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Block(Node):
    """``{{#question}} body {{else}} otherwise {{/question}}``; ``negated`` if it was opened with ``^``."""

    question: Question
    negated: bool
    body: tuple[Part, ...]
    otherwise: tuple[Part, ...] = ()


Part = Text | Comment | Variable | Call | Block


@dataclass(frozen=True, slots=True)
class Template:
    """A whole message: its text as written and its parts."""

    source: str
    parts: tuple[Part, ...]
