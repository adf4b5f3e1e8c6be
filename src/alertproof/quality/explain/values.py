"""What an expression of metric queries is, in words."""

from __future__ import annotations

from datetime import timedelta

from alertproof.datadog.query import render_expression
from alertproof.datadog.query.render import render_scope
from alertproof.datadog.query.tree import (
    AnyTag,
    Argument,
    Binary,
    Call,
    Expression,
    Grouping,
    Keyword,
    MetricQuery,
    Modified,
    Modifier,
    Number,
    Placeholder,
    Reference,
    Several,
    Text,
    Unary,
    Word,
    walk,
)
from alertproof.quality.words import holds, listed, ordinal, span_in_words

__all__ = ["grouped", "is_share", "value_in_words"]

_SPACE = {
    "avg": "the average of",
    "count": "the number of",
    "max": "the highest",
    "min": "the lowest",
    "sum": "the sum of",
}
_SIGNS = {"+": "plus", "-": "minus", "*": "times", "/": "divided by", "%": "modulo"}
#: What the functions that change the meaning of a value do; the others are named.
_CALLS = {
    "abs": "{0} without its sign",
    "anomalies": "the share of points at which {0} strays from its usual course ({1})",
    "cumsum": "{0} added up",
    "default": "{0}, taken as {1} where there is none",
    "default_zero": "{0}, taken as 0 where there is none",
    "derivative": "the change per second of {0}",
    "diff": "the change of {0} from point to point",
    "forecast": "{0}, as it is forecast ({1})",
    "monotonic_diff": "the growth of {0} from point to point",
    "outliers": "whether {0} is an outlier among its groups ({1})",
    "per_hour": "the change per hour of {0}",
    "per_minute": "the change per minute of {0}",
    "per_second": "the change per second of {0}",
}


def grouped(by: tuple[str, ...]) -> str:
    """Return ``, for each host``, or nothing for a query that makes one value."""
    return f", for each {listed(by)}" if by else ""


def is_share(expression: Expression) -> bool:
    """Tell whether an expression divides queries, so that 0.02 may be read as 2 %."""
    return (
        isinstance(expression, Binary)
        and expression.sign == "/"
        and all(
            any(isinstance(node, MetricQuery) for node in walk(side)) for side in (expression.left, expression.right)
        )
    )


def value_in_words(expression: Expression) -> str:  # noqa: PLR0911 - one per kind of expression
    """Return what an expression is, without its groups."""
    match expression:
        case MetricQuery():
            return f"{_query(expression)}{_steps(expression.modifiers)}"
        case Binary():
            return f"{_side(expression.left)} {_SIGNS[expression.sign]} {_side(expression.right)}"
        case Unary():
            sign = "minus " if expression.sign == "-" else ""
            return f"{sign}{_side(expression.operand)}"
        case Call():
            return _call(expression)
        case Modified():
            return f"{_side(expression.operand)}{_steps(expression.modifiers)}"
        case Number():
            return expression.text
        case Reference():
            return expression.name
        case Placeholder():
            return f"what Terraform puts in for {expression.text}"
        case Several():
            return listed([value_in_words(item) for item in expression.items])


def _side(expression: Expression) -> str:
    text = value_in_words(expression)
    apart = isinstance(expression, Binary) or (
        isinstance(expression, MetricQuery | Modified) and _steps(expression.modifiers)
    )
    return f"({text})" if apart else text


def _steps(modifiers: tuple[Modifier, ...]) -> str:
    """Return how points are rolled up and gaps filled, in the order in which it is written."""
    return "".join(_STEPS[each.name](each) for each in modifiers if each.name in _STEPS)


def _rollup(modifier: Modifier) -> str:
    how, seconds = _how_and_seconds(modifier)
    each = span_in_words(seconds) if seconds else "step"
    if how in _ROLLUPS and len(modifier.arguments) == 1 + bool(seconds):
        return f", of which {_ROLLUPS[how]} of each {each} is taken"
    if seconds and len(modifier.arguments) == 1:
        return f", in steps of {each}"
    return f", rolled up{_in_brackets(modifier)}"


def _fill(modifier: Modifier) -> str:
    how, seconds = _how_and_seconds(modifier)
    limit = f" for at most {span_in_words(seconds)}" if seconds else ""
    if how in _FILLS and len(modifier.arguments) == 1 + bool(seconds):
        return f", with its gaps {_FILLS[how]}{limit}"
    return f", with its gaps filled{_in_brackets(modifier)}"


def _in_brackets(modifier: Modifier) -> str:
    return f" ({', '.join(map(_argument, modifier.arguments))})" if modifier.arguments else ""


def _how_and_seconds(modifier: Modifier) -> tuple[str, timedelta | None]:
    """Return the first word of the arguments, and their first number as a span, if it can be one."""
    words = [each.text for each in modifier.arguments if isinstance(each, Word)]
    numbers = [each.value for each in modifier.arguments if isinstance(each, Number) and each.value < _LONGEST]
    return "".join(words[:1]), timedelta(seconds=numbers[0]) if numbers else None


#: A rollup of more seconds is a slip of the keyboard.
_LONGEST = 1e9
#: What rolling up by a method and filling in a way are called.
_ROLLUPS = {"avg": "the average", "count": "the number", "max": "the highest", "min": "the lowest", "sum": "the sum"}
_FILLS = {
    "last": "filled with the last value",
    "linear": "filled along a line",
    "null": "left as they are",
    "zero": "filled with 0",
}
_STEPS = {"fill": _fill, "rollup": _rollup}


def _query(query: MetricQuery) -> str:
    metric = query.metric
    if query.modifier("as_count"):
        metric = f"{metric} (counted)"
    elif query.modifier("as_rate"):
        metric = f"{metric} (per second)"
    where = "" if isinstance(query.scope, AnyTag) else f" in {render_scope(query.scope)}"
    if query.counted is not None:
        condition = query.counted
        return f"the number of values of {metric}{where} of which each {holds(condition.comparator, condition.number)}"
    space = query.space or ""
    if space.startswith("p") and space[1:].replace(".", "").isdecimal():
        return f"the {ordinal(space[1:])} percentile of {metric}{where}"
    return f"{_SPACE.get(space, space)} {metric}{where}".strip()


def _call(call: Call) -> str:
    first = next((each for each in call.arguments if not isinstance(each, Text | Word | Keyword | Grouping)), None)
    inner = value_in_words(first) if first is not None else "nothing"
    others = ", ".join(_argument(each) for each in call.arguments if each is not first)
    if call.name in _CALLS:
        return _CALLS[call.name].format(inner, others)
    return f"{call.name} of {inner}" + (f" ({others})" if others else "")


def _argument(argument: Argument) -> str:
    match argument:
        case Text():
            return argument.value
        case Word():
            return argument.text
        case Keyword():
            return f"{argument.name} {_argument(argument.value)}"
        case Grouping():
            return f"by {', '.join(argument.tags)}"
        case _:
            return render_expression(argument)
