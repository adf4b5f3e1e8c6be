from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from alertproof.journal import JourneyJournal
from alertproof.report.html.drawing import Drawing, draw_journey
from alertproof.report.html.drawing.waterfall import LEFT, RIGHT, pages_of_steps

replace = msgspec.structs.replace


def at(milliseconds: float, end: float = 1420) -> float:
    """Where an instant of the passed journey stands: its last step ends after 1,420 ms."""
    return round(LEFT + milliseconds / end * (RIGHT - LEFT), 2)


def texts(drawing: Drawing) -> list[str]:
    return [label.text for label in drawing.labels]


def test_a_step_is_a_span_from_its_beginning_to_its_end(walked: JourneyJournal) -> None:
    spans = [box for box in draw_journey(walked).boxes if box.css == "span"]
    for box, (began, ended) in zip(spans, ((10, 250), (260, 870), (890, 1070), (1090, 1420)), strict=True):
        assert box.x == pytest.approx(at(began), abs=0.05)
        assert box.x + box.width == pytest.approx(at(ended), abs=0.1)


def test_a_budget_is_marked_where_it_ends_if_that_is_in_sight(walked: JourneyJournal) -> None:
    (limit,) = (rule for rule in draw_journey(walked).rules if rule.css.startswith("limit"))
    assert limit.css == "limit"
    assert limit.x1 == pytest.approx(at(890 + 400), abs=0.05)


def test_exactly_the_budget_is_within_it(walked: JourneyJournal) -> None:
    step = walked.steps[1]
    kept = replace(walked, steps=(replace(step, budget=step.duration),))
    late = replace(walked, steps=(replace(step, budget=step.duration - timedelta(milliseconds=100)),))
    assert "excess" not in {box.css for box in draw_journey(kept).boxes}
    assert "610 ms" in texts(draw_journey(kept))
    (excess,) = (box for box in draw_journey(late).boxes if box.css == "excess")
    assert excess.hatched
    assert "✗ 610 ms" in texts(draw_journey(late))


def test_a_step_in_trouble_is_hatched_and_says_why(stuck: JourneyJournal) -> None:
    (bad,) = (box for box in draw_journey(stuck).boxes if box.css == "span-bad")
    assert bad.hatched
    assert "no heading 'Saved' within 5 s" in bad.title
    assert "✗ 5 s" in texts(draw_journey(stuck))


def test_a_page_has_its_marks_where_they_were(walked: JourneyJournal) -> None:
    drawing = draw_journey(walked)
    first = next(dot for dot in drawing.dots if dot.title.startswith("FCP"))
    largest = next(dot for dot in drawing.dots if dot.title.startswith("LCP"))
    assert first.x == pytest.approx(at(18 + 112), abs=0.05)
    assert largest.x == pytest.approx(at(18 + 118), abs=0.05)
    assert first.r > largest.r  # the one is seen around the other where they meet
    assert "TTFB 34 ms · FCP 112 ms · LCP 118 ms" in texts(drawing)


def test_a_page_stands_below_the_step_that_opened_it(walked: JourneyJournal) -> None:
    assert [[page.path for page in pages] for pages in pages_of_steps(walked)] == [
        ["/login"],
        ["/leads"],
        [],
        ["/leads/4711"],
    ]


def test_of_two_steps_with_one_name_the_one_that_had_begun_has_the_page(walked: JourneyJournal) -> None:
    first, second, *_ = walked.steps
    steps = (replace(first, name="again"), replace(second, name="again"))
    pages = tuple(replace(page, step="again") for page in walked.pages)
    found = pages_of_steps(replace(walked, steps=steps, pages=pages))
    assert [[page.path for page in some] for some in found] == [["/login"], ["/leads", "/leads/4711"]]


def test_a_page_whose_step_is_unknown_stands_below_the_last(walked: JourneyJournal) -> None:
    stray = replace(walked.pages[0], step="nowhere")
    assert pages_of_steps(replace(walked, pages=(stray,)))[-1] == [stray]
    assert pages_of_steps(replace(walked, steps=(), pages=(stray,))) == []


def test_marks_stand_below_a_bar_that_leaves_no_room_beside_it(walked: JourneyJournal) -> None:
    step, page = walked.steps[0], walked.pages[0]
    wide = replace(page, began=timedelta(0), load_event=timedelta(milliseconds=240))
    drawing = draw_journey(replace(walked, steps=(replace(step, began=timedelta(0)),), pages=(wide,)))
    (bar,) = (box for box in drawing.boxes if box.css == "load")
    (marks,) = (label for label in drawing.labels if label.css == "marks")
    assert bar.width > (RIGHT - LEFT) * 0.9
    assert marks.y > bar.y + bar.height + 10


def test_a_long_name_is_cut_and_said_whole_on_pointing(walked: JourneyJournal) -> None:
    name = "open the page with the very long name that no gutter holds"
    drawing = draw_journey(replace(walked, steps=(replace(walked.steps[0], name=name),)))
    (label,) = (label for label in drawing.labels if label.css == "step-name")
    assert label.text.endswith("…")
    assert label.title == name


@settings(max_examples=60, deadline=None)
@given(data=st.data())
def test_every_shape_of_any_journey_stays_inside(
    journey_journals: st.SearchStrategy[JourneyJournal], data: st.DataObject
) -> None:
    journey = data.draw(journey_journals.filter(lambda one: bool(one.steps)))
    drawing = draw_journey(journey)
    for box in drawing.boxes:
        assert 0 <= box.x <= box.x + box.width <= drawing.width + 2
        assert 0 <= box.y <= box.y + box.height <= drawing.height
    for dot in drawing.dots:
        assert LEFT <= dot.x <= RIGHT
    for label in drawing.labels:
        assert 0 <= label.x <= drawing.width
        assert 0 <= label.y <= drawing.height
