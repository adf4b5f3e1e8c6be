"""Reads metric monitors [OPENAPI create_monitor, METRIC, CHANGE].

The grammar::

    monitor = head ":" expression comparator ( number | "threshold" )
    head    = aggregator "(" window ")" | change "(" aggregator "(" window ")" "," shift ")"
"""

from __future__ import annotations

import re
from datetime import timedelta

from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.expression import read_expression
from alertproof.datadog.query.parse.tokens import Token, TokenKind
from alertproof.datadog.query.parse.values import read_comparator, read_condition
from alertproof.datadog.query.tree import (
    Call,
    Change,
    Expression,
    Head,
    MetricMonitor,
    MetricQuery,
    Placeholder,
    Reduction,
    Window,
    walk,
)
from alertproof.errors import nearest

__all__ = ["AGGREGATORS", "CHANGES", "read_metric_monitor"]

AGGREGATORS = ("avg", "max", "min", "percentile", "sum")
CHANGES = ("change", "pct_change")
_WINDOW = re.compile(r"(last|current|next)_([1-9]\d{0,5})(mo|m|h|d|w)")
_SHIFT = re.compile(r"last_[1-9]\d{0,5}(mo|m|h|d|w)|[1-9]\d{0,5}(m|h|d|w)_ago")
# Cumulative windows are whole calendar periods [CFG].
_CURRENT = ("current_1d", "current_1h", "current_1mo")
# How far a forecast looks ahead [FCST].
_LEAST_AHEAD, _MOST_AHEAD = timedelta(hours=12), timedelta(days=93)


def read_metric_monitor(cursor: Cursor) -> MetricMonitor:
    """Read a metric monitor up to its threshold."""
    start = cursor.peek().span.start
    head = _head(cursor)
    cursor.expect(":", "after the evaluation window")
    expression = read_expression(cursor)
    _check_expression(cursor, head, expression)
    comparator = read_comparator(cursor)
    condition = None if cursor.accept("threshold") else read_condition(cursor, comparator)
    return MetricMonitor(head, expression, comparator, condition, span=cursor.since(start))


def _check_expression(cursor: Cursor, head: Head, expression: Expression) -> None:
    """Fail for what is an expression but none that a monitor can watch."""
    nodes = list(walk(expression))
    templated = any(isinstance(node, Placeholder) for node in nodes)
    calls = {node.name: node for node in nodes if isinstance(node, Call)}
    if not templated and not any(isinstance(node, MetricQuery) for node in nodes):
        cursor.fail("expected a metric query such as avg:m{*}: a monitor has something to watch", expression.span)
    if "autosmooth" in calls:
        # It would choose another span at each evaluation [SMOOTH].
        cursor.fail("autosmooth() cannot be used in monitors", calls["autosmooth"].span)
    if head.window.kind == "next" and "forecast" not in calls and not templated:
        cursor.fail("a window that lies ahead needs forecast(..)", head.window.span)


def _head(cursor: Cursor) -> Head:
    token = cursor.expect_kind(TokenKind.NAME, "a time aggregator such as avg(last_5m)")
    start = token.span.start
    if token.is_template and cursor.at(":"):
        window = Window("", 0, "", token.text, span=token.span)
        return Reduction(token.text, window, called=False, span=token.span)
    if not token.is_template and token.text not in (*AGGREGATORS, *CHANGES):
        known = nearest(token.text[:60], (*AGGREGATORS, *CHANGES))
        cursor.fail(f"{token} is no time aggregator{known}", token.span)
    cursor.expect("(", f"after {token}")
    if token.text in CHANGES or (token.is_template and cursor.at("(", ahead=1)):
        return _change(cursor, token)
    window = _window(cursor)
    cursor.expect(")", "after the evaluation window")
    return Reduction(token.text, window, span=cursor.since(start))


def _change(cursor: Cursor, kind: Token) -> Change:
    if cursor.at(*CHANGES):
        cursor.fail("a change of a change does not exist")
    with cursor.deeper():
        inner = _head(cursor)
    if isinstance(inner, Change):
        cursor.fail("a change of a change does not exist", inner.span)
    cursor.expect(",", "before the shift")
    shift = cursor.expect_kind(TokenKind.NAME, "a shift such as last_1h")
    if not shift.is_template and not _SHIFT.fullmatch(shift.text):
        cursor.fail(f"{shift} is no shift; write last_5m, last_1h, 1d_ago, ...", shift.span)
    cursor.expect(")", "after the shift")
    return Change(kind.text, inner, shift.text, span=cursor.since(kind.span.start))


def _window(cursor: Cursor) -> Window:
    token = cursor.expect_kind(TokenKind.NAME, "an evaluation window such as last_5m")
    if token.is_template:
        return Window("", 0, "", token.text, span=token.span)
    match = _WINDOW.fullmatch(token.text)
    if match is None:
        cursor.fail(f"{token} is no evaluation window; write last_5m, last_4h, ...", token.span)
    window = Window(match[1], int(match[2]), match[3], span=token.span)
    if window.kind == "current" and token.text not in _CURRENT:
        cursor.fail(f"{token} is no evaluation window; cumulative ones are {', '.join(_CURRENT)}", token.span)
    if window.kind == "next" and not _LEAST_AHEAD <= window.length <= _MOST_AHEAD:
        cursor.fail(f"{token} is no evaluation window; a forecast looks 12 hours to 3 months ahead", token.span)
    return window
