from __future__ import annotations

import msgspec
import pytest

from alertproof.journal import JourneyJournal, Sampled
from alertproof.report import Report
from alertproof.report.html.journeys import JourneyView, journey_view, relative_link
from alertproof.report.html.past import Recall

replace = msgspec.structs.replace


def view(journey: JourneyJournal) -> JourneyView:
    return journey_view(journey, place="journey-1", recall=Recall(Report(), {}))


@pytest.mark.parametrize(
    ("path", "address"),
    [
        ("artifacts/trace.zip", "artifacts/trace.zip"),
        ("./artifacts/a b#c?d%.png", "artifacts/a%20b%23c%3Fd%25.png"),
        ("artifacts/ä.png", "artifacts/%C3%A4.png"),
        ("javascript:alert(1)", "javascript%3Aalert%281%29"),
        ("https://elsewhere.example/x", "https%3A/elsewhere.example/x"),
        ("//elsewhere.example/x", ""),
        ("/etc/passwd", ""),
        ("../elsewhere.webm", ""),
        ("artifacts/../../elsewhere.webm", ""),
        ("artifacts\\..\\x", ""),
        ("", ""),
        (".", ""),
        ("a\ud800", ""),
    ],
)
def test_a_link_leads_into_the_folder_of_reports_or_nowhere(path: str, address: str) -> None:
    assert relative_link(path) == address


def test_the_tiles_are_the_worst_vitals_with_their_ratings(stuck: JourneyJournal) -> None:
    assert [(tile.name, tile.value, tile.mark, tile.css) for tile in view(stuck).tiles] == [
        ("TTFB", "1.9 s", "▲ poor", "poor"),
        ("FCP", "2 s", "■ needs improvement", "middling"),
        ("LCP", "2.6 s", "■ needs improvement", "middling"),
        ("INP", "510 ms", "▲ poor", "poor"),
        ("CLS", "0.31", "▲ poor", "poor"),
    ]
    assert view(stuck).tiles[2].lines == ("largest contentful paint", "worst of 2 pages: /leads/new")


def test_a_vital_that_nobody_measured_says_why(walked: JourneyJournal) -> None:
    still = replace(walked, pages=(replace(walked.pages[0], ttfb=None),))
    tiles = {tile.name: tile for tile in view(still).tiles}
    assert (tiles["INP"].value, tiles["INP"].lines[-1]) == ("—", "nobody interacted")
    assert tiles["TTFB"].lines[-1] == "the browser reported none"
    assert tiles["LCP"].lines[-1] == "/login"


@pytest.mark.parametrize(
    ("low", "high", "verdict", "css"),
    [
        (0.9, 1.0, "● met", "good"),
        (0.9, 1.001, "■ nobody can tell", "middling"),
        (1.0, 1.5, "■ nobody can tell", "middling"),
        (1.001, 1.5, "▲ not met", "poor"),
        (None, None, "too few runs", ""),
    ],
)
def test_p75_of_a_step_is_shown_with_its_interval_and_where_that_lies(
    walked: JourneyJournal, low: float | None, high: float | None, verdict: str, css: str
) -> None:
    p75 = None if low is None else 0.95
    one = Sampled(name="duration", step="log in", limit=1.0, values=(0.9,) * 20, p75=p75, low=low, high=high)

    (seen,) = view(replace(walked, samples=(one,))).samples

    assert (seen.what, seen.where, seen.runs, seen.limit) == ("log in", "step", 20, "1 s")
    assert (seen.verdict, seen.css) == (verdict, css)
    assert seen.p75 == ("—" if low is None else "950 ms")
    assert seen.interval == (
        "—" if low is None else f"{'900 ms' if low == 0.9 else '1 s'} to {'1 s' if high and high < 1.2 else '1.5 s'}"
    )


def test_a_vital_over_the_runs_is_shown_with_its_page_and_one_without_a_limit_has_no_verdict(
    walked: JourneyJournal,
) -> None:
    shift = Sampled(name="CLS", step="", path="/leads", limit=0.1, values=(0.0,) * 13, p75=0.0, low=0.0, high=0.0123)
    free = Sampled(name="duration", step="log in", values=(0.5, 0.6))

    seen, step = view(replace(walked, samples=(shift, free))).samples

    assert (seen.what, seen.where, seen.p75, seen.interval) == ("CLS", "/leads", "0.000", "0.000 to 0.012")
    assert (seen.limit, seen.verdict) == ("0.100", "● met")
    assert (step.limit, step.verdict, step.css) == ("—", "no limit", "")


def test_long_tasks_that_the_browser_does_not_tell_of_are_not_said_to_be_none(walked: JourneyJournal) -> None:
    page = replace(walked.pages[0], long_tasks=0)
    told, untold = view(replace(walked, pages=(page, replace(page, unreported=("long tasks",))))).pages
    assert (told.blocked, untold.blocked) == ("none", "—")


def test_interactions_that_left_the_page_are_counted(walked: JourneyJournal) -> None:
    left = replace(walked, pages=(*walked.pages[:2], replace(walked.pages[2], unmeasured=2)))
    tiles = {tile.name: tile for tile in view(left).tiles}
    assert tiles["INP"].lines[-1] == "2 interactions left the page unmeasured"
    assert not any("unmeasured" in line for tile in view(walked).tiles for line in tile.lines)


def test_a_page_has_all_its_vitals_in_order(walked: JourneyJournal) -> None:
    first, second, _ = view(walked).pages
    assert [words for words, *_ in first.vitals] == ["34 ms", "112 ms", "118 ms", "—", "0.004"]
    assert [words for words, *_ in second.vitals] == ["34 ms", "112 ms", "148 ms", "< 16 ms", "0.004"]
    assert (first.blocked, second.blocked) == ("none", "1 long task, 22 ms blocked")


def test_a_journey_that_took_no_step_has_no_waterfall_and_no_tiles(walked: JourneyJournal) -> None:
    empty = view(replace(walked, steps=(), pages=()))
    assert (empty.drawing, empty.tiles, empty.pages) == (None, (), ())


def test_the_waterfall_is_said_in_words(stuck: JourneyJournal) -> None:
    assert view(stuck).description == (
        "Steps in order: open the front page 240 ms; log in 3.4 s; save the lead 5 s, no heading 'Saved' within 5 s; "
        "the page said: Internal error 7f3a-acme. 2 pages loaded."
    )
