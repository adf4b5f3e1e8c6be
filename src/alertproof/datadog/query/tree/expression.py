"""The tree of an expression: metric queries, arithmetic and functions."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import ClassVar

from alertproof.datadog.query.tree.node import Enclosed, Node
from alertproof.datadog.query.tree.scope import Scope
from alertproof.errors import NotModelled

__all__ = [
    "Argument",
    "Binary",
    "Call",
    "Condition",
    "Expression",
    "Grouping",
    "Keyword",
    "MetricQuery",
    "Modified",
    "Modifier",
    "Number",
    "Placeholder",
    "Reference",
    "Several",
    "Text",
    "Unary",
    "Window",
    "Word",
]

_UNIT = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
}
_ESCAPED = re.compile(r"""\\([\\"'])""")

# --- values -------------------------------------------------------------------------------------------


class Number(Enclosed, frozen=True, eq=False):
    """An unsigned number, as written."""

    text: str

    @property
    def value(self) -> float:
        return float(self.text)


class Text(Node, frozen=True, eq=False):
    r"""A quoted text; ``quoted`` includes its quotes, which are ``\"`` where it stands inside another text."""

    quoted: str

    @property
    def value(self) -> str:
        width = 2 if self.quoted.startswith("\\") else 1
        text = self.quoted[width:-width]
        return _ESCAPED.sub(r"\1", text)


class Word(Node, frozen=True, eq=False):
    """A bare word among a modifier's or a function's arguments, such as ``zero`` in ``.fill(zero)``."""

    text: str


class Window(Node, frozen=True, eq=False):
    """``last_5m``, ``current_1h`` or ``next_1w``; ``last_10m`` is also how a change's shift is written.

    A window that a Terraform template makes has the ``template`` and no kind, amount or unit.
    """

    kind: str
    amount: int
    unit: str
    template: str = ""

    @property
    def length(self) -> timedelta:
        """Return how long the window is; a month counts 30 days."""
        if self.template:
            raise NotModelled(f"the window {self.template} is a template: fill it in first")
        return self.amount * _UNIT[self.unit]


class Condition(Node, frozen=True, eq=False):
    """``> 5``: a comparator and the number with its sign, as written."""

    comparator: str
    number: str

    @property
    def value(self) -> float:
        try:
            return float(self.number)
        except ValueError:
            raise NotModelled(f"the threshold {self.number!r} is a template: fill it in first") from None


# --- expressions --------------------------------------------------------------------------------------


class Modifier(Node, frozen=True, eq=False):
    """``.rollup(sum, 60)``.

    A Terraform template may bring the parentheses (``.${var.as}``, not ``called``) and the dot with them
    (``m{*}${var.rollup}``, not ``dotted``).
    """

    name: str
    arguments: tuple[Argument, ...] = ()
    dotted: bool = True
    called: bool = True
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("dotted", "called")


class MetricQuery(Enclosed, frozen=True, eq=False, kw_only=True):
    """``sum:api.errors{env:prod} by {host}.as_count()``.

    ``space`` is the space aggregator, None where none is written. ``counted`` is the condition of a
    distribution's threshold query, ``count(v: v>1):m{*}``. Modifiers mean the same before ``by`` and behind it;
    ``before_by`` says how many stood before. ``braced`` is false where a template brings the braces of ``by``.
    """

    metric: str
    scope: Scope
    space: str | None = None
    counted: Condition | None = None
    by: tuple[str, ...] = ()
    modifiers: tuple[Modifier, ...] = ()
    before_by: int = 0
    braced: bool = True
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("before_by", "braced")

    def modifier(self, name: str) -> Modifier | None:
        """Return the last modifier of that name, which is the one that counts, or None."""
        return next((found for found in reversed(self.modifiers) if found.name == name), None)


class Unary(Enclosed, frozen=True, eq=False):
    """``-x`` or ``+x``."""

    sign: str
    operand: Expression


class Binary(Enclosed, frozen=True, eq=False):
    """``x / y``; ``sign`` is one of ``+ - * / %``."""

    sign: str
    left: Expression
    right: Expression


class Call(Enclosed, frozen=True, eq=False):
    """``default_zero(x)``; a comma may stand behind the last argument."""

    name: str
    arguments: tuple[Argument, ...]
    trailing_comma: bool = False
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("trailing_comma",)


class Modified(Enclosed, frozen=True, eq=False):
    """A call or something in parentheses with modifiers behind it: ``(x + y).rollup(60)``."""

    operand: Expression
    modifiers: tuple[Modifier, ...]


class Reference(Enclosed, frozen=True, eq=False):
    """``query1`` in a formula: another query by its name."""

    name: str


class Placeholder(Enclosed, frozen=True, eq=False):
    """A Terraform template that stands for an expression: ``${local.query}``."""

    text: str


class Several(Enclosed, frozen=True, eq=False):
    """``a{*}, b{*}``: two expressions or more, as the metrics API and dashboards take them."""

    items: tuple[Expression, ...]


class Keyword(Node, frozen=True, eq=False):
    """``alert_window='last_15m'`` among the arguments of a call."""

    name: str
    value: Argument


class Grouping(Node, frozen=True, eq=False):
    """``{host,env}`` as an argument: the layer above a nested query [NESTED]."""

    tags: tuple[str, ...]


Expression = Number | Unary | Binary | MetricQuery | Call | Modified | Reference | Placeholder | Several
Argument = Expression | Text | Word | Keyword | Grouping
