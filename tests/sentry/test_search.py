from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from alertproof.errors import NotModelled
from alertproof.sentry import Event, Term, matches, parse_search, read_event

NOW = datetime(2026, 1, 1, tzinfo=UTC)
EVENT: dict[str, Any] = {
    "tags": {"correlation_id": "abc-123", "odd": "a[b]?", "spaced": "two words"},
    "environment": "drill",
    "release": "r1",
    "level": "error",
    "platform": "python",
    "transaction": "GET /api/leads",
    "exception": [{"type": "Cause", "value": "x"}, {"type": "ZeroDivisionError", "value": "division by zero"}],
    "contexts": {"trace": {"trace_id": "f" * 32}},
    "user": {"id": 7, "email": "agent@acme.example"},
}


@pytest.fixture(name="event")
def _event() -> Event:
    data = json.dumps(EVENT).encode()
    return read_event(data, kind="error", event_id="a" * 32, received=NOW, mapped=lambda instant: instant)


@pytest.mark.parametrize(
    "query",
    [
        "",
        "correlation_id:abc-123",
        'correlation_id:"abc-123"',
        "tags[correlation_id]:abc-123",
        "correlation_id:abc-*",
        "correlation_id:*",
        "correlation_id:abc-123 is:unresolved level:error",
        "!correlation_id:other",
        "!missing:x",
        'spaced:"two words"',
        "odd:a[b]?",
        "odd:a[*?",
        f"id:{'a' * 32}",
        "event.type:error",
        "error.type:Cause",
        "error.type:ZeroDivisionError",
        'error.value:"division by zero"',
        'title:"ZeroDivisionError: division by zero"',
        'transaction:"GET /api/leads"',
        "environment:drill release:r1 platform:python",
        f"trace:{'f' * 32}",
        "user.id:7 user.email:agent@acme.example",
        "user:id:7",
        "division by ZERO",
        '"ZeroDivisionError: div"',
        "has:correlation_id !has:missing",
        "error.type:[Other,Cause]",
        "!error.type:[Other,More]",
        "timestamp:>=2026-01-01 timestamp:<2026-01-02",
        "level:fatal OR level:error",
        "level:fatal AND level:error OR platform:python",
        "(level:fatal OR level:error) AND platform:python",
        "level:fatal OR (level:error platform:python)",
        "!is:resolved",
    ],
)  # fmt: skip
def test_a_search_finds_the_event(event: Event, query: str) -> None:
    assert matches(event, parse_search(query))


@pytest.mark.parametrize(
    "query",
    [
        "correlation_id:abc",
        "correlation_id:abc-12",
        "correlation_id:ABC-123",
        "correlation_id:*x",
        "missing:*",
        "!correlation_id:abc-123",
        "!correlation_id:abc*",
        "!is:unresolved",
        "correlation_id:abc-123 level:warning",
        "odd:ab?",
        "error.type:Zero",
        "division by seven",
        "has:missing",
        "error.type:[Other,More]",
        "timestamp:>2026-01-01",
        "platform:python AND (level:fatal OR level:warning)",
        "level:fatal OR level:error platform:node",
        "is:resolved",
        # A tag is text, also when it looks like a number.
        "user.id:>5",
    ],
)
def test_a_search_does_not_find_the_event(event: Event, query: str) -> None:
    assert not matches(event, parse_search(query))


def test_a_quoted_value_may_hold_an_escaped_quote() -> None:
    assert parse_search(r'message:"say \"hi\""') == (Term("message", 'say "hi"'),)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("is:assigned", "is:assigned"),
        ("firstSeen:-1h", "firstSeen:-1h"),
        ("user.id:>five", "the comparison user.id:>five"),
        ("a:1 OR", "ends in nothing"),
        ("OR a:1", "OR joins nothing"),
        ("a:1 AND OR b:2", "OR joins nothing"),
        ("(a:1", "'(' is never closed"),
        ("a:1)", "')' closes nothing"),
        ("()", "ends in nothing"),
        ("(" * 30 + "a:1" + ")" * 30, "deeper than 20"),
        ('unclosed:"quote', "the term"),
        ("key:", "the term 'key:'"),
    ],
)
def test_a_search_that_is_not_modelled_is_refused_by_name(query: str, named: str) -> None:
    with pytest.raises(NotModelled) as raised:
        parse_search(query)
    assert named in str(raised.value)
