from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.m3core.scrubbing.places import leaks
from tests.m3core.scrubbing.test_text import LEAKS

from m3core.scrubbing import Policy, Scrubber
from m3core.scrubbing.clues import alike, clues_in
from m3core.scrubbing.numbers import find_numbers
from m3core.scrubbing.packed import packed
from m3core.scrubbing.phrases import find_phrases
from m3core.scrubbing.rows import find_rows
from m3core.scrubbing.spoken import find_spoken
from m3core.scrubbing.tokens import find_tokens

ALL = clues_in("\u4e2d")
TEXTS = [*(case.content for case in leaks()[::7]), *LEAKS]


@pytest.mark.parametrize(
    ("text", "clues"),
    [
        ("return await self.store.create(lead, retries=3)", (False, False, False, False)),
        ("leads4", (True, False, False, False)),
        ("LookupError", (True, False, False, False)),
        ("order 12 345", (False, True, False, False)),
        ("order 1 234", (False, False, False, False)),
        ("at 10.0.0.1 again", (False, True, False, False)),
        ("ABCPE1234F", (True, True, False, False)),
        ("jane at acme dot com", (False, True, False, False)),
        ("jane (at) acme", (False, True, False, False)),
        ("P<UTO<<ANNA", (False, True, False, True)),
        ("the password is", (False, False, True, False)),
        ('say "yes"', (False, False, False, True)),
        ("two\nlines", (False, False, False, True)),
        ("größer", (True, True, True, True)),
    ],
)
def test_a_text_has_these_clues_and_no_others(text: str, clues: tuple[bool, ...]) -> None:
    assert tuple(clues_in(text)) == clues


@pytest.mark.parametrize("text", TEXTS, ids=range(len(TEXTS)))
def test_where_a_rule_finds_something_its_clue_is_there(text: str) -> None:
    clues = clues_in(text)
    assert clues.numbers or not list(find_numbers(text, Policy()))
    assert clues.made_up or clues.words or not list(find_tokens(text))
    assert clues.signs or clues.words or not list(find_rows(text))
    assert clues.words or ("<" in text and clues.signs) or not list(find_spoken(text))
    assert list(find_phrases(text, clues)) == list(find_phrases(text, ALL))
    assert list(packed(text, clues)) == list(packed(text, ALL))


@given(st.lists(st.sampled_from([*"aZ09 .-@'\"<=:/(", "pin ", "dot ", " at ", "4242", "eyJ", "password"]), max_size=24))
def test_no_rule_finds_more_when_it_is_told_that_there_are_all_clues(pieces: list[str]) -> None:
    text = "".join(pieces)
    clues = clues_in(text)

    assert clues.numbers or not list(find_numbers(text, Policy()))
    assert clues.made_up or clues.words or not list(find_tokens(text))
    assert list(find_phrases(text, clues)) == list(find_phrases(text, ALL))


def test_texts_are_alike_when_only_short_numbers_that_stand_alone_differ() -> None:
    assert alike("GET /leads/17 in 20 s") == alike("GET /leads/98 in 31 s")
    assert alike("GET /leads/17 in 20 s") != alike("GET /leads/171 in 20 s")
    assert alike("address_1=x") != alike("address_9=x")
    assert alike("0.51 s") != alike("0.52 s")
    assert alike("card 4242 4242 4242 4242") is None


@given(st.from_regex(r"(?:[a-z=:. ]|pin|code|cvv|[0-9]{1,3}){1,20}", fullmatch=True), st.randoms())
def test_of_texts_that_are_alike_the_same_is_taken_out(text: str, random: object) -> None:
    other = re.sub(r"\d", lambda _: str(random.randrange(10)), text)  # type: ignore[attr-defined]
    if alike(text) is not None and alike(text) == alike(other):
        one, two = Scrubber().text(text), Scrubber().text(other)
        assert re.sub(r"\d", "5", one) == re.sub(r"\d", "5", two)
