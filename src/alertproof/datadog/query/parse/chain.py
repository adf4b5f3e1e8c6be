"""Reads what is written as a chain of calls: event searches, formulas and service checks [OPENAPI create_monitor].

The grammar::

    events  = source "(" quoted search ")" { call } comparator number
    formula = "formula" "(" quoted expression ")" { call } comparator number
    check   = quoted name { call }
    call    = "." name "(" [ argument { "," argument } ] ")"

The calls come in any order, each at most once; a Terraform template may stand for one or several.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.expression import read_arguments, read_expression
from alertproof.datadog.query.parse.placeholders import has_placeholder
from alertproof.datadog.query.parse.search import read_search
from alertproof.datadog.query.parse.tokens import Token, TokenKind
from alertproof.datadog.query.parse.values import at_template_modifier, read_comparison
from alertproof.datadog.query.tree import (
    CheckMonitor,
    EventMonitor,
    Formula,
    FormulaMonitor,
    Modifier,
    Number,
    Text,
    Word,
)
from alertproof.errors import nearest

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

__all__ = ["MOST_FACETS", "SOURCES", "read_check_monitor", "read_event_monitor", "read_formula", "read_formula_monitor"]

#: What can be searched, and how an error names it.
SOURCES = {
    "audits": "audit trail",
    "ci-pipelines": "CI",
    "ci-tests": "CI",
    "database-monitoring": "database monitoring",
    "error-tracking": "error tracking",
    "error-tracking-logs": "error tracking",
    "error-tracking-rum": "error tracking",
    "error-tracking-traces": "error tracking",
    "events": "event",
    "llm-observability": "LLM observability",
    "logs": "log",
    "network-path": "network",
    "network-performance": "network",
    "processes": "process",
    "rum": "RUM",
    "trace-analytics": "trace analytics",
}
_CALLS = ("by", "current", "index", "last", "rollup")
_ERROR_TRACKING_CALLS = (*_CALLS, "impact", "new", "source")
_PROCESS_CALLS = (*_CALLS, "over")
_FORMULA_CALLS = ("anomaly", "change", "current", "forecast", "last", "rollup", "threshold")
_CHECK_CALLS = ("by", "count_by_status", "exclude", "last", "over", "pct_by_status")
_STATUSES = ("count_by_status", "pct_by_status")
_METHODS = ("avg", "cardinality", "count", "max", "median", "min", "pc75", "pc90", "pc95", "pc98", "pc99", "sum")
_PERCENTILE = re.compile(r"pc[0-9]{1,3}")
_FORMULA_ROLLUPS = ("avg", "count", "last", "max", "min", "sum")
_CUMULATIVE = ("1d", "1h", "1mo")
_ISSUE_SOURCES = ("all", "backend", "browser", "mobile")
_SPAN = re.compile(r"([1-9][0-9]{0,5})(mo|s|m|h|d|w)")
_UNIT = {"s": 1, "m": 60, "h": 3600, "d": 86400, "w": 7 * 86400, "mo": 30 * 86400}
# The windows of the event platform [LOG, EVENT]; a formula may look further back, at costs [OPENAPI].
_MOST_EVENTS = timedelta(days=2)
_MOST_FORMULA = timedelta(days=93)
# How many of the last statuses a service check may look at [OPENAPI].
_MOST_STATUSES = 100
#: By so many facets a search is grouped [LOG].
MOST_FACETS = 4


# --- event searches -----------------------------------------------------------------------------------


def read_event_monitor(cursor: Cursor, source: str) -> EventMonitor:
    """Read ``logs("status:error").rollup("count").last("5m") > 1``; the name of the source is still to be read."""
    start = cursor.peek().span.start
    for _ in range(2 * source.count("-") + 1):
        cursor.read()
    cursor.expect("(", f"after {source!r}")
    search = read_search(cursor.query, cursor.expect_kind(TokenKind.TEXT, "a search, in quotes"))
    cursor.expect(")", "after the search")
    tracked = source.startswith("error-tracking")
    known = _ERROR_TRACKING_CALLS if tracked else _PROCESS_CALLS if source == "processes" else _CALLS
    calls = _Calls(cursor, known)
    units = "smhd" if source == "processes" else "mhd"
    calls.check("last", lambda call: _check_window(cursor, call, _MOST_EVENTS, units))
    calls.check("current", lambda call: _check_choice(cursor, call, _CUMULATIVE))
    calls.check("rollup", lambda call: _check_rollup(cursor, call))
    calls.check("source", lambda call: _check_choice(cursor, call, _ISSUE_SOURCES))
    for name in ("index", "over"):
        calls.check(name, lambda call: _check_texts(cursor, call))
    calls.check("by", lambda call: _check_facets(cursor, call))
    for name in ("impact", "new"):
        calls.check(name, lambda call: _check_nothing(cursor, call))
    calls.require(*(() if tracked else ("rollup",)))
    calls.require_window()
    condition = read_comparison(cursor)
    return EventMonitor(source, search, calls.written, condition, span=cursor.since(start))


def _check_rollup(cursor: Cursor, call: Modifier) -> None:
    texts = _texts(cursor, call)
    method = texts[0].value
    if method not in _METHODS and not _PERCENTILE.fullmatch(method) and not has_placeholder(method):
        cursor.fail(f"there is no rollup {method!r}{nearest(method[:60], _METHODS)}", texts[0].span)
    if len(texts) > 2:
        cursor.fail("rollup() takes a method and a measure", texts[2].span)
    if len(texts) == 1 and method != "count" and not has_placeholder(method):
        cursor.fail(f"rollup({method!r}) needs a measure or a facet", call.span)


def _check_choice(cursor: Cursor, call: Modifier, known: tuple[str, ...]) -> None:
    texts = _texts(cursor, call)
    if len(texts) > 1 or (texts[0].value not in known and not has_placeholder(texts[0].quoted)):
        cursor.fail(f"{call.name}() takes one of {', '.join(known)}", texts[-1].span)


# --- formulas -----------------------------------------------------------------------------------------


def read_formula_monitor(cursor: Cursor) -> FormulaMonitor:
    """Read ``formula("query1 / query2").last("15m") > 0.8``; its queries are in the monitor's options."""
    start = cursor.read().span.start
    cursor.expect("(", "after 'formula'")
    formula = read_formula(cursor.query, cursor.expect_kind(TokenKind.TEXT, "a formula, in quotes"))
    cursor.expect(")", "after the formula")
    calls = _Calls(cursor, _FORMULA_CALLS)
    calls.check("last", lambda call: _check_window(cursor, call, _MOST_FORMULA, "mhdw"))
    calls.check("current", lambda call: _check_choice(cursor, call, _CUMULATIVE))
    calls.check("rollup", lambda call: _check_choice(cursor, call, _FORMULA_ROLLUPS))
    calls.require_window()
    condition = read_comparison(cursor)
    return FormulaMonitor(formula, calls.written, condition, span=cursor.since(start))


def read_formula(query: str, token: Token) -> Formula:
    """Read what stands between the quotes of a text as a formula."""
    inner = Cursor(query, token.span.start + 1, token.span.end - 1, formula=True)
    expression = read_expression(inner)
    inner.expect_end()
    return Formula(token.text[0], expression, inner.spaces(), span=token.span)


# --- service checks -----------------------------------------------------------------------------------


def read_check_monitor(cursor: Cursor) -> CheckMonitor:
    """Read ``"ntp.in_sync".over("*").by("host").last(2).count_by_status()``."""
    token = cursor.read()
    check = Text(token.text, span=token.span)
    if not check.value.strip():
        cursor.fail("expected the name of a service check", token.span)
    calls = _Calls(cursor, _CHECK_CALLS)
    for name in ("over", "exclude", "by"):
        calls.check(name, lambda call: _check_texts(cursor, call))
    calls.check("last", lambda call: _check_statuses(cursor, call))
    for name in _STATUSES:
        calls.check(name, lambda call: _check_nothing(cursor, call))
    calls.require("over", "last")
    if calls.written and calls.written[-1].name not in _STATUSES and not calls.templated:
        cursor.fail("expected .count_by_status() or .pct_by_status() at the end")
    if not calls.templated and all(name in calls.named for name in _STATUSES):
        cursor.fail("a check is counted or taken in percent, not both", calls.written[-1].span)
    return CheckMonitor(check, calls.written, span=cursor.since(token.span.start))


def _check_statuses(cursor: Cursor, call: Modifier) -> None:
    number = call.arguments[0] if len(call.arguments) == 1 else None
    if isinstance(number, Word) and has_placeholder(number.text):
        return
    if not isinstance(number, Number) or not number.text.isdecimal() or not 1 <= int(number.text) <= _MOST_STATUSES:
        cursor.fail(f"last() takes a number of statuses from 1 to {_MOST_STATUSES}", call.span)


# --- calls --------------------------------------------------------------------------------------------


class _Calls:
    """The calls of a chain: as ``written``, and by name; ``templated`` if a template may bring further ones."""

    def __init__(self, cursor: Cursor, known: tuple[str, ...]) -> None:
        self._cursor = cursor
        self.named: dict[str, Modifier] = {}
        self.written = tuple(self._read(known))
        self.templated = any(has_placeholder(call.name) for call in self.written)

    def _read(self, known: tuple[str, ...]) -> Iterator[Modifier]:
        cursor = self._cursor
        while True:
            start = cursor.peek().span.start
            if at_template_modifier(cursor):
                yield Modifier(cursor.read().text, dotted=False, called=False, span=cursor.since(start))
                continue
            if not cursor.accept("."):
                return
            name = cursor.expect_kind(TokenKind.NAME, "one of " + ", ".join(known))
            if name.is_template and not cursor.at("("):
                yield Modifier(name.text, called=False, span=cursor.since(start))
                continue
            if name.text in self.named and not name.is_template:
                cursor.fail(f"{name} is given twice", name.span)
            if name.text not in known and not name.is_template:
                cursor.fail(f"{name} does not belong here{nearest(name.text[:60], known)}", name.span)
            arguments, _ = read_arguments(cursor)
            call = self.named[name.text] = Modifier(name.text, arguments, span=cursor.since(start))
            yield call

    def check(self, name: str, check: Callable[[Modifier], None]) -> None:
        """Check the arguments of a call, if it is there."""
        if name in self.named:
            check(self.named[name])

    def require(self, *names: str) -> None:
        """Fail if one of these calls is missing and no template can have brought it."""
        for name in names:
            if name not in self.named and not self.templated:
                self._cursor.fail(f"expected .{name}(..), found {self._cursor.peek()}")

    def require_window(self) -> None:
        """Fail unless the query has one window, which slides or begins anew."""
        if "current" not in self.named:
            self.require("last")
        elif "last" in self.named:
            self._cursor.fail("a query has last(..) or current(..), not both", self.written[-1].span)


def _texts(cursor: Cursor, call: Modifier) -> tuple[Text, ...]:
    """Return the quoted texts of a call, of which there must be one; a template counts as one."""
    found = []
    for argument in call.arguments:
        if isinstance(argument, Word) and has_placeholder(argument.text):
            found.append(Text(f'"{argument.text}"', span=argument.span))
        elif isinstance(argument, Text):
            found.append(argument)
        else:
            cursor.fail(f"{call.name}() takes texts in quotes", argument.span)
    if not found:
        cursor.fail(f"{call.name}() takes a text in quotes", call.span)
    return tuple(found)


def _check_texts(cursor: Cursor, call: Modifier) -> None:
    for text in _texts(cursor, call):
        if not text.value.strip():
            cursor.fail(f"{call.name}() cannot be blank", text.span)


def _check_facets(cursor: Cursor, call: Modifier) -> None:
    """Fail for a blank facet: no record has it, and so none would be in a group. Fail for more than four [LOG]."""
    taken = 0
    for text in _texts(cursor, call):
        facets = text.value.split(",")
        if not all(facet.strip() for facet in facets):
            cursor.fail("by() cannot be blank", text.span)
        taken += len(facets)
        if taken > MOST_FACETS:
            cursor.fail(f"by() takes at most {MOST_FACETS} facets", text.span)


def _check_nothing(cursor: Cursor, call: Modifier) -> None:
    if call.arguments:
        cursor.fail(f"{call.name}() takes no arguments", call.span)


def _check_window(cursor: Cursor, call: Modifier, most: timedelta, units: str) -> None:
    texts = _texts(cursor, call)
    if len(texts) > 1:
        cursor.fail(f"{call.name}() takes one window", texts[1].span)
    window = texts[0].value
    match = _SPAN.fullmatch(window)
    if has_placeholder(window):
        return
    if match is None or match[2][0] not in units:
        cursor.fail(f"{window!r} is no window; write 5m, 4h, 1d, ...", texts[0].span)
    if timedelta(seconds=int(match[1]) * _UNIT[match[2]]) > most:
        cursor.fail(f"the window {window} is longer than {most.days} days", texts[0].span)
