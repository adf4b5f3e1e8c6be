"""Prints a query's tree; reading the print gives the same tree."""

from __future__ import annotations

from typing import assert_never

from alertproof.datadog.query.tree import (
    AllOf,
    AnyOf,
    AnyTag,
    Argument,
    Binary,
    Call,
    Change,
    CommaList,
    Excluded,
    Expression,
    Grouping,
    Head,
    Keyword,
    MetricQuery,
    Modified,
    Modifier,
    Negation,
    Number,
    Query,
    Scope,
    SloAlert,
    TagIn,
    TagIs,
    Text,
    Unary,
    Word,
)

__all__ = ["render_expression", "render_query", "render_scope"]


def render_query(query: Query) -> str:
    """Return the text of a whole monitor query."""
    if isinstance(query, SloAlert):
        windows = (("over", query.over), ("long_window", query.long_window), ("short_window", query.short_window))
        calls = "".join(f'.{name}("{span}")' for name, span in windows if span is not None)
        condition = query.condition
        return f'{query.kind}("{query.slo}"){calls} {condition.comparator} {condition.number}'
    limit = query.condition.number if query.condition else "threshold"
    return f"{_head(query.head)}:{render_expression(query.expression)} {query.comparator} {limit}"


def render_expression(expression: Expression) -> str:
    """Return the text of an expression, with the parentheses it needs and no others."""
    match expression:
        case Number():
            return expression.text
        case Unary():
            return expression.sign + _operand(expression.operand, _level(expression))
        case Binary():
            level = _level(expression)
            # The right side of an equal level needs parentheses: a - (b - c).
            left, right = _operand(expression.left, level), _operand(expression.right, level + 1)
            return f"{left} {expression.sign} {right}"
        case MetricQuery():
            return _metric_query(expression)
        case Call():
            return expression.name + _arguments(expression.arguments)
        case Modified():
            inner = render_expression(expression.operand)
            body = inner if isinstance(expression.operand, Call) else f"({inner})"
            return body + _modifiers(expression.modifiers)
        case _:
            assert_never(expression)


def render_scope(scope: Scope) -> str:  # noqa: PLR0911 - one per kind of scope
    """Return the text of a scope, without its braces."""
    match scope:
        case AnyTag():
            return "*"
        case TagIs():
            return scope.text
        case TagIn():
            return f"{scope.key} {'NOT IN' if scope.negated else 'IN'} ({','.join(scope.values)})"
        case Excluded():
            return "!" + scope.filter.text
        case CommaList():
            return ",".join(_scope_inside(item, CommaList) for item in scope.items)
        case AnyOf():
            return " OR ".join(_scope_inside(item, AnyOf) for item in scope.items)
        case AllOf():
            return " AND ".join(_scope_inside(item, AllOf) for item in scope.items)
        case Negation():
            return "NOT " + _scope_inside(scope.item, Negation)
        case _:
            assert_never(scope)


def _scope_inside(item: Scope, outer: type[Scope]) -> str:
    """Print an item of ``outer``; AnyOf binds looser than AllOf, and both looser than NOT."""
    text = render_scope(item)
    if isinstance(item, AnyOf) and outer is not CommaList:
        return f"({text})"
    if isinstance(item, AllOf) and outer in {AllOf, Negation}:
        return f"({text})"
    return text


def _head(head: Head) -> str:
    if isinstance(head, Change):
        return f"{head.kind}({_head(head.reduction)},{head.shift})"
    window = head.window
    return f"{head.aggregator}({window.kind}_{window.amount}{window.unit})"


_SUM, _PRODUCT, _SIGNED, _ATOM = range(4)


def _level(expression: Expression) -> int:
    """Return how tightly an expression binds."""
    if isinstance(expression, Binary):
        return _SUM if expression.sign in "+-" else _PRODUCT
    return _SIGNED if isinstance(expression, Unary) else _ATOM


def _operand(expression: Expression, least: int) -> str:
    text = render_expression(expression)
    return text if _level(expression) >= least else f"({text})"


def _metric_query(query: MetricQuery) -> str:
    space = ""
    if query.counted is not None:
        space = f"count(v: v{query.counted.comparator}{query.counted.number}):"
    elif query.space is not None:
        space = f"{query.space}:"
    by = f" by {{{','.join(query.by)}}}" if query.by else ""
    return f"{space}{query.metric}{{{render_scope(query.scope)}}}{by}{_modifiers(query.modifiers)}"


def _modifiers(modifiers: tuple[Modifier, ...]) -> str:
    return "".join(f".{modifier.name}{_arguments(modifier.arguments)}" for modifier in modifiers)


def _arguments(arguments: tuple[Argument, ...]) -> str:
    return f"({', '.join(_argument(argument) for argument in arguments)})"


def _argument(argument: Argument) -> str:
    match argument:
        case Text():
            return argument.quoted
        case Word():
            return argument.text
        case Keyword():
            return f"{argument.name}={_argument(argument.value)}"
        case Grouping():
            return f"{{{','.join(argument.tags)}}}"
        case _:
            return render_expression(argument)
