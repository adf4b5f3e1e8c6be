"""What a run proved of its alerts: one row a drill, and one sentence."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from alertproof.journal import DrillJournal, Repeats, Side, Spread
from alertproof.report.model import Report
from alertproof.report.names import parse_name
from alertproof.report.summary.unmet import judgement
from alertproof.report.words import NOTHING, as_sentence, duration, in_both_times, listing
from alertproof.verdict import Verdict

__all__ = ["Row", "repeats_said", "row", "sentence", "sorted_drills"]

_SIDES: Mapping[Side, str] = {"fires": "must fire", "quiet": "must stay quiet", "course": "what follows"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One drill as the summary tables say it.

    ``about`` tells it from the alert's other ones: the fault, and of a course, of which there are many, its own name.
    """

    alert: str
    specified: str
    side: str
    about: str
    detected: str
    paged: str
    resolved: str
    verdict: Verdict

    @property
    def name(self) -> str:
        """Return the alert with its side, and of a course the alert with the course's name."""
        return f"{self.alert} ({self.about if self.side == _SIDES['course'] else self.side})"


def sorted_drills(report: Report) -> tuple[DrillJournal, ...]:
    """Return the drills by alert, the firing side first."""
    return tuple(sorted(report.drills, key=lambda drill: (drill.alert, drill.side, drill.check, drill.began)))


def row(drill: DrillJournal) -> Row:
    """Return a drill in the words of the summary table."""
    return Row(
        alert=drill.alert,
        specified=drill.specified,
        side=_SIDES[drill.side],
        about=_about(drill),
        detected=_detected(drill),
        paged=_paged(drill),
        resolved=_resolved(drill),
        verdict=drill.verdict,
    )


def _about(drill: DrillJournal) -> str:
    if drill.side == "course":
        return parse_name(drill.check).title
    return drill.fault.text if drill.fault else "no fault was injected"


def _judged(drill: DrillJournal) -> bool:
    return drill.verdict in {Verdict.PASSED, Verdict.FAILED}


def _detected(drill: DrillJournal) -> str:
    if drill.repeats is not None and drill.repeats.detect is not None:
        return _spread(drill.repeats.detect).removeprefix("after ")
    if drill.time_to_detect is not None:
        return in_both_times(drill.time_to_detect, drill.factor)
    if not _judged(drill):
        return NOTHING
    return "no alert" if drill.side == "quiet" else "not detected"


def _paged(drill: DrillJournal) -> str:
    if drill.incidents:
        people = _told(drill)
        if drill.time_to_page is None:
            return people
        return f"{people} after {in_both_times(drill.time_to_page, drill.factor)}"
    if not _judged(drill):
        return NOTHING
    if drill.side == "quiet":
        return "nobody was paged, as specified"
    return "nobody was paged"


def _resolved(drill: DrillJournal) -> str:
    if drill.time_to_resolve is not None:
        return in_both_times(drill.time_to_resolve, drill.factor)
    if not _judged(drill) or (drill.side == "quiet" and not drill.incidents):
        return NOTHING
    return "not resolved"


def _told(drill: DrillJournal) -> str:
    """Return who was told of a drill's incidents, each once; the services when nobody was."""
    people = dict.fromkeys(person for incident in drill.incidents for person in incident.told)
    services = dict.fromkeys(f"nobody at {incident.service}" for incident in drill.incidents)
    return listing([*people] or [*services])


def sentence(drill: DrillJournal) -> str:
    """Return what a drill proved or did not, in one sentence; of a repeated one how often and how long."""
    if drill.verdict is not Verdict.PASSED:
        return judgement(drill)
    if drill.repeats is not None:
        return as_sentence(repeats_said(drill.repeats))
    return as_sentence(_proof(drill, f"the fault ({drill.fault.text})" if drill.fault else "no fault"))


def repeats_said(repeats: Repeats) -> str:
    """Return how many of a drill's tries passed, and the spread of their times."""
    said = f"{repeats.passed} of {len(repeats.tries)} drills passed, {repeats.needed} had to"
    times = (
        ("detected", repeats.detect),
        ("paged", repeats.page),
        ("acknowledged", repeats.acknowledge),
        ("resolved", repeats.resolve),
    )
    return "; ".join([said, *(f"{word} {_spread(spread)}" for word, spread in times if spread is not None)])


def _spread(spread: Spread) -> str:
    return f"after {duration(spread.p50)} in half of {spread.count} (p50), {duration(spread.p95)} in 95 % (p95)"


def _proof(drill: DrillJournal, fault: str) -> str:
    if drill.side == "quiet":
        return f"{fault} raised no alert: nobody was paged, as specified"
    steps = []
    if drill.time_to_detect is not None:
        steps.append(f"raised the alert after {duration(drill.time_to_detect)}")
    if drill.incidents:
        after = f" after {duration(drill.time_to_page)}" if drill.time_to_page is not None else ""
        steps.append(f"paged {_told(drill)}{after}")
    if drill.time_to_resolve is not None:
        steps.append(f"was resolved {duration(drill.time_to_resolve)} after its revert")
    return f"{fault} {listing(steps) or 'met every expectation'}"
