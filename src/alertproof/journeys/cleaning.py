"""Strikes secrets out of a journey's journal. Pure."""

from __future__ import annotations

import msgspec

from alertproof.journal import JourneyJournal, PageSeen, Sampled, StepSeen
from alertproof.journeys.redaction import Redactor
from alertproof.verdict import Expectation

__all__ = ["cleaned"]


def cleaned(journal: JourneyJournal, redactor: Redactor) -> JourneyJournal:
    """Return a journal whose every text of the page's or of the test's is without the redactor's secrets."""

    def step(one: StepSeen) -> StepSeen:
        return msgspec.structs.replace(one, name=redactor.text(one.name), trouble=redactor.text(one.trouble))

    def expectation(one: Expectation) -> Expectation:
        return msgspec.structs.replace(one, text=redactor.text(one.text), last_seen=redactor.text(one.last_seen))

    def page(one: PageSeen) -> PageSeen:
        return msgspec.structs.replace(one, path=redactor.text(one.path), step=redactor.text(one.step))

    def sampled(one: Sampled) -> Sampled:
        return msgspec.structs.replace(one, path=redactor.text(one.path), step=redactor.text(one.step))

    return msgspec.structs.replace(
        journal,
        reason=redactor.text(journal.reason),
        steps=tuple(map(step, journal.steps)),
        pages=tuple(map(page, journal.pages)),
        expectations=tuple(map(expectation, journal.expectations)),
        samples=tuple(map(sampled, journal.samples)),
        unjudged=tuple(map(redactor.text, journal.unjudged)),
    )
