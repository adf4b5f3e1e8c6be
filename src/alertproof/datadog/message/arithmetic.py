"""Reads the expressions of ``eval`` [EVAL].

Precedence from loosest: ``+ -``, ``* / %``, unary minus, ``^`` (which groups to the right). Texts in quotes are
arguments of the functions on texts.
"""

from __future__ import annotations

import re
from typing import NamedTuple, NoReturn

from alertproof.datadog.message.errors import TemplateError
from alertproof.datadog.message.functions import FUNCTIONS
from alertproof.datadog.message.tree import Apply, Binary, Expression, Literal, Minus, Name, Number, Span
from alertproof.datadog.message.values import read_path
from alertproof.errors import nearest

__all__ = ["read_expression"]

_TOKEN = re.compile(
    r"""
    (?P<number> (?: \d+ (?: \.\d* )? | \.\d+ ) (?: [eE][+-]?\d+ )? )
  | (?P<name>   (?: [^\W\d] | @ | \[[^\[\]]*\] ) (?: \w | \[[^\[\]]*\] | \.(?=[\w@\[]) | @ )* )
  | (?P<text>   '[^']*' | "[^"]*" )
  | (?P<sign>   [-+*/%^(),] )
    """,
    re.VERBOSE,
)
_SPACE = re.compile(r"\s*")
_DEEPEST = 32
_LONGEST = 1000
_LONGEST_INTEGER = 18


class _Token(NamedTuple):
    kind: str
    text: str
    span: Span


def read_expression(template: str, start: int, end: int) -> Expression:
    """Read the expression at ``template[start:end]``.

    Raises `TemplateError` for a malformed one, for one that is too long and for a function that is not documented.
    """
    if end - start > _LONGEST:
        message = f"an expression of eval with {end - start} characters; at most {_LONGEST} are read"
        raise TemplateError(message, template=template, start=start, end=end)
    return _Reader(template, start, end).whole()


class _Reader:
    def __init__(self, template: str, start: int, end: int) -> None:
        self._template = template
        self._end = end
        self._depth = 0
        self._tokens = self._cut(start, end)
        self._at = 0

    def whole(self) -> Expression:
        expression = self._sum()
        left = self._peek()
        if left.kind != "end":
            self._fail(f"expected an operator or the end of the expression, found {left.text!r}", left.span)
        return expression

    # --- tokens ---------------------------------------------------------------------------------------

    def _cut(self, start: int, end: int) -> list[_Token]:
        tokens: list[_Token] = []
        at = self._skip(start)
        while at < end:
            match = _TOKEN.match(self._template, at, end)
            if match is None or match.lastgroup is None:
                self._fail(f"{self._template[at]!r} means nothing in an expression of eval", Span(at, at + 1))
            tokens.append(_Token(match.lastgroup, match.group(), Span(*match.span())))
            at = self._skip(match.end())
        tokens.append(_Token("end", "", Span(end, end)))
        return tokens

    def _skip(self, at: int) -> int:
        match = _SPACE.match(self._template, at, self._end)
        return match.end() if match else at

    def _peek(self) -> _Token:
        return self._tokens[self._at]

    def _next(self) -> _Token:
        token = self._tokens[self._at]
        self._at += token.kind != "end"
        return token

    def _accept(self, *signs: str) -> _Token | None:
        token = self._peek()
        return self._next() if token.kind == "sign" and token.text in signs else None

    def _fail(self, message: str, span: Span) -> NoReturn:
        raise TemplateError(message, template=self._template, start=span.start, end=span.end)

    # --- expressions ----------------------------------------------------------------------------------

    def _sum(self) -> Expression:
        left = self._product()
        while sign := self._accept("+", "-"):
            right = self._product()
            left = Binary(sign.text, left, right, span=Span(left.span.start, right.span.end))
        return left

    def _product(self) -> Expression:
        left = self._signed()
        while sign := self._accept("*", "/", "%"):
            right = self._signed()
            left = Binary(sign.text, left, right, span=Span(left.span.start, right.span.end))
        return left

    def _signed(self) -> Expression:
        sign = self._accept("-", "+")
        if sign is None:
            return self._power()
        self._deeper(sign.span)
        operand = self._signed()
        self._depth -= 1
        return operand if sign.text == "+" else Minus(operand, span=Span(sign.span.start, operand.span.end))

    def _power(self) -> Expression:
        base = self._atom()
        sign = self._accept("^")
        if sign is None:
            return base
        self._deeper(sign.span)
        exponent = self._signed()
        self._depth -= 1
        return Binary("^", base, exponent, span=Span(base.span.start, exponent.span.end))

    def _deeper(self, span: Span) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            self._fail(f"an expression of eval that is nested more than {_DEEPEST} deep", span)

    def _atom(self) -> Expression:
        token = self._next()
        if token.kind == "number":
            return Number(_number(token.text), span=token.span)
        if token.kind == "text":
            return Literal(token.text[1:-1], span=token.span)
        if token.kind == "name":
            return self._application(token) if self._peek().text == "(" else self._name(token)
        if token.text != "(":
            what = "the end" if token.kind == "end" else repr(token.text)
            self._fail(f"expected a number, a variable or '(' in the expression of eval, found {what}", token.span)
        self._deeper(token.span)
        inner = self._sum()
        self._depth -= 1
        self._close(token)
        return inner

    def _close(self, opening: _Token) -> _Token:
        closing = self._accept(")")
        if closing is None:
            self._fail("this parenthesis is never closed", opening.span)
        return closing

    def _name(self, token: _Token) -> Name:
        path = read_path(token.text)
        if path is None:
            self._fail(f"{token.text!r} is no variable", token.span)
        return Name(path, span=token.span)

    def _application(self, name: _Token) -> Apply:
        if name.text not in FUNCTIONS:
            self._fail(f"the function {name.text!r} of eval is not known{nearest(name.text, FUNCTIONS)}", name.span)
        opening = self._next()
        self._deeper(opening.span)
        arguments = [self._sum()]
        while self._accept(","):
            arguments.append(self._sum())
        self._depth -= 1
        closing = self._close(opening)
        span = Span(name.span.start, closing.span.end)
        least, most = FUNCTIONS[name.text].takes
        if not least <= len(arguments) <= most:
            takes = f"{least}" if least == most else f"{least} to {most}"
            self._fail(f"{name.text}() takes {takes} arguments, here are {len(arguments)}", span)
        return Apply(name.text, tuple(arguments), span=span)


def _number(text: str) -> int | float:
    """Read a number; one with more digits than any quantity is a float, whatever its length."""
    return int(text) if text.isdigit() and len(text) <= _LONGEST_INTEGER else float(text)
