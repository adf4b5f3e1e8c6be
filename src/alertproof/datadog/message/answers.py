"""Answers to the questions of blocks: on which occasions they can be given, and which exclude each other."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from alertproof.datadog.message.questions import CONDITIONS, OCCASIONS
from alertproof.datadog.message.tree import Question
from alertproof.datadog.message.values import number

__all__ = ["Answer", "exclude", "given", "possible"]


class Answer(NamedTuple):
    """The answer to a block's question."""

    question: Question
    holds: bool


def given(answers: Sequence[Answer], held: frozenset[str]) -> bool:
    """Tell whether all answers about the transition are those of one on which the conditions ``held`` hold."""
    return all((each.question.helper in held) is each.holds for each in answers if each.question.helper in CONDITIONS)


def possible(answers: Sequence[Answer]) -> frozenset[str]:
    """Return the occasions on which all answers can be given at once, none where two exclude each other."""
    if any(exclude(*pair) for pair in combinations(answers, 2)):
        return frozenset()
    return frozenset(occasion for occasion, held in OCCASIONS.items() if given(answers, held))


def exclude(first: Answer, second: Answer) -> bool:
    """Tell whether nothing allows both answers: yes and no to one question, or a variable that is two texts."""
    one, other = first.question, second.question
    if one == other:
        return first.holds is not second.holds
    if not (first.holds and second.holds) or one.subject != other.subject:
        return False
    if one.helper == other.helper == "is_priority":
        return set(one.wanted).isdisjoint(other.wanted)
    if one.helper != "is_exact_match":
        one, other = other, one
    # A number equals several texts, 5 and 5.0 [VAR-2026].
    if one.helper != "is_exact_match" or any(number(text) is not None for text in one.wanted):
        return False
    if other.helper == "is_exact_match":
        return set(one.wanted).isdisjoint(other.wanted)
    return not any((part in text) if part else text for text in one.wanted for part in other.wanted)
