from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from alertproof.report.html.drawing.shapes import Box, Drawing, shortened
from alertproof.report.html.labels import text_width


def test_a_text_that_fits_is_left_alone() -> None:
    assert shortened("open the lead", text_width("open the lead")) == "open the lead"


def test_a_text_that_does_not_fit_ends_in_an_ellipsis() -> None:
    assert shortened("open the lead", text_width("open the lead") - 0.1) == "open the le…"


@given(st.text(max_size=200), st.floats(min_value=20, max_value=400), st.sampled_from([11.0, 12.0]))
def test_a_shortened_text_fits(text: str, width: float, size: float) -> None:
    assert text_width(shortened(text, width, size), size) <= width


def test_a_drawing_needs_the_hatch_only_where_something_is_hatched() -> None:
    drawing = Drawing(10)
    drawing.boxes.append(Box(0, 0, 1, 1, "a"))
    assert not drawing.hatched
    drawing.boxes.append(Box(0, 0, 1, 1, "a", hatched=True))
    assert drawing.hatched
