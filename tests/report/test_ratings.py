from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from alertproof.journal import JourneyJournal
from alertproof.report.ratings import VITALS, Rating, vitals_of, worst_vitals

replace = msgspec.structs.replace
BY_NAME = {vital.short: vital for vital in VITALS}


@pytest.mark.parametrize(
    ("short", "good", "poor", "step"),
    [
        ("TTFB", 800, 1800, 0.001),
        ("FCP", 1800, 3000, 0.001),
        ("LCP", 2500, 4000, 0.001),
        ("INP", 200, 500, 0.001),
        ("CLS", 0.1, 0.25, 0.0001),
    ],
)
def test_a_threshold_belongs_to_the_better_side(short: str, good: float, poor: float, step: float) -> None:
    rate = BY_NAME[short].rate
    assert rate(0) is Rating.GOOD
    assert rate(good) is Rating.GOOD
    assert rate(good + step) is Rating.NEEDS_IMPROVEMENT
    assert rate(poor) is Rating.NEEDS_IMPROVEMENT
    assert rate(poor + step) is Rating.POOR


def test_the_vitals_of_a_page_are_those_that_the_browser_reported(walked: JourneyJournal) -> None:
    page = walked.pages[0]
    assert [seen.vital.short for seen in vitals_of(page)] == ["TTFB", "FCP", "LCP", "CLS"]
    assert [seen.vital.short for seen in vitals_of(replace(page, ttfb=None, cls=None))] == ["FCP", "LCP"]


def test_an_interaction_too_quick_to_be_reported_is_a_bound(walked: JourneyJournal) -> None:
    quick = [seen for seen in vitals_of(walked.pages[1]) if seen.vital.short == "INP"]
    assert [(seen.words, seen.rating) for seen in quick] == [("< 16 ms", Rating.GOOD)]


def test_the_worst_value_over_the_pages_counts(walked: JourneyJournal) -> None:
    found = worst_vitals(walked.pages)
    assert {short: seen.page.path for short, seen in found.items()} == {
        "TTFB": "/leads/4711",
        "FCP": "/login",
        "LCP": "/leads",
        "INP": "/leads/4711",
        "CLS": "/login",
    }


def test_a_known_value_outranks_an_equal_bound(walked: JourneyJournal) -> None:
    bound, known = walked.pages[1], replace(walked.pages[1], inp=timedelta(milliseconds=16), inp_below=None)
    for pages in ((bound, known), (known, bound)):
        assert worst_vitals(pages)["INP"].words == "16 ms"


@pytest.mark.parametrize(("cls", "said"), [(0.0, "0"), (0.004, "0.004"), (0.3149, "0.31")])
def test_a_layout_shift_has_no_unit(walked: JourneyJournal, cls: float, said: str) -> None:
    assert worst_vitals([replace(walked.pages[0], cls=cls)])["CLS"].words == said
