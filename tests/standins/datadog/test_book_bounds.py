"""What people create is bounded in bytes as well as in number, and has room again when something is deleted."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from alertproof.errors import ConfigError
from alertproof.standins.datadog.monitoring.downtimes import DowntimeBook
from alertproof.standins.datadog.monitoring.governance import RuleBook
from alertproof.standins.datadog.monitoring.monitors import MonitorBook
from alertproof.standins.datadog.slo.book import Correction, SloBook
from alertproof.standins.datadog.wire import ApiError

NOW = datetime(2026, 3, 1, tzinfo=UTC)
SIZE = 10_000
LARGE = "x" * 4_000


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    for book in (MonitorBook, SloBook, DowntimeBook, RuleBook):
        monkeypatch.setattr(book, "SIZE", SIZE)


def monitor(text: str) -> dict[str, Any]:
    return {"type": "query alert", "name": "n", "query": "avg(last_5m):avg:a{*} > 1", "message": text}


def slo(text: str) -> dict[str, Any]:
    query = {"numerator": "sum:a{*}.as_count()", "denominator": "sum:b{*}.as_count()"}
    thresholds = [{"timeframe": "7d", "target": 99.0}]
    return {"type": "metric", "name": "n", "description": text, "query": query, "thresholds": thresholds}


def downtime(text: str) -> dict[str, Any]:
    return {"message": text, "scope": "env:prod", "monitor_identifier": {"monitor_tags": ["*"]}}


def rule(text: str) -> dict[str, Any]:
    return {"name": text, "filter": {"tags": ["team:a"]}, "recipients": ["slack-a"]}


def test_monitors() -> None:
    book = MonitorBook()
    first, second = (book.create(monitor(LARGE), NOW, {}) for _ in range(2))
    with pytest.raises(ConfigError, match=f"{SIZE} bytes"):
        book.create(monitor(LARGE), NOW, {})
    with pytest.raises(ConfigError, match=f"{SIZE} bytes"):
        book.update(first, {"message": LARGE * 2}, NOW, {})
    assert first.body["message"] == LARGE
    book.delete(second.id)
    book.update(first, {"message": "short"}, NOW, {})
    for _ in range(2):
        book.create(monitor(LARGE), NOW, {})
    assert len(book) == 3


def test_slos_and_their_corrections() -> None:
    book = SloBook()
    first = book.create(slo(LARGE), NOW)
    correction = Correction(id="c", slo_id=first.slo.id, attributes={"description": LARGE})
    book.put_correction(correction)
    with pytest.raises(ApiError, match=f"{SIZE} bytes"):
        book.create(slo(LARGE), NOW)
    with pytest.raises(ApiError, match=f"{SIZE} bytes"):
        book.put_correction(Correction(id="d", slo_id=first.slo.id, attributes={"description": LARGE}))
    book.delete(first.slo.id)
    assert book.corrections == {}
    for _ in range(2):
        book.create(slo(LARGE), NOW)


def test_downtimes_of_which_those_that_are_over_make_room() -> None:
    book = DowntimeBook()
    first, second = (book.create(downtime(LARGE), NOW) for _ in range(2))
    with pytest.raises(ApiError, match="none of its downtimes is over"):
        book.create(downtime(LARGE), NOW)
    book.cancel(first, NOW + timedelta(minutes=1))
    third = book.create(downtime(LARGE), NOW + timedelta(minutes=2))
    assert [kept.id for kept in book] == [second.id, third.id]
    with pytest.raises(ApiError, match=f"{SIZE} bytes"):
        book.update(third, {"message": LARGE * 2}, NOW + timedelta(minutes=2))
    assert third.attributes["message"] == LARGE


def test_rules_with_what_they_were_before() -> None:
    book = RuleBook()
    first, second = (book.create(rule(LARGE), NOW) for _ in range(2))
    with pytest.raises(ApiError, match=f"{SIZE} bytes"):
        book.create(rule(LARGE), NOW)
    with pytest.raises(ApiError, match=f"{SIZE} bytes"):
        book.update(first, rule("short" * 500), NOW)
    assert first.attributes["name"] == LARGE
    book.delete(second.id)
    book.update(first, rule("short"), NOW)
    assert first.past == (rule(LARGE),)
