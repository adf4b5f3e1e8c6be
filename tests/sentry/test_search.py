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
    ],
)
def test_a_search_does_not_find_the_event(event: Event, query: str) -> None:
    assert not matches(event, parse_search(query))


def test_a_quoted_value_may_hold_an_escaped_quote() -> None:
    assert parse_search(r'message:"say \"hi\""') == (Term("message", 'say "hi"'),)


@pytest.mark.parametrize(
    ("query", "named"),
    [
        ("free text", "the term 'free'"),
        ("a:1 OR b:2", "the operator 'OR'"),
        ("is:resolved", "is:resolved"),
        ("timestamp:>2026-01-01", "timestamp:>2026-01-01"),
        ("user.id:>5", "the comparison user.id:>5"),
        ("error.type:[a,b]", "the comparison error.type:[a,b]"),
        ("has:user", "has:user"),
        ('unclosed:"quote', "the term"),
        ("key:", "the term 'key:'"),
        ("(a:1", "the term '(a:1'"),
    ],
)
def test_a_search_that_is_not_modelled_is_refused_by_name(query: str, named: str) -> None:
    with pytest.raises(NotModelled) as raised:
        parse_search(query)
    assert named in str(raised.value)
