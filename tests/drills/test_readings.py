"""Three readings of one sentence: formula and the monitor's own engine agree when each of them fires."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from alertproof.drills.readings import READINGS, fires_after, read_as, reading_of
from alertproof.drills.rehearsal import Rehearsal, rehearse
from alertproof.drills.timeline import STEP, slow_requests
from alertproof.errors import NotModelled
from alertproof.requirements import load_specification
from alertproof.telemetry.series import SeriesStore

SPEC = load_specification(Path(__file__).parents[2] / "monitoring")
P95 = SPEC.alert("api-latency-p95")
MONITOR: dict[str, Any] = json.loads((SPEC.folder / P95.monitor).read_text(encoding="utf-8"))
WINDOW, THRESHOLD = timedelta(minutes=10), timedelta(milliseconds=800)


def exact(reading: str, *, share: float = 0.10, seconds: float = 0.9, growth: float = 1.0) -> timedelta | None:
    value = timedelta(seconds=seconds)
    return fires_after(reading, window=WINDOW, share=share, value=value, threshold=THRESHOLD, growth=growth)


def by_engine(reading: str, *, share: float = 0.10, seconds: float = 0.9, growth: float = 1.0) -> Rehearsal:
    def timeline(begins: datetime, ends: datetime) -> SeriesStore:
        slow = timedelta(seconds=seconds)
        return slow_requests(P95.indicator, share, slow, begins=begins, ends=ends, growth=growth)

    return rehearse(read_as(MONITOR, reading), timeline, limit=timedelta(minutes=30), slos={})


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(
    ("share", "seconds", "growth"), [(0.10, 0.9, 1.0), (0.10, 0.9, 1.6), (0.10, 1.6, 1.6), (0.5, 0.9, 1.2)]
)
def test_formula_and_engine_agree(reading: str, share: float, seconds: float, growth: float) -> None:
    expected = exact(reading, share=share, seconds=seconds, growth=growth)
    found = by_engine(reading, share=share, seconds=seconds, growth=growth)

    assert expected is not None
    assert found.earliest is not None
    assert found.latest is not None
    slack = timedelta(seconds=2 * STEP)
    assert expected - slack <= found.earliest <= found.latest <= expected + timedelta(minutes=1) + slack


def test_the_readings_are_minutes_apart() -> None:
    pooled, mean, always = (exact(reading) for reading in READINGS)

    assert pooled == timedelta(minutes=5)
    assert mean == timedelta(minutes=10) * 8 / 9
    assert always == timedelta(minutes=10)


@pytest.mark.parametrize("reading", READINGS)
@pytest.mark.parametrize(("share", "seconds"), [(0.025, 0.9), (0.05, 0.9), (0.10, 0.8)])
def test_what_is_not_above_the_threshold_never_fires_by_any_reading(reading: str, share: float, seconds: float) -> None:
    assert exact(reading, share=share, seconds=seconds) is None
    assert by_engine(reading, share=share, seconds=seconds) == Rehearsal(earliest=None, latest=None)


def test_a_monitor_says_which_reading_it_has_and_keeps_all_else_with_another() -> None:
    assert reading_of(MONITOR) == "pooled"
    other = read_as(MONITOR, "at all times")
    assert reading_of(other) == "at all times"
    assert other["query"] == MONITOR["query"].replace("percentile(", "min(")
    assert read_as(other, "pooled") == MONITOR

    with pytest.raises(NotModelled, match="no reading of a percentile over a window: sum"):
        reading_of({"query": "sum(last_5m):sum:a{*} > 1"})
