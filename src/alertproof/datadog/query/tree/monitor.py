"""The tree of a monitor's whole query, one kind for each family."""

from __future__ import annotations

from dataclasses import dataclass, field

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

# --- metric monitors ----------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Reduction(Node):
    """``sum(last_5m)``: the time aggregator over the evaluation window.

    A Terraform template may stand for all of it; it is the ``aggregator`` then, and the window an empty template.
    """

    aggregator: str
    window: Window
    called: bool = field(default=True, compare=False, repr=False)


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


# --- SLO alerts ---------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class SloAlert(Node):
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
    order: tuple[str, ...] = field(default=(), compare=False, repr=False)
    quotes: tuple[str, ...] = field(default=(), compare=False, repr=False)


# --- event platform, formulas and service checks ------------------------------------------------------


def _texts(calls: tuple[Modifier, ...], name: str) -> tuple[str, ...]:
    """Return the texts in the parentheses of a call, ``()`` without such a call."""
    found = next((call for call in calls if call.name == name), None)
    arguments: tuple[Argument, ...] = found.arguments if found else ()
    return tuple(argument.value for argument in arguments if isinstance(argument, Text))


@dataclass(frozen=True, slots=True)
class EventMonitor(Node):
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


@dataclass(frozen=True, slots=True)
class Formula(Node):
    """The quoted formula of a formula monitor; ``quote`` and ``spaces`` as in `Search`."""

    quote: str
    expression: Expression
    spaces: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class FormulaMonitor(Node):
    """``formula("query1 / query2 * 100").last("15m") >= 0.8``; the queries are in ``options.variables``."""

    formula: Formula
    calls: tuple[Modifier, ...]
    condition: Condition

    def texts(self, name: str) -> tuple[str, ...]:
        """Return the texts given to a call; ``()`` without such a call."""
        return _texts(self.calls, name)


@dataclass(frozen=True, slots=True)
class CheckMonitor(Node):
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


@dataclass(frozen=True, slots=True)
class MonitorId(Enclosed):
    """The id of a monitor, or the letter that stands for it on the page: ``12345``, ``a``."""

    text: str


@dataclass(frozen=True, slots=True)
class NotMonitor(Enclosed):
    """``!x``."""

    item: CompositeExpression


@dataclass(frozen=True, slots=True)
class AllMonitors(Enclosed):
    """``x && y``: two or more."""

    items: tuple[CompositeExpression, ...]


@dataclass(frozen=True, slots=True)
class AnyMonitor(Enclosed):
    """``x || y``: two or more."""

    items: tuple[CompositeExpression, ...]


CompositeExpression = MonitorId | NotMonitor | AllMonitors | AnyMonitor


@dataclass(frozen=True, slots=True)
class CompositeMonitor(Node):
    """``12345 && !67890``."""

    expression: CompositeExpression


# --- Terraform ----------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Directive(Node):
    """``%{ if .. }``, ``%{ endif }`` and the like, with what only another branch says.

    ``at`` counts the characters of the printed query before it, white space outside quotes left out.
    """

    at: int
    text: str


@dataclass(frozen=True, slots=True)
class TemplateMonitor(Node):
    """A query that Terraform's directives make, or one interpolation as a whole.

    ``query`` is what the first branches say; what the others say is in the ``directives``.
    """

    query: PlainQuery | Placeholder
    directives: tuple[Directive, ...] = ()


PlainQuery = MetricMonitor | SloAlert | EventMonitor | FormulaMonitor | CheckMonitor | CompositeMonitor
Query = PlainQuery | TemplateMonitor
#: The queries that the engine evaluates; the others are read, printed and refused by `require_evaluated`.
Evaluated = MetricMonitor | SloAlert
