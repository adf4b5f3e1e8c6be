from __future__ import annotations

from typing import ClassVar

import pytest

from alertproof.datadog.parts import WrittenPart


class Word(WrittenPart, frozen=True, eq=False):
    text: str
    at: int = 0
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("at",)


class Quoted(Word, frozen=True, eq=False):
    sign: str = "'"
    UNCOMPARED: ClassVar[tuple[str, ...]] = ("sign",)


@pytest.mark.parametrize(
    ("one", "other", "equal"),
    [
        (Word("a"), Word("a"), True),
        (Word("a", 1), Word("a", 2), True),
        (Word("a"), Word("b"), False),
        (Word("a"), Quoted("a"), False),
        (Quoted("a", 1, "'"), Quoted("a", 2, '"'), True),
        (Word("a"), "a", False),
    ],
)
def test_parts_are_equal_when_they_say_the_same_wherever_they_stand(one: object, other: object, equal: bool) -> None:
    assert (one == other) is equal
    assert (one != other) is not equal
    assert (len({one, other}) == 1) is equal


def test_a_part_shows_what_it_says() -> None:
    assert repr(Quoted("a", 3, '"')) == "Quoted(text='a')"
