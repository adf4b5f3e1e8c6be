"""What is expected of every journey: steps, vitals, silence; both sides of each limit."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alertproof.journal import PageSeen, StepSeen
from alertproof.journeys.heard import Heard, Line
from alertproof.journeys.judging import complaints, judge, verdict_of
from alertproof.journeys.sampling import Run, sample, spoken
from alertproof.requirements import JourneyBudget
from alertproof.verdict import Expectation, Verdict


def ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def step(name: str = "log in", took: float = 500, budget: float | None = 3000, trouble: str = "") -> StepSeen:
    limit = None if budget is None else ms(budget)
    return StepSeen(name=name, began=ms(0), duration=ms(took), budget=limit, trouble=trouble)


def page(path: str = "/leads", **more: Any) -> PageSeen:
    felt: dict[str, Any] = {"ttfb": ms(20), "fcp": ms(90), "lcp": ms(120), "cls": 0.0}
    return PageSeen(path=path, step="log in", began=ms(0), **felt | more)


def line(text: str, step: str = "log in") -> Line:
    return Line(at=ms(1), step=step, kind="console.error", text=text)


def heard(**lines: list[Line]) -> Heard:
    return Heard(base_url="http://host", now=lambda: (ms(0), ""), **lines)


def judged(
    steps: tuple[StepSeen, ...] = (step(),), pages: tuple[PageSeen, ...] = (page(),), said: Heard | None = None
) -> tuple[Expectation, ...]:
    runs = [Run(steps=steps, pages=pages)]
    return judge(runs=runs, samples=sample(runs, JourneyBudget()), heard=said or heard())


def test_a_journey_on_which_all_went_well_passes_and_says_what_it_saw() -> None:
    found = judged()

    assert verdict_of(found) is Verdict.PASSED
    assert [(one.text, one.last_seen) for one in found] == [
        ("step 'log in' ends within 3 s", "it took 500 ms"),
        ("no JavaScript error stays uncaught", "none"),
        ("no error is in the console", "none"),
        ("no request to the site fails", "none"),
    ]


def test_a_journey_without_a_step_could_not_tell() -> None:
    found = judged(steps=())
    assert verdict_of(found) is Verdict.BROKEN
    assert "no samples: it took none; write: with journey.step(NAME)" in complaints(found)


@pytest.mark.parametrize(
    ("pages", "seen"), [((), "no page was opened"), ((page("/a", fcp=None), page("/b", fcp=None)), "/a, /b")]
)
def test_a_journey_on_which_nothing_was_painted_could_not_tell(pages: tuple[PageSeen, ...], seen: str) -> None:
    found = judged(pages=pages)
    assert verdict_of(found) is Verdict.BROKEN
    assert complaints(found) == f"never reached: some page paints something; last seen: no samples: {seen}"


def test_a_page_that_leads_on_before_it_paints_is_no_fault_where_another_paints() -> None:
    assert verdict_of(judged(pages=(page("/sso", fcp=None, lcp=None, cls=None), page()))) is Verdict.PASSED


def test_a_step_that_failed_outweighs_what_could_not_be_told() -> None:
    found = judged(steps=(step(trouble="no button 'Go'"),), pages=())
    assert verdict_of(found) is Verdict.FAILED


@pytest.mark.parametrize(("took", "verdict"), [(3000, Verdict.PASSED), (3001, Verdict.FAILED)])
def test_a_step_may_take_its_budget_and_no_more(took: float, verdict: Verdict) -> None:
    assert verdict_of(judged(steps=(step(took=took),))) is verdict


def test_a_step_in_trouble_says_its_trouble_and_not_how_long_it_took() -> None:
    found = judged(steps=(step(), step("convert", took=4500, trouble="no button 'Convert'")))
    assert complaints(found) == "not met: step 'convert' ends within 3 s; last seen: no button 'Convert'"


def test_the_vitals_of_one_run_are_not_judged() -> None:
    found = judged(pages=(page(lcp=ms(60_000)),))
    assert verdict_of(found) is Verdict.PASSED
    assert not [one for one in found if "LCP" in one.text]


@pytest.mark.parametrize(
    ("field", "text"),
    [
        ("uncaught", "no JavaScript error stays uncaught"),
        ("errors", "no error is in the console"),
        ("failed", "no request to the site fails"),
    ],
)
def test_what_went_wrong_unseen_fails_the_journey(field: str, text: str) -> None:
    found = judged(said=heard(**{field: [line("it broke")]}))
    assert verdict_of(found) is Verdict.FAILED
    assert complaints(found) == f"not met: {text}; last seen: step 'log in', it broke"


def test_the_same_error_again_and_again_is_told_once_with_where_it_came_first() -> None:
    again = [
        line("it broke"),
        line("it broke", step="search"),
        *(line(f"other {number}", step="") for number in range(4)),
    ]
    told = complaints(judged(said=heard(errors=again)))
    assert told.endswith("last seen: step 'log in', it broke (2 times) | other 0 | other 1 | and 2 more")


@pytest.mark.parametrize(
    ("span", "expected"),
    [
        (0.4, "0 ms"),
        (640, "640 ms"),
        (999, "999 ms"),
        (999.6, "1 s"),
        (3000, "3 s"),
        (3456, "3.46 s"),
        (12_000, "12 s"),
        (20_000, "20 s"),
    ],
)
def test_spans_are_said_as_people_do(span: float, expected: str) -> None:
    assert spoken(ms(span)) == expected


@pytest.mark.parametrize(
    ("base_url", "url", "expected"),
    [
        ("https://CRM.example:443/app", "https://crm.example/api", True),
        ("http://crm.example", "http://crm.example:80/", True),
        ("https://agent:secret@crm.example", "https://crm.example/", True),
        ("https://crm.example", "https://crm.example:8443/", False),
        ("https://crm.example", "http://crm.example/", False),
        ("https://crm.example", "https://tracker.example/", False),
    ],
)
def test_a_request_is_the_sites_own_however_its_address_is_written(base_url: str, url: str, expected: bool) -> None:
    assert Heard(base_url=base_url, now=lambda: (ms(0), ""))._is_ours(url) is expected
