from __future__ import annotations

import json
import re
from collections import Counter
from itertools import chain
from typing import get_args

import pytest
from tests.m3core.scrubbing.cases.casebook import (
    BOOKS,
    PARTS,
    UNMEASURED,
    Item,
    Part,
    cases_of,
    event_of,
    files_of,
    item_of_base,
    part_of,
)

EVERY_BOOK = (*BOOKS, *UNMEASURED)
EVERY_PART = (*PARTS, *chain.from_iterable(UNMEASURED))
ALL = tuple(chain.from_iterable(cases_of(part) for part in EVERY_PART))
LEAKS = tuple(case for case in ALL if case.canaries)
KEEPS = tuple(case for case in ALL if not case.canaries)


def test_there_are_enough_cases_of_both_sorts() -> None:
    assert len(LEAKS) >= 2000
    assert len(KEEPS) >= 1000


@pytest.mark.parametrize("part", BOOKS[0])
def test_each_case_of_the_first_book_stands_in_the_part_that_its_id_names(part: Part) -> None:
    assert [case.id for case in cases_of(part) if part_of(case.id) != part] == []


@pytest.mark.parametrize("leaking", [True, False], ids=["leak", "keep"])
@pytest.mark.parametrize("book", EVERY_BOOK)
def test_about_a_third_of_the_cases_of_a_book_of_two_parts_is_held_out(book: tuple[Part, Part], leaking: bool) -> None:
    known, held_out = (sum(bool(case.canaries) is leaking for case in cases_of(part)) for part in book)
    assert 0.28 < held_out / (known + held_out) < 0.38


@pytest.mark.parametrize("item", get_args(Item))
def test_each_part_of_the_first_two_books_has_leak_cases_and_keep_cases_of_each_item(item: Item) -> None:
    for part in PARTS[:4]:
        assert {bool(case.canaries) for case in cases_of(part) if case.item == item} == {True, False}, part


@pytest.mark.parametrize("book", EVERY_BOOK)
def test_each_class_is_in_both_parts_of_a_book_of_two(book: tuple[Part, Part]) -> None:
    known, held_out = ({(case.kind, bool(case.canaries)) for case in cases_of(part)} for part in book)
    assert known == held_out


def test_no_id_is_there_twice_and_no_event_in_a_book_and_no_canary_in_one_of_the_first_two() -> None:
    ids = Counter(case.id for case in ALL)
    by_book = [
        (part.partition("/")[0] if "/" in part else "first", case) for part in EVERY_PART for case in cases_of(part)
    ]
    events = Counter((book, json.dumps(event_of(case), sort_keys=True)) for book, case in by_book)
    of_two = (each for each in by_book if each[0] in {"first", "second"})
    canaries = Counter((book, canary) for book, case in of_two for canary in case.canaries)
    twice = [str(key) for counted in (ids, events, canaries) for key, times in counted.items() if times > 1]
    assert twice == []


def test_each_case_says_why_it_is_one() -> None:
    assert [case.id for case in ALL if not (case.why and case.kind and case.container and case.encoding)] == []


def test_an_event_is_made_anew_each_time() -> None:
    case = next(case for case in ALL if case.item == "event")
    event_of(case)["exception"] = event_of(case)["tags"] = None
    assert event_of(case)["tags"] is not None


def test_a_fragment_stands_at_its_place_before_anything_is_scrubbed() -> None:
    assert sum(bool(case.fragments) for case in KEEPS) >= 15


def test_a_base_of_no_item_is_refused_with_the_items_that_there_are() -> None:
    with pytest.raises(ValueError, match=r"base 'profile-cpu' .* breadcrumb, event"):
        item_of_base("profile-cpu")


@pytest.mark.parametrize("part", EVERY_PART)
def test_no_token_stands_in_the_file_in_the_form_that_scanners_of_repositories_refuse(part: Part) -> None:
    text = "".join(file.read_text("utf-8") for file in files_of(part))
    known = r"ghp_\w{36}|sk_live_\w{20}|xox[bp]-\d+-\d+|AKIA[A-Z2-7]{16}|AIza\w{30}|glpat-\w{20}|BEGIN [A-Z ]*PRIVATE"
    assert re.findall(known, text) == []
