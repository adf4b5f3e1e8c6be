"""Budgets over the runs of a repeated journey: p75 with its interval; both sides, the middle, and too few runs."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from alertproof.journal import PageSeen, Sampled, StepSeen
from alertproof.journeys.heard import Heard
from alertproof.journeys.judging import complaints, judge, verdict_of
from alertproof.journeys.sampling import FEWEST, Run, sample, unjudged
from alertproof.requirements import JourneyBudget
from alertproof.verdict import Expectation, Verdict

BUDGET = JourneyBudget()


def ms(milliseconds: float) -> timedelta:
    return timedelta(milliseconds=milliseconds)


def step(name: str = "open", took: float = 500, trouble: str = "", budget: float | None = 3000) -> StepSeen:
    limit = None if budget is None else ms(budget)
    return StepSeen(name=name, began=ms(0), duration=ms(took), budget=limit, trouble=trouble)


def page(path: str = "/leads", **more: Any) -> PageSeen:
    felt: dict[str, Any] = {"ttfb": ms(20), "fcp": ms(90), "lcp": ms(120), "cls": 0.0}
    return PageSeen(path=path, step="open", began=ms(0), **felt | more)


def runs(count: int = FEWEST, *, steps: tuple[StepSeen, ...] = (step(),), **vitals: Any) -> list[Run]:
    return [Run(steps=steps, pages=(page(**vitals),)) for _ in range(count)]


def judged(taken: list[Run]) -> tuple[Expectation, ...]:
    heard = Heard(base_url="http://host", now=lambda: (ms(0), ""))
    return judge(runs=taken, samples=sample(taken, BUDGET), heard=heard)


def of(taken: list[Run], name: str) -> Sampled:
    (found,) = [one for one in sample(taken, BUDGET) if one.name == name]
    return found


def test_runs_enough_are_judged_and_say_what_they_saw() -> None:
    found = judged(runs())
    assert verdict_of(found) is Verdict.PASSED
    assert [(one.text, one.last_seen) for one in found[:5]] == [
        ("p75 of step 'open' is at most 3 s", "500 ms (95 % interval 500 ms to 500 ms, 13 runs)"),
        ("p75 of TTFB of every page is at most 800 ms", f"20 ms on /leads (step 'open') {EVEN.format('20 ms')}"),
        ("p75 of FCP of every page is at most 1.8 s", f"90 ms on /leads (step 'open') {EVEN.format('90 ms')}"),
        ("p75 of LCP of every page is at most 2.5 s", f"120 ms on /leads (step 'open') {EVEN.format('120 ms')}"),
        ("p75 of CLS of every page is at most 0.100", f"0.000 on /leads (step 'open') {EVEN.format('0.000')}"),
    ]
    assert unjudged(runs(), sample(runs(), BUDGET)) == ()


EVEN = "(95 % interval {0} to {0}, 13 runs)"


@pytest.mark.parametrize(
    ("field", "at", "over", "name"),
    [
        ("ttfb", ms(800), ms(801), "TTFB"),
        ("fcp", ms(1800), ms(1801), "FCP"),
        ("lcp", ms(2500), ms(2501), "LCP"),
        ("inp", ms(200), ms(208), "INP"),
        ("cls", 0.1, 0.101, "CLS"),
    ],
)
def test_each_vital_has_its_limit(field: str, at: Any, over: Any, name: str) -> None:
    assert verdict_of(judged(runs(**{field: at}))) is Verdict.PASSED
    found = judged(runs(**{field: over}))
    assert verdict_of(found) is Verdict.FAILED
    assert complaints(found).startswith(f"not met: p75 of {name} of every page is at most ")


def test_one_slow_run_fails_nothing_where_enough_others_are_quick() -> None:
    taken = runs(39)
    taken[7] = runs(1, lcp=ms(60_000))[0]
    assert verdict_of(judged(taken)) is Verdict.PASSED


@pytest.mark.parametrize(("slow", "verdict"), [(1, Verdict.BROKEN), (6, Verdict.BROKEN), (7, Verdict.FAILED)])
def test_a_limit_within_the_interval_could_not_be_told(slow: int, verdict: Verdict) -> None:
    """Of 13 runs the interval is from the seventh to the slowest: seven slow ones bring its lower end above."""
    taken = runs(FEWEST - slow) + runs(slow, lcp=ms(4000))
    found = judged(taken)
    assert verdict_of(found) is verdict
    if verdict is Verdict.BROKEN:
        assert complaints(found).startswith("never reached: p75 of LCP of every page is at most 2.5 s; last seen: ")
        assert complaints(found).endswith("; the limit lies within the interval: take more runs")


def test_an_interaction_too_quick_to_be_reported_counts_as_the_most_it_can_have_taken() -> None:
    assert of(runs(inp_below=ms(16)), "INP").p75 == 0.016


def test_too_few_runs_are_not_judged_and_say_so_but_a_step_keeps_its_limit() -> None:
    taken = runs(FEWEST - 1, lcp=ms(60_000))
    assert verdict_of(judged(taken)) is Verdict.PASSED
    assert unjudged(taken, sample(taken, BUDGET)) == (
        "p75 of the steps and of the vitals is not judged: 12 runs, and it takes 13 (for _ in journey.repeat(13):)",
    )
    assert of(taken, "LCP").low is None
    assert len(of(taken, "LCP").values) == 12

    taken[3] = runs(1, steps=(step(took=3001),))[0]
    assert complaints(judged(taken)) == "not met: step 'open' ends within 3 s; last seen: it took 3 s"


def test_with_runs_enough_a_step_is_judged_by_its_p75() -> None:
    once_late = runs(38) + runs(1, steps=(step(took=4400),))
    assert verdict_of(judged(once_late)) is Verdict.PASSED
    found = judged(runs(steps=(step(took=3200),)))
    assert complaints(found) == (
        "not met: p75 of step 'open' is at most 3 s; last seen: 3.2 s (95 % interval 3.2 s to 3.2 s, 13 runs)"
    )


def test_a_step_in_trouble_fails_the_journey_whatever_the_other_runs_say() -> None:
    taken = [*runs(38), *runs(1, steps=(step(took=100, trouble="no button 'Go'"),))]
    assert complaints(judged(taken)) == "not met: step 'open' ends; last seen: no button 'Go'"
    assert len(of(taken, "duration").values) == 38


def test_what_only_some_runs_have_is_not_judged_and_said() -> None:
    taken = runs(8) + runs(5, inp=ms(900))
    assert verdict_of(judged(taken)) is Verdict.PASSED
    assert unjudged(taken, sample(taken, BUDGET)) == (
        "p75 of INP on /leads (step 'open') is not judged: 5 of 13 runs have it, and it takes 13",
    )


def test_a_step_that_only_the_last_run_takes_keeps_its_limit() -> None:
    taken = runs()
    taken[-1] = runs(1, steps=(step(), step("log out", took=3500)))[0]
    assert complaints(judged(taken)) == "not met: step 'log out' ends within 3 s; last seen: it took 3.5 s"


def test_pages_of_one_place_belong_together_whatever_number_is_in_their_path() -> None:
    taken = [Run(steps=(step(),), pages=(page("/leads"), page(f"/leads/{number}"))) for number in range(FEWEST)]
    found = [one for one in sample(taken, BUDGET) if one.name == "TTFB"]
    assert [len(one.values) for one in found] == [13, 13]


def test_of_many_pages_over_a_limit_the_three_worst_are_told() -> None:
    slow = tuple(page(f"/{number}", lcp=ms(3000 + 100 * number)) for number in range(6))
    told = complaints(judged([Run(steps=(step(),), pages=slow) for _ in range(FEWEST)]))
    assert "/5 (step" in told
    assert "/3 (step" in told
    assert "/2 (step" not in told
    assert told.endswith("; and on 3 more")


def test_what_the_browser_tells_nothing_of_is_said_whatever_the_number_of_runs() -> None:
    for count in (1, FEWEST):
        taken = runs(count, unreported=("CLS", "long tasks"), cls=None)
        said = unjudged(taken, sample(taken, BUDGET))
        assert said[-1] == "this browser tells nothing of: CLS, long tasks"
        assert len(said) == (2 if count < FEWEST else 1)


def test_a_route_change_that_one_run_lacks_moves_no_other_page() -> None:
    route = page("/leads/7", soft=True, ttfb=None, fcp=ms(50))
    loaded = page("/done", fcp=ms(300))
    taken = [
        Run(steps=(step(),), pages=(page(), route, loaded) if number else (page(), loaded)) for number in range(FEWEST)
    ]

    found = {(one.path, one.name): one for one in sample(taken, BUDGET)}

    assert found["/done", "FCP"].values == (0.3,) * FEWEST
    assert found["/leads/7", "FCP"].values == (0.05,) * (FEWEST - 1)
    assert ("/leads/7", "TTFB") not in found
