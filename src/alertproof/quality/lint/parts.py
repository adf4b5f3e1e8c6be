"""Walks over a message: its blocks with the answers around them, its texts, and the variables it names."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from alertproof.datadog.message import Answer, Template
from alertproof.datadog.message.tree import (
    Apply,
    Argument,
    Binary,
    Block,
    Call,
    Evaluation,
    Expression,
    Minus,
    Name,
    Part,
    Path,
    Span,
    Text,
    Variable,
)
from alertproof.quality.lint.rule import Complaint
from alertproof.quality.lint.subject import ESCALATION, MESSAGE, Subject

__all__ = ["Asked", "Named", "about_handle", "about_question", "asked", "named", "texts"]


class Asked(NamedTuple):
    """A block of a message and the answers that hold where it stands."""

    block: Block
    around: tuple[Answer, ...]


class Named(NamedTuple):
    """A variable that a message names, and where."""

    path: Path
    span: Span


def asked(template: Template) -> Iterator[Asked]:
    """Yield every block, each before those inside it."""
    yield from _asked(template.parts, ())


def _asked(parts: Sequence[Part], around: tuple[Answer, ...]) -> Iterator[Asked]:
    for part in parts:
        if isinstance(part, Block):
            yield Asked(part, around)
            yield from _asked(part.body, (*around, Answer(part.question, not part.negated)))
            yield from _asked(part.otherwise, (*around, Answer(part.question, part.negated)))


def texts(template: Template) -> Iterator[Text]:
    """Yield the stretches of plain text."""
    yield from _texts(template.parts)


def _texts(parts: Sequence[Part]) -> Iterator[Text]:
    for part in parts:
        if isinstance(part, Text):
            yield part
        elif isinstance(part, Block):
            yield from _texts(part.body)
            yield from _texts(part.otherwise)


def named(template: Template) -> Iterator[Named]:
    """Yield every variable of a message: printed, compared or calculated with."""
    yield from _named(template.parts)


def _named(parts: Sequence[Part]) -> Iterator[Named]:
    for part in parts:
        if isinstance(part, Variable):
            yield Named(part.path, part.span)
        elif isinstance(part, Call):
            for argument in part.arguments:
                yield from _in_argument(argument)
        elif isinstance(part, Block):
            if part.question.subject is not None:
                yield from _in_argument(part.question.subject)
            yield from _named(part.body)
            yield from _named(part.otherwise)


def _in_argument(argument: Argument) -> Iterator[Named]:
    if isinstance(argument, Name):
        yield Named(argument.path, argument.span)
    elif isinstance(argument, Evaluation):
        yield from _in_expression(argument.expression)


def _in_expression(expression: Expression) -> Iterator[Named]:
    if isinstance(expression, Name):
        yield Named(expression.path, expression.span)
    elif isinstance(expression, Minus):
        yield from _in_expression(expression.operand)
    elif isinstance(expression, Binary):
        yield from _in_expression(expression.left)
        yield from _in_expression(expression.right)
    elif isinstance(expression, Apply):
        for each in expression.arguments:
            yield from _in_expression(each)


# --- complaints ---------------------------------------------------------------------------------------


def about_question(block: Block, why: str) -> Complaint:
    """Return the complaint that a block of the message is never sent."""
    sign = "^" if block.negated else "#"
    return Complaint(
        path=MESSAGE,
        text=f"{{{{{sign}{block.question.helper}}}}} is never sent: {why}.",
        start=block.question.span.start,
        end=block.question.span.end,
    )


def about_handle(subject: Subject, handle: str, text: str) -> Complaint:
    """Return a complaint at the first place of a handle; at the message where the handle is made of pieces."""
    written = re.escape(handle).replace(r"\{\{", r"\{\{\{?\s*").replace(r"\}\}", r"\s*\}?\}\}")
    for path in (MESSAGE, ESCALATION):
        found = re.search(rf"@{written}(?=[\s{{]|$)", subject.text(path))
        if found:
            return Complaint(path=path, text=text, start=found.start(), end=found.end())
    return Complaint(path=MESSAGE, text=text)
