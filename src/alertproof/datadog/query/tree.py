"""The tree of a monitor query.

Frozen values; two trees are equal when they say the same thing, wherever it stood in the text: spans take no
part in comparison. Redundant parentheses and spaces are not kept, numbers are kept as written.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field, fields
from datetime import timedelta
from typing import NamedTuple

from alertproof.tags import Tag, parse_tag

__all__ = [
    "AllOf",
    "AnyOf",
    "AnyTag",
    "Argument",
    "Binary",
    "Call",
    "Change",
    "CommaList",
    "Condition",
    "Evaluated",
    "Excluded",
    "Expression",
    "Grouping",
    "Head",
    "Keyword",
    "MetricMonitor",
    "MetricQuery",
    "Modified",
    "Modifier",
    "Negation",
    "Node",
    "Number",
    "Query",
    "Reduction",
    "Scope",
    "SloAlert",
    "Span",
    "TagIn",
    "TagIs",
    "Text",
    "Unary",
    "Window",
    "Word",
    "walk",
]


class Span(NamedTuple):
    """Character offsets into the query's text, ``start <= end``."""

    start: int
    end: int


_NOWHERE = Span(0, 0)
_UNIT = {
    "m": timedelta(minutes=1),
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "mo": timedelta(days=30),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Node:
    """Anything in the tree."""

    span: Span = field(default=_NOWHERE, compare=False, repr=False)


# --- values -------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Number(Node):
    """An unsigned number, as written."""

    text: str

    @property
    def value(self) -> float:
        return float(self.text)


@dataclass(frozen=True, slots=True)
class Text(Node):
    """A quoted text; ``quoted`` includes its quotes."""

    quoted: str

    @property
    def value(self) -> str:
        return self.quoted[1:-1]


@dataclass(frozen=True, slots=True)
class Word(Node):
    """A bare word among a modifier's or a function's arguments, such as ``zero`` in ``.fill(zero)``."""

    text: str


@dataclass(frozen=True, slots=True)
class Window(Node):
    """``last_5m``, ``current_1h`` or ``next_1w``; ``last_10m`` is also how a change's shift is written."""

    kind: str
    amount: int
    unit: str

    @property
    def length(self) -> timedelta:
        """Return how long the window is; a month counts 30 days."""
        return self.amount * _UNIT[self.unit]


@dataclass(frozen=True, slots=True)
class Condition(Node):
    """``> 5``: a comparator and the (possibly negative) number, as written."""

    comparator: str
    number: str

    @property
    def value(self) -> float:
        return float(self.number)


# --- scopes [FILTER] ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class AnyTag(Node):
    """``*``: every series."""


@dataclass(frozen=True, slots=True)
class TagIs(Node):
    """``key:value``, ``key:web-*`` or a bare tag, as written."""

    text: str

    @property
    def tag(self) -> Tag:
        return parse_tag(self.text)


@dataclass(frozen=True, slots=True)
class TagIn(Node):
    """``key IN (a,b)``, or ``key NOT IN (a,b)``."""

    key: str
    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Excluded(Node):
    """``!key:value``, also written ``-key:value``."""

    filter: TagIs


@dataclass(frozen=True, slots=True)
class CommaList(Node):
    """``a:b,!c:d``: all of two or more."""

    items: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Node):
    """``x AND y``: two or more."""

    items: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class AnyOf(Node):
    """``x OR y``: two or more."""

    items: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class Negation(Node):
    """``NOT x``."""

    item: Scope


Scope = AnyTag | TagIs | TagIn | Excluded | CommaList | AllOf | AnyOf | Negation

# --- expressions --------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Modifier(Node):
    """``.rollup(sum, 60)``."""

    name: str
    arguments: tuple[Argument, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricQuery(Node):
    """``sum:api.errors{env:prod} by {host}.as_count()``.

    ``space`` is the space aggregator, None where none is written. ``counted`` is the condition of a
    distribution's threshold query, ``count(v: v>1):m{*}``. A modifier written before ``by`` means the same as
    one behind it and is printed there.
    """

    metric: str
    scope: Scope
    space: str | None = None
    counted: Condition | None = None
    by: tuple[str, ...] = ()
    modifiers: tuple[Modifier, ...] = ()

    def modifier(self, name: str) -> Modifier | None:
        """Return the last modifier of that name, which is the one that counts, or None."""
        return next((found for found in reversed(self.modifiers) if found.name == name), None)


@dataclass(frozen=True, slots=True)
class Unary(Node):
    """``-x`` or ``+x``."""

    sign: str
    operand: Expression


@dataclass(frozen=True, slots=True)
class Binary(Node):
    """``x / y``; ``sign`` is one of ``+ - * / %``."""

    sign: str
    left: Expression
    right: Expression


@dataclass(frozen=True, slots=True)
class Call(Node):
    """``default_zero(x)``."""

    name: str
    arguments: tuple[Argument, ...]


@dataclass(frozen=True, slots=True)
class Modified(Node):
    """A call or something in parentheses with modifiers behind it: ``(x + y).rollup(60)``."""

    operand: Expression
    modifiers: tuple[Modifier, ...]


@dataclass(frozen=True, slots=True)
class Keyword(Node):
    """``alert_window='last_15m'`` among the arguments of a call."""

    name: str
    value: Argument


@dataclass(frozen=True, slots=True)
class Grouping(Node):
    """``{host,env}`` as an argument: the layer above a nested query [NESTED]."""

    tags: tuple[str, ...]


Expression = Number | Unary | Binary | MetricQuery | Call | Modified
Argument = Expression | Text | Word | Keyword | Grouping

# --- whole queries ------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reduction(Node):
    """``sum(last_5m)``: the time aggregator over the evaluation window."""

    aggregator: str
    window: Window


@dataclass(frozen=True, slots=True)
class Change(Node):
    """``change(avg(last_5m),last_1h)``; ``shift`` as written (``last_1h``, ``5m_ago``)."""

    kind: str
    reduction: Reduction
    shift: str

    @property
    def window(self) -> Window:
        return self.reduction.window


Head = Reduction | Change


@dataclass(frozen=True, slots=True)
class MetricMonitor(Node):
    """``sum(last_5m):... > 0.02``; ``condition`` is None for ``> threshold``, the dynamic kind."""

    head: Head
    expression: Expression
    comparator: str
    condition: Condition | None


@dataclass(frozen=True, slots=True)
class SloAlert(Node):
    """``burn_rate("id").over("30d").long_window("1h").short_window("5m") > 14.4``, or ``error_budget``.

    ``windows`` are the spans as written: over, and for a burn rate long and, where it is given, short.
    """

    kind: str
    slo: str
    over: str
    long_window: str | None
    short_window: str | None
    condition: Condition


#: The queries that the engine evaluates; the others are read, printed and refused by `require_evaluated`.
Evaluated = MetricMonitor | SloAlert
Query = Evaluated


def walk(node: Node) -> Iterator[Node]:
    """Yield a node and everything below it, in the order of the text."""
    yield node
    for each in fields(node):
        value = getattr(node, each.name)
        for child in value if isinstance(value, tuple) else (value,):
            if isinstance(child, Node):
                yield from walk(child)
