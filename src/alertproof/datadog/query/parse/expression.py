"""Reads expressions: metric queries, arithmetic and functions.

The grammar, after the documentation [OPENAPI create_monitor, METRIC, NESTED]::

    expression = term { ("+"|"-") term }         term = factor { ("*"|"/"|"%") factor }
    factor     = number | sign factor | "(" expression ")" modifiers | name "(" arguments ")" modifiers | query
    query      = [ space ":" ] metric "{" scope "}" modifiers [ "by" "{" tags "}" ] modifiers

In a formula a name alone is another query, and there are no metric queries.
"""

from __future__ import annotations

from msgspec.structs import replace

from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.functions import (
    MODIFIERS,
    SPACE_AGGREGATORS,
    function_named,
    is_space_aggregator,
    nearest_function,
)
from alertproof.datadog.query.parse.placeholders import end_of_placeholder, starts_with_placeholder
from alertproof.datadog.query.parse.scope import read_scope, read_tags
from alertproof.datadog.query.parse.tokens import Token, TokenKind
from alertproof.datadog.query.parse.values import COMPARATORS, at_template_modifier, read_comparison, read_number
from alertproof.datadog.query.tree import (
    Argument,
    Binary,
    Call,
    Condition,
    Expression,
    Grouping,
    Keyword,
    MetricQuery,
    Modified,
    Modifier,
    Number,
    Placeholder,
    Reference,
    Scope,
    Span,
    TemplateScope,
    Text,
    Unary,
    Word,
)
from alertproof.errors import nearest

__all__ = ["read_arguments", "read_expression"]

_LEVELS = (("+", "-"), ("*", "/", "%"))
# Bare words that functions take; in a formula any other name is a query.
_WORDS = frozenset(
    {
        *("area", "asc", "avg", "count", "desc", "l2norm", "last", "linear", "max", "mean", "min", "null", "stddev"),
        *("sum", "zero"),
    }
)


def read_expression(cursor: Cursor) -> Expression:
    """Read as much as belongs to an expression."""
    with cursor.deeper():
        return _binary(cursor, 0)


def _binary(cursor: Cursor, level: int) -> Expression:
    if level == len(_LEVELS):
        return _factor(cursor)
    start = cursor.peek().span.start
    left = _binary(cursor, level + 1)
    while sign := cursor.accept(*_LEVELS[level]):
        cursor.count_operator(sign.span)
        right = _binary(cursor, level + 1)
        left = Binary(sign.text, left, right, span=cursor.since(start))
    return left


def _factor(cursor: Cursor) -> Expression:
    token = cursor.peek()
    start = token.span.start
    if sign := cursor.accept("+", "-"):
        with cursor.deeper():
            return Unary(sign.text, _factor(cursor), span=cursor.since(start))
    if cursor.at_kind(TokenKind.NUMBER):
        return Number(read_number(cursor, "a number").text, span=token.span)
    if cursor.accept("("):
        inner = read_expression(cursor)
        if cursor.at(*COMPARATORS):
            cursor.fail("a comparison stands once, at the end of a monitor's query, and in no parentheses")
        cursor.expect(")", "to close the parenthesis")
        return _modified(cursor, replace(inner, parentheses=inner.parentheses + 1), start)
    if cursor.at_kind(TokenKind.NAME):
        return _named(cursor)
    wanted = "the name of a query" if cursor.formula else "a metric query"
    return cursor.fail(f"expected {wanted}, a number or a function, found {token}")


def _modified(cursor: Cursor, operand: Expression, start: int) -> Expression:
    modifiers = _modifiers(cursor)
    return Modified(operand, modifiers, span=cursor.since(start)) if modifiers else operand


def _named(cursor: Cursor) -> Expression:
    """Read what begins with a name: a query, a function call or a template."""
    token = cursor.peek()
    start = token.span.start
    if cursor.at("(", ahead=1) and not _at_counted(cursor):
        return _modified(cursor, _call(cursor), start)
    if cursor.formula:
        cursor.read()
        if not token.is_template:
            return Reference(token.text, span=token.span)
        return _modified(cursor, Placeholder(token.text, span=token.span), start)
    alone = cursor.at_template() and not cursor.at("{", ":", ahead=1)
    if alone and end_of_placeholder(token.text, 0, len(token.text)) == len(token.text):
        cursor.read()
        return _modified(cursor, Placeholder(token.text, span=token.span), start)
    return _metric_query(cursor)


# --- metric queries -----------------------------------------------------------------------------------


def _at_counted(cursor: Cursor) -> bool:
    """Tell ``count(v: v>5):m{*}`` from the call ``count(avg:m{*})``."""
    return cursor.at("count") and cursor.at(":", ahead=3) and cursor.at(*COMPARATORS, ahead=5)


def _metric_query(cursor: Cursor) -> MetricQuery | Modified:
    """Read a query; a second rollup and what follows is about what the first one made of it [NESTED]."""
    start = cursor.peek().span.start
    space: str | None = None
    counted: Condition | None = None
    if _at_counted(cursor):
        space, counted = cursor.peek().text, _counted(cursor)
        cursor.expect(":", "after the condition")
    elif cursor.at(":", ahead=1):
        space = _space_aggregator(cursor)
    metric, scope = _metric_and_scope(cursor)
    modifiers = _modifiers(cursor)
    before_by, by, braced = len(modifiers), tuple[str, ...](), True
    if cursor.accept("by"):
        braced = not cursor.at_template()
        by = read_tags(cursor) if braced else (cursor.read().text,)
        modifiers += _modifiers(cursor)
    rollups = [number for number, each in enumerate(modifiers) if each.name == "rollup"]
    own = rollups[1] if len(rollups) > 1 and rollups[1] >= before_by * bool(by) else len(modifiers)
    span = cursor.since(start)
    query = MetricQuery(
        metric=metric,
        scope=scope,
        space=space,
        counted=counted,
        by=by,
        modifiers=modifiers[:own],
        before_by=before_by if by else 0,
        braced=braced,
        span=span if own == len(modifiers) else Span(start, modifiers[own - 1].span.end),
    )
    return Modified(query, modifiers[own:], span=span) if modifiers[own:] else query


def _space_aggregator(cursor: Cursor) -> str:
    token = cursor.read()
    if not token.is_template and not is_space_aggregator(token.text):
        known = nearest(token.text[:60], (*SPACE_AGGREGATORS, "p50", "p75", "p90", "p95", "p99"))
        cursor.fail(f"{token} is no space aggregator{known}", token.span)
    cursor.expect(":", "after the space aggregator")
    return token.text


def _metric_and_scope(cursor: Cursor) -> tuple[str, Scope]:
    """Read a metric's name and its scope; a template at the end of the name may bring the scope with its braces."""
    metric = cursor.expect_kind(TokenKind.NAME, "a metric's name")
    if cursor.at("{"):
        return metric.text, read_scope(cursor)
    begins = _last_placeholder(metric.text)
    if begins is None:
        cursor.fail(f"expected a scope such as {{*}} after the metric {metric}, found {cursor.peek()}")
    if begins == 0:
        return metric.text, TemplateScope("", span=Span(metric.span.end, metric.span.end))
    span = Span(metric.span.start + begins, metric.span.end)
    return metric.text[:begins], TemplateScope(metric.text[begins:], span=span)


def _last_placeholder(text: str) -> int | None:
    """Return where the interpolation begins with which a name ends, None if it ends otherwise."""
    at, begins = 0, None
    while at < len(text):
        begins = at if starts_with_placeholder(text[at : at + 3]) else None
        at = at + 1 if begins is None else end_of_placeholder(text, at, len(text)) or len(text)
    return begins


def _counted(cursor: Cursor) -> Condition:
    cursor.read()
    cursor.expect("(", "after 'count'")
    name = cursor.expect_kind(TokenKind.NAME, "a variable")
    cursor.expect(":", "after the variable")
    used = cursor.expect_kind(TokenKind.NAME, "the variable")
    if name.text != "v" or used.text != "v":
        cursor.fail("the variable of a distribution threshold is always called v", name.span)
    condition = read_comparison(cursor)
    cursor.expect(")", "after the condition")
    return condition


# --- modifiers ----------------------------------------------------------------------------------------


def _modifiers(cursor: Cursor) -> tuple[Modifier, ...]:
    found = []
    while True:
        start = cursor.peek().span.start
        if at_template_modifier(cursor):
            found.append(Modifier(cursor.read().text, dotted=False, called=False, span=cursor.since(start)))
        elif cursor.accept("."):
            found.append(_modifier(cursor, start))
        else:
            return tuple(found)


def _modifier(cursor: Cursor, start: int) -> Modifier:
    name = cursor.expect_kind(TokenKind.NAME, "a modifier such as as_count()")
    if name.is_template and not cursor.at("("):
        return Modifier(name.text, called=False, span=cursor.since(start))
    if not name.is_template and name.text not in MODIFIERS:
        cursor.fail(f"{name} is no modifier{nearest(name.text[:60], MODIFIERS)}", name.span)
    arguments, _ = read_arguments(cursor)
    return Modifier(name.text, arguments, span=cursor.since(start))


# --- calls and arguments ------------------------------------------------------------------------------


def _call(cursor: Cursor) -> Call:
    name = cursor.read()
    arity = function_named(name.text)
    if arity is None and not name.is_template:
        cursor.fail(f"there is no function {name}{nearest_function(name.text)}", name.span)
    arguments, trailing_comma = read_arguments(cursor, call=True)
    call = Call(name.text, arguments, trailing_comma, span=cursor.since(name.span.start))
    if not name.is_template:
        _check_call(cursor, name, call)
    return call


def _check_call(cursor: Cursor, name: Token, call: Call) -> None:
    """Fail for a call with a wrong number or kind of arguments; a template may bring any number of them."""
    arity = function_named(call.name)
    if arity is None or any(isinstance(each, Word | Placeholder) and "${" in each.text for each in call.arguments):
        return
    plain = [each for each in call.arguments if not isinstance(each, Keyword)]
    if len(plain) != len(call.arguments) and not arity.keywords:
        keyword = next(each for each in call.arguments if isinstance(each, Keyword))
        cursor.fail(f"{call.name}() takes no argument {keyword.name}=", keyword.span)
    if not arity.least <= len(plain) <= arity.most:
        cursor.fail(f"{call.name}() takes {arity}, found {len(plain)}", name.span)
    if plain and isinstance(plain[0], Text | Word | Grouping):
        wanted = "the name of a query" if cursor.formula else "a metric query such as avg:m{*}"
        cursor.fail(f"expected {wanted} as the first argument of {call.name}()", plain[0].span)


def read_arguments(cursor: Cursor, *, call: bool = False) -> tuple[tuple[Argument, ...], bool]:
    """Read ``(a, b)``, of a modifier or of a function ``call``; also tell whether a comma stood behind the last.

    A function's first argument is a query, and a comma may stand behind its last.
    """
    cursor.expect("(", "before the arguments")
    arguments: list[Argument] = []
    trailing = False
    while not trailing and not cursor.at(")"):
        arguments.append(_argument(cursor, words=_words(cursor, call=call, first=not arguments)))
        if not cursor.accept(","):
            break
        trailing = cursor.at(")")
    if trailing and not call:
        cursor.fail(f"expected an argument after ',', found {cursor.peek()}")
    cursor.expect(")", "or ',' after an argument")
    return tuple(arguments), trailing


def _words(cursor: Cursor, *, call: bool, first: bool) -> bool:
    """Tell whether a bare name here would be a word; in a formula's calls it may be a query."""
    if not call:
        return True
    if first and cursor.at_template():
        return False
    return not cursor.formula or (not first and cursor.peek().text in _WORDS)


def _argument(cursor: Cursor, *, words: bool) -> Argument:
    token = cursor.peek()
    if cursor.at("{"):
        return Grouping(read_tags(cursor, every=True), span=cursor.since(token.span.start))
    if token.kind is TokenKind.NAME and cursor.at("=", ahead=1):
        cursor.read()
        cursor.read()
        return Keyword(token.text, _value(cursor, words=True), span=cursor.since(token.span.start))
    return _value(cursor, words=words)


def _value(cursor: Cursor, *, words: bool) -> Argument:
    token = cursor.peek()
    if token.kind is TokenKind.TEXT:
        return Text(cursor.read().text, span=token.span)
    if words and token.kind is TokenKind.NAME and cursor.at(",", ")", ahead=1):
        return Word(cursor.read().text, span=token.span)
    return read_expression(cursor)
