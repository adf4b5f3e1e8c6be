"""What a monitor watches and when it fires, in words, for every family of queries."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple, assert_never

from alertproof.datadog.query import render_expression, render_search
from alertproof.datadog.query.grouping import grouped_by
from alertproof.datadog.query.parse.chain import SOURCES
from alertproof.datadog.query.tree import (
    AllMonitors,
    AnyMonitor,
    Change,
    CheckMonitor,
    CompositeExpression,
    CompositeMonitor,
    Condition,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    MonitorId,
    NotMonitor,
    Number,
    Placeholder,
    PlainQuery,
    Search,
    SloAlert,
    TemplateMonitor,
    Window,
)
from alertproof.errors import QuerySyntaxError
from alertproof.quality.explain.values import grouped, is_share, value_in_words
from alertproof.quality.lint.subject import Subject
from alertproof.quality.words import holds, listed, window_in_words

__all__ = ["Watching", "watching"]


class Watching(NamedTuple):
    """Two sentences: what is watched, and when that is an alert."""

    watches: str
    fires: str


def watching(subject: Subject) -> Watching:
    """Return what the monitor watches and when it alerts; of a query that cannot be read it says so."""
    tree = subject.tree
    if isinstance(tree, QuerySyntaxError):
        return Watching("Its query cannot be read.", f"Whether it ever fires is unknown: {tree.message}.")
    inner = tree.query if isinstance(tree, TemplateMonitor) else tree
    if isinstance(inner, Placeholder):
        return Watching(f"Watches what Terraform puts in for {inner.text}.", "Fires as that query says.")
    found = _of_family(inner, subject)
    if isinstance(tree, TemplateMonitor):
        return found._replace(watches=f"{found.watches} Terraform's conditions may make it watch something else.")
    return found


def _of_family(query: PlainQuery, subject: Subject) -> Watching:
    match query:
        case MetricMonitor():
            return _metric(query)
        case SloAlert():
            return _slo(query)
        case EventMonitor():
            return _events(query)
        case FormulaMonitor():
            return _formula(query, subject)
        case CheckMonitor():
            return _check(query, subject)
        case CompositeMonitor():
            return Watching("Watches other monitors.", f"Alerts when {_composite(query.expression)}.")
        case _:
            assert_never(query)


# --- metrics ------------------------------------------------------------------------------------------

#: How comparisons begin.
_SIDES = "><=!"
#: What a time aggregator says of the window, by how the comparison begins.
_HOW = {
    "avg": ("on average over {0}",) * 4,
    "max": ("at least once within {0}", "at every moment of {0}", *("at its highest within {0}",) * 2),
    "min": ("at every moment of {0}", "at least once within {0}", *("at its lowest within {0}",) * 2),
    "percentile": ("over {0}",) * 4,
    "sum": ("in total over {0}",) * 4,
}


def _metric(tree: MetricMonitor) -> Watching:
    by = grouped_by(tree)
    value = value_in_words(tree.expression)
    limit = _limit(tree.condition, share=is_share(tree.expression), comparator=tree.comparator)
    reduction = tree.head.reduction if isinstance(tree.head, Change) else tree.head
    window = _window(reduction.window)
    how = _HOW.get(reduction.aggregator, ("over {0}",) * 4)[_SIDES.find(tree.comparator[0])].format(window)
    if isinstance(tree.head, Change):
        unit = "by how many per cent" if tree.head.kind == "pct_change" else "by how much"
        ago = _span(tree.head.shift.removeprefix("last_").removesuffix("_ago"))
        return Watching(
            f"Watches {unit} {value} changed, {how} against {ago} before{grouped(by)}.",
            f"Alerts when that change {limit}.",
        )
    return Watching(f"Watches {value}{grouped(by)}.", f"Alerts when it {limit} {how}.")


def _limit(condition: Condition | None, *, comparator: str, share: bool = False) -> str:
    if condition is None:
        side = "above" if ">" in comparator else "below"
        return f"is {side} a dynamic threshold, which Datadog computes,"
    try:
        value = float(condition.number)
    except ValueError:
        return holds(comparator, condition.number)
    percent = f" ({value * 100:g} %)" if share and 0 < value < 1 else ""
    return holds(comparator, f"{condition.number}{percent}")


def _window(window: Window) -> str:
    if window.template:
        return f"the window {window.template}"
    if window.kind == "current":
        return {"h": "the current hour", "d": "the current day"}.get(window.unit, "the current month")
    return f"the {window.kind} {window_in_words(window.amount, window.unit)}"


# --- SLOs ---------------------------------------------------------------------------------------------


def _slo(query: SloAlert) -> Watching:
    limit, reached = query.condition.number, "=" in query.condition.comparator
    if query.kind == "error_budget":
        spent = f"{limit} % or more" if reached else f"more than {limit} %"
        return Watching(
            f"Watches how much of the error budget of the SLO {query.slo} over {_span(query.over)} is spent.",
            f"Alerts when {spent} of it is spent.",
        )
    long = _span(query.long_window or query.over)
    short = f"over the last {_span(query.short_window)}" if query.short_window else "over a twelfth of that"
    than = f"at least {limit} times" if reached else f"more than {limit} times"
    return Watching(
        f"Watches how fast the error budget of the SLO {query.slo} over {_span(query.over)} burns.",
        f"Alerts when it burns {than} as fast as allowed, both over the last {long} and {short}.",
    )


def _span(text: str) -> str:
    return window_in_words(int(text[:-1]), text[-1]) if text[:-1].isdecimal() else text


# --- events -------------------------------------------------------------------------------------------


def _events(query: EventMonitor) -> Watching:
    things = "logs" if query.source == "logs" else f"{SOURCES.get(query.source, query.source)} events"
    found = _computed(query.texts("rollup"), things, _search(query.search))
    window = "".join(query.texts("last"))
    over = f" within the last {_span(window)}" if window else ""
    condition = query.condition
    return Watching(
        f"Watches {found}{grouped(query.by)}.",
        f"Alerts when it {_limit(condition, comparator=condition.comparator)}{over}.",
    )


def _search(search: Search) -> str:
    text = render_search(search).strip().strip(search.quote or '"')
    return f"that match `{text}`" if text.strip(' "*') else "of any kind"


def _computed(rollup: tuple[str, ...], things: str, which: str) -> str:
    how, measure = (*rollup, "", "")[:2]
    if how in {"", "count"}:
        return f"the number of {things} {which}"
    if how == "cardinality":
        return f"the number of different {measure} in the {things} {which}"
    names = {"avg": "the average", "max": "the highest", "min": "the lowest", "sum": "the sum"}
    return f"{names.get(how, how)} of {measure or 'the values'} in the {things} {which}"


def _formula(query: FormulaMonitor, subject: Subject) -> Watching:
    parts = list(_variables(subject))
    where = f", where {listed(parts)}" if parts else ""
    window = "".join(query.texts("last"))
    over = f" within the last {_span(window)}" if window else ""
    by = tuple(sorted(subject.groups or ()))
    condition = query.condition
    return Watching(
        f"Watches {render_expression(query.formula.expression)}{where}{grouped(by)}.",
        f"Alerts when it {_limit(condition, comparator=condition.comparator)}{over}.",
    )


def _variables(subject: Subject) -> Iterator[str]:
    variables = subject.options.get("variables")
    for variable in variables if isinstance(variables, list) else ():
        if not isinstance(variable, dict):
            continue
        raw = variable.get("query")
        if isinstance(raw, str):
            yield f"{variable.get('name')} is {raw}"
            continue
        compute = variable.get("compute") if isinstance(variable.get("compute"), dict) else {}
        search = variable.get("search") if isinstance(variable.get("search"), dict) else {}
        rollup = (str((compute or {}).get("aggregation", "")), str((compute or {}).get("metric") or ""))
        text = str((search or {}).get("query", "")).strip()
        which = f"that match `{text}`" if text not in {"", "*"} else "of any kind"
        things = "logs" if variable.get("data_source") == "logs" else f"{variable.get('data_source')} events"
        yield f"{variable.get('name')} is {_computed(rollup, things, which)}"


# --- service checks and composites --------------------------------------------------------------------


def _check(query: CheckMonitor, subject: Subject) -> Watching:
    over = [tag for tag in query.texts("over") if tag != "*"]
    where = f" in {', '.join(over)}" if over else ""
    without = f", without {', '.join(query.texts('exclude'))}" if query.texts("exclude") else ""
    by = tuple(tag for tag in query.texts("by") if tag != "*")
    critical = subject.threshold("critical")
    if query.percent:
        share = f"{critical:g} % or more" if critical is not None else "too many"
        fires = f"Alerts when {share} of the statuses are CRITICAL."
    else:
        count = f"{critical:g}" if critical is not None else _last(query)
        fires = f"Alerts after {count} CRITICAL {'status' if count == '1' else 'statuses in a row'}."
    return Watching(f"Watches the service check {query.check.value}{where}{without}{grouped(by)}.", fires)


def _last(query: CheckMonitor) -> str:
    for call in query.calls:
        number = next((each.text for each in call.arguments if isinstance(each, Number)), None)
        if call.name == "last" and number is not None:
            return f"up to {number}"
    return "some"


def _composite(expression: CompositeExpression) -> str:
    match expression:
        case MonitorId():
            return f"monitor {expression.text} alerts"
        case NotMonitor(item=MonitorId(text=text)):
            return f"monitor {text} does not"
        case NotMonitor():
            return f"not ({_composite(expression.item)})"
        case AllMonitors():
            return " and ".join(_part(item) for item in expression.items)
        case AnyMonitor():
            return " or ".join(_part(item) for item in expression.items)
        case _:
            assert_never(expression)


def _part(expression: CompositeExpression) -> str:
    text = _composite(expression)
    return f"({text})" if isinstance(expression, AllMonitors | AnyMonitor) else text
