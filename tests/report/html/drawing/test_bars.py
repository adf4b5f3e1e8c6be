from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from alertproof.journal import JourneyJournal, Phases, ProbeJournal, ProbeRun
from alertproof.report.html.drawing.bars import BAR_WIDTH, LIMIT, draw_budget, draw_gauge, draw_phases
from alertproof.report.ratings import VITALS, Vital, VitalSeen

replace = msgspec.structs.replace
BUDGET = timedelta(milliseconds=800)
SPANS = st.timedeltas(min_value=timedelta(0), max_value=timedelta(days=3))


def test_a_total_reaches_as_far_as_its_share_of_the_budget() -> None:
    track, bar = draw_budget(BUDGET / 2, BUDGET).boxes
    assert (track.css, bar.css, bar.width) == ("track", "spent", LIMIT / 2)


def test_exactly_the_budget_reaches_the_mark_and_is_within_it() -> None:
    drawing = draw_budget(BUDGET, BUDGET)
    assert [box.css for box in drawing.boxes] == ["track", "spent"]
    assert drawing.boxes[1].width == drawing.rules[0].x1 == LIMIT
    assert drawing.rules[0].css == "limit"


def test_what_exceeds_the_budget_is_hatched_beyond_the_mark() -> None:
    drawing = draw_budget(BUDGET * 1.2, BUDGET)
    assert [(box.css, box.hatched) for box in drawing.boxes] == [
        ("track", False),
        ("spent-late", False),
        ("excess", True),
    ]
    assert drawing.boxes[2].x == LIMIT
    assert drawing.boxes[2].width == pytest.approx(LIMIT * 0.2)
    assert drawing.rules[0].css == "limit late"


def test_a_bar_that_would_leave_the_drawing_is_torn() -> None:
    assert (BAR_WIDTH, LIMIT) == (200, 150)  # 800 ms end at 150 and 1,066.7 ms at 200
    assert not draw_budget(timedelta(milliseconds=1066), BUDGET).strokes
    assert draw_budget(timedelta(milliseconds=1067), BUDGET).strokes


@given(SPANS, SPANS)
def test_every_bar_stays_inside(total: timedelta, budget: timedelta) -> None:
    for box in draw_budget(total, budget).boxes:
        assert 0 <= box.x <= box.x + box.width <= BAR_WIDTH + 1.5


def test_phases_follow_each_other_as_shares_of_the_total(slow_probe: ProbeJournal) -> None:
    run = replace(
        slow_probe.runs[0],
        total=timedelta(milliseconds=100),
        phases=Phases(dns=timedelta(milliseconds=10), first_byte=timedelta(milliseconds=60)),
    )
    drawing = draw_phases(run)
    assert drawing is not None
    assert [(box.css, box.x, box.width, box.title) for box in drawing.boxes] == [
        ("p-dns", 0, BAR_WIDTH * 0.1 - 1, "DNS 10 ms"),
        ("p-first", BAR_WIDTH * 0.1, BAR_WIDTH * 0.6 - 1, "first byte 60 ms"),
        ("p-other", BAR_WIDTH * 0.7, BAR_WIDTH * 0.3 - 1, "other 30 ms"),
    ]


def test_without_a_phase_there_is_nothing_to_draw(slow_probe: ProbeJournal) -> None:
    run = slow_probe.runs[0]
    assert draw_phases(replace(run, phases=Phases())) is None
    assert draw_phases(replace(run, phases=Phases(dns=timedelta(0)))) is None


RUN = ProbeRun(
    at=datetime(2026, 3, 2, tzinfo=UTC),
    name="n",
    tenant="",
    method="GET",
    path="/",
    connection="cold",
    status=200,
    total=timedelta(0),
    phases=Phases(),
)


@given(total=SPANS, spans=st.lists(st.none() | SPANS, min_size=5, max_size=5))
def test_every_phase_stays_inside(total: timedelta, spans: list[timedelta | None]) -> None:
    names = ("dns", "connect", "tls", "first_byte", "transfer")
    phases = Phases(**dict(zip(names, spans, strict=True)))
    drawing = draw_phases(replace(RUN, total=total, phases=phases))
    for box in drawing.boxes if drawing else ():
        assert 0 <= box.x <= box.x + box.width <= BAR_WIDTH + 0.5


@pytest.mark.parametrize("vital", VITALS, ids=lambda vital: vital.short)
def test_a_gauge_has_its_needle_in_the_zone_of_the_rating(walked: JourneyJournal, vital: Vital) -> None:
    zones = {"good": 0, "needs improvement": 1, "poor": 2}
    for value in (0.0, vital.good * 0.9, vital.good * 1.1, vital.poor * 0.9, vital.poor * 1.1, vital.poor * 99):
        seen = VitalSeen(vital=vital, page=walked.pages[0], value=value)
        drawing = draw_gauge(seen)
        needle, zone = drawing.rules[0].x1, drawing.boxes[zones[seen.rating]]
        assert zone.x - 1 <= needle <= zone.x + zone.width + 2
        assert 0 <= needle <= drawing.width
