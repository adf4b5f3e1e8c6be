"""A monitor as Datadog's API takes it, parsed once into frozen values."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from alertproof.datadog.monitor.check_query import CHECK_WINDOW, check_by, require_modelled_check
from alertproof.datadog.monitor.event_query import EventQuery, event_query, window_of
from alertproof.datadog.monitor.observation import State
from alertproof.datadog.monitor.validation import (
    INVALID_QUERY,
    DefinitionError,
    PayloadReader,
    rule_violations,
)
from alertproof.datadog.query import parse_query, render_query
from alertproof.datadog.query.families import require_evaluated
from alertproof.datadog.query.parse import parse_search
from alertproof.datadog.query.retarget import retarget_query
from alertproof.datadog.query.tree import (
    CheckMonitor,
    CompositeMonitor,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    MetricQuery,
    Number,
    Reference,
    SloAlert,
    Window,
    walk,
)
from alertproof.errors import NotModelled, QuerySyntaxError, nearest

if TYPE_CHECKING:
    Evaluated = MetricMonitor | SloAlert | EventMonitor | FormulaMonitor | CheckMonitor | CompositeMonitor

__all__ = [
    "CumulativeWindow",
    "Definition",
    "MissingData",
    "Options",
    "State",
    "Thresholds",
    "evaluation_period",
    "evaluation_window",
    "load_definition",
    "retarget",
]


class MissingData(StrEnum):
    """What ``on_missing_data`` asks for [ONMISS]."""

    SHOW_NO_DATA = "show_no_data"
    SHOW_AND_NOTIFY = "show_and_notify_no_data"
    RESOLVE = "resolve"
    DEFAULT = "default"


@dataclass(frozen=True, slots=True, kw_only=True)
class Thresholds:
    """The numbers a value is compared with; ``critical`` is the one in the query.

    For a service check they are numbers of statuses in a row; only it has ``ok`` and ``unknown``.
    """

    critical: float
    warning: float | None = None
    critical_recovery: float | None = None
    warning_recovery: float | None = None
    ok: float | None = None
    unknown: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class CumulativeWindow:
    """When ``current_1h``, ``current_1d`` and ``current_1mo`` begin anew [CFG]: minute, time of day, and its zone."""

    hour_starts: int = 0
    day_starts: tuple[int, int] = (0, 0)
    timezone: str = "UTC"


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """The options that change when a monitor fires or what it says; None where the payload has none [OPTS].

    ``not_modelled`` names the options of the payload that would change an evaluation and are not evaluated.
    """

    thresholds: Thresholds
    notify_no_data: bool = False
    no_data_timeframe: timedelta | None = None
    on_missing_data: MissingData | None = None
    renotify_interval: timedelta | None = None
    renotify_statuses: tuple[State, ...] = (State.ALERT, State.NO_DATA)
    renotify_occurrences: int | None = None
    escalation_message: str = ""
    require_full_window: bool = False
    evaluation_delay: timedelta = timedelta(0)
    new_group_delay: timedelta | None = None
    new_host_delay: timedelta | None = None
    timeout: timedelta | None = None
    include_tags: bool = True
    cumulative: CumulativeWindow = CumulativeWindow()
    not_modelled: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
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

    @property
    def comparator(self) -> str:
        """Return the comparison of the query, such as ``>``."""
        if isinstance(self.tree, MetricMonitor):
            return self.tree.comparator
        if isinstance(self.tree, CheckMonitor | CompositeMonitor):
            return ">="
        return self.tree.condition.comparator

    @property
    def group_by(self) -> tuple[str, ...]:
        """Return the tags the monitor groups by, sorted; ``()`` for a simple alert."""
        if isinstance(self.tree, CheckMonitor):
            return check_by(self.tree)
        if self.searches:
            return tuple(sorted({facet for _, search in self.searches for facet in search.by}))
        return group_by(self.tree)


def group_by(tree: Evaluated) -> tuple[str, ...]:
    """Return all group-by tags of a query's tree, sorted."""
    queries = (node for node in walk(tree) if isinstance(node, MetricQuery))
    return tuple(sorted({tag for query in queries for tag in query.by}))


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
    """Return how often the monitor is evaluated: 1, 10 or 30 minutes, by the length of its window [CFG]."""
    window = evaluation_window(definition)
    if window < timedelta(hours=24):
        return timedelta(minutes=1)
    return timedelta(minutes=10) if window < timedelta(hours=48) else timedelta(minutes=30)


# --- loading ------------------------------------------------------------------------------------------


def _types_of(tree: Evaluated, kind: str) -> tuple[str, ...]:
    """Return the monitor types that take such a query [OPENAPI MonitorType]."""
    if isinstance(tree, EventMonitor):
        named = {"logs": "log alert", "events": "event-v2 alert", "audits": "audit alert"}
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
    options = _options(reader, tree)
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
    if kind not in _types_of(tree, kind):
        raise DefinitionError([f"{INVALID_QUERY}: not a query of a monitor of type {kind!r}: {query}"], source)
    if isinstance(tree, MetricMonitor) and tree.condition is None:
        raise NotModelled(f"{source}: dynamic thresholds ('{tree.comparator} threshold') are not modelled")
    return tree


# Options that would change when a monitor fires or whom it tells; null, 0 and empty ones change nothing.
_NOT_MODELLED = (
    "group_retention_duration",
    "min_failure_duration",
    "notify_by",
    "silenced",
    "threshold_windows",
    "variables",
)
#: The families that are evaluated besides those that `require_evaluated` lets pass.
_EVALUATED = (EventMonitor, FormulaMonitor, CheckMonitor, CompositeMonitor)
_TIME_OF_DAY = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])")
_THRESHOLDS = ("critical", "critical_recovery", "warning", "warning_recovery")
#: What the page writes beside the thresholds, and nothing reads.
_REMARKS = ("comparison", "period", "timeAggregator")


def _options(reader: PayloadReader, tree: Evaluated) -> Options:
    options = reader.object("options")
    scheduling = options.object("scheduling_options")
    missing = options.choice("on_missing_data", tuple(MissingData))
    read = Options(
        thresholds=_thresholds(options.object("thresholds"), tree),
        notify_no_data=options.flag("notify_no_data", default=False),
        no_data_timeframe=options.minutes("no_data_timeframe"),
        on_missing_data=_missing_data(missing, options, tree),
        renotify_interval=options.minutes("renotify_interval"),
        renotify_statuses=_renotify_statuses(options),
        renotify_occurrences=options.integer("renotify_occurrences"),
        escalation_message=options.text("escalation_message"),
        require_full_window=options.flag("require_full_window", default=False),
        evaluation_delay=options.seconds("evaluation_delay") or timedelta(0),
        new_group_delay=options.seconds("new_group_delay"),
        new_host_delay=options.seconds("new_host_delay"),
        timeout=options.hours("timeout_h"),
        include_tags=options.flag("include_tags", default=True),
        cumulative=_cumulative(scheduling.object("evaluation_window")),
    )
    formula = isinstance(tree, FormulaMonitor)
    unknown = [name for name in _NOT_MODELLED if options.given(name) and not (formula and name == "variables")]
    unknown += [f"scheduling_options.{name}" for name in scheduling.names() if name != "evaluation_window"]
    return replace(read, not_modelled=tuple(unknown))


def _searches(options: PayloadReader, tree: Evaluated, source: str) -> tuple[tuple[str, EventQuery], ...]:
    """Return the searches of an event-platform monitor; those of a formula are in ``options.variables``."""
    if isinstance(tree, EventMonitor):
        return (("", event_query(tree)),)
    if not isinstance(tree, FormulaMonitor):
        return ()
    if any(call.name != "last" for call in tree.calls):
        raise NotModelled(f"{source}: .{tree.calls[0].name}() of a formula is not modelled")
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
    kind = variable.text("data_source", needed=True)
    if kind in {"metrics", "cloud_cost"}:
        raise NotModelled(f"{source}: a formula over {kind} is not modelled")
    compute = variable.object("compute")
    text = variable.object("search").text("query").strip()
    try:
        search = parse_search(text).expression if text else None
    except QuerySyntaxError as error:
        raise DefinitionError([f"{INVALID_QUERY}: {error}"], source) from error
    facets = [each.text("facet", needed=True) for each in variable.objects("group_by")]
    return EventQuery(
        kind=kind,
        search=search,
        how=compute.text("aggregation", needed=True),
        measure=compute.text("metric") or None,
        by=tuple(sorted(set(facets))),
        indexes=variable.texts("indexes"),
    )


def _missing_data(asked: str | None, options: PayloadReader, tree: Evaluated) -> MissingData | None:
    """Return what is asked for; an event-platform monitor that asks for nothing has the default [ONMISS]."""
    if asked:
        return MissingData(asked)
    legacy = options.flag("notify_no_data", default=False)
    searched = isinstance(tree, EventMonitor | FormulaMonitor)
    return MissingData.DEFAULT if searched and not legacy else None


def _cumulative(reader: PayloadReader) -> CumulativeWindow:
    """Read ``scheduling_options.evaluation_window`` [OPENAPI MonitorOptionsSchedulingOptionsEvaluationWindow]."""
    hour_starts = reader.integer("hour_starts") or 0
    if not 0 <= hour_starts <= 59:
        reader.errors.append("hour_starts must be between 0 and 59")
    if reader.integer("month_starts") not in {None, 1}:
        reader.errors.append("month_starts must be 1")
    day_starts = reader.text("day_starts") or "00:00"
    match = _TIME_OF_DAY.fullmatch(day_starts)
    if match is None:
        reader.errors.append(f"day_starts must be a time such as 13:00, not {day_starts!r}")
    zone = reader.text("timezone") or "UTC"
    try:
        ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError):
        reader.errors.append(f"there is no timezone {zone!r}")
    return CumulativeWindow(
        hour_starts=hour_starts, day_starts=(int(match[1]), int(match[2])) if match else (0, 0), timezone=zone
    )


def _renotify_statuses(options: PayloadReader) -> tuple[State, ...]:
    """Return the states to repeat, by default all but Warn [OPTS]."""
    known = {"alert": State.ALERT, "warn": State.WARN, "no data": State.NO_DATA}
    texts = options.texts("renotify_statuses")
    options.errors.extend(
        f"Invalid renotify_statuses value: {text}{nearest(text, known)}" for text in texts if text not in known
    )
    return tuple(known[text] for text in texts if text in known) or (State.ALERT, State.NO_DATA)


def _thresholds(reader: PayloadReader, tree: Evaluated) -> Thresholds:
    if isinstance(tree, CheckMonitor | CompositeMonitor):
        return _counts_of_statuses(reader, tree)
    condition = tree.condition
    in_query = condition.value if condition else 0.0
    critical, warning = reader.number("critical"), reader.number("warning")
    for name in reader.names():
        if isinstance(tree, EventMonitor) and tree.source in {"logs", "events"} and name.endswith("_recovery"):
            reader.errors.append(f"Invalid threshold statuses found: {name}.")
        if name not in (*_THRESHOLDS, *_REMARKS):
            reader.errors.append(f"Invalid threshold for this type of monitor: {name}{nearest(name, _THRESHOLDS)}")
    if critical is None and warning is not None:
        reader.errors.append("Alert status is required.")
    if critical is not None and critical != in_query:
        reader.errors.append(f"Alert threshold ({critical}) does not match that used in the query ({in_query}).")
    return Thresholds(
        critical=in_query,
        warning=warning,
        critical_recovery=reader.number("critical_recovery"),
        warning_recovery=reader.number("warning_recovery"),
    )


def _counts_of_statuses(reader: PayloadReader, tree: CheckMonitor | CompositeMonitor) -> Thresholds:
    """Read how many statuses, or which percentage of them, make a state; a composite has no thresholds [OPTS]."""
    known = ("ok", "warning", "critical", "unknown") if isinstance(tree, CheckMonitor) else ()
    for name in reader.names():
        if name not in known:
            reader.errors.append(f"Invalid threshold for this type of monitor: {name}{nearest(name, known)}")
    numbers = {name: reader.number(name) for name in known}
    most = max((number for number in numbers.values() if number is not None), default=0)
    if isinstance(tree, CheckMonitor) and not tree.percent and _looks_back(tree) < most:
        reader.errors.append("Last field should be larger than or equal to max threshold defined in monitor options")
    critical = numbers.get("critical")
    return Thresholds(
        critical=1.0 if critical is None else critical,
        warning=numbers.get("warning"),
        ok=numbers.get("ok"),
        unknown=numbers.get("unknown"),
    )


def _looks_back(tree: CheckMonitor) -> float:
    """Return how many statuses ``last(N)`` looks at."""
    last = [call.arguments for call in tree.calls if call.name == "last"]
    return next((argument.value for argument in (last[0] if last else ()) if isinstance(argument, Number)), 1.0)


# --- retargeting --------------------------------------------------------------------------------------


def retarget(definition: Definition, *, environment: str, origin: str) -> Definition:
    """Return the monitor watching ``env:<environment>`` where it watched ``env:<origin>``.

    Changes the tree and prints the query from it. Raises `ConfigError` if part of a metric query has no scope
    ``env:<origin>``: it would go on watching something else. An SLO alert has no scope and stays as it is;
    retarget its SLO's queries with :func:`~alertproof.datadog.query.retarget.retarget_text`.
    """
    tree = retarget_query(definition.tree, environment=environment, origin=origin)
    return replace(definition, tree=tree, query=render_query(tree))
