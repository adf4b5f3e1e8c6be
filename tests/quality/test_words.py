"""Numbers, spans, comparisons and lists in words."""

from __future__ import annotations

from datetime import timedelta

import pytest

from alertproof.quality.words import back_again, holds, listed, ordinal, span_in_words, window_in_words


@pytest.mark.parametrize(
    ("seconds", "words"),
    [
        (0, "0 seconds"),
        (1, "1 second"),
        (90, "90 seconds"),
        (300, "5 minutes"),
        (3600, "1 hour"),
        (5400, "90 minutes"),
        (86400, "1 day"),
        (604800, "1 week"),
        (172800, "2 days"),
    ],
)
def test_a_span_is_said_in_the_largest_unit_that_fits(seconds: int, words: str) -> None:
    assert span_in_words(timedelta(seconds=seconds)) == words


def test_a_window_keeps_its_own_unit() -> None:
    assert [window_in_words(1, "mo"), window_in_words(60, "m"), window_in_words(2, "w")] == [
        "1 month",
        "60 minutes",
        "2 weeks",
    ]


@pytest.mark.parametrize(
    ("comparator", "bad", "good"),
    [
        (">", "is above 5", "is 5 or less"),
        (">=", "is 5 or more", "is below 5"),
        ("<", "is below 5", "is 5 or more"),
        ("<=", "is 5 or less", "is above 5"),
    ],
)
def test_a_comparison_and_its_end(comparator: str, bad: str, good: str) -> None:
    assert holds(comparator, "5") == bad
    assert back_again(comparator, "5") == good


def test_lists_and_ordinals() -> None:
    assert [listed([]), listed(["a"]), listed(["a", "b"]), listed(["a", "b", "c"], "or")] == [
        "",
        "a",
        "a and b",
        "a, b or c",
    ]
    assert [ordinal(number) for number in ("1", "2", "3", "11", "95", "99.9")] == [
        "1st",
        "2nd",
        "3rd",
        "11th",
        "95th",
        "99.9th",
    ]
