"""Computes the expressions of ``eval`` [EVAL].

What cannot be computed (a variable that is not there, a division by zero, a logarithm of -1, an overflow, a number
where a text is needed) has no value; what Datadog prints for that is not documented.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from typing import NamedTuple

from alertproof.datadog.message.tree import Apply, Binary, Expression, Literal, Minus, Name, Number, Path
from alertproof.datadog.message.values import Value, number

__all__ = ["FUNCTIONS", "Function", "Result", "evaluate"]

#: A bool only from to_bool.
Result = int | float | str | bool
_Numeric = int | float
#: Beyond it a product of integers goes on as a float, so that no number grows without end.
_LARGEST_INTEGER = 2**63
_LARGEST_EXPONENT = 64
_MOST_DIGITS = 300


class Function(NamedTuple):
    """A function of eval: how many arguments it takes, at least and at most, and what it does."""

    takes: tuple[int, int]
    apply: Callable[..., Result]
    on_texts: bool = False


class _NoValueError(ArithmeticError):
    """What is asked for has no value."""


def evaluate(expression: Expression, look_up: Callable[[Path], Value]) -> Result | None:
    """Return the value of an expression, None where it has none; ``look_up`` finds the variables."""
    try:
        return _bounded(_evaluate(expression, look_up))
    except (ArithmeticError, ValueError):
        return None


def _evaluate(expression: Expression, look_up: Callable[[Path], Value]) -> Result:
    match expression:
        case Number() | Literal():
            return expression.value
        case Name():
            return _value(look_up(expression.path))
        case Minus():
            return -_numeric(_evaluate(expression.operand, look_up))
        case Binary():
            return _binary(expression, look_up)
        case Apply():
            function = FUNCTIONS[expression.function]
            arguments = [_evaluate(each, look_up) for each in expression.arguments]
            if function.on_texts:
                return function.apply(_text(arguments[0]), *arguments[1:])
            return _bounded(function.apply(*map(_numeric, arguments)))


def _value(value: Value) -> Result:
    found = number(value)
    if isinstance(value, str) and found is None:
        return value
    if found is None:
        raise _NoValueError
    return found if not isinstance(value, str) else value


def _numeric(value: Result) -> _Numeric:
    """Return a number, also of a text that is one, such as the value of a tag."""
    found = number(value)
    if found is None:
        raise _NoValueError
    return found


def _text(value: Result) -> str:
    return value if isinstance(value, str) else str(value)


def _bounded(value: Result) -> Result:
    if isinstance(value, float) and not math.isfinite(value):
        raise _NoValueError
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) >= _LARGEST_INTEGER:
        return float(value)
    return value


def _power(base: _Numeric, exponent: _Numeric) -> _Numeric:
    whole = isinstance(base, int) and isinstance(exponent, int) and 0 <= exponent <= _LARGEST_EXPONENT
    return base ** int(exponent) if whole else math.pow(base, exponent)


_OPERATORS: Mapping[str, Callable[[_Numeric, _Numeric], _Numeric]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "%": operator.mod,
    "^": _power,
}


def _binary(expression: Binary, look_up: Callable[[Path], Value]) -> Result:
    # A chain of operators is a deep tree to the left; walking it by recursion would exhaust the stack.
    chain: list[Binary] = []
    left: Expression = expression
    while isinstance(left, Binary):
        chain.append(left)
        left = left.left
    value = _numeric(_evaluate(left, look_up))
    for each in reversed(chain):
        right = _numeric(_evaluate(each.right, look_up))
        value = _numeric(_bounded(_OPERATORS[each.sign](value, right)))
    return value


def _round(value: _Numeric, digits: _Numeric | None = None) -> _Numeric:
    if digits is None:
        return round(value)
    if digits != int(digits) or abs(digits) > _MOST_DIGITS:
        raise _NoValueError
    return round(value, int(digits))


def _dec(value: _Numeric) -> float:
    # 12.345 - 12 is 0.3450000000000006; no more digits than the value had.
    return round(math.fmod(value, 1), 12)


def _sign(value: _Numeric) -> int:
    return (value > 0) - (value < 0)


def _to_bool(value: _Numeric) -> bool:
    if value not in (0, 1):
        raise _NoValueError
    return value == 1


def _humanize(units: tuple[str, ...]) -> Callable[[_Numeric], str]:
    """Return a function that prints a number in steps of 1024, two decimals at most."""

    def humanize(value: _Numeric) -> str:
        scaled, step = float(value), 0
        while abs(scaled) >= 1024 and step < len(units) - 1:
            scaled, step = scaled / 1024, step + 1
        return f"{round(scaled, 2):.15g} {units[step]}"

    return humanize


def _substring(text: str, start: Result, end: Result | None = None) -> str:
    first, last = _numeric(start), len(text) if end is None else _numeric(end)
    return text[int(first) : int(last)]


def _strip(text: str, characters: Result | None = None) -> str:
    return text.strip() if characters is None else text.strip(_text(characters))


_BYTES = ("B", "KB", "MB", "GB", "TB", "PB", "EB")
_BITS = ("b", "Kb", "Mb", "Gb", "Tb", "Pb", "Eb")
FUNCTIONS: Mapping[str, Function] = {
    "abs": Function((1, 1), abs),
    "acos": Function((1, 1), math.acos),
    "acosh": Function((1, 1), math.acosh),
    "asin": Function((1, 1), math.asin),
    "asinh": Function((1, 1), math.asinh),
    "atan": Function((1, 1), math.atan),
    "atan2": Function((2, 2), math.atan2),
    "atanh": Function((1, 1), math.atanh),
    "ceil": Function((1, 1), math.ceil),
    "cos": Function((1, 1), math.cos),
    "cosh": Function((1, 1), math.cosh),
    "dec": Function((1, 1), _dec),
    "exp": Function((1, 1), math.exp),
    "float": Function((1, 1), float),
    "floor": Function((1, 1), math.floor),
    "humanize_bits": Function((1, 1), _humanize(_BITS)),
    "humanize_bytes": Function((1, 1), _humanize(_BYTES)),
    "int": Function((1, 1), math.trunc),
    "log10": Function((1, 1), math.log10),
    "lower": Function((1, 1), str.lower, on_texts=True),
    "round": Function((1, 2), _round),
    "sgn": Function((1, 1), _sign),
    "sin": Function((1, 1), math.sin),
    "sinh": Function((1, 1), math.sinh),
    "strip": Function((1, 2), _strip, on_texts=True),
    "substring": Function((2, 3), _substring, on_texts=True),
    "tan": Function((1, 1), math.tan),
    "tanh": Function((1, 1), math.tanh),
    "to_bool": Function((1, 1), _to_bool),
    "trunc": Function((1, 1), math.trunc),
    "upper": Function((1, 1), str.upper, on_texts=True),
}
