"""Reads what the families of queries have in common: numbers and comparisons."""

from __future__ import annotations

import math

from msgspec.structs import replace

from alertproof.datadog.query.parse.cursor import Cursor
from alertproof.datadog.query.parse.placeholders import starts_with_placeholder
from alertproof.datadog.query.parse.tokens import Token, TokenKind
from alertproof.datadog.query.tree import Condition

__all__ = ["COMPARATORS", "at_template_modifier", "read_comparator", "read_comparison", "read_condition", "read_number"]

COMPARATORS = ("<", "<=", ">", ">=", "==", "!=")


def read_comparison(cursor: Cursor) -> Condition:
    """Read ``> 5``; a Terraform template may stand for the comparator, for the number or for both."""
    start = cursor.peek().span.start
    return replace(read_condition(cursor, read_comparator(cursor)), span=cursor.since(start))


def read_comparator(cursor: Cursor) -> str:
    """Read ``>``, ``<=`` and so on."""
    if cursor.at("="):
        cursor.fail(f"{cursor.peek()} is no comparison; write one of {' '.join(COMPARATORS)}")
    if not cursor.at(*COMPARATORS) and not cursor.at_template():
        cursor.fail(f"expected a comparison such as '> 5', found {cursor.peek()}")
    return cursor.read().text


def read_condition(cursor: Cursor, comparator: str) -> Condition:
    """Read the number behind a comparator, nothing where the comparator is a template that brings it."""
    start = cursor.peek().span.start
    if cursor.at_kind(TokenKind.END) and starts_with_placeholder(comparator):
        return Condition(comparator, "", span=cursor.peek().span)
    sign = cursor.accept("-", "+")
    number = cursor.read() if cursor.peek().is_template else read_number(cursor, f"a number after {comparator!r}")
    return Condition(comparator, (sign.text if sign else "") + number.text, span=cursor.since(start))


def read_number(cursor: Cursor, what: str) -> Token:
    """Read a number that a float can hold, or fail saying what had to be there."""
    token = cursor.expect_kind(TokenKind.NUMBER, what)
    if math.isinf(float(token.text)):
        cursor.fail(f"{token} is beyond all numbers", token.span)
    return token


def at_template_modifier(cursor: Cursor) -> bool:
    """Tell whether a template stands for modifiers, and not for the comparison that must still follow."""
    if not cursor.at_template():
        return False
    if not cursor.conditional:
        return True
    run = next((ahead for ahead in range(3) if not cursor.at_template(ahead)), 3)
    return run > _templates_of_comparison(cursor, run)


def _templates_of_comparison(cursor: Cursor, run: int) -> int:
    """Return how many of the last of ``run`` templates are the comparison, by what stands behind them."""
    if cursor.at_kind(TokenKind.END, run):
        return 2
    number: Token = cursor.peek(run + cursor.at("-", "+", ahead=run))
    return int(number.kind is TokenKind.NUMBER)
