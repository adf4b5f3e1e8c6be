"""The tree of a message template.

Frozen values with the place they stand at; two trees are equal when they say the same thing, wherever it stood:
spans take no part in comparison.
"""

from __future__ import annotations

from typing import ClassVar, NamedTuple

from msgspec import Struct

from alertproof.datadog.parts import WrittenPart

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


class Node(WrittenPart, frozen=True, eq=False, kw_only=True):
    """Anything in the tree."""

    span: Span = _NOWHERE
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("span",)


# --- expressions of eval [EVAL] -----------------------------------------------------------------------


class Number(Node, frozen=True, eq=False):
    """``15`` or ``0.5``."""

    value: int | float


class Literal(Node, frozen=True, eq=False):
    """A quoted text, without its quotes."""

    value: str


class Name(Node, frozen=True, eq=False):
    """A variable; ``path`` as in a tag."""

    path: Path


class Minus(Node, frozen=True, eq=False):
    """``-x``."""

    operand: Expression


class Binary(Node, frozen=True, eq=False):
    """``x + y``; ``sign`` is one of ``+ - * / % ^``."""

    sign: str
    left: Expression
    right: Expression


class Apply(Node, frozen=True, eq=False):
    """``round(x, 2)``."""

    function: str
    arguments: tuple[Expression, ...]


Expression = Number | Literal | Name | Minus | Binary | Apply


# --- arguments ----------------------------------------------------------------------------------------


class Evaluation(Node, frozen=True, eq=False):
    """What ``eval "..."`` computes."""

    expression: Expression


#: What a helper is given: a quoted text or number as a `Literal`, a bare word as a `Name`, a nested eval.
Argument = Literal | Name | Evaluation


# --- parts --------------------------------------------------------------------------------------------


class Text(Node, frozen=True, eq=False):
    """Plain text, also that of a raw block."""

    text: str


class Comment(Node, frozen=True, eq=False):
    """``{{!-- never shown --}}``."""


class Variable(Node, frozen=True, eq=False):
    """``{{host.name}}``, or with ``raw`` ``{{{host.name}}}``, whose text is not HTML-encoded."""

    path: Path
    raw: bool


class Call(Node, frozen=True, eq=False):
    """``{{eval "value * 100"}}`` and the other helpers that stand alone."""

    helper: str
    arguments: tuple[Argument, ...]
    raw: bool


class Question(Node, frozen=True, eq=False):
    """The question of a block: ``is_alert``, ``is_match "host.name" "web" "db"``, ``is_priority 'P1'``.

    ``subject`` is the argument that is looked at, None where the question has none; ``wanted`` the texts that
    it is compared with.
    """

    helper: str
    subject: Argument | None = None
    wanted: tuple[str, ...] = ()


class Block(Node, frozen=True, eq=False):
    """``{{#question}} body {{else}} otherwise {{/question}}``; ``negated`` if it was opened with ``^``."""

    question: Question
    negated: bool
    body: tuple[Part, ...]
    otherwise: tuple[Part, ...] = ()


Part = Text | Comment | Variable | Call | Block


class Template(Struct, frozen=True):
    """A whole message: its text as written and its parts."""

    source: str
    parts: tuple[Part, ...]
