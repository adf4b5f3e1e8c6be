"""Prints expressions and scopes."""

from __future__ import annotations

from itertools import zip_longest
from typing import assert_never

from alertproof.datadog.query.tree import (
    AllOf,
    AnyOf,
    AnyTag,
    Argument,
    Binary,
    Call,
    CommaList,
    Excluded,
    Expression,
    Grouping,
    Keyword,
    MetricQuery,
    Modified,
    Modifier,
    Negation,
    Number,
    Placeholder,
    Reference,
    Scope,
    Several,
    TagIn,
    TagIs,
    TemplateScope,
    Text,
    Unary,
    Word,
)

__all__ = ["enclosed", "joined", "render_expression", "render_modifiers", "render_scope"]

_SUM, _PRODUCT, _SIGNED, _ATOM = range(4)


def enclosed(text: str, written: int, *, needed: bool = False) -> str:
    """Return a text in as many parentheses as were written, or as are needed."""
    pairs = max(written, int(needed))
    return "(" * pairs + text + ")" * pairs


def joined(items: list[str], words: tuple[str, ...], usual: str) -> str:
    """Join items by the words that stood between them, or by the usual one."""
    between = words if len(words) == len(items) - 1 else (usual,) * (len(items) - 1)
    return " ".join(word for pair in zip_longest(items, between, fillvalue="") for word in pair if word)


# --- scopes -------------------------------------------------------------------------------------------


def render_scope(scope: Scope) -> str:
    """Return the text of a scope, without its braces."""
    return enclosed(_scope(scope), scope.parentheses)


def _scope(scope: Scope) -> str:  # noqa: PLR0911 - one per kind of scope
    match scope:
        case AnyTag():
            return "*"
        case TagIs():
            return scope.text
        case TagIn():
            usual = ("NOT", "IN") if scope.negated else ("IN",)
            words = scope.words if len(scope.words) == len(usual) else usual
            values = ",".join(scope.values)
            return f"{scope.key} {' '.join(words)} {f'({values})' if scope.listed else values}"
        case Excluded():
            return scope.sign + scope.filter.text
        case CommaList():
            return ",".join(_scope_inside(item, CommaList) for item in scope.items)
        case AnyOf():
            return joined([_scope_inside(item, AnyOf) for item in scope.items], scope.words, "OR")
        case AllOf():
            return joined([_scope_inside(item, AllOf) for item in scope.items], scope.words, "AND")
        case Negation():
            return f"{scope.word} {_scope_inside(scope.item, Negation)}"
        case _:
            assert_never(scope)


def _scope_inside(item: Scope, outer: type[Scope]) -> str:
    """Print an item of ``outer``; AnyOf binds looser than AllOf, and both looser than NOT."""
    needed = (isinstance(item, AnyOf) and outer is not CommaList) or (
        isinstance(item, AllOf) and outer in {AllOf, Negation}
    )
    return enclosed(_scope(item), item.parentheses, needed=needed)


# --- expressions --------------------------------------------------------------------------------------


def render_expression(expression: Expression) -> str:
    """Return the text of an expression."""
    return enclosed(_expression(expression), expression.parentheses)


def _expression(expression: Expression) -> str:  # noqa: PLR0911 - one per kind of expression
    match expression:
        case Number() | Placeholder():
            return expression.text
        case Reference():
            return expression.name
        case Unary():
            return expression.sign + _operand(expression.operand, _SIGNED)
        case Binary():
            return _binary(expression)
        case MetricQuery():
            return _metric_query(expression)
        case Call():
            comma = "," if expression.trailing_comma else ""
            return f"{expression.name}({_arguments(expression.arguments)}{comma})"
        case Modified():
            alone = isinstance(expression.operand, Call | Placeholder) or _rolled_up_again(expression)
            body = enclosed(_expression(expression.operand), expression.operand.parentheses, needed=not alone)
            return body + render_modifiers(expression.modifiers)
        case Several():
            return ", ".join(render_expression(item) for item in expression.items)
        case _:
            assert_never(expression)


def _rolled_up_again(expression: Modified) -> bool:
    """Tell whether the modifiers of a query go on behind its own with a second rollup."""
    query = expression.operand
    rolled_up = isinstance(query, MetricQuery) and query.modifier("rollup") is not None
    return rolled_up and expression.modifiers[0].name == "rollup"


def _binary(expression: Binary) -> str:
    """Print a chain of operators without recursion to its left, where it is long."""
    parts: list[str] = []
    left: Expression = expression
    level = _level(expression)
    while isinstance(left, Binary) and _level(left) >= level and (left is expression or not left.parentheses):
        level = _level(left)
        # The right side of an equal level needs parentheses: a - (b - c).
        parts += [_operand(left.right, level + 1), left.sign]
        left = left.left
    parts.append(_operand(left, level))
    return " ".join(reversed(parts))


def _level(expression: Expression) -> int:
    """Return how tightly an expression binds."""
    if isinstance(expression, Binary):
        return _SUM if expression.sign in "+-" else _PRODUCT
    return _SIGNED if isinstance(expression, Unary) else _ATOM


def _operand(expression: Expression, least: int) -> str:
    return enclosed(_expression(expression), expression.parentheses, needed=_level(expression) < least)


def _metric_query(query: MetricQuery) -> str:
    space = ""
    if query.counted is not None:
        space = f"count(v: v{query.counted.comparator}{query.counted.number}):"
    elif query.space is not None:
        space = f"{query.space}:"
    scope = query.scope.text if isinstance(query.scope, TemplateScope) else f"{{{render_scope(query.scope)}}}"
    by = ",".join(query.by)
    by = f" by {f'{{{by}}}' if query.braced else by}" if by else ""
    before, behind = query.modifiers[: query.before_by], query.modifiers[query.before_by :]
    return f"{space}{query.metric}{scope}{render_modifiers(before)}{by}{render_modifiers(behind)}"


def render_modifiers(modifiers: tuple[Modifier, ...]) -> str:
    """Return the text of modifiers, or of the calls of a chain."""
    return "".join(
        f"{'.' if each.dotted else ' '}{each.name}{f'({_arguments(each.arguments)})' if each.called else ''}"
        for each in modifiers
    )


def _arguments(arguments: tuple[Argument, ...]) -> str:
    return ", ".join(_argument(argument) for argument in arguments)


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
