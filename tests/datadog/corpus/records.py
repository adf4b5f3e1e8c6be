"""Makes tags and records that a scope or a search finds: read off its tree, whatever it asks for."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import product

from alertproof.datadog.query.matching import matches
from alertproof.datadog.query.tree import (
    AllOf,
    AnyOf,
    Attribute,
    Cidr,
    CommaList,
    Comparison,
    Either,
    Every,
    Negation,
    Phrase,
    Range,
    Scope,
    SearchExpression,
    TagIn,
    TagIs,
    Term,
    Without,
)
from alertproof.tags import Tag, Tags, parse_tag
from alertproof.telemetry.records import Record, Value

#: What stands for the wildcard ``*``.
ANYTHING = "1"
#: What a log has as attributes without ``@``.
RESERVED = ("host", "service", "source", "status")


def tags_in(scope: Scope, by: tuple[str, ...]) -> Tags:
    """Return tags in the scope that have a value for each key of ``by``."""
    for wanted in _wanted(scope, meant=True):
        missing = [key for key in by if key not in {tag.key for tag in wanted}]
        for number in range(1, 4):
            found = wanted | {Tag(key, f"{key.lstrip('@')}-{number}") for key in missing}
            if matches(scope, found):
                return found
    raise AssertionError(f"no tags are in the scope {scope}")


def _wanted(scope: Scope, *, meant: bool) -> Iterator[Tags]:
    """Yield what a scope asks for; what it asks away is not there to begin with."""
    match scope:
        case Negation():
            yield from _wanted(scope.item, meant=not meant)
        case CommaList() | AllOf() | AnyOf() if isinstance(scope, AnyOf) is not meant:
            for several in product(*(tuple(_wanted(item, meant=meant)) for item in scope.items)):
                yield frozenset().union(*several)
        case CommaList() | AllOf() | AnyOf():
            for item in scope.items:
                yield from _wanted(item, meant=meant)
        case TagIn() if meant is not scope.negated:
            for value in scope.values:
                yield frozenset({Tag(scope.key, value.replace("*", ANYTHING))})
        case TagIs() if meant:
            yield frozenset({parse_tag(scope.text.replace("*", ANYTHING))})
        case _:
            yield frozenset()


@dataclass(frozen=True)
class Sample:
    """A record that a search may find."""

    attributes: dict[str, Value] = field(default_factory=dict)
    tags: Tags = frozenset()
    words: tuple[str, ...] = ()

    def and_(self, other: Sample) -> Sample:
        return Sample({**self.attributes, **other.attributes}, self.tags | other.tags, self.words + other.words)

    def with_value(self, name: str, value: Value) -> Sample:
        """Return the sample with one more value: of an attribute, or as a tag."""
        if name.startswith("@") or name in RESERVED:
            return self.and_(Sample({name.removeprefix("@"): value}))
        return self.and_(Sample(tags=frozenset({Tag(name, str(value))})))

    def at(self, seconds: float) -> Record:
        """Return the record at some epoch seconds."""
        return Record(at=seconds, attributes=self.attributes, tags=self.tags, text=" ".join(self.words))

    def completed(self, values: dict[str, str]) -> Sample:
        """Return the sample with those of the values whose names it lacks."""
        found = self
        for name, value in values.items():
            found = found if found._has(name) else found.with_value(name, value)
        return found

    def _has(self, name: str) -> bool:
        return name.removeprefix("@") in self.attributes or any(tag.key == name for tag in self.tags)


def samples_of(search: SearchExpression | None) -> Iterator[Sample]:
    """Yield records that have what a search asks for; what it asks away they have not."""
    match search:
        case Every():
            for several in product(*(tuple(samples_of(item)) for item in search.items)):
                found = Sample()
                for each in several:
                    found = found.and_(each)
                yield found
        case Either():
            for item in search.items:
                yield from samples_of(item)
        case Attribute():
            for value in _values(search.value):
                yield Sample(words=(str(value),)) if search.name == "*" else Sample().with_value(search.name, value)
        case Cidr():
            yield Sample().with_value(search.attribute, search.blocks[0].partition("/")[0])
        case Term() | Phrase():
            yield Sample(words=(_filled(search.value),))
        case _:
            yield Sample()


def _filled(text: str) -> str:
    return text.replace("*", ANYTHING).replace("?", ANYTHING)


def _values(value: SearchExpression) -> Iterator[Value]:
    match value:
        case Every() | Either():
            for item in value.items:
                yield from _values(item)
        case Term() | Phrase():
            yield _filled(value.value)
        case Comparison():
            bound = float(value.value.value)
            yield bound + {">": 1, ">=": 0, "<": -1, "<=": 0}[value.operator]
        case Range():
            ends = [float(end) for end in (value.low, value.high) if end != "*"]
            yield sum(ends) / len(ends) if ends else 0.0
        case Attribute() | Cidr() | Without():
            return
