from __future__ import annotations

from datetime import timedelta

import msgspec

from alertproof.journal import JourneyJournal
from alertproof.report import Report
from alertproof.report.summary import journey_row, journey_sentence, sorted_journeys
from alertproof.report.summary.journeys import over_budget, stepped
from alertproof.verdict import Verdict

replace = msgspec.structs.replace


def test_a_row_says_how_many_steps_how_long_and_the_worst_vitals(walked: JourneyJournal) -> None:
    said = journey_row(walked)
    assert (said.title, said.tenant, said.steps, said.took) == ("an agent finds and opens a lead", "acme", "4", "1.4 s")
    assert [(short, seen.words if seen else "") for short, seen in said.vitals] == [
        ("TTFB", "61 ms"),
        ("FCP", "112 ms"),
        ("LCP", "148 ms"),
        ("INP", "24 ms"),
        ("CLS", "0.004"),
    ]


def test_a_journey_without_a_step_claims_nothing(walked: JourneyJournal) -> None:
    said = journey_row(replace(walked, steps=(), pages=(), tenant=""))
    assert (said.steps, said.took, said.tenant) == ("0", "—", "—")
    assert {seen for _, seen in said.vitals} == {None}


def test_the_sentence_says_what_was_walked_or_why_not(walked: JourneyJournal, stuck: JourneyJournal) -> None:
    assert journey_sentence(walked) == "4 steps over 3 pages took 1.4 s; every expectation was met."
    assert journey_sentence(stuck) == (
        "Not proven: “LCP of each page is 2.5 s at most” was not met (last seen: 2.6 s (/leads/new))."
    )


def test_red_journeys_come_first(everything: Report) -> None:
    assert [journey.verdict for journey in sorted_journeys(everything)] == [Verdict.FAILED, Verdict.PASSED]


def test_exactly_the_budget_is_within_it(walked: JourneyJournal) -> None:
    step, budget = walked.steps[0], timedelta(seconds=3)
    assert not over_budget(replace(step, duration=budget, budget=budget))
    assert over_budget(replace(step, duration=budget + timedelta(microseconds=1), budget=budget))
    assert not over_budget(replace(step, budget=None))


def test_the_steps_add_up(walked: JourneyJournal) -> None:
    assert stepped(walked) == timedelta(milliseconds=240 + 610 + 180 + 330)
