"""What a query asks of the platform's telemetry: metrics with their type and tags, facets of records. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from alertproof.datadog.query import parse_expression, parse_search, render_expression, render_search
from alertproof.datadog.query.tree import (
    AnyOf,
    AnyTag,
    Attribute,
    Either,
    EventMonitor,
    Excluded,
    MetricMonitor,
    MetricQuery,
    Negation,
    Node,
    Search,
    TagIn,
    TagIs,
    Term,
    walk,
)

__all__ = ["Asked", "Kind", "asked_of_metrics", "asked_of_monitor", "asked_of_search", "filled"]

#: What is asked: ``metric``, or a kind of records as the aggregation API calls it.
Kind = str
_PERCENTILE = re.compile(r"p\d+(\.\d+)?")
_SOURCES = {"logs": "logs", "rum": "rum", "spans": "spans", "trace-analytics": "spans", "events": "events"}
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)(\.value)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """One metric, or one search of records, that a file asks for.

    ``query`` is that part of the file's query which can be evaluated alone. ``tags`` are, for each tag that the scope
    names, its key with the values of which one is needed, none where any will do; ``by`` are the keys that it groups
    by; ``type`` is the metric type that the query needs, empty where any will do. ``measure`` is what an aggregation
    of records computes, ``how`` how.
    """

    file: str
    place: str
    kind: Kind
    name: str
    query: str
    tags: tuple[tuple[str, tuple[str, ...]], ...] = ()
    by: tuple[str, ...] = ()
    type: str = ""
    how: str = "count"
    measure: str = ""
    whole: str = field(default="", compare=False)

    @property
    def where(self) -> str:
        return f"{self.file}: {self.place}" if self.place else self.file

    @property
    def facets(self) -> tuple[str, ...]:
        """Return the facets of records that are searched, measured or grouped by, as they are written."""
        keys = [key for key, _ in self.tags]
        return tuple(dict.fromkeys([*keys, *self.by, *([self.measure] if self.measure else [])]))


def filled(text: str, values: Mapping[str, str]) -> str:
    """Return a dashboard's query with its template variables filled in, with ``*`` for all where none is given.

    ``$name`` stands for ``key:value``, ``$name.value`` for the value alone, as in ``@tenant:$tenant.value``.
    """

    def chosen(match: re.Match[str]) -> str:
        value = values.get(match[1], "*")
        return value.partition(":")[2] or value if match[2] else value

    return _VARIABLE.sub(chosen, text)


def asked_of_metrics(text: str, *, file: str, place: str) -> tuple[Asked, ...]:
    """Return what an expression over metrics asks for; raises `QuerySyntaxError`."""
    return _metrics(parse_expression(text), file=file, place=place, whole=text)


def asked_of_monitor(tree: Node, *, file: str, text: str) -> tuple[Asked, ...]:
    """Return what a monitor's query asks for itself; SLO alerts, composites and formulas ask by other things."""
    if isinstance(tree, MetricMonitor):
        return _metrics(tree.expression, file=file, place="", whole=text)
    if isinstance(tree, EventMonitor):
        how, measure = (*tree.texts("rollup"), "", "")[:2]
        kind = _SOURCES.get(tree.source, tree.source)
        return (_records(kind, tree.search, file=file, place="", by=tree.by, how=how or "count", measure=measure),)
    return ()


def asked_of_search(
    kind: Kind, text: str, *, file: str, place: str, by: tuple[str, ...] = (), how: str = "count", measure: str = ""
) -> Asked:
    """Return what a widget's search of records asks for; raises `QuerySyntaxError`."""
    return _records(kind, parse_search(text), file=file, place=place, by=by, how=how, measure=measure)


def _metrics(tree: Node, *, file: str, place: str, whole: str) -> tuple[Asked, ...]:
    return tuple(
        Asked(
            file=file,
            place=place,
            kind="metric",
            name=node.metric,
            query=render_expression(node),
            tags=tuple(_scope(node.scope)),
            by=node.by,
            type=_type(node),
            whole=whole,
        )
        for node in walk(tree)
        if isinstance(node, MetricQuery)
    )


def _type(node: MetricQuery) -> str:
    if (node.space and _PERCENTILE.fullmatch(node.space)) or node.counted is not None:
        return "distribution"
    return "count" if node.modifier("as_count") or node.modifier("as_rate") else ""


def _scope(scope: Node) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what a scope needs: of what is left out or negated only that the key exists."""
    if isinstance(scope, AnyTag):
        return
    if isinstance(scope, TagIn):
        yield scope.key, () if scope.negated else scope.values
    elif isinstance(scope, TagIs):
        yield scope.tag.key, (scope.tag.value,) if scope.tag.value != "*" else ()
    elif isinstance(scope, Excluded | Negation):
        yield from ((key, ()) for child in scope.children for key, _ in _scope(child))
    elif isinstance(scope, AnyOf):
        choices: dict[str, list[str]] = {}
        for key, values in (each for child in scope.children for each in _scope(child)):
            choices.setdefault(key, []).extend(values)
        yield from ((key, tuple(values)) for key, values in choices.items())
    else:
        for child in scope.children:
            yield from _scope(child)


def _records(
    kind: Kind, search: Search, *, file: str, place: str, by: tuple[str, ...], how: str, measure: str
) -> Asked:
    quote = len(search.quote)
    text = render_search(search)[quote:-quote] if quote else render_search(search)
    return Asked(
        file=file,
        place=place,
        kind=kind,
        name=kind,
        query=text,
        tags=tuple(_searched(search)),
        by=by,
        how=how,
        measure=measure,
        whole=text,
    )


def _searched(search: Search) -> Iterator[tuple[str, tuple[str, ...]]]:
    for node in walk(search):
        if isinstance(node, Attribute):
            choices = node.value.items if isinstance(node.value, Either) else (node.value,)
            exact = tuple(each.value for each in choices if isinstance(each, Term) and not each.is_pattern)
            yield node.name, exact if len(exact) == len(choices) else ()
