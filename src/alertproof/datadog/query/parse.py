"""Reads metric monitor and SLO alert queries into a tree.

The grammar, after datadog-monitor documentation [OPENAPI create_monitor, METRIC, CHANGE, NESTED, BURN, ERRB]::

    monitor    = head ":" expression comparator ( number | "threshold" )
    head       = aggregator "(" window ")" | change "(" aggregator "(" window ")" "," shift ")"
    expression = term { ("+"|"-") term }         term = factor { ("*"|"/"|"%") factor }
    factor     = number | sign factor | "(" expression ")" modifiers | name "(" arguments ")" modifiers | query
    query      = [ space ":" ] metric "{" scope "}" modifiers [ "by" "{" tags "}" ] modifiers
    slo        = ("burn_rate" | "error_budget") "(" text ")" { "." name "(" text ")" } comparator number

Raises `QuerySyntaxError` with the offending span for anything else, and `NotModelled` for a query of another
family (logs, composite, service check, ...), by its name.
"""

from __future__ import annotations

import re

from alertproof.datadog.query.cursor import Cursor
from alertproof.datadog.query.families import family_of
from alertproof.datadog.query.scopes import read_scope, read_tags
from alertproof.datadog.query.tokens import TokenKind
from alertproof.datadog.query.tree import (
    Argument,
    Binary,
    Call,
    Change,
    Condition,
    Expression,
    Grouping,
    Head,
    Keyword,
    MetricMonitor,
    MetricQuery,
    Modified,
    Modifier,
    Number,
    Query,
    Reduction,
    SloAlert,
    Text,
    Unary,
    Window,
    Word,
)
from alertproof.errors import NotModelled, nearest

__all__ = ["parse_expression", "parse_query"]

_AGGREGATORS = ("avg", "max", "min", "percentile", "sum")
_CHANGES = ("change", "pct_change")
_COMPARATORS = ("<", "<=", ">", ">=", "==", "!=")
_WINDOW = re.compile(r"(last|current|next)_(\d{1,6})(mo|m|h|d|w)")
_SHIFT = re.compile(r"last_\d+(mo|m|h|d|w)|\d+(m|h|d|w)_ago")


def parse_query(text: str) -> Query:
    """Read a monitor's whole query."""
    family = family_of(text)
    if family is not None:
        raise NotModelled(f"{family} monitor queries are not modelled: {text}")
    cursor = Cursor(text)
    query: Query = _slo(cursor) if cursor.at("burn_rate", "error_budget") else _monitor(cursor)
    _end(cursor)
    return query


def parse_expression(text: str) -> Expression:
    """Read a query without head and comparison, as the metrics API, dashboards and SLOs have it."""
    cursor = Cursor(text)
    expression = _expression(cursor)
    _end(cursor)
    return expression


def _end(cursor: Cursor) -> None:
    if not cursor.at_kind(TokenKind.END):
        cursor.fail(f"expected the end of the query, found {cursor.peek()}")


# --- metric monitors ----------------------------------------------------------------------------------


def _monitor(cursor: Cursor) -> MetricMonitor:
    start = cursor.peek().span.start
    head = _head(cursor)
    cursor.expect(":", "after the evaluation window")
    expression = _expression(cursor)
    comparator = _comparator(cursor)
    condition = None
    if not cursor.accept("threshold"):
        condition = _condition(cursor, comparator)
    return MetricMonitor(head, expression, comparator, condition, span=cursor.since(start))


def _head(cursor: Cursor) -> Head:
    start = cursor.peek().span.start
    token = cursor.expect_kind(TokenKind.NAME, "a time aggregator such as avg(last_5m)")
    if token.text not in (*_AGGREGATORS, *_CHANGES):
        known = nearest(token.text, (*_AGGREGATORS, *_CHANGES))
        cursor.fail(f"{token.text!r} is no time aggregator{known}", token.span)
    cursor.expect("(", f"after {token.text!r}")
    if token.text in _AGGREGATORS:
        window = _window(cursor)
        cursor.expect(")", "after the evaluation window")
        return Reduction(token.text, window, span=cursor.since(start))
    inner = _head(cursor)
    if isinstance(inner, Change):
        cursor.fail("a change of a change does not exist", inner.span)
    cursor.expect(",", "before the shift")
    shift = cursor.expect_kind(TokenKind.NAME, "a shift such as last_1h")
    if not _SHIFT.fullmatch(shift.text):
        cursor.fail(f"{shift.text!r} is no shift; write last_5m, last_1h, 1d_ago, ...", shift.span)
    cursor.expect(")", "after the shift")
    return Change(token.text, inner, shift.text, span=cursor.since(start))


def _window(cursor: Cursor) -> Window:
    token = cursor.expect_kind(TokenKind.NAME, "an evaluation window such as last_5m")
    match = _WINDOW.fullmatch(token.text)
    if match is None or not int(match[2]):
        cursor.fail(f"{token.text!r} is no evaluation window; write last_5m, last_4h, ...", token.span)
    return Window(match[1], int(match[2]), match[3], span=token.span)


def _comparator(cursor: Cursor) -> str:
    if not cursor.at(*_COMPARATORS):
        cursor.fail(f"expected a comparison such as '> 5', found {cursor.peek()}")
    return cursor.read().text


def _condition(cursor: Cursor, comparator: str) -> Condition:
    start = cursor.peek().span.start
    sign = cursor.accept("-", "+")
    number = cursor.expect_kind(TokenKind.NUMBER, f"a number after {comparator!r}")
    minus = "-" if sign and sign.text == "-" else ""
    return Condition(comparator, minus + number.text, span=cursor.since(start))


# --- arithmetic ---------------------------------------------------------------------------------------


def _expression(cursor: Cursor) -> Expression:
    with cursor.deeper():
        return _binary(cursor, 0)


_LEVELS = (("+", "-"), ("*", "/", "%"))


def _binary(cursor: Cursor, level: int) -> Expression:
    if level == len(_LEVELS):
        return _factor(cursor)
    start = cursor.peek().span.start
    left = _binary(cursor, level + 1)
    while sign := cursor.accept(*_LEVELS[level]):
        right = _binary(cursor, level + 1)
        left = Binary(sign.text, left, right, span=cursor.since(start))
    return left


def _factor(cursor: Cursor) -> Expression:
    token = cursor.peek()
    start = token.span.start
    if sign := cursor.accept("+", "-"):
        with cursor.deeper():
            return Unary(sign.text, _factor(cursor), span=cursor.since(start))
    if cursor.at_kind(TokenKind.NUMBER):
        return Number(cursor.read().text, span=token.span)
    if cursor.accept("("):
        inner = _expression(cursor)
        cursor.expect(")", "to close the parenthesis")
        return _modified(cursor, inner, start)
    if cursor.at_kind(TokenKind.NAME):
        return _named(cursor)
    return cursor.fail(f"expected a metric query, a number or a function, found {token}")


def _modified(cursor: Cursor, operand: Expression, start: int) -> Expression:
    modifiers = _modifiers(cursor)
    return Modified(operand, modifiers, span=cursor.since(start)) if modifiers else operand


def _named(cursor: Cursor) -> Expression:
    """Read what begins with a name: a metric query or a function call."""
    start = cursor.peek().span.start
    if cursor.at("(", ahead=1) and not _at_counted(cursor):
        name = cursor.read().text
        call = Call(name, _arguments(cursor), span=cursor.since(start))
        return _modified(cursor, call, start)
    return _metric_query(cursor)


def _at_counted(cursor: Cursor) -> bool:
    """Tell ``count(v: v>5):m{*}`` from the call ``count(avg:m{*})``."""
    return cursor.at("count") and cursor.at(":", ahead=3) and cursor.at(*_COMPARATORS, ahead=5)


def _metric_query(cursor: Cursor) -> MetricQuery:
    start = cursor.peek().span.start
    space: str | None = None
    counted: Condition | None = None
    if _at_counted(cursor):
        space, counted = cursor.peek().text, _counted(cursor)
        cursor.expect(":", "after the condition")
    elif cursor.at(":", ahead=1):
        space = cursor.read().text
        cursor.read()
    metric = cursor.expect_kind(TokenKind.NAME, "a metric's name")
    if not cursor.at("{"):
        cursor.fail(f"expected a scope such as {{*}} after the metric {metric.text!r}, found {cursor.peek()}")
    scope = read_scope(cursor)
    modifiers = _modifiers(cursor)
    by: tuple[str, ...] = ()
    if cursor.accept("by"):
        by = read_tags(cursor)
        modifiers += _modifiers(cursor)
    return MetricQuery(
        metric=metric.text,
        scope=scope,
        space=space,
        counted=counted,
        by=by,
        modifiers=modifiers,
        span=cursor.since(start),
    )


def _counted(cursor: Cursor) -> Condition:
    cursor.read()
    cursor.expect("(", "after 'count'")
    name = cursor.expect_kind(TokenKind.NAME, "a variable")
    cursor.expect(":", "after the variable")
    used = cursor.expect_kind(TokenKind.NAME, "the variable")
    if name.text != "v" or used.text != "v":
        cursor.fail("the variable of a distribution threshold is always called v", name.span)
    condition = _condition(cursor, _comparator(cursor))
    cursor.expect(")", "after the condition")
    return condition


# --- modifiers and arguments --------------------------------------------------------------------------


def _modifiers(cursor: Cursor) -> tuple[Modifier, ...]:
    found = []
    while cursor.at("."):
        start = cursor.read().span.start
        name = cursor.expect_kind(TokenKind.NAME, "a modifier such as as_count()")
        found.append(Modifier(name.text, _arguments(cursor), span=cursor.since(start)))
    return tuple(found)


def _arguments(cursor: Cursor) -> tuple[Argument, ...]:
    cursor.expect("(", "before the arguments")
    arguments: list[Argument] = []
    if not cursor.at(")"):
        arguments.append(_argument(cursor))
        while cursor.accept(","):
            arguments.append(_argument(cursor))
    cursor.expect(")", "or ',' after an argument")
    return tuple(arguments)


def _argument(cursor: Cursor) -> Argument:
    token = cursor.peek()
    if token.kind is TokenKind.TEXT:
        return Text(cursor.read().text, span=token.span)
    if cursor.at("{"):
        return Grouping(read_tags(cursor), span=cursor.since(token.span.start))
    if token.kind is TokenKind.NAME and cursor.at("=", ahead=1):
        cursor.read()
        cursor.read()
        return Keyword(token.text, _argument(cursor), span=cursor.since(token.span.start))
    if token.kind is TokenKind.NAME and cursor.at(",", ")", ahead=1):
        return Word(cursor.read().text, span=token.span)
    return _expression(cursor)


# --- SLO alerts ---------------------------------------------------------------------------------------


def _slo(cursor: Cursor) -> SloAlert:
    start = cursor.peek().span.start
    kind = cursor.read().text
    slo = _text_in_parentheses(cursor, "the id of an SLO")
    known = ("over", "long_window", "short_window") if kind == "burn_rate" else ("over",)
    windows: dict[str, str] = {}
    while cursor.accept("."):
        name = cursor.expect_kind(TokenKind.NAME, "one of " + ", ".join(known))
        if name.text not in known or name.text in windows:
            cursor.fail(f"{name.text!r} does not belong here{nearest(name.text, known)}", name.span)
        windows[name.text] = _text_in_parentheses(cursor, "a span such as '30d'")
    for needed in known[:2]:
        if needed not in windows:
            cursor.fail(f"{kind} needs .{needed}(..)")
    if not cursor.at(">", ">="):
        cursor.fail(f"expected '>' or '>=', found {cursor.peek()}")
    condition = _condition(cursor, cursor.read().text)
    return SloAlert(
        kind,
        slo,
        windows["over"],
        windows.get("long_window"),
        windows.get("short_window"),
        condition,
        span=cursor.since(start),
    )


def _text_in_parentheses(cursor: Cursor, what: str) -> str:
    cursor.expect("(", f"before {what}")
    token = cursor.expect_kind(TokenKind.TEXT, f"{what}, in quotes")
    cursor.expect(")", f"after {what}")
    return token.text[1:-1]
