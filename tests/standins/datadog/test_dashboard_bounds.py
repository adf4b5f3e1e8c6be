"""How many dashboards, and how much of them, are kept."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from alertproof.standins.datadog.dashboards import DashboardBook
from alertproof.standins.datadog.wire import ApiError

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def body(size: int) -> dict[str, Any]:
    return {"title": "t", "layout_type": "ordered", "widgets": [], "description": "x" * size}


def test_beyond_so_many_bytes_deleted_ones_are_forgotten_and_then_no_more_are_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(DashboardBook, "SIZE", 10_000)
    book = DashboardBook()
    first, second = (book.create(body(4_000), NOW) for _ in range(2))
    with pytest.raises(ApiError, match="10000 bytes"):
        book.create(body(4_000), NOW)
    first.deleted = NOW
    third = book.create(body(4_000), NOW)
    assert [kept.id for kept in book] == [second.id, third.id]
    book.replace(third, body(100), NOW)
    book.create(body(3_000), NOW)
    with pytest.raises(ApiError, match="10000 bytes"):
        book.replace(second, body(9_000), NOW)
    assert len(second.body["description"]) == 4_000


def test_beyond_so_many_no_more_are_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DashboardBook, "KEPT", 2)
    book = DashboardBook()
    for _ in range(2):
        book.create(body(1), NOW)
    with pytest.raises(ApiError, match="at most 2 dashboards"):
        book.create(body(1), NOW)


def test_one_that_could_never_be_kept_costs_no_deleted_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DashboardBook, "SIZE", 10_000)
    book = DashboardBook()
    deleted, _ = (book.create(body(3_000), NOW) for _ in range(2))
    deleted.deleted = NOW
    with pytest.raises(ApiError, match="10000 bytes"):
        book.create(body(8_000), NOW)
    assert book.get(deleted.id, deleted=True) is deleted
