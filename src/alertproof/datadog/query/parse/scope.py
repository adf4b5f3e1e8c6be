"""Reads what stands between braces: a scope, or the tags of a group-by [FILTER]."""

from __future__ import annotations

from msgspec.structs import replace

from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.placeholders import has_placeholder
from alertproof.datadog.query.parse.tokens import Token, TokenKind
from alertproof.datadog.query.tree import (
    AllOf,
    AnyOf,
    AnyTag,
    CommaList,
    Excluded,
    Negation,
    Scope,
    Span,
    TagIn,
    TagIs,
)

__all__ = ["read_scope", "read_tags"]


def read_scope(cursor: Cursor) -> Scope:
    """Read ``{...}`` as a scope."""
    opening = cursor.expect("{", "before the scope")
    if cursor.at("}"):
        cursor.fail("a scope is never empty; write * for everything", cursor.peek().span)
    start = cursor.peek().span.start
    items = [_any_of(cursor)]
    while cursor.accept(","):
        items.append(_any_of(cursor))
    scope = CommaList(tuple(items), span=cursor.since(start)) if len(items) > 1 else items[0]
    _close(cursor, opening)
    return scope


def read_tags(cursor: Cursor, *, every: bool = False) -> tuple[str, ...]:
    """Read ``{host,env}``: one tag key or more; ``every`` says that ``*`` may stand for all."""
    opening = cursor.expect("{", "before the tags to group by")
    tags = [_key(cursor, every=every)]
    while cursor.accept(","):
        tags.append(_key(cursor, every=every))
    _close(cursor, opening)
    return tuple(tags)


def _key(cursor: Cursor, *, every: bool) -> str:
    token = cursor.expect_kind(TokenKind.TAG, "a tag key")
    if not token.is_template and (":" in token.text or ("*" in token.text and not (every and token.text == "*"))):
        cursor.fail(f"expected a tag key such as host, found {token}", token.span)
    return token.text


def _close(cursor: Cursor, opening: Token) -> None:
    if cursor.at_kind(TokenKind.END):
        cursor.fail("this brace is never closed", opening.span)
    cursor.expect("}", "or ',' here")


def _word(cursor: Cursor, word: str, ahead: int = 0) -> bool:
    """Tell whether the token is an operator, in capitals or not."""
    return cursor.at_kind(TokenKind.TAG, ahead) and cursor.peek(ahead).text.upper() == word


def _any_of(cursor: Cursor) -> Scope:
    start = cursor.peek().span.start
    items, words = [_all_of(cursor)], []
    while _word(cursor, "OR"):
        words.append(cursor.read().text)
        items.append(_all_of(cursor))
    return AnyOf(tuple(items), tuple(words), span=cursor.since(start)) if words else items[0]


def _all_of(cursor: Cursor) -> Scope:
    start = cursor.peek().span.start
    items, words = [_negation(cursor)], []
    while _word(cursor, "AND"):
        words.append(cursor.read().text)
        items.append(_negation(cursor))
    return AllOf(tuple(items), tuple(words), span=cursor.since(start)) if words else items[0]


def _negation(cursor: Cursor) -> Scope:
    with cursor.deeper():
        start = cursor.peek().span.start
        if _word(cursor, "NOT"):
            word = cursor.read().text
            return Negation(_negation(cursor), word, span=cursor.since(start))
        if cursor.accept("("):
            inner = _any_of(cursor)
            cursor.expect(")", "to close the parenthesis")
            return replace(inner, parentheses=inner.parentheses + 1)
        return _filter(cursor)


def _filter(cursor: Cursor) -> Scope:
    start = cursor.peek().span.start
    sign = "!" if cursor.accept("!") else ""
    token = cursor.expect_kind(TokenKind.TAG, "a tag such as env:prod")
    text, span = token.text, token.span
    if not sign and text.startswith("-") and len(text) > 1:
        sign, text, span = "-", text[1:], span._replace(start=span.start + 1)
    if text.upper() in {"AND", "OR", "IN"}:
        cursor.fail(f"expected a tag such as env:prod, found the operator {text!r}", token.span)
    if sign:
        return Excluded(TagIs(text, span=span), sign, span=cursor.since(start))
    if text == "*":
        return AnyTag(span=span)
    return _listed(cursor, text, start) or TagIs(text, span=span)


def _listed(cursor: Cursor, key: str, start: int) -> TagIn | None:
    """Read ``IN (a,b)`` or ``NOT IN (a,b)`` behind a key, None where neither stands."""
    negated = _word(cursor, "NOT") and _word(cursor, "IN", ahead=1)
    if not negated and not _word(cursor, "IN"):
        return None
    if ":" in key and not has_placeholder(key):
        cursor.fail(f"expected a tag key before IN, found {key!r}", Span(start, start + len(key)))
    words = tuple(cursor.read().text for _ in range(1 + negated))
    listed = not (cursor.at_kind(TokenKind.TAG) and cursor.peek().is_template)
    if listed:
        cursor.expect("(", "before the values")
    values = [cursor.expect_kind(TokenKind.TAG, "a tag value").text]
    if listed:
        while cursor.accept(","):
            values.append(cursor.expect_kind(TokenKind.TAG, "a tag value").text)
        cursor.expect(")", "or ',' after a value")
    return TagIn(key, tuple(values), negated, words, listed, span=cursor.since(start))
