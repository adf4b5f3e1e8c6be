"""What share of the leaks is stopped and of the useful kept; each that is not is listed by its name."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from tests.m3core.scrubbing.grammar import Case, cases
from tests.m3core.scrubbing.places import event_with, keeps, kept_in, leaks

from alertproof.canaries import find_canary
from m3core.scrubbing import scrub_event

Scrub = Callable[[dict[str, Any]], dict[str, Any]]


def written(event: object) -> bytes:
    try:
        return json.dumps(
            event, default=lambda other: bytes(other).decode(errors="replace"), ensure_ascii=False
        ).encode()
    except TypeError:  # a key that JSON does not have
        return repr(event).encode()


def missed(scrub: Scrub, corpus: Iterable[Case]) -> list[str]:
    """Return the names of the leaks that a scrubber does not stop."""
    return [
        case.name for case in corpus if find_canary(written(scrub(event_with(case.place, case.content))), case.canary)
    ]


def test_the_corpus_is_what_the_grammar_writes_and_large_enough() -> None:
    assert leaks() == cases()
    assert len(leaks()) >= 300
    assert len({case.name for case in leaks()}) == len(leaks())


def test_each_canary_is_seen_where_nothing_is_scrubbed() -> None:
    assert missed(lambda event: event, leaks()) == [case.name for case in leaks()]


def test_of_the_leaks_at_least_ninety_nine_in_a_hundred_are_stopped() -> None:
    found = missed(scrub_event, leaks())

    assert len(found) <= len(leaks()) // 100, found


def test_of_what_is_useful_at_least_ninety_nine_in_a_hundred_are_kept() -> None:
    corpus = keeps()
    eaten = [keep.name for keep in corpus if not kept_in(scrub_event(keep.event), keep)]

    assert len(corpus) >= 200
    assert len(eaten) <= len(corpus) // 100, eaten


def test_a_scrubber_that_eats_everything_keeps_nothing() -> None:
    assert not any(kept_in(dict.fromkeys(keep.event, "[Filtered]"), keep) for keep in keeps())


@pytest.mark.parametrize("case", leaks()[::23], ids=lambda case: case.name)
def test_a_scrubbed_event_is_not_changed_by_scrubbing_it_again(case: Case) -> None:
    once = scrub_event(event_with(case.place, case.content))

    assert scrub_event(once) == once
