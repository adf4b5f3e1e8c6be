"""Prints whole monitor queries."""

from __future__ import annotations

from itertools import zip_longest
from typing import assert_never

from alertproof.datadog.query.parse.directives import visible
from alertproof.datadog.query.parse.tokens import tokenize
from alertproof.datadog.query.render.expression import enclosed, render_expression, render_modifiers
from alertproof.datadog.query.render.search import render_search
from alertproof.datadog.query.tree import (
    AllMonitors,
    AnyMonitor,
    Change,
    CheckMonitor,
    CompositeExpression,
    CompositeMonitor,
    Condition,
    EventMonitor,
    Formula,
    FormulaMonitor,
    Head,
    MetricMonitor,
    MonitorId,
    NotMonitor,
    Placeholder,
    Query,
    SloAlert,
    TemplateMonitor,
    Window,
)

__all__ = ["render_query"]


def render_query(query: Query | Placeholder) -> str:  # noqa: PLR0911 - one per family
    """Return the text of a whole monitor query."""
    match query:
        case MetricMonitor():
            limit = query.condition.number if query.condition else "threshold"
            return f"{_head(query.head)}:{render_expression(query.expression)} {query.comparator} {limit}"
        case SloAlert():
            return _slo_alert(query)
        case EventMonitor():
            search = render_search(query.search)
            return f"{query.source}({search}){render_modifiers(query.calls)} {_condition(query.condition)}"
        case FormulaMonitor():
            formula = _formula(query.formula)
            return f"formula({formula}){render_modifiers(query.calls)} {_condition(query.condition)}"
        case CheckMonitor():
            return query.check.quoted + render_modifiers(query.calls)
        case CompositeMonitor():
            return _composite(query.expression)
        case Placeholder():
            return query.text
        case TemplateMonitor():
            return _with_directives(query)
        case _:
            assert_never(query)


def _condition(condition: Condition) -> str:
    return f"{condition.comparator} {condition.number}"


def _head(head: Head) -> str:
    if isinstance(head, Change):
        return f"{head.kind}({_head(head.reduction)},{head.shift})"
    return f"{head.aggregator}({_window(head.window)})" if head.called else head.aggregator


def _window(window: Window) -> str:
    return window.template or f"{window.kind}_{window.amount}{window.unit}"


def _slo_alert(query: SloAlert) -> str:
    spans = {"over": query.over, "long_window": query.long_window, "short_window": query.short_window}
    given = {name: span for name, span in spans.items() if span is not None}
    order = query.order if set(query.order) == set(given) else tuple(given)
    quotes = query.quotes if len(query.quotes) == len(given) + 1 else ('"',) * (len(given) + 1)
    calls = "".join(f".{name}({quote}{given[name]}{quote})" for name, quote in zip(order, quotes[1:], strict=True))
    return f"{query.kind}({quotes[0]}{query.slo}{quotes[0]}){calls} {_condition(query.condition)}"


def _formula(formula: Formula) -> str:
    """Print a formula with the white space that stood before each of its tokens."""
    text = f"{formula.quote}{render_expression(formula.expression)}{formula.quote}"
    tokens = list(tokenize(text, 1, len(text) - 1))
    if len(formula.spaces) != len(tokens):
        return text
    body = "".join(part for pair in zip_longest(formula.spaces, (token.text for token in tokens)) for part in pair)
    return f"{formula.quote}{body}{formula.quote}"


def _composite(expression: CompositeExpression, *, needed: bool = False) -> str:
    match expression:
        case MonitorId():
            text = expression.text
        case NotMonitor():
            text = "!" + _composite(expression.item, needed=isinstance(expression.item, AllMonitors | AnyMonitor))
        case AllMonitors():
            text = " && ".join(
                _composite(item, needed=isinstance(item, AllMonitors | AnyMonitor)) for item in expression.items
            )
        case AnyMonitor():
            text = " || ".join(_composite(item, needed=isinstance(item, AnyMonitor)) for item in expression.items)
        case _:
            assert_never(expression)
    return enclosed(text, expression.parentheses, needed=needed)


def _with_directives(query: TemplateMonitor) -> str:
    """Print a query with its directives where they stood among the characters that count."""
    text = render_query(query.query)
    offsets = [*visible(text), len(text)]
    parts, done = [], 0
    for directive in query.directives:
        at = offsets[min(directive.at, len(offsets) - 1)]
        parts += [text[done:at], directive.text]
        done = at
    return "".join(parts) + text[done:]
