"""The tree of what stands between the braces of a metric query [FILTER]."""

from __future__ import annotations

from dataclasses import dataclass, field

from alertproof.datadog.query.tree.node import Enclosed
from alertproof.tags import Tag, parse_tag

__all__ = [
    "AllOf",
    "AnyOf",
    "AnyTag",
    "CommaList",
    "Excluded",
    "Negation",
    "Scope",
    "TagIn",
    "TagIs",
    "TemplateScope",
]


@dataclass(frozen=True, slots=True)
class AnyTag(Enclosed):
    """``*``: every series."""


@dataclass(frozen=True, slots=True)
class TagIs(Enclosed):
    """``key:value``, ``key:web-*`` or a bare tag, as written."""

    text: str

    @property
    def tag(self) -> Tag:
        return parse_tag(self.text)


@dataclass(frozen=True, slots=True)
class TemplateScope(TagIs):
    """A Terraform template that stands for a whole scope, its braces included: ``m${module.filter.tags}``.

    ``text`` is empty where the template that names the metric brings the scope with it.
    """


@dataclass(frozen=True, slots=True)
class TagIn(Enclosed):
    """``key IN (a,b)``, or ``key NOT IN (a,b)``; a template may bring the parentheses: ``key IN ${var.list}``."""

    key: str
    values: tuple[str, ...]
    negated: bool = False
    words: tuple[str, ...] = field(default=(), compare=False, repr=False)
    listed: bool = field(default=True, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Excluded(Enclosed):
    """``!key:value``, also written ``-key:value``."""

    filter: TagIs
    sign: str = field(default="!", compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class CommaList(Enclosed):
    """``a:b,!c:d``: all of two or more."""

    items: tuple[Scope, ...]


@dataclass(frozen=True, slots=True)
class AllOf(Enclosed):
    """``x AND y``: two or more; ``words`` are the operators as written."""

    items: tuple[Scope, ...]
    words: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class AnyOf(Enclosed):
    """``x OR y``: two or more; ``words`` are the operators as written."""

    items: tuple[Scope, ...]
    words: tuple[str, ...] = field(default=(), compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negation(Enclosed):
    """``NOT x``."""

    item: Scope
    word: str = field(default="NOT", compare=False, repr=False)


Scope = AnyTag | TagIs | TagIn | Excluded | CommaList | AllOf | AnyOf | Negation
