from __future__ import annotations

import unicodedata

import pytest

from m3core.scrubbing import scrub
from m3core.scrubbing.keys import Kind, kind_of
from m3core.scrubbing.languages import ADDRESSES, PERSONS, SECRETS

ROWS = [
    (table, line.split()[0], word)
    for table, text in (("secrets", SECRETS), ("persons", PERSONS), ("addresses", ADDRESSES))
    for line in text.strip().splitlines()
    for word in line.split()[1:]
]
GOES = {
    "secrets": {Kind.SECRET},
    "persons": {Kind.PERSON, Kind.SECRET, Kind.ADDRESS},
    "addresses": {Kind.ADDRESS, Kind.PERSON},
}


def test_each_word_of_each_table_is_read_as_what_it_is_in_any_case_and_either_form_of_its_accents() -> None:
    wrong = [
        (table, language, written)
        for table, language, word in ROWS
        for written in (word, word.upper(), word.title(), unicodedata.normalize("NFD", word), f"customer_{word}")
        # A short name of several words in plain letters says too little inside of another: no_hp, no_telepon.
        if not (word.isascii() and "_" in word and written.startswith("customer_"))
        and kind_of(written) not in GOES[table]
    ]

    assert wrong == []


def test_no_table_says_a_word_twice_in_one_language() -> None:
    assert len(set(ROWS)) == len(ROWS)
    assert len({language for _, language, _ in ROWS}) >= 35


@pytest.mark.parametrize(
    "word", ["position", "normal", "mapping", "viewer", "system", "renaming", "cluster", "nominal"]
)
def test_english_words_that_hold_a_foreign_one_stay(word: str) -> None:
    assert scrub({word: "eu-west-1"}) == {word: "eu-west-1"}
