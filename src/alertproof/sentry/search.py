"""Searches: the terms of ``query=`` that tell events, spans, logs and metrics apart.

Modelled are ``key:value`` terms with a field, a tag or an attribute (also as ``tags[key]``), ``!`` before the key for
the contrary, double quotes around a value with spaces, ``*`` within a value for any text, ``[a,b]`` for any of some
values, ``has:key``, ``>``, ``>=``, ``<`` and ``<=`` with numbers, durations and instants, words by themselves (in the
message or title, in any case), ``AND``, ``OR`` and parentheses. Everything else is refused by name.
Source: docs.sentry.io/concepts/search.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from fnmatch import fnmatchcase
from typing import TypeAlias

from alertproof.errors import NotModelled
from alertproof.sentry.event import Event, promoted_tags
from alertproof.sentry.rows import Value

__all__ = ["FIELDS", "Either", "Lookup", "Search", "Term", "field_values", "holds", "matches", "parse_search"]

#: Gives the values of a field, tag or attribute by its name; empty when there is none.
Lookup: TypeAlias = Callable[[str], tuple[Value, ...]]
#: Names that mean a field of the event and not a tag.
FIELDS = frozenset(
    {
        "error.handled",
        "error.mechanism",
        "error.type",
        "error.value",
        "event.type",
        "id",
        "is",
        "message",
        "platform",
        "timestamp",
        "title",
        "trace",
        "user.email",
        "user.id",
        "user.ip",
        "user.username",
    }
)
#: Keys that are no tags and are not modelled either.
_UNMODELLED = frozenset(
    {
        "age",
        "assigned",
        "bookmarks",
        "firstSeen",
        "first_seen",
        "issue.category",
        "lastSeen",
        "last_seen",
    }
)
_STATES = frozenset({"unresolved", "resolved", "ignored"})
_MAX_DEPTH = 20
_TOKEN = re.compile(
    r"""\s*(?:(?P<open>\()|(?P<close>\))|(?P<join>AND|OR)(?=[\s()]|$)|(?P<not>!)?(?P<key>tags\[[^\]]+\]|[a-zA-Z0-9_.\-]+)
    :(?P<op>>=|<=|>|<)?(?P<value>"(?:[^"\\]|\\.)*"|\[[^\]]*\](?=[\s)]|$)|[^\s"()]+)(?=[\s)]|$)
    |(?P<word>[^\s:"()]+)(?=[\s)]|$)|(?P<quoted>"(?:[^"\\]|\\.)*")(?=[\s)]|$))""",
    re.VERBOSE,
)
_NUMBER = re.compile(r"(-?\d+(?:\.\d+)?)(ms|s|min|m|h|hr|d|day|wk|w)?")
_MILLISECONDS = {"ms": 1, "s": 1e3, "min": 6e4, "m": 6e4, "h": 36e5, "hr": 36e5, "d": 864e5, "day": 864e5}
_MILLISECONDS |= {"wk": 6048e5, "w": 6048e5}
_COMPARE = {">": operator.gt, ">=": operator.ge, "<": operator.lt, "<=": operator.le}


@dataclass(frozen=True, slots=True)
class Term:
    """One term: the field ``key`` has ``value``, or has it not when ``negated``.

    With an ``order`` (``>``, ``>=``, ``<``, ``<=``) it is more or less than the value. The key ``has`` asks whether
    there is a field of the value's name, and the empty key for a text in message or title. ``others`` are further
    values of which any will do.
    """

    key: str
    value: str
    negated: bool = False
    order: str = ""
    others: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Either:
    """One of several searches holds."""

    searches: tuple[Search, ...]


#: All of these hold.
Search: TypeAlias = tuple["Term | Either", ...]


def parse_search(text: str) -> Search:
    """Read a search; raises `NotModelled` naming what is not among the modelled terms."""
    tokens = _tokens(text)
    search, rest = _alternatives(tokens, text, 0)
    if rest:
        raise NotModelled(f"search: ')' closes nothing (in {text!r})")
    return search


def matches(event: Event, search: Search) -> bool:
    """Whether the search holds for an error event by itself, outside of an issue."""
    return holds(lambda key: field_values(event, key), search)


def holds(lookup: Lookup, search: Search) -> bool:
    """Whether the search holds for what the lookup shows."""
    return all(
        any(holds(lookup, inner) for inner in part.searches) if isinstance(part, Either) else _holds(lookup, part)
        for part in search
    )


def field_values(event: Event, key: str) -> tuple[Value, ...]:
    """Return the event's values of a field of :data:`FIELDS` or of a tag; empty when it has none."""
    user = event.payload.get("user")
    user = user if isinstance(user, dict) else {}
    contexts = event.payload.get("contexts")
    trace = contexts.get("trace") if isinstance(contexts, dict) else None
    mechanisms = [each.get("mechanism") for each in event.exceptions]
    known = [each for each in mechanisms if isinstance(each, dict)]
    fields: dict[str, tuple[object, ...]] = {
        "error.handled": tuple(each.get("handled") for each in known),
        "error.mechanism": tuple(each.get("type") for each in known),
        "error.type": tuple(each.get("type") for each in event.exceptions),
        "error.value": tuple(each.get("value") for each in event.exceptions),
        "event.type": (event.kind,),
        "id": (event.event_id,),
        "is": ("unresolved",),
        "message": (event.message or event.title,),
        "platform": (event.platform,),
        "title": (event.title,),
        "trace": (trace.get("trace_id") if isinstance(trace, dict) else None,),
        "user.email": (user.get("email"),),
        "user.id": (user.get("id"),),
        "user.ip": (user.get("ip_address"),),
        "user.username": (user.get("username"),),
    }
    if key == "timestamp":
        return (event.timestamp,)
    found = fields.get(key, (dict(promoted_tags(event)).get(key),))
    return tuple(_text(value) for value in found if value is not None and value != "")


def _tokens(text: str) -> list[re.Match[str]]:
    tokens: list[re.Match[str]] = []
    position = 0
    while text[position:].strip():
        match = _TOKEN.match(text, position)
        if match is None:
            word = text[position:].split(maxsplit=1)[0]
            raise NotModelled(f"search: the term {word!r} is not modelled; use key:value terms (in {text!r})")
        tokens.append(match)
        position = match.end()
    tokens.reverse()
    return tokens


def _alternatives(tokens: list[re.Match[str]], text: str, depth: int) -> tuple[Search, bool]:
    """Read up to the end or an unopened ')', and return whether it was the latter; AND binds before OR."""
    if depth > _MAX_DEPTH:
        raise NotModelled(f"search: parentheses deeper than {_MAX_DEPTH} are not modelled (in {text!r})")
    searches: list[list[Term | Either]] = [[]]
    joined = True
    while tokens:
        token = tokens.pop()
        if token["close"]:
            return _either(searches, text, joined), True
        if token["join"]:
            if joined:
                raise NotModelled(f"search: {token['join']} joins nothing (in {text!r})")
            if token["join"] == "OR":
                searches.append([])
            joined = True
            continue
        joined = False
        if token["open"]:
            inner, closed = _alternatives(tokens, text, depth + 1)
            if not closed:
                raise NotModelled(f"search: '(' is never closed (in {text!r})")
            searches[-1] += inner
        else:
            searches[-1].append(_term(token))
    return _either(searches, text, joined and searches != [[]]), False


def _either(searches: list[list[Term | Either]], text: str, dangling: bool) -> Search:
    if dangling:
        raise NotModelled(f"search: something ends in nothing (in {text!r})")
    if len(searches) == 1:
        return tuple(searches[0])
    return (Either(tuple(tuple(search) for search in searches)),)


def _term(token: re.Match[str]) -> Term:
    if token["word"] or token["quoted"]:
        return Term("", _unquoted(token["word"] or token["quoted"]))
    key, value, order = token["key"], token["value"], token["op"] or ""
    negated = bool(token["not"])
    if key in _UNMODELLED or (key == "is" and value not in _STATES):
        raise NotModelled(f"search: the term {key}:{value} is not modelled")
    key = key.removeprefix("tags[").removesuffix("]").split(",")[0] if key.startswith("tags[") else key
    if order:
        if _comparable(value) is None:
            raise NotModelled(f"search: the comparison {key}:{order}{value} is not with a number, duration or instant")
        return Term(key, value, negated, order)
    if value.startswith("[") and value.endswith("]") and "," in value:
        first, *others = [_unquoted(part.strip()) for part in value[1:-1].split(",")]
        return Term(key, first, negated, others=tuple(others))
    return Term(key, _unquoted(value), negated)


def _unquoted(text: str) -> str:
    return re.sub(r"\\(.)", r"\1", text[1:-1]) if len(text) > 1 and text[0] == text[-1] == '"' else text


def _holds(lookup: Lookup, term: Term) -> bool:
    return _found(lookup, term) is not term.negated


def _found(lookup: Lookup, term: Term) -> bool:
    if term.key == "has":
        return bool(lookup(term.value))
    if not term.key:
        told = (*lookup("message"), *lookup("title"), *lookup("span.description"))
        return any(term.value.lower() in str(value).lower() for value in told)
    values = lookup(term.key)
    if term.order:
        wanted = _comparable(term.value)
        return any(_ordered(value, term.order, wanted) for value in values)
    return any(_equal(value, wanted) for value in values for wanted in (term.value, *term.others))


def _ordered(value: Value, order: str, wanted: float | datetime | None) -> bool:
    if isinstance(wanted, datetime):
        return isinstance(value, datetime) and bool(_COMPARE[order](value, wanted))
    number = isinstance(value, float | int) and not isinstance(value, bool)
    return number and wanted is not None and bool(_COMPARE[order](value, wanted))


def _comparable(text: str) -> float | datetime | None:
    match = _NUMBER.fullmatch(text)
    if match:
        return float(match[1]) * _MILLISECONDS.get(match[2] or "", 1)
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        return None
    return instant if instant.tzinfo else instant.replace(tzinfo=UTC)


def _equal(value: Value, wanted: str) -> bool:
    if isinstance(value, float) and not isinstance(value, bool):
        return value == _comparable(wanted)
    text = _text(value)
    if "*" not in wanted:
        return text == wanted
    # Only the asterisk is a wildcard in Sentry; fnmatch has more.
    pattern = re.sub(r"([\[?])", r"[\1]", wanted)
    return fnmatchcase(text, pattern)


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
