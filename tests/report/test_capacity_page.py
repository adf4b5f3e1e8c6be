"""The page of a capacity search: what it draws is what was seen, and where nothing was found it says so."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from alertproof.journal import FailureSeen
from alertproof.loadgen import CapacityRun, CapacityTick
from alertproof.loadgen.behaviour import behaviour_of
from alertproof.loadgen.capacity import Outcome
from alertproof.report.capacity import render_capacity_page, write_capacity_page
from alertproof.report.capacity.drawing import draw_course, draw_knee, parts
from alertproof.verdict import Verdict

MS = timedelta(milliseconds=1)


def tick(second: int, phase: str, rate: float, *, slow: int = 0, p95: float | None = 100) -> CapacityTick:
    known = None if p95 is None else p95 * MS
    return CapacityTick(second=second, phase=phase, rate=rate, n=round(rate), slow=slow, in_flight=3, p95=known)


TICKS = (
    *(tick(second, "warm-up", 10) for second in range(5)),
    *(tick(second, "bracket", 40) for second in range(5, 13)),
    *(tick(second, "bracket", 56, slow=56, p95=None) for second in range(13, 21)),
    *(tick(second, "bracket", 20, slow=20 if second < 24 else 0, p95=900) for second in range(21, 28)),
    *(tick(second, "track", 45 + second % 3, slow=2, p95=790) for second in range(28, 60)),
)
RUN = CapacityRun(
    target="staging",
    profile="find-capacity",
    scenario="leads",
    verdict=Verdict.PASSED,
    outcome=Outcome.PASS,
    reason="the capacity is 46/s (95 % interval 44 to 48), and 30/s times 1.3 is required",
    required=30,
    headroom=1.3,
    limit=800 * MS,
    share=0.05,
    tick=timedelta(seconds=1),
    rate=46,
    low=44,
    high=48,
    sent=2000,
    lag_p99=4 * MS,
    ticks=TICKS,
    behaviour=behaviour_of(TICKS, sent=2000, tick=1.0, allowed=0.05),
)


def test_each_step_is_one_point_and_near_the_capacity_ten_seconds_are() -> None:
    found = parts(RUN)

    assert [(part.second, part.seconds, part.phase) for part in found] == [
        (0, 5, "warm-up"),
        (5, 8, "bracket"),
        (13, 8, "bracket"),
        (21, 7, "bracket"),
        (28, 10, "track"),
        (38, 10, "track"),
        (48, 10, "track"),
        (58, 2, "track"),
    ]
    assert sum(part.n for part in found) == sum(one.n for one in TICKS)
    assert [part.drains for part in found] == [False, False, False, True, False, False, False, False]
    assert found[2].p95 is None  # most of its seconds had none
    assert found[4].p95 == 790 * MS


def test_a_point_stands_right_of_another_with_a_lower_rate_and_is_red_above_the_limit() -> None:
    dots = draw_knee(RUN).dots
    p95, share = dots[:8], dots[8:]

    assert p95[0].x < p95[3].x < p95[1].x < p95[4].x < p95[2].x
    assert p95[2].y < p95[4].y < p95[0].y  # what was not answered stands above all
    assert [dot.css for dot in p95] == ["within", "within", "above", "reading", *["within"] * 4]
    assert [dot.css for dot in share][:3] == ["within", "within", "above"]
    assert "p95 790 ms, 20 of " in p95[4].title


def test_the_interval_the_capacity_and_what_is_needed_are_where_they_are() -> None:
    drawing = draw_knee(RUN)
    (band, _) = [box for box in drawing.boxes if box.css == "warm"]
    (capacity, _) = [rule for rule in drawing.rules if rule.css == "limit"]
    (needed, _) = [rule for rule in drawing.rules if rule.css == "wanted"]

    assert band.x < capacity.x1 < band.x + band.width
    assert needed.x1 < band.x
    assert {"capacity 46", "needed 39"} <= {label.text for label in drawing.labels}


def test_without_a_capacity_none_is_drawn_and_the_rest_is() -> None:
    unknown = replace(RUN, rate=None, low=60.0, high=None, outcome=Outcome.INCONCLUSIVE)

    assert not [rule for rule in draw_knee(unknown).rules if rule.css == "limit"]
    assert len(draw_knee(unknown).dots) == 16
    assert len(draw_course(unknown).strokes) == 1
    assert "at least 60/s" in render_capacity_page(unknown)


def test_the_page_says_the_answer_the_words_and_how_requests_failed() -> None:
    failed = FailureSeen(name="GET /api/<b>", trouble="answered 500", n=3, correlation_id="c1")
    page = render_capacity_page(replace(RUN, failures=(failed,)))

    assert "PASS: the capacity is 46/s" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "Degradation: of the requests none took longer than" in page.replace("\N{NO-BREAK SPACE}", " ")
    assert "GET /api/&lt;b&gt;" in page
    assert "<script" not in page
    assert "default-src &#39;none&#39;" in page or "default-src 'none'" in page


@pytest.mark.parametrize("reason", ["interrupted after 3 s", "the kill switch load.stop appeared"])
def test_a_broken_search_without_a_second_has_a_page_that_says_why(reason: str, tmp_path: Path) -> None:
    broken = replace(
        RUN, outcome=None, verdict=Verdict.BROKEN, reason=reason, ticks=(), sent=0, rate=None, low=None, behaviour=None
    )

    write_capacity_page(broken, tmp_path / "capacity.html")

    page = (tmp_path / "capacity.html").read_text(encoding="utf-8")
    assert reason in page
    assert "There is nothing to draw" in page
