from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from alertproof.report import PastRun
from alertproof.report.html.drawing.runs import SLOTS, draw_runs
from alertproof.verdict import Verdict


def run(place: int, verdict: Verdict = Verdict.PASSED, value: float | None = 100.0) -> PastRun:
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(days=place)
    return PastRun(run=f"r{place}", at=at, target="t", check="c", kind="probe", verdict=verdict, value=value)


def test_the_newest_run_stands_at_the_right_edge() -> None:
    drawing = draw_runs([run(0), run(1)])
    assert [box.x + box.width for box in drawing.boxes] == [drawing.width - 6, drawing.width]


def test_only_the_last_runs_are_drawn() -> None:
    drawing = draw_runs([run(place) for place in range(SLOTS + 3)])
    assert len(drawing.boxes) == SLOTS
    assert drawing.boxes[0].x == 0
    assert "2026-03-05" in drawing.boxes[0].title


def test_a_bar_is_as_high_as_its_share_of_the_largest_value() -> None:
    low, high = draw_runs([run(0, value=50), run(1, value=100)]).boxes
    assert low.height == high.height / 2
    assert low.y + low.height == high.y + high.height


@pytest.mark.parametrize(
    ("verdict", "dots"), [(Verdict.PASSED, 0), (Verdict.FAILED, 1), (Verdict.BROKEN, 1), (Verdict.SKIPPED, 0)]
)
def test_each_verdict_has_a_form_of_its_own(verdict: Verdict, dots: int) -> None:
    drawing = draw_runs([run(0), run(1, verdict)])
    assert drawing.boxes[1].css == f"r-{verdict}"
    assert len(drawing.dots) == dots
    assert (drawing.boxes[1].height == 2) == (verdict is Verdict.SKIPPED)


@pytest.mark.parametrize("value", [None, 0.0])
def test_runs_without_a_value_can_be_drawn(value: float | None) -> None:
    (box,) = draw_runs([run(0, value=value)]).boxes
    assert 3 <= box.height <= 24
    assert ("ms" in box.title) == (value is not None and value > 0)


def test_no_runs_are_an_empty_row() -> None:
    assert draw_runs([]).boxes == []
