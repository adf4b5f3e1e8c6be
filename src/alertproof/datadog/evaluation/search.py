"""Which event records a search finds [LOGSYN]."""

from __future__ import annotations

import ipaddress
import math
import re
from collections.abc import Callable
from functools import reduce
from typing import TYPE_CHECKING, assert_never

import numpy as np

from alertproof.datadog.query.tree import (
    Attribute,
    Cidr,
    Comparison,
    Either,
    Every,
    Phrase,
    Range,
    SearchExpression,
    Term,
    Without,
    characters,
)
from alertproof.errors import NotModelled

if TYPE_CHECKING:
    from alertproof.datadog.evaluation.frame import Flags
    from alertproof.tags import Tags
    from alertproof.telemetry.records import Records

__all__ = ["facet_values", "found_by", "shown"]

_WORD = re.compile(r"[\w.@-]+")
_PATTERN = re.compile(r"[\w.@*?-]+")
#: As much of a term is shown in an error.
_WIDEST = 60
_Holds = Callable[[object], bool]


def found_by(expression: SearchExpression | None, records: Records) -> Flags:  # noqa: PLR0911 - one per form
    """Return which records a search finds; without an expression it finds all.

    Words without a name are looked for in the text, whatever their case; the values of attributes with it.
    Raises `NotModelled` for a form that has no meaning where it stands.
    """
    if expression is None:
        return np.ones(len(records), dtype=bool)
    match expression:
        case Every():
            return reduce(np.logical_and, [found_by(item, records) for item in expression.items])
        case Either():
            return reduce(np.logical_or, [found_by(item, records) for item in expression.items])
        case Without():
            return ~found_by(expression.item, records)
        case Attribute():
            return _of_attribute(expression.name, expression.value, records)
        case Cidr():
            return _lookup(expression.attribute, _in_blocks(expression.blocks), records)
        case Term() | Phrase():
            if isinstance(expression, Term) and expression.value == "*":
                return np.ones(len(records), dtype=bool)
            return records.texts.where(map(_in_text(expression), records.texts.distinct))
        case Comparison() | Range():
            raise NotModelled("a comparison or a range without a name before it")
        case _:
            assert_never(expression)


def _of_attribute(name: str, value: SearchExpression, records: Records) -> Flags:
    match value:
        case Every():
            return reduce(np.logical_and, [_of_attribute(name, item, records) for item in value.items])
        case Either():
            return reduce(np.logical_or, [_of_attribute(name, item, records) for item in value.items])
        case Without():
            return ~_of_attribute(name, value.item, records)
        case Attribute() | Cidr():
            raise NotModelled(f"a search inside the value of {name}")
        case _ if name == "*":
            return _anywhere(value, records)
        case _:
            return _lookup(name, _holds(value), records)


def _lookup(name: str, holds: _Holds, records: Records) -> Flags:
    """Look at an attribute, ``@http.method``, or at what has no ``@``: a reserved attribute or a tag."""
    attribute = records.attribute(name.removeprefix("@"))
    found = attribute.where(map(holds, attribute.distinct))
    if name.startswith("@"):
        return found

    def any_tag(tags: object) -> bool:
        return any(tag.key == name and holds(tag.value) for tag in tags)  # type: ignore[attr-defined]  # tags

    return found | records.tags.where(map(any_tag, records.tags.distinct))


def _anywhere(value: Term | Phrase | Comparison | Range, records: Records) -> Flags:
    """Look for words in the text and in all attributes."""
    if not isinstance(value, Term | Phrase):
        raise NotModelled("a comparison or a range over all attributes")
    holds = _in_text(value)
    found = records.texts.where(map(holds, records.texts.distinct))
    for name in records.names:
        column = records.attribute(name)
        found = found | column.where(holds(shown(each)) for each in column.distinct)
    return found


# --- what holds for a value ---------------------------------------------------------------------------


def shown(value: object) -> str:
    """Return a value as a search and a group spell it."""
    if isinstance(value, bool):
        return str(value).lower()
    return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)


def _number(value: object) -> float | None:
    if isinstance(value, bool):
        return None
    try:
        number = float(value)  # type: ignore[arg-type]  # whatever it is
    except (OverflowError, TypeError, ValueError):
        return None
    return number if math.isfinite(number) else None


def _pattern(term: Term, *, flags: int = 0) -> re.Pattern[str]:
    pieces = [""]
    for character, literal in characters(term.text):
        if character == "*" and not literal:
            pieces.append("")
        else:
            pieces[-1] += "." if character == "?" and not literal else re.escape(character)
    first, *rest = pieces
    # What stands between two stars is found where it first can be, for good: else many stars take for ever.
    found = "".join(f"(?>.*?{piece})" for piece in rest[:-1] if piece) + "".join(f".*{piece}" for piece in rest[-1:])
    return re.compile(first + found, re.DOTALL | flags)


def _holds(value: Term | Phrase | Comparison | Range) -> _Holds:
    match value:
        case Term() if value.is_pattern:
            pattern = _pattern(value)
            return lambda each: pattern.fullmatch(shown(each)) is not None
        case Term() | Phrase():
            # Only numbers are equal as such: the text 1.10 is not 1.1.
            wanted, number = value.value, _number(value.value)
            return lambda each: (
                shown(each) == wanted or (number is not None and not isinstance(each, str) and _number(each) == number)
            )
        case Comparison():
            compare, bound = _COMPARISONS[value.operator], _bound(value.value.value)
            return _numeric(lambda number: compare(number, bound))
        case Range():
            low, high = (
                -np.inf if value.low == "*" else _bound(value.low),
                np.inf if value.high == "*" else _bound(value.high),
            )
            above = _COMPARISONS[">=" if value.opening == "[" else ">"]
            below = _COMPARISONS["<=" if value.closing == "]" else "<"]
            return _numeric(lambda number: above(number, low) and below(number, high))
        case _:
            assert_never(value)


_COMPARISONS: dict[str, Callable[[float, float], bool]] = {
    ">": float.__gt__,
    ">=": float.__ge__,
    "<": float.__lt__,
    "<=": float.__le__,
}


def _bound(text: str) -> float:
    number = _number(text)
    if number is None:
        raise NotModelled(f"a comparison with {text!r}, which is no number")
    return number


def _numeric(holds: Callable[[float], bool]) -> _Holds:
    def of(value: object) -> bool:
        number = _number(value)
        return number is not None and holds(number)

    return of


def _in_blocks(blocks: tuple[str, ...]) -> _Holds:
    networks = [ipaddress.ip_network(block, strict=False) for block in blocks]

    def of(value: object) -> bool:
        try:
            address = ipaddress.ip_address(str(value))
        except ValueError:
            return False
        return any(address in network for network in networks)

    return of


def _in_text(wanted: Term | Phrase) -> _Holds:
    """Look for a word, or for words in this order, among the words of a text.

    A term such as ``/api/users`` is the words api and users. Raises `NotModelled` for one without any, and for
    wildcards among several.
    """
    if isinstance(wanted, Term) and wanted.is_pattern:
        if not _PATTERN.fullmatch(wanted.value):
            raise NotModelled(f"a wildcard in a term of several words: {wanted.text[:_WIDEST]}")
        pattern = _pattern(wanted, flags=re.IGNORECASE)
        return lambda text: any(pattern.fullmatch(word) for word in _WORD.findall(str(text)))
    words = [word.lower() for word in _WORD.findall(wanted.value)]
    if not words:
        raise NotModelled(f"a search for a text without a word: {wanted.text[:_WIDEST]}")

    def of(text: object) -> bool:
        there = [word.lower() for word in _WORD.findall(str(text))]
        return any(there[at : at + len(words)] == words for at in range(len(there) - len(words) + 1))

    return of


# --- facets -------------------------------------------------------------------------------------------


def facet_values(name: str, records: Records) -> list[tuple[str, ...]]:
    """Return for each record the values of a facet to group by: one of an attribute, any number of a tag."""
    attribute = records.attribute(name.removeprefix("@"))
    values = [(shown(each),) for each in attribute.distinct]
    found = [values[code] if code >= 0 else () for code in attribute.codes]
    if name.startswith("@"):
        return found
    tagged = [_tag_values(name, tags) for tags in records.tags.distinct]  # type: ignore[arg-type]  # tags
    return [own or tagged[code] for own, code in zip(found, records.tags.codes, strict=True)]


def _tag_values(key: str, tags: Tags) -> tuple[str, ...]:
    return tuple(sorted(tag.value for tag in tags if tag.key == key))
