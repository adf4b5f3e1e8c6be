"""Reads the queries of monitors into trees: one short recursive-descent parser for each family.

Raises `QuerySyntaxError` with the offending span for what is not in the language. Reading takes time in proportion
to the text, and nesting, length and arithmetic have bounds that no real query meets.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from alertproof.datadog.query.parse.chain import (
    SOURCES,
    read_check_monitor,
    read_event_monitor,
    read_formula_monitor,
)
from alertproof.datadog.query.parse.composite import at_composite, read_composite
from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.directives import FirstBranches, has_directives
from alertproof.datadog.query.parse.expression import read_expression
from alertproof.datadog.query.parse.metric import AGGREGATORS, CHANGES, read_metric_monitor
from alertproof.datadog.query.parse.search import read_bare_search
from alertproof.datadog.query.parse.slo import SLO_ALERTS, read_slo_alert
from alertproof.datadog.query.parse.tokens import TokenKind
from alertproof.datadog.query.tree import CompositeMonitor, Expression, Placeholder, Several, Span, TemplateMonitor
from alertproof.errors import QuerySyntaxError, nearest

if TYPE_CHECKING:
    from alertproof.datadog.query.tree import PlainQuery, Query, Search

__all__ = ["parse_expression", "parse_formula", "parse_query", "parse_search"]

# Longer than any real query, and short enough that a hostile one is read in a moment.
_LONGEST = 64 * 1024
# What people write between two conditions, or between two monitors.
_CONNECTIVES = ("&&", "||", "and", "or", "AND", "OR")
_ONE_CONDITION = "a query has one condition; a composite monitor combines those of several monitors"


def parse_query(text: str) -> Query:
    """Read a monitor's whole query, of any family; a Terraform template may stand wherever a part of it may."""
    _check_length(text)
    if not has_directives(text):
        query = _plain(text)
        return TemplateMonitor(query, span=query.span) if isinstance(query, Placeholder) else query
    branches = FirstBranches(text)
    try:
        query = _plain(branches.text)
    except QuerySyntaxError as error:
        start, end = branches.span(Span(error.start, error.end))
        raise QuerySyntaxError(error.message, query=text, start=start, end=end) from None
    return TemplateMonitor(branches.moved(query), branches.directives, span=Span(0, len(text)))


def parse_expression(text: str) -> Expression:
    """Read a query without head and comparison, as the metrics API, dashboards and SLOs have it.

    Several with commas between them, which API and dashboards take, are one `Several`.
    """
    return _expressions(text, formula=False)


def parse_formula(text: str) -> Expression:
    """Read a formula such as ``query1 / query2 * 100``, in which names are other queries."""
    return _expressions(text, formula=True)


def parse_search(text: str) -> Search:
    """Read an event search without quotes around it, as dashboards and a formula's variables have it."""
    _check_length(text)
    return read_bare_search(text)


def _check_length(text: str) -> None:
    if len(text) > _LONGEST:
        message = f"the query is longer than {_LONGEST} characters"
        raise QuerySyntaxError(message, query=text, start=_LONGEST, end=len(text))


def _expressions(text: str, *, formula: bool) -> Expression:
    _check_length(text)
    cursor = Cursor(text, formula=formula)
    start = cursor.peek().span.start
    items = [read_expression(cursor)]
    while not formula and cursor.accept(","):
        items.append(read_expression(cursor))
    cursor.expect_end()
    return Several(tuple(items), span=cursor.since(start)) if len(items) > 1 else items[0]


def _plain(text: str) -> PlainQuery | Placeholder:
    cursor = Cursor(text, conditional=True)
    query = _of_family(cursor)
    if cursor.at(*_CONNECTIVES):
        composite = isinstance(query, CompositeMonitor)
        cursor.fail("monitors are combined with && and ||" if composite else _ONE_CONDITION)
    cursor.expect_end()
    return query


def _of_family(cursor: Cursor) -> PlainQuery | Placeholder:
    """Read the query by what it begins with."""
    if cursor.at_template() and cursor.at_kind(TokenKind.END, ahead=1):
        token = cursor.read()
        return Placeholder(token.text, span=token.span)
    if cursor.at_kind(TokenKind.TEXT):
        cursor.conditional = False
        return read_check_monitor(cursor)
    if at_composite(cursor):
        return read_composite(cursor)
    if cursor.at("formula"):
        return read_formula_monitor(cursor)
    if cursor.at(*SLO_ALERTS):
        return read_slo_alert(cursor)
    source = _source(cursor)
    return read_event_monitor(cursor, source) if source else read_metric_monitor(cursor)


def _source(cursor: Cursor) -> str | None:
    """Return the name of what is searched, such as ``trace-analytics``, None if the query is no search."""
    if not cursor.at_kind(TokenKind.NAME) or cursor.at_template() or cursor.at(*AGGREGATORS, *CHANGES):
        return None
    name, ahead = cursor.peek().text, 1
    while cursor.at("-", ahead=ahead) and cursor.at_kind(TokenKind.NAME, ahead + 1):
        name += "-" + cursor.peek(ahead + 1).text
        ahead += 2
    if name in SOURCES:
        return name
    if cursor.at("(", ahead=ahead) and cursor.at_kind(TokenKind.TEXT, ahead + 1):
        span = Span(cursor.peek().span.start, cursor.peek(ahead - 1).span.end)
        cursor.fail(f"there are no monitors of {name[:60]!r}{nearest(name[:60], SOURCES)}", span)
    return None
