"""Searches: the terms of ``query=`` that tell events apart.

Modelled are ``key:value`` terms, all of which must hold: a field of :data:`FIELDS` or any tag (also as
``tags[key]``), ``!`` before the key for the contrary, double quotes around a value with spaces, ``*`` within a
value for any text, and ``is:unresolved``. Everything else is refused by name.
Source: docs.sentry.io/concepts/search.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fnmatch import fnmatchcase

from alertproof.errors import NotModelled
from alertproof.sentry.event import Event, promoted_tags

__all__ = ["FIELDS", "Term", "field_values", "matches", "parse_search"]

#: Names that mean a field of the event and not a tag.
FIELDS = frozenset(
    {
        "error.type",
        "error.value",
        "event.type",
        "id",
        "message",
        "platform",
        "title",
        "trace",
        "user.email",
        "user.id",
        "user.ip",
        "user.username",
    }
)
_REFUSED = frozenset({"OR", "AND", "(", ")"})
#: Keys that are no tags and are not modelled either.
_UNMODELLED = frozenset(
    {
        "age",
        "assigned",
        "bookmarks",
        "firstSeen",
        "first_seen",
        "has",
        "issue.category",
        "lastSeen",
        "last_seen",
        "timesSeen",
        "timestamp",
    }
)
_TERM = re.compile(
    r"""\s*(?P<not>!)?(?P<key>tags\[[^\]]+\]|[a-zA-Z0-9_.\-]+):(?P<value>"(?:[^"\\]|\\.)*"|[^\s"]+)(?=\s|$)"""
)


@dataclass(frozen=True, slots=True)
class Term:
    """One term: the field or tag ``key`` has ``value``, or has it not when ``negated``."""

    key: str
    value: str
    negated: bool = False


def parse_search(text: str) -> tuple[Term, ...]:
    """Read a search; raises `NotModelled` naming what is not among the modelled terms."""
    terms = []
    position = 0
    while text[position:].strip():
        match = _TERM.match(text, position)
        if match is None:
            word = text[position:].split(maxsplit=1)[0]
            kind = "the operator" if word in _REFUSED else "the term"
            raise NotModelled(f"search: {kind} {word!r} is not modelled; use key:value terms (in {text!r})")
        terms.append(_term(match))
        position = match.end()
    return tuple(terms)


def matches(event: Event, terms: tuple[Term, ...]) -> bool:
    """Whether all terms hold for the event."""
    return all(_holds(event, term) for term in terms)


def field_values(event: Event, key: str) -> tuple[str, ...]:
    """Return the event's values of a field of :data:`FIELDS` or of a tag; empty when it has none."""
    user = event.payload.get("user")
    user = user if isinstance(user, dict) else {}
    contexts = event.payload.get("contexts")
    trace = contexts.get("trace") if isinstance(contexts, dict) else None
    fields: dict[str, tuple[object, ...]] = {
        "error.type": tuple(each.get("type") for each in event.exceptions),
        "error.value": tuple(each.get("value") for each in event.exceptions),
        "event.type": (event.kind,),
        "id": (event.event_id,),
        "message": (event.message or event.title,),
        "platform": (event.platform,),
        "title": (event.title,),
        "trace": (trace.get("trace_id") if isinstance(trace, dict) else None,),
        "user.email": (user.get("email"),),
        "user.id": (user.get("id"),),
        "user.ip": (user.get("ip_address"),),
        "user.username": (user.get("username"),),
    }
    found = fields.get(key, (dict(promoted_tags(event)).get(key),))
    return tuple(str(value) for value in found if value is not None and value != "")


def _term(match: re.Match[str]) -> Term:
    key, value = match["key"], match["value"]
    if value.startswith('"'):
        value = re.sub(r"\\(.)", r"\1", value[1:-1])
    elif value[0] in "<>[":
        raise NotModelled(f"search: the comparison {key}:{value} is not modelled; use key:value")
    if key in _UNMODELLED or (key == "is" and value != "unresolved"):
        raise NotModelled(f"search: the term {key}:{value} is not modelled")
    key = key.removeprefix("tags[").removesuffix("]") if key.startswith("tags[") else key
    return Term(key, value, bool(match["not"]))


def _holds(event: Event, term: Term) -> bool:
    if term.key == "is":
        # Nothing resolves an issue here, so that all of them are unresolved.
        return not term.negated
    found = any(_equal(value, term.value) for value in field_values(event, term.key))
    return found is not term.negated


def _equal(value: str, wanted: str) -> bool:
    if "*" not in wanted:
        return value == wanted
    # Only the asterisk is a wildcard in Sentry; fnmatch has more.
    pattern = re.sub(r"([\[?])", r"[\1]", wanted)
    return fnmatchcase(value, pattern)
