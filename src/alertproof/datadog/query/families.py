"""Names the family of a query, and refuses by that name what the engine does not evaluate."""

from __future__ import annotations

from typing import assert_never

from alertproof.datadog.query.parse.chain import SOURCES
from alertproof.datadog.query.parse.placeholders import has_placeholder
from alertproof.datadog.query.render import render_query
from alertproof.datadog.query.tree import (
    CheckMonitor,
    CompositeMonitor,
    Evaluated,
    EventMonitor,
    FormulaMonitor,
    MetricMonitor,
    Placeholder,
    Query,
    SloAlert,
    TemplateMonitor,
    spelling,
    walk,
)
from alertproof.errors import NotModelled

__all__ = ["family_of", "require_evaluated"]


def family_of(query: Query | Placeholder) -> str:  # noqa: PLR0911 - one per family
    """Return the name of a query's family, such as ``log`` or ``service check``."""
    match query:
        case MetricMonitor():
            return "metric"
        case SloAlert():
            return "SLO"
        case EventMonitor():
            return SOURCES[query.source]
        case FormulaMonitor():
            return "formula"
        case CheckMonitor():
            return "service check"
        case CompositeMonitor():
            return "composite"
        case Placeholder():
            return "template"
        case TemplateMonitor():
            return family_of(query.query)
        case _:
            assert_never(query)


def require_evaluated(query: Query) -> Evaluated:
    """Return the query if the engine evaluates its family.

    Raises `NotModelled` with the family's name otherwise, and for a Terraform template that is not filled in.
    """
    if not isinstance(query, MetricMonitor | SloAlert | TemplateMonitor):
        raise NotModelled(f"{family_of(query)} monitor queries are not modelled: {render_query(query)}")
    if isinstance(query, TemplateMonitor):
        raise NotModelled(f"a Terraform template is no query until it is filled in: {render_query(query)}")
    for text in (text for node in walk(query) for text in spelling(node)):
        if has_placeholder(text):
            raise NotModelled(f"a Terraform template is no query until it is filled in: {text}")
    return query
