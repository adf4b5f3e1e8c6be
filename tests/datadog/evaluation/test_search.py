"""Which records a search finds [LOGSYN]."""

from __future__ import annotations

import pytest

from alertproof.datadog.evaluation.search import found_by
from alertproof.datadog.query import parse_search
from alertproof.errors import NotModelled
from alertproof.telemetry.records import Record, Records, Value


def finds(search: str, text: str = "", **attributes: Value) -> bool:
    records = Records([Record(at=0.0, text=text, attributes=attributes)])
    (found,) = found_by(parse_search(search).expression, records).tolist()
    return bool(found)


@pytest.mark.parametrize(
    ("search", "text", "found"),
    [
        ("/api/users", "GET /api/users 500", True),
        ("/api/users", "GET /api/v1/users 500", False),
        ("/api/users", "users of /api", False),
        ("key=value", "a key=value pair", True),
        ("key=value", "a value=key pair", False),
        ("'card", "the 'card' was declined", True),
        ("user@example.com", "from user@example.com", True),
        ("web-01", "on web-01", True),
        ("web-01", "on web 01", False),
        ("*time*", "a Timeout", True),
        ("*time*", "a tim e", False),
    ],
)
def test_a_term_of_several_words_is_looked_for_as_they_follow_each_other(search: str, text: str, found: bool) -> None:
    assert finds(search, text) is found


@pytest.mark.parametrize(
    ("search", "named"),
    [
        ("/", "a search for a text without a word: /"),
        ('"="', 'a search for a text without a word: "="'),
        ("*/api/*", "a wildcard in a term of several words: */api/*"),
    ],
)
def test_a_term_whose_words_are_not_known_is_refused(search: str, named: str) -> None:
    with pytest.raises(NotModelled) as caught:
        finds(search, "x = y")
    assert named in str(caught.value)


@pytest.mark.parametrize(
    ("search", "value", "found"),
    [
        ("@v:1.10", "1.1", False),
        ("@v:1.1", "1.1", True),
        ("@v:1.10", 1.1, True),
        ("@v:200", 200.0, True),
        ("@v:200", "200", True),
        ("@v:1000", "1_000", False),
        ("@v:>5", "infinity", False),
        ("@v:>5", "6", True),
        ("@v:>5", 6.0, True),
        ("@v:true", True, True),
        ("@v:1", True, False),
    ],
)
def test_numbers_are_equal_as_numbers_and_texts_as_texts(search: str, value: Value, found: bool) -> None:
    assert finds(search, v=value) is found


@pytest.mark.parametrize("search", ["@v:>1e999", "@v:>2s", "@v:[a TO b]"])
def test_a_bound_that_is_no_number_is_refused(search: str) -> None:
    with pytest.raises(NotModelled, match="which is no number"):
        finds(search, v=1.0)
