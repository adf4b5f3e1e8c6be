"""A monitor as Datadog's API takes it, parsed once into frozen values."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from alertproof.datadog.monitor.check_query import CHECK_WINDOW, check_by, require_modelled_check
from alertproof.datadog.monitor.event_query import DATA_SOURCES, EventQuery, event_query, window_of
from alertproof.datadog.monitor.observation import State
from alertproof.datadog.monitor.options import CumulativeWindow, MissingData, Options, Thresholds, read_options
from alertproof.datadog.monitor.schedule import scheduled
from alertproof.datadog.monitor.validation import (
    INVALID_QUERY,
    DefinitionError,
    PayloadReader,
    rule_violations,
)
from alertproof.datadog.query import parse_query, render_query
from alertproof.datadog.query.families import require_evaluated
from alertproof.datadog.query.grouping import grouped_by
from alertproof.datadog.query.parse import parse_search
from alertproof.datadog.query.parse.chain import MOST_FACETS
from alertproof.datadog.query.retarget import retarget_query
from alertproof.datadog.query.tree import (
    Call,
    CheckMonitor,
    CompositeMonitor,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    Reference,
    SloAlert,
    Window,
    walk,
)
from alertproof.errors import NotModelled, QuerySyntaxError, nearest

if TYPE_CHECKING:
    from alertproof.telemetry.series import Floats

    Evaluated = MetricMonitor | SloAlert | EventMonitor | FormulaMonitor | CheckMonitor | CompositeMonitor

__all__ = [
    "CumulativeWindow",
    "Definition",
    "MissingData",
    "Options",
    "State",
    "Thresholds",
    "evaluation_instants",
    "evaluation_period",
    "evaluation_window",
    "load_definition",
    "retarget",
]

#: As much of a query is shown in an error.
_WIDEST = 200


@dataclass(frozen=True, kw_only=True)
class Definition:
    """One monitor. ``query`` is the text as given, ``tree`` what it says; ``draft`` never notifies [TFPROV].

    ``searches`` are the event searches of an event-platform monitor, by the names that its formula gives them.
    """

    id: int | None
    name: str
    type: str
    query: str
    tree: Evaluated
    message: str
    tags: tuple[str, ...]
    priority: int | None
    options: Options
    draft: bool = False
    searches: tuple[tuple[str, EventQuery], ...] = ()

    @cached_property
    def comparator(self) -> str:
        """Return the comparison of the query, such as ``>``."""
        if isinstance(self.tree, MetricMonitor):
            return self.tree.comparator
        if isinstance(self.tree, CheckMonitor | CompositeMonitor):
            return ">="
        return self.tree.condition.comparator

    @cached_property
    def recovery_comparator(self) -> str:
        """Return the comparison by whose rule recovery thresholds are passed: the share of an anomaly at its [ANOM]."""
        anomaly = any(isinstance(node, Call) and node.name == "anomalies" for node in walk(self.tree))
        return ">" if anomaly else self.comparator

    @cached_property
    def group_by(self) -> tuple[str, ...]:
        """Return the tags the monitor groups by, sorted; ``()`` for a simple alert."""
        if isinstance(self.tree, CheckMonitor):
            return check_by(self.tree)
        if isinstance(self.tree, EventMonitor):
            return self.searches[0][1].by
        return grouped_by(self.tree, {name: search.by for name, search in self.searches})


def evaluation_window(definition: Definition) -> timedelta:
    """Return the span of data that an evaluation looks at; a burn rate's is its long window."""
    tree = definition.tree
    if isinstance(tree, SloAlert):
        return _span(tree.long_window or tree.over)
    if isinstance(tree, EventMonitor | FormulaMonitor):
        return window_of(tree)
    if isinstance(tree, CheckMonitor):
        return CHECK_WINDOW
    if isinstance(tree, CompositeMonitor):
        return timedelta(minutes=1)
    return tree.head.window.length


def _span(text: str) -> timedelta:
    """Read ``1h`` as the SLO queries write it."""
    return Window("last", int(text[:-1]), text[-1]).length


def evaluation_period(definition: Definition) -> timedelta:
    """Return how often the monitor is evaluated: 1, 10 or 30 minutes, by the length of its window [CFG].

    One with a custom schedule is to be looked at each minute: `evaluation_instants` says when it is evaluated.
    """
    window = evaluation_window(definition)
    if window < timedelta(hours=24) or definition.options.schedules:
        return timedelta(minutes=1)
    return timedelta(minutes=10) if window < timedelta(hours=48) else timedelta(minutes=30)


def evaluation_instants(definition: Definition, since: datetime, until: datetime) -> Floats:
    """Return when the monitor is evaluated within ``(since, until]``, epoch seconds: each period, or as scheduled."""
    schedules = definition.options.schedules
    if schedules:
        return np.array([at.timestamp() for at in scheduled(schedules, since, until)])
    period = evaluation_period(definition)
    return since.timestamp() + period.total_seconds() * np.arange(1, (until - since) // period + 1, dtype=np.float64)


# --- loading ------------------------------------------------------------------------------------------


def _types_of(tree: Evaluated, kind: str) -> tuple[str, ...]:
    """Return the monitor types that take such a query [OPENAPI MonitorType]."""
    if isinstance(tree, EventMonitor):
        if tree.source.startswith("error-tracking"):
            return ("error-tracking alert",)
        named = {
            "logs": "log alert",
            "events": "event-v2 alert",
            "audits": "audit alert",
            "processes": "process alert",
        }
        return (named.get(tree.source, f"{tree.source} alert"),)
    if isinstance(tree, CheckMonitor):
        return ("service check",)
    if isinstance(tree, CompositeMonitor):
        return ("composite",)
    if isinstance(tree, FormulaMonitor):
        return (kind,) if kind.endswith(" alert") else ()
    return ("slo alert",) if isinstance(tree, SloAlert) else ("metric alert", "query alert")


def load_definition(payload: Mapping[str, Any] | bytes, *, source: str) -> Definition:
    """Read a monitor from the API's JSON, or from an exported asset with its ``definition`` wrapper.

    ``source`` says in messages where the payload came from. Options nobody knows are tolerated, as the server
    does. Raises `DefinitionError` with the server's messages, or `NotModelled` for a monitor of another family.
    """
    reader = PayloadReader(_decode(payload, source), source)
    kind = reader.text("type", needed=True)
    query = reader.text("query", needed=True)
    reader.stop_on_errors()
    tree = _tree(kind, query, source)
    options = read_options(reader, tree)
    definition = Definition(
        id=reader.integer("id"),
        name=reader.text("name"),
        type=kind,
        query=query,
        tree=tree,
        message=reader.text("message"),
        tags=reader.texts("tags"),
        priority=reader.integer("priority"),
        options=options,
        draft=reader.text("draft_status") == "draft",
        searches=_searches(reader.object("options"), tree, source),
    )
    reader.errors.extend(rule_violations(definition))
    reader.stop_on_errors()
    return definition


def _decode(payload: Mapping[str, Any] | bytes, source: str) -> Mapping[str, Any]:
    if isinstance(payload, bytes):
        try:
            payload = json.loads(payload)
        except ValueError as error:
            raise DefinitionError([f"not JSON: {error}"], source) from error
    if not isinstance(payload, Mapping):
        raise DefinitionError(["a monitor is a JSON object"], source)
    wrapped = payload.get("definition")
    return wrapped if isinstance(wrapped, Mapping) else payload


def _tree(kind: str, query: str, source: str) -> Evaluated:
    try:
        parsed = parse_query(query)
        tree: Evaluated = parsed if isinstance(parsed, _EVALUATED) else require_evaluated(parsed)
        if isinstance(tree, EventMonitor):
            event_query(tree)
        if isinstance(tree, CheckMonitor):
            require_modelled_check(tree)
    except QuerySyntaxError as error:
        raise DefinitionError([f"{INVALID_QUERY}: {error}"], source) from error
    except NotModelled as error:
        raise NotModelled(f"{source}: {error}") from error
    if kind == "event alert":
        raise NotModelled(f"{source}: the type 'event alert', which 'event-v2 alert' replaces, is not modelled")
    if kind not in _types_of(tree, kind):
        shown = query[:_WIDEST]
        raise DefinitionError([f"{INVALID_QUERY}: not a query of a monitor of type {kind!r}: {shown}"], source)
    if isinstance(tree, MetricMonitor) and tree.condition is None:
        raise NotModelled(f"{source}: dynamic thresholds ('{tree.comparator} threshold') are not modelled")
    return tree


#: The families that are evaluated besides those that `require_evaluated` lets pass.
_EVALUATED = (EventMonitor, FormulaMonitor, CheckMonitor, CompositeMonitor)


def _searches(options: PayloadReader, tree: Evaluated, source: str) -> tuple[tuple[str, EventQuery], ...]:
    """Return the searches of an event-platform monitor; those of a formula are in ``options.variables``."""
    if isinstance(tree, EventMonitor):
        return (("", event_query(tree)),)
    if not isinstance(tree, FormulaMonitor):
        return ()
    unknown = next((call.name for call in tree.calls if call.name != "last"), None)
    if unknown is not None:
        raise NotModelled(f"{source}: .{unknown}() of a formula is not modelled")
    found = {variable.text("name", needed=True): variable for variable in options.objects("variables")}
    names = [node.name for node in walk(tree.formula.expression) if isinstance(node, Reference)]
    for name in names:
        if name not in found:
            options.errors.append(f"{INVALID_QUERY}: the formula has no query {name!r}{nearest(name, found)}")
    if not names:
        raise NotModelled(f"{source}: a formula without a query")
    options.stop_on_errors()
    return tuple((name, _variable(found[name], source)) for name in dict.fromkeys(names))


def _variable(variable: PayloadReader, source: str) -> EventQuery:
    """Read one of ``options.variables`` [OPENAPI MonitorFormulaAndFunctionEventQueryDefinition]."""
    data_source = variable.text("data_source", needed=True)
    if data_source and data_source not in DATA_SOURCES:
        # Metrics come only as the base of an aggregate query that is joined with a reference table [OPENAPI].
        raise NotModelled(f"{source}: a formula over {data_source} is not modelled")
    compute = variable.object("compute")
    text = variable.object("search").text("query").strip()
    try:
        search = parse_search(text).expression if text else None
    except QuerySyntaxError as error:
        raise DefinitionError([f"{INVALID_QUERY}: {error}"], source) from error
    facets = [each.text("facet", needed=True) for each in variable.objects("group_by")]
    if len(facets) > MOST_FACETS:
        variable.errors.append(f"group_by takes at most {MOST_FACETS} facets, not {len(facets)}")
    variable.stop_on_errors()
    return EventQuery(
        kind=DATA_SOURCES[data_source],
        search=search,
        how=compute.text("aggregation", needed=True),
        measure=compute.text("metric") or None,
        by=tuple(sorted(set(facets))),
        indexes=variable.texts("indexes"),
    )


# --- retargeting --------------------------------------------------------------------------------------


def retarget(definition: Definition, *, environment: str, origin: str) -> Definition:
    """Return the monitor watching ``env:<environment>`` where it watched ``env:<origin>``.

    Changes the tree and prints the query from it. Raises `ConfigError` if part of a metric query has no scope
    ``env:<origin>``: it would go on watching something else. An SLO alert has no scope and stays as it is;
    retarget its SLO's queries with :func:`~alertproof.datadog.query.retarget.retarget_text`.
    """
    tree = retarget_query(definition.tree, environment=environment, origin=origin)
    return replace(definition, tree=tree, query=render_query(tree))
