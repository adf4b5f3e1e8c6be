"""A journey that is taken again and again: a fresh context each time, one journal, budgets over all runs."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from playwright.sync_api import Error

from alertproof.errors import ConfigError
from alertproof.journeys.sampling import FEWEST
from alertproof.requirements import JourneyBudget, Span, VitalsBudget
from alertproof.verdict import Verdict

if TYPE_CHECKING:
    from tests.journeys.conftest import JourneyTo, Site

pytestmark = pytest.mark.needs("browser")

HOME = "<!doctype html><title>Home</title><h1>Home</h1><script>document.cookie = 'seen=yes'</script>"
_LONG = Span(timedelta(seconds=15))
#: All is patient but for one vital, which no page can keep.
NO_TTFB = JourneyBudget(
    step=_LONG, vitals=VitalsBudget(ttfb=Span(timedelta(microseconds=1)), fcp=_LONG, lcp=_LONG, inp=_LONG, cls=9.0)
)


def test_runs_enough_are_judged_and_each_value_is_kept(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/", HOME)
    journey = journey_to()
    cookies = []
    for _ in journey.repeat(FEWEST):
        cookies.append(journey.context.cookies())
        with journey.step("open"):
            journey.page.goto("/")

    journal = journey.end()

    assert journal.verdict is Verdict.PASSED, journal.reason
    assert cookies == [[]] * FEWEST  # nothing is left of the run before
    assert (journal.runs, len(journal.steps), len(journal.pages)) == (FEWEST, 1, 1)
    assert {one.name for one in journal.samples} == {"duration", "TTFB", "FCP", "LCP", "CLS"}
    for one in journal.samples:
        assert len(one.values) == FEWEST
        assert one.p75 is not None
        assert one.low is not None
        assert one.high is not None
        assert one.low <= one.p75 <= one.high
    (duration,) = [one for one in journal.samples if one.name == "duration"]
    assert duration.values[-1] == pytest.approx(journal.steps[0].duration.total_seconds())
    assert journal.wall.total_seconds() > sum(duration.values)
    assert journal.steps[0].began < journal.wall / 2  # it counts from the beginning of its own run
    assert [one.text for one in journal.expectations[:2]] == [
        "p75 of step 'open' is at most 15 s",
        "p75 of TTFB of every page is at most 15 s",
    ]
    assert journal.unjudged == ()


def test_a_vital_that_no_run_keeps_fails_the_journey_and_one_run_alone_says_nothing(
    journey_to: JourneyTo, site: Site
) -> None:
    site.serve("/", HOME)
    verdicts = []
    for times in (FEWEST, FEWEST - 1, 1):
        journey = journey_to(budget=NO_TTFB)
        for _ in journey.repeat(times):
            with journey.step("open"):
                journey.page.goto("/")
        journal = journey.end()
        verdicts.append(journal.verdict)
        assert bool(journal.unjudged) is (times < FEWEST)
        assert ("not met: p75 of TTFB of every page is at most 0 ms; last seen: " in journal.reason) is (
            times >= FEWEST
        )

    assert verdicts == [Verdict.FAILED, Verdict.PASSED, Verdict.PASSED]


def test_what_goes_wrong_in_any_run_counts(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/", HOME)
    site.serve("/broken", "<!doctype html><h1>Broken</h1><script>console.error('the cart is gone')</script>")
    journey = journey_to()
    for number in journey.repeat(3):
        with journey.step("open"):
            journey.page.goto("/" if number else "/broken")

    journal = journey.end()

    assert journal.verdict is Verdict.FAILED
    assert "no error is in the console; last seen: step 'open', the cart is gone" in journal.reason


def test_a_page_that_a_run_leaves_while_it_still_loads_is_no_fault_of_the_next(
    journey_to: JourneyTo, site: Site
) -> None:
    site.serve("/", "<!doctype html><h1>Home</h1><script>fetch('/slow')</script>")
    site.serve("/slow", "{}", delay=1.5)
    journey = journey_to()
    for _ in journey.repeat(2):
        with journey.step("open"):
            journey.page.goto("/", wait_until="domcontentloaded")

    assert journey.end().verdict is Verdict.PASSED


def test_a_failed_run_ends_the_journey_and_its_evidence_is_its_own(
    journey_to: JourneyTo, site: Site, tmp_path: Path
) -> None:
    site.serve("/", HOME)
    quick = JourneyBudget(step=Span(timedelta(seconds=1)))
    journey = journey_to(budget=quick, evidence=True, trace="on")

    def take_it() -> None:
        for number in journey.repeat(5):
            with journey.step("open", within=timedelta(seconds=15)):
                journey.page.goto("/")
            if number == 2:
                with journey.step("pay"):
                    journey.page.get_by_role("button", name="Pay").click()

    with pytest.raises(Error) as raised:
        take_it()
    journal = journey.end(raised.value)

    assert journal.verdict is Verdict.FAILED
    assert journal.runs == 3
    assert "step 'pay' ends within 1 s; last seen: no button 'Pay' on /" in journal.reason
    assert {one.kind for one in journal.artifacts} >= {"trace", "screenshot"}
    assert all((tmp_path / one.path).stat().st_size for one in journal.artifacts)


def test_a_repetition_goes_around_all_steps_and_once(journey_to: JourneyTo, site: Site) -> None:
    site.serve("/", HOME)
    journey = journey_to()
    with pytest.raises(ConfigError, match="it takes one run at least"):
        journey.repeat(0)
    with journey.step("open"):
        journey.page.goto("/")
    with pytest.raises(ConfigError, match="goes once around all steps"):
        journey.repeat(3)
