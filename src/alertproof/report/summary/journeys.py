"""Journeys in words: one row each, and one sentence."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from alertproof.journal import JourneyJournal, StepSeen
from alertproof.report.model import Report, badness
from alertproof.report.names import parse_name
from alertproof.report.ratings import VITALS, VitalSeen, worst_vitals
from alertproof.report.summary.unmet import judgement
from alertproof.report.words import NOTHING, as_sentence, counted, duration
from alertproof.verdict import Verdict

__all__ = ["JourneyRow", "journey_row", "journey_sentence", "over_budget", "sorted_journeys", "stepped"]


@dataclass(frozen=True, slots=True, kw_only=True)
class JourneyRow:
    """One journey as the summary tables say it; ``vitals`` are the worst of its pages, one for each of `VITALS`."""

    title: str
    tenant: str
    steps: str
    took: str
    vitals: tuple[tuple[str, VitalSeen | None], ...]
    verdict: Verdict


def sorted_journeys(report: Report) -> tuple[JourneyJournal, ...]:
    """Return the journeys, those that did not pass first, then by name."""
    return tuple(sorted(report.journeys, key=lambda journey: (badness(journey.verdict), journey.check, journey.began)))


def journey_row(journey: JourneyJournal) -> JourneyRow:
    """Return a journey in the words of the summary table."""
    found = worst_vitals(journey.pages)
    return JourneyRow(
        title=parse_name(journey.check).title,
        tenant=journey.tenant or NOTHING,
        steps=str(len(journey.steps)),
        took=duration(stepped(journey)) if journey.steps else NOTHING,
        vitals=tuple((vital.short, found.get(vital.short)) for vital in VITALS),
        verdict=journey.verdict,
    )


def journey_sentence(journey: JourneyJournal) -> str:
    """Return what a journey showed, in one sentence."""
    if journey.verdict is not Verdict.PASSED:
        return judgement(journey)
    steps, pages = counted(len(journey.steps), "step"), counted(len(journey.pages), "page")
    took = f"{steps} over {pages} took {duration(stepped(journey))}"
    runs = f" in the last of {journey.runs} runs" if journey.runs > 1 else ""
    return as_sentence("; ".join((f"{took}{runs}", "every expectation was met", *journey.unjudged)))


def stepped(journey: JourneyJournal) -> timedelta:
    """Return the sum of what the steps took."""
    return sum((step.duration for step in journey.steps), start=timedelta(0))


def over_budget(step: StepSeen) -> bool:
    """Whether a step took longer than its budget; exactly the budget is within it."""
    return step.budget is not None and step.duration > step.budget
