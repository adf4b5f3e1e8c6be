"""The tree of a monitor's whole query, one kind for each family."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import ClassVar

from alertproof.datadog.query.tree.expression import (
    Argument,
    Condition,
    Expression,
    Modifier,
    Placeholder,
    Text,
    Window,
)
from alertproof.datadog.query.tree.node import Enclosed, Node
from alertproof.datadog.query.tree.search import Search
from alertproof.errors import NotModelled

__all__ = [
    "AllMonitors",
    "AnyMonitor",
    "Change",
    "CheckMonitor",
    "CompositeExpression",
    "CompositeMonitor",
    "Directive",
    "Evaluated",
    "EventMonitor",
    "Formula",
    "FormulaMonitor",
    "Head",
    "MetricMonitor",
    "MonitorId",
    "NotMonitor",
    "PlainQuery",
    "Query",
    "Reduction",
    "SloAlert",
    "TemplateMonitor",
]

_SHIFT = re.compile(r"(?:last_)?([1-9][0-9]*)(mo|[mhdw])(?:_ago)?")

# --- metric monitors ----------------------------------------------------------------------------------


class Reduction(Node, frozen=True, eq=False):
    """``sum(last_5m)``: the time aggregator over the evaluation window.

    A Terraform template may stand for all of it; it is the ``aggregator`` then, and the window an empty template.
    """

    aggregator: str
    window: Window
    called: bool = True
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("called",)


class Change(Node, frozen=True, eq=False):
    """``change(avg(last_5m),last_1h)``; ``shift`` as written (``last_1h``, ``5m_ago``)."""

    kind: str
    reduction: Reduction
    shift: str

    @property
    def window(self) -> Window:
        return self.reduction.window

    @property
    def distance(self) -> timedelta:
        """Return how far back the other value is [CHANGE]; a month counts 30 days."""
        match = _SHIFT.fullmatch(self.shift)
        if match is None:
            raise NotModelled(f"{self.kind}() compared with {self.shift!r}")
        return Window("last", int(match[1]), match[2]).length


Head = Reduction | Change


class MetricMonitor(Node, frozen=True, eq=False):
    """``sum(last_5m):... > 0.02``; ``condition`` is None for ``> threshold``, the dynamic kind."""

    head: Head
    expression: Expression
    comparator: str
    condition: Condition | None


# --- SLO alerts ---------------------------------------------------------------------------------------


class SloAlert(Node, frozen=True, eq=False):
    """``burn_rate("id").over("30d").long_window("1h").short_window("5m") > 14.4``, or ``error_budget``.

    ``windows`` are the spans as written: over, and for a burn rate long and, where it is given, short.
    ``order`` names the calls as they were written, ``quotes`` the quotes of the id and of each call.
    """

    kind: str
    slo: str
    over: str
    long_window: str | None
    short_window: str | None
    condition: Condition
    order: tuple[str, ...] = ()
    quotes: tuple[str, ...] = ()
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("order", "quotes")


# --- event platform, formulas and service checks ------------------------------------------------------


def _texts(calls: tuple[Modifier, ...], name: str) -> tuple[str, ...]:
    """Return the texts in the parentheses of a call, ``()`` without such a call."""
    found = next((call for call in calls if call.name == name), None)
    arguments: tuple[Argument, ...] = found.arguments if found else ()
    return tuple(argument.value for argument in arguments if isinstance(argument, Text))


class EventMonitor(Node, frozen=True, eq=False):
    """``logs("status:error").index("*").rollup("count").by("service").last("5m") > 1`` [OPENAPI create_monitor].

    ``source`` is what is searched, ``calls`` what is done with it, in the order of the text.
    """

    source: str
    search: Search
    calls: tuple[Modifier, ...]
    condition: Condition

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts given to a call: ``("count",)`` for ``rollup``; ``()`` without such a call."""
        return _texts(self.calls, name)

    @property
    def by(self) -> tuple[str, ...]:
        """Return the facets of ``by``, which takes them in one text or in several."""
        return tuple(facet.strip() for text in self.texts("by") for facet in text.split(","))


class Formula(Node, frozen=True, eq=False):
    """The quoted formula of a formula monitor; ``quote`` and ``spaces`` as in `Search`."""

    quote: str
    expression: Expression
    spaces: tuple[str, ...] = ()
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("spaces",)


class FormulaMonitor(Node, frozen=True, eq=False):
    """``formula("query1 / query2 * 100").last("15m") >= 0.8``; the queries are in ``options.variables``."""

    formula: Formula
    calls: tuple[Modifier, ...]
    condition: Condition

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts given to a call; ``()`` without such a call."""
        return _texts(self.calls, name)


class CheckMonitor(Node, frozen=True, eq=False):
    """``"ntp.in_sync".over("*").by("host").last(2).count_by_status()`` [OPENAPI create_monitor, SVC]."""

    check: Text
    calls: tuple[Modifier, ...]

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the tags given to ``over``, ``exclude`` or ``by``; ``()`` without such a call."""
        return _texts(self.calls, name)

    @property
    def percent(self) -> bool:
        """Tell whether it is a cluster alert, on a share of the statuses instead of one group's."""
        return any(call.name == "pct_by_status" for call in self.calls)


# --- composites [COMP] --------------------------------------------------------------------------------


class MonitorId(Enclosed, frozen=True, eq=False):
    """The id of a monitor, or the letter that stands for it on the page: ``12345``, ``a``."""

    text: str


class NotMonitor(Enclosed, frozen=True, eq=False):
    """``!x``."""

    item: CompositeExpression


class AllMonitors(Enclosed, frozen=True, eq=False):
    """``x && y``: two or more."""

    items: tuple[CompositeExpression, ...]


class AnyMonitor(Enclosed, frozen=True, eq=False):
    """``x || y``: two or more."""

    items: tuple[CompositeExpression, ...]


CompositeExpression = MonitorId | NotMonitor | AllMonitors | AnyMonitor


class CompositeMonitor(Node, frozen=True, eq=False):
    """``12345 && !67890``."""

    expression: CompositeExpression


# --- Terraform ----------------------------------------------------------------------------------------


class Directive(Node, frozen=True, eq=False):
    """``%{ if .. }``, ``%{ endif }`` and the like, with what only another branch says.

    ``at`` counts the characters of the printed query before it, white space outside quotes left out.
    """

    at: int
    text: str


class TemplateMonitor(Node, frozen=True, eq=False):
    """A query that Terraform's directives make, or one interpolation as a whole.

    ``query`` is what the first branches say; what the others say is in the ``directives``.
    """

    query: PlainQuery | Placeholder
    directives: tuple[Directive, ...] = ()


PlainQuery = MetricMonitor | SloAlert | EventMonitor | FormulaMonitor | CheckMonitor | CompositeMonitor
Query = PlainQuery | TemplateMonitor
#: The queries that the engine evaluates; the others are read, printed and refused by `require_evaluated`.
Evaluated = MetricMonitor | SloAlert
