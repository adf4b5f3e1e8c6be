"""Why a check did not pass, in one sentence."""

from __future__ import annotations

from collections.abc import Sequence

from alertproof.journal import Journal
from alertproof.report.words import as_sentence, gist
from alertproof.verdict import Expectation, Verdict

__all__ = ["first_unmet", "judgement", "red_first", "rest_of_reason", "unmet"]

_NO_REASON = "no reason was recorded"


def judgement(journal: Journal) -> str:
    """Return why a check failed, was broken or was skipped, as a sentence."""
    reason = gist(journal.reason) or _NO_REASON
    if journal.verdict is Verdict.FAILED:
        return as_sentence(f"not proven: {first_unmet(journal.expectations) or reason}")
    if journal.verdict is Verdict.SKIPPED:
        return as_sentence(f"skipped: {reason}")
    return as_sentence(f"could not be judged: {reason}")


def unmet(expectations: Sequence[Expectation]) -> list[Expectation]:
    """Return what was not met, and behind it what was never reached."""
    return sorted((one for one in expectations if not one.met), key=lambda one: one.met is None)


def red_first(expectations: Sequence[Expectation]) -> tuple[Expectation, ...]:
    """Return all expectations, those that were not met first, then those never reached; else in their order."""
    return (*unmet(expectations), *(one for one in expectations if one.met))


def first_unmet(expectations: Sequence[Expectation]) -> str:
    """Return the first expectation that was not met, or never reached, with what was seen; empty when all were met."""
    for one in unmet(expectations):
        missed = "was not met" if one.met is False else "was never reached"
        return f"“{one.text}” {missed}" + (f" (last seen: {gist(one.last_seen)})" if one.last_seen else "")
    return ""


def rest_of_reason(journal: Journal, said: str) -> str:
    """Return the lines of a reason that neither ``said`` nor the expectations say already; often none."""
    told = {one.complaint().strip() for one in journal.expectations}
    lines = [line for line in journal.reason.splitlines() if line.strip() and line.strip() not in told]
    return "" if len(lines) == 1 and lines[0].strip().rstrip(".") in said else "\n".join(lines)
