"""Which series a scope selects, and which group each belongs to [FILTER, NODATA]."""

from __future__ import annotations

from functools import lru_cache
from itertools import product
from typing import TYPE_CHECKING, assert_never

from alertproof.datadog.query.render import render_scope
from alertproof.datadog.query.tree import (
    AllOf,
    AnyOf,
    AnyTag,
    CommaList,
    Excluded,
    MetricQuery,
    Negation,
    Scope,
    TagIn,
    TagIs,
    walk,
)
from alertproof.errors import NotModelled
from alertproof.tags import Group, Tag, Tags

if TYPE_CHECKING:
    from alertproof.telemetry.series import Series, SeriesStore

__all__ = ["matches", "require_modelled_scope", "selects_any", "series_by_group"]


def series_by_group(query: MetricQuery, store: SeriesStore) -> dict[Group, list[Series]]:
    """Return the series in a query's scope by group, ``()`` being the only group without a ``by``.

    A series that lacks a group-by tag is in no group; one with several values of it is in a group for each.
    """
    found: dict[Group, list[Series]] = {}
    for series in store.select(query.metric):
        if matches(query.scope, series.tags):
            for group in _groups(query.by, series.tags):
                found.setdefault(group, []).append(series)
    return found


@lru_cache(maxsize=8192)
def _groups(by: tuple[str, ...], tags: Tags) -> tuple[Group, ...]:
    values = [sorted(tag for tag in tags if tag.key == key) for key in sorted(set(by))]
    return tuple(product(*values))


def selects_any(query: MetricQuery, store: SeriesStore) -> bool:
    """Tell whether any series is in a query's scope and in a group."""
    return any(matches(query.scope, each.tags) and _groups(query.by, each.tags) for each in store.select(query.metric))


def matches(scope: Scope, tags: Tags) -> bool:  # noqa: PLR0911 - one per kind of scope
    """Tell whether a series with these tags is in the scope."""
    match scope:
        case AnyTag():
            return True
        case TagIs():
            return _has(tags, scope.tag)
        case TagIn():
            found = any(_has(tags, Tag(scope.key, value)) for value in scope.values)
            return found is not scope.negated
        case Excluded():
            return not _has(tags, scope.filter.tag)
        case CommaList() | AllOf():
            return all(matches(item, tags) for item in scope.items)
        case AnyOf():
            return any(matches(item, tags) for item in scope.items)
        case Negation():
            return not matches(scope.item, tags)
        case _:
            assert_never(scope)


def _has(tags: Tags, wanted: Tag) -> bool:
    """Look for a tag; a ``*`` at the start or the end of the wanted value, or at both, stands for anything."""
    key, value = wanted
    if len(value) > 1 and value[0] == value[-1] == "*":
        return any(tag.key == key and value[1:-1] in tag.value for tag in tags)
    if value.startswith("*"):
        return any(tag.key == key and tag.value.endswith(value[1:]) for tag in tags)
    if value.endswith("*"):
        return any(tag.key == key and tag.value.startswith(value[:-1]) for tag in tags)
    return wanted in tags


def require_modelled_scope(scope: Scope) -> None:
    """Raise `NotModelled` for a scope whose meaning is not documented [FILTER]."""
    nodes = list(walk(scope))
    symbols = any(isinstance(node, CommaList | Excluded) for node in nodes)
    if symbols and any(isinstance(node, AllOf | AnyOf | Negation | TagIn) for node in nodes):
        raise NotModelled(f"a scope that mixes , or ! with AND, OR, NOT or IN: {{{render_scope(scope)}}}")
    for node in nodes:
        if isinstance(node, TagIs):
            _require_modelled_tag(node.text, node.tag)
        elif isinstance(node, TagIn):
            for value in node.values:
                _require_modelled_tag(f"{node.key}:{value}", Tag(node.key, value))


def _require_modelled_tag(text: str, tag: Tag) -> None:
    if text.startswith("$") or tag.value.startswith("$"):
        raise NotModelled(f"a dashboard's template variable in a monitor's scope: {text}")
    if "*" in tag.key or "*" in tag.value[1:-1]:
        raise NotModelled(f"a wildcard that is not at an end of a tag's value: {text}")
