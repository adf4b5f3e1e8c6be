from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta

import pytest

from alertproof.report import PastRun
from alertproof.report.html.drawing.runs import SLOTS, draw_runs
from alertproof.verdict import Verdict


def run(place: int, verdict: Verdict = Verdict.PASSED, value: float | None = 100.0) -> PastRun:
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=place)
    return PastRun(run=f"r{place}", at=at, target="t", check="c", kind="probe", verdict=verdict, value=value)


def bars(*runs: PastRun) -> list[tuple[float, float]]:
    """Where the bars of passed runs stand, and how high they are."""
    paths = "".join(stroke.d for stroke in draw_runs(runs).strokes)
    return [(float(x), float(height)) for x, height in re.findall(r"M([\d.]+) [\d.]+v-([\d.]+)h", paths)]


def test_the_newest_run_stands_at_the_right_edge() -> None:
    width = draw_runs([]).width
    assert [x + 4 for x, _ in bars(run(0), run(1))] == [width - 6, width]


def test_only_the_last_runs_are_drawn() -> None:
    found = bars(*(run(place, value=place) for place in range(1, SLOTS + 4)))
    assert len(found) == SLOTS
    assert found[0] == (0, 3)  # the least that can be seen


def test_a_bar_is_as_high_as_its_share_of_the_largest_value() -> None:
    (_, low), (_, high) = bars(run(0, value=50), run(1, value=100))
    assert low == high / 2


@pytest.mark.parametrize(("verdict", "dots"), [(Verdict.FAILED, 1), (Verdict.BROKEN, 1), (Verdict.SKIPPED, 0)])
def test_each_verdict_has_a_form_of_its_own(verdict: Verdict, dots: int) -> None:
    drawing = draw_runs([run(0), run(1, verdict)])
    (box,) = drawing.boxes
    assert box.css == f"r-{verdict}"
    assert len(drawing.dots) == dots
    assert (box.height == 2) == (verdict is Verdict.SKIPPED)
    assert box.title.endswith(f"{verdict}, 100 ms, 2026-03-03 00:00:00 UTC")


@pytest.mark.parametrize("value", [None, 0.0])
def test_runs_without_a_value_can_be_drawn(value: float | None) -> None:
    ((_, height),) = bars(run(0, value=value))
    assert 3 <= height <= 24


def test_no_runs_are_an_empty_row() -> None:
    assert (draw_runs([]).boxes, draw_runs([]).strokes) == ([], [])
