"""What the clients saw, through a monitor's own engine: it fires when more of the window is slow than is allowed."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertproof.drills.readings import read_as
from alertproof.drills.replay import first_alert, seen_by_clients
from alertproof.requirements import load_specification

SPEC = load_specification(Path(__file__).parents[2] / "monitoring")
P95 = SPEC.alert("api-latency-p95")
MONITOR: dict[str, Any] = json.loads((SPEC.folder / P95.monitor).read_text(encoding="utf-8"))
BEGAN = datetime(2026, 1, 1, 12, 0, 25, tzinfo=UTC)


def requests(*, every: int, slow: float = 0.9, minutes: float = 12) -> list[tuple[datetime, float]]:
    """Return ten minutes of good requests, ten a second, and since then one slow one of so many."""
    before = [(BEGAN + timedelta(seconds=index / 10), 0.02) for index in range(-6000, 0)]
    after = [
        (BEGAN + timedelta(seconds=index / 10), slow if index % every == 0 else 0.02)
        for index in range(round(600 * minutes))
    ]
    return before + after


def alert(sent: list[tuple[datetime, float]], *, reading: str = "pooled", factor: float = 1.0) -> timedelta | None:
    store = seen_by_clients(P95.indicator, sent, factor=factor)
    until = BEGAN + timedelta(minutes=12)
    at = first_alert(read_as(MONITOR, reading), store, since=BEGAN, until=until, slos={})
    return None if at is None else at - BEGAN


def test_a_tenth_slow_fires_half_a_window_later_at_the_next_full_minute() -> None:
    assert alert(requests(every=10)) == timedelta(minutes=5, seconds=35)


def test_a_fortieth_slow_does_not_fire() -> None:
    assert alert(requests(every=40)) is None


@pytest.mark.parametrize(
    ("reading", "after"), [("mean", timedelta(minutes=9, seconds=35)), ("at all times", timedelta(minutes=10))]
)
def test_the_other_readings_fire_later(reading: str, after: timedelta) -> None:
    found = alert(requests(every=10), reading=reading)

    assert found is not None
    assert after - timedelta(minutes=1) <= found <= after + timedelta(minutes=1)


def test_on_a_faster_clock_an_answer_counts_so_many_times_as_late() -> None:
    """Of requests that take a minute of that clock, none is measured in the first minute after the fault."""
    slow, quick = alert(requests(every=2), factor=1.0), alert(requests(every=2), factor=60 / 0.9)

    assert slow == timedelta(seconds=95)
    assert quick == slow + timedelta(minutes=1)


def test_the_order_in_which_requests_are_told_does_not_matter() -> None:
    assert alert(requests(every=10)[::-1]) == alert(requests(every=10))
