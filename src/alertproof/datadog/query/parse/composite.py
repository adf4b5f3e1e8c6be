"""Reads composite monitors: ``(12345 && !67890) || 13579`` [COMP]."""

from __future__ import annotations

from msgspec.structs import replace

from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.tokens import Token, TokenKind
from alertproof.datadog.query.tree import (
    AllMonitors,
    AnyMonitor,
    CompositeExpression,
    CompositeMonitor,
    MonitorId,
    NotMonitor,
    walk,
)

__all__ = ["at_composite", "read_composite"]

# How many monitors a composite may have [COMP].
_MOST = 10


def at_composite(cursor: Cursor) -> bool:
    """Tell whether what stands here can only be a composite."""
    ahead = 0
    while cursor.at("!", "(", ahead=ahead):
        ahead += 1
    token = cursor.peek(ahead)
    if token.kind is TokenKind.NUMBER or cursor.at("!"):
        return True
    return _is_monitor(token) and cursor.at("&&", "||", ")", ahead=ahead + 1)


def read_composite(cursor: Cursor) -> CompositeMonitor:
    """Read a whole composite."""
    start = cursor.peek().span.start
    expression = _any(cursor)
    monitors = [node for node in walk(expression) if isinstance(node, MonitorId)]
    if len({monitor.text for monitor in monitors}) > _MOST:
        cursor.fail(f"a composite has at most {_MOST} monitors", monitors[_MOST].span)
    return CompositeMonitor(expression, span=cursor.since(start))


def _any(cursor: Cursor) -> CompositeExpression:
    start = cursor.peek().span.start
    items = [_all(cursor)]
    while cursor.accept("||"):
        items.append(_all(cursor))
    return AnyMonitor(tuple(items), span=cursor.since(start)) if len(items) > 1 else items[0]


def _all(cursor: Cursor) -> CompositeExpression:
    start = cursor.peek().span.start
    items = [_not(cursor)]
    while cursor.accept("&&"):
        items.append(_not(cursor))
    return AllMonitors(tuple(items), span=cursor.since(start)) if len(items) > 1 else items[0]


def _not(cursor: Cursor) -> CompositeExpression:
    with cursor.deeper():
        start = cursor.peek().span.start
        if cursor.accept("!"):
            return NotMonitor(_not(cursor), span=cursor.since(start))
        if cursor.accept("("):
            inner = _any(cursor)
            cursor.expect(")", "to close the parenthesis")
            return replace(inner, parentheses=inner.parentheses + 1)
        token = cursor.peek()
        if not _is_monitor(token):
            cursor.fail(f"expected the id of a monitor, found {token}")
        return MonitorId(cursor.read().text, span=token.span)


def _is_monitor(token: Token) -> bool:
    if token.kind is TokenKind.NUMBER:
        return token.text.isdecimal()
    return token.kind is TokenKind.NAME and (token.is_template or (len(token.text) == 1 and token.text.isalpha()))
