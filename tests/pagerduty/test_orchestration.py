"""The language of conditions."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.errors import AlertproofError, ConfigError, NotModelled
from alertproof.pagerduty import parse_event
from alertproof.pagerduty.orchestration import parse_condition

EVENT = parse_event(
    {
        "routing_key": "k" * 32,
        "event_action": "trigger",
        "payload": {
            "summary": "disk isn't full",
            "source": "db-1",
            "severity": "warning",
            "custom_details": {"host": {"name": "h1"}, "count": 5},
        },
    }
)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ("event.source matches 'db-1'", True),
        ("event.source matches 'db'", False),
        ("event.source matches part 'db'", True),
        ("event.source matches part 'DB'", False),
        ("event.source does not match 'db-1'", False),
        ("event.source does not match part 'web'", True),
        (r"event.summary matches 'disk isn\'t full'", True),
        ("event.severity matches 'warning'", True),
        ("event.component exists", False),
        ("event.component does not exist", True),
        ("event.component matches ''", False),
        ("event.custom_details.host.name matches 'h1'", True),
        ("event.custom_details.host.name.more exists", False),
        ("event.custom_details.count matches '5'", True),
        ("not event.source exists", False),
        ("not not event.source exists", True),
        ("event.source exists and event.component exists", False),
        ("event.component exists or event.source exists", True),
        ("event.source exists or event.source exists and event.component exists", True),
        ("(event.source exists or event.source exists) and event.component exists", False),
        ("not (event.source exists and event.component exists)", True),
    ],
)
def test_a_condition_holds(condition: str, holds: bool) -> None:
    assert parse_condition(condition)(EVENT) is holds


@pytest.mark.parametrize(
    ("condition", "error"),
    [
        ("", ConfigError),
        ("event.source", ConfigError),
        ("event.source matches", ConfigError),
        ("event.source matches db", ConfigError),
        ("event.source matches 'a", ConfigError),
        ("event.source exists event.source exists", ConfigError),
        ("(event.source exists", ConfigError),
        ("event.source exists and", ConfigError),
        ("event.source does matches 'a'", ConfigError),
        ("event.source > 5", ConfigError),
        ("(" * 60 + "event.source exists" + ")" * 60, ConfigError),
        ("not " * 60 + "event.source exists", ConfigError),
        ("event.source exists or " * 300 + "event.source exists", ConfigError),
        ("event.source matches regex 'a'", NotModelled),
        ("now in Mondays", NotModelled),
    ],
)
def test_what_is_no_condition_or_is_not_read_is_said(condition: str, error: type[Exception]) -> None:
    with pytest.raises(error):
        parse_condition(condition)


_WORDS = st.sampled_from(
    ["event.source", "matches", "part", "'db-1'", "exists", "not", "and", "or", "(", ")", "does", "match", "exist", "'"]
)


@given(st.lists(_WORDS, max_size=12).map(" ".join))
def test_any_words_are_a_condition_or_an_error_of_ours(text: str) -> None:
    try:
        condition = parse_condition(text)
    except AlertproofError:
        return
    assert condition(EVENT) in {True, False}
