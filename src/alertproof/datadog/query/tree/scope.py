"""The tree of what stands between the braces of a metric query [FILTER]."""

from __future__ import annotations

from typing import ClassVar

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


class AnyTag(Enclosed, frozen=True, eq=False):
    """``*``: every series."""


class TagIs(Enclosed, frozen=True, eq=False):
    """``key:value``, ``key:web-*`` or a bare tag, as written."""

    text: str

    @property
    def tag(self) -> Tag:
        return parse_tag(self.text)


class TemplateScope(TagIs, frozen=True, eq=False):
    """A Terraform template that stands for a whole scope, its braces included: ``m${module.filter.tags}``.

    ``text`` is empty where the template that names the metric brings the scope with it.
    """


class TagIn(Enclosed, frozen=True, eq=False):
    """``key IN (a,b)``, or ``key NOT IN (a,b)``; a template may bring the parentheses: ``key IN ${var.list}``."""

    key: str
    values: tuple[str, ...]
    negated: bool = False
    words: tuple[str, ...] = ()
    listed: bool = True
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("words", "listed")


class Excluded(Enclosed, frozen=True, eq=False):
    """``!key:value``, also written ``-key:value``."""

    filter: TagIs
    sign: str = "!"
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("sign",)


class CommaList(Enclosed, frozen=True, eq=False):
    """``a:b,!c:d``: all of two or more."""

    items: tuple[Scope, ...]


class AllOf(Enclosed, frozen=True, eq=False):
    """``x AND y``: two or more; ``words`` are the operators as written."""

    items: tuple[Scope, ...]
    words: tuple[str, ...] = ()
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("words",)


class AnyOf(Enclosed, frozen=True, eq=False):
    """``x OR y``: two or more; ``words`` are the operators as written."""

    items: tuple[Scope, ...]
    words: tuple[str, ...] = ()
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("words",)


class Negation(Enclosed, frozen=True, eq=False):
    """``NOT x``."""

    item: Scope
    word: str = "NOT"
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("word",)


Scope = AnyTag | TagIs | TagIn | Excluded | CommaList | AllOf | AnyOf | Negation
