from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.probes.wording import clipped, days, excerpt, span


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (0, "0 ms"),
        (0.43, "0.43 ms"),
        (9.99, "9.99 ms"),
        (10, "10 ms"),
        (12.14, "12.1 ms"),
        (99.94, "99.9 ms"),
        (99.95, "100 ms"),
        (100, "100 ms"),
        (999.4, "999 ms"),
        (999.5, "1.00 s"),
        (1210, "1.21 s"),
        (3_600_000, "3,600.00 s"),
    ],
)
def test_a_span_has_three_digits_that_count(milliseconds: float, text: str) -> None:
    assert span(timedelta(milliseconds=milliseconds)) == text


@pytest.mark.parametrize(
    ("body", "text"),
    [
        ("", "an empty body"),
        (" \n", "a blank body"),
        ('{"a":\n  1}', '{"a": 1}'),
        ("a\x1b[31m", "a\N{REPLACEMENT CHARACTER}[31m"),
        ("x" * 200, "x" * 200),
        ("x" * 201, "x" * 200 + "…"),
    ],
)
def test_an_excerpt_is_one_short_line(body: str, text: str) -> None:
    assert excerpt(body) == text


@given(st.text(max_size=2000))
def test_an_excerpt_of_anything_is_one_line_of_what_can_be_printed(body: str) -> None:
    text = excerpt(body)

    assert 0 < len(text) <= 201
    assert text.isprintable()


def test_a_text_is_cut_at_its_limit_and_not_before() -> None:
    assert clipped("abc", at=3) == "abc"
    assert clipped("abcd", at=3) == "ab…"


@pytest.mark.parametrize(
    ("left", "said"),
    [
        (timedelta(days=21), "21 d"),
        (timedelta(days=7) - timedelta(seconds=1), "6 d 23 h"),
        (timedelta(hours=1), "1 h"),
        (timedelta(minutes=59), "0 h"),
        (timedelta(minutes=-59), "0 h"),
        (timedelta(days=-3, hours=-1), "-3 d 1 h"),
    ],
)
def test_days_and_hours(left: timedelta, said: str) -> None:
    assert days(left) == said
