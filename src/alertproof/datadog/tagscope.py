"""Expressions over a set of tags: the scopes of downtimes [DOWN, DSCOPE] and of notification rules [NRULES, APIPY].

The two languages differ: a downtime's is the common search syntax with limits of its own, a rule's has words for its
operators. Both are read into one small tree. What Datadog refuses is refused with its place.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple, NoReturn, assert_never

from msgspec import Struct

from alertproof.errors import QuerySyntaxError

if TYPE_CHECKING:
    from alertproof.tags import Tags

__all__ = [
    "AllOf",
    "AnyOf",
    "Everything",
    "HasTag",
    "Not",
    "TagScope",
    "matches",
    "read_downtime_scope",
    "read_rule_scope",
]


class Everything(Struct, frozen=True):
    """``*``."""


class HasTag(Struct, frozen=True):
    """``key:value``; a ``*`` in the value stands for any text, ``key:*`` for any value."""

    key: str
    value: str


class Not(Struct, frozen=True):
    """``-key:value`` or ``NOT key:value``."""

    item: TagScope


class AllOf(Struct, frozen=True):
    """Two or more with AND between them."""

    items: tuple[TagScope, ...]


class AnyOf(Struct, frozen=True):
    """Two or more with OR between them."""

    items: tuple[TagScope, ...]


TagScope = Everything | HasTag | Not | AllOf | AnyOf


def matches(scope: TagScope, tags: Tags) -> bool:
    """Tell whether a set of tags is in a scope; a key with several values is in the scope of each."""
    match scope:
        case Everything():
            return True
        case HasTag():
            return any(tag.key == scope.key and _fits(scope.value, tag.value) for tag in tags)
        case Not():
            return not matches(scope.item, tags)
        case AllOf():
            return all(matches(item, tags) for item in scope.items)
        case AnyOf():
            return any(matches(item, tags) for item in scope.items)
        case _:
            assert_never(scope)


def _fits(pattern: str, value: str) -> bool:
    """Compare with a pattern whose ``*`` stand for any text, in linear time: each piece is looked for once."""
    first, *others = pattern.split("*")
    if not others:
        return value == pattern
    *middle, last = others
    if not value.startswith(first):
        return False
    at = len(first)
    for piece in middle:
        at = value.find(piece, at)
        if at < 0:
            return False
        at += len(piece)
    return len(value) - len(last) >= at and value.endswith(last)


# --- reading ------------------------------------------------------------------------------------------

_TOKEN = re.compile(r"(?P<sign>[(),])|(?P<word>[^\s(),]+)")
_KEY = re.compile(r"@?[^\W\d][\w./@-]*")
_DEEPEST_RULE = 32
_DEEPEST_DOWNTIME = 2
_LONGEST = 3000


class _Token(NamedTuple):
    text: str
    start: int
    end: int


class _Reader:
    def __init__(self, text: str) -> None:
        self.text = text
        if len(text) > _LONGEST:
            raise QuerySyntaxError(
                f"a scope of {len(text)} characters; at most {_LONGEST} are taken", query=text[:80], start=0, end=80
            )
        self._tokens = [_Token(each.group(), *each.span()) for each in _TOKEN.finditer(text)]
        self._tokens.append(_Token("", len(text), len(text)))
        self._at = 0

    def peek(self) -> _Token:
        return self._tokens[self._at]

    def read(self) -> _Token:
        token = self._tokens[self._at]
        self._at += bool(token.text)
        return token

    def accept(self, *texts: str) -> _Token | None:
        return self.read() if self.peek().text in texts else None

    def fail(self, message: str, token: _Token) -> NoReturn:
        raise QuerySyntaxError(message, query=self.text, start=token.start, end=token.end)

    def tag(self, token: _Token, start: int = 0) -> HasTag:
        """Read ``key:value`` of a token from its character ``start`` on."""
        key, colon, value = token.text[start:].partition(":")
        if not colon:
            self.fail(f"All values must have a key, such as env:{key or 'prod'}", token)
        self.key(key, token)
        if not value:
            self.fail(f"{key}: has no value", token)
        return HasTag(key, value)

    def key(self, key: str, token: _Token) -> str:
        if not _KEY.fullmatch(key):
            self.fail(f"{key!r} is not the key of a tag", token)
        return key

    def close(self, opening: _Token) -> None:
        if not self.accept(")"):
            self.fail("this parenthesis is never closed", opening)


@lru_cache(maxsize=1024)
def read_downtime_scope(text: str) -> TagScope:
    """Read ``service:web AND -env:(dev OR test)``; raises `QuerySyntaxError` [DOWN].

    Tags without an operator between them, and with a comma as the first API has it, are all needed. An OR stands in
    parentheses only, two deep at most; a negation before a tag or a list of values only.
    """
    if text.strip() == "*":
        return Everything()
    reader = _Downtime(text)
    scope = reader.all_of(0)
    left = reader.peek()
    if left.text == "OR":
        reader.fail("an OR outside parentheses is not supported; make a downtime of each side", left)
    if left.text:
        reader.fail(f"{left.text!r} was not expected here", left)
    return scope


class _Downtime(_Reader):
    def all_of(self, depth: int) -> TagScope:
        items = [self._one(depth)]
        while self.peek().text not in {"", "OR", ")"}:
            self.accept("AND", ",")
            items.append(self._one(depth))
        return AllOf(tuple(items)) if len(items) > 1 else items[0]

    def _any_of(self, opening: _Token, depth: int) -> TagScope:
        items = [self.all_of(depth)]
        while self.accept("OR"):
            items.append(self.all_of(depth))
        self.close(opening)
        return AnyOf(tuple(items)) if len(items) > 1 else items[0]

    def _one(self, depth: int) -> TagScope:
        token = self.read()
        if token.text == "(":
            return self._any_of(token, self._deeper(depth, token))
        if token.text in {"", ")", ",", "AND", "OR"}:
            self.fail(f"expected a tag such as env:prod, found {token.text or 'the end'!r}", token)
        if token.text == "NOT":
            self.fail("a downtime's scope says -env:prod instead of NOT env:prod", token)
        negated = token.text.startswith("-")
        if negated and token.text == "-":
            self.fail("only a tag or a list of values can be negated", token)
        values = token.text.endswith(":") and self.peek().text == "("
        found = self._values(token, int(negated), depth) if values else self._tag(token, int(negated))
        return Not(found) if negated else found

    def _deeper(self, depth: int, token: _Token) -> int:
        if depth >= _DEEPEST_DOWNTIME:
            self.fail(
                f"parentheses more than {_DEEPEST_DOWNTIME} deep are not supported; make several downtimes", token
            )
        return depth + 1

    def _tag(self, token: _Token, start: int) -> HasTag:
        found = self.tag(token, start)
        self._require_pattern(found.value, token)
        return found

    def _require_pattern(self, value: str, token: _Token) -> None:
        if "?" in value:
            self.fail("a ? in a scope is not supported; use *", token)
        if "*" in value[1:-1]:
            self.fail("a * in a scope stands at the begin or the end of a value", token)
        if '"' in value or "'" in value:
            self.fail("a value in quotes is not supported in a scope; write env:prod", token)

    def _values(self, token: _Token, start: int, depth: int) -> TagScope:
        """Read ``env:(dev OR test)``."""
        key = self.key(token.text[start:-1], token)
        opening = self.read()
        self._deeper(depth, opening)
        found = [self._value(key)]
        while self.accept("OR"):
            found.append(self._value(key))
        if self.peek().text not in {")", ""}:
            self.fail("the values of one key are separated by OR", self.peek())
        self.close(opening)
        return AnyOf(tuple(found)) if len(found) > 1 else found[0]

    def _value(self, key: str) -> HasTag:
        token = self.read()
        if token.text in {"", "(", ")", ",", "AND", "OR"} or token.text.startswith("-"):
            self.fail(f"expected a value of {key}, found {token.text or 'the end'!r}", token)
        self._require_pattern(token.text, token)
        return HasTag(key, token.text)


@lru_cache(maxsize=1024)
def read_rule_scope(text: str) -> TagScope:
    """Read ``(service:web OR env:prod) AND NOT team:*``; raises `QuerySyntaxError` [NRULES].

    AND binds closer than OR. The only wildcard is ``key:*``.
    """
    reader = _Rule(text)
    scope = reader.any_of(0)
    left = reader.peek()
    if left.text:
        reader.fail(f"expected AND, OR or the end, found {left.text!r}", left)
    return scope


class _Rule(_Reader):
    def any_of(self, depth: int) -> TagScope:
        items = [self._all_of(depth)]
        while self.accept("OR"):
            items.append(self._all_of(depth))
        return AnyOf(tuple(items)) if len(items) > 1 else items[0]

    def _all_of(self, depth: int) -> TagScope:
        items = [self._one(depth)]
        while self.accept("AND"):
            items.append(self._one(depth))
        return AllOf(tuple(items)) if len(items) > 1 else items[0]

    def _one(self, depth: int) -> TagScope:
        token = self.read()
        if depth > _DEEPEST_RULE:
            self.fail(f"a scope nested more than {_DEEPEST_RULE} deep", token)
        if token.text == "NOT":
            return Not(self._one(depth + 1))
        if token.text == "(":
            inner = self.any_of(depth + 1)
            self.close(token)
            return inner
        if token.text in {"", ")", ",", "AND", "OR"}:
            self.fail(f"expected a tag such as env:prod, found {token.text or 'the end'!r}", token)
        if token.text.startswith(("-", "!")):
            self.fail("a rule's scope says NOT env:prod", token)
        found = self.tag(token)
        if "*" in found.value and found.value != "*":
            self.fail(f"the only wildcard of a rule's scope is {found.key}:*", token)
        return found
