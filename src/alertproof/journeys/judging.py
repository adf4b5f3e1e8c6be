"""What is expected of every journey, decided from what it saw. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING

from alertproof.journal import Sampled, StepSeen
from alertproof.journeys.sampling import Run, expect, spoken, steps_judged
from alertproof.verdict import Expectation, Verdict

if TYPE_CHECKING:
    from alertproof.journeys.heard import Heard, Line

__all__ = ["complaints", "judge", "verdict_of"]

_MOST_TOLD = 3


def judge(*, runs: Sequence[Run], samples: Sequence[Sampled], heard: Heard) -> tuple[Expectation, ...]:
    """Return the expectations of a journey: its steps, its pages' vitals, and that nothing went wrong unseen.

    With runs enough a step's budget and the vitals' limits are those of p75 over the runs (``samples``); with fewer a
    step's budget is the most that it may take each time, and vitals are not judged. A journey without a step, or
    without a page that painted anything though all steps ended well, has an expectation that was never reached.
    """
    steps = [step for run in runs for step in run.steps]
    pages = [page for run in runs for page in run.pages]
    if not steps:
        return (_never("the journey takes a step", "no samples: it took none; write: with journey.step(NAME)"),)
    by_runs = steps_judged(samples)
    told = [_step(step, hard=step.name not in by_runs) for step in steps if step.trouble or step.name not in by_runs]
    told += expect(samples)
    if not any(page.fcp is not None for page in pages) and not any(step.trouble for step in steps):
        seen = ", ".join(page.path for page in pages) or "no page was opened"
        told.append(_never("some page paints something", f"no samples: {seen}"))
    told.append(_nothing("no JavaScript error stays uncaught", heard.uncaught))
    told.append(_nothing("no error is in the console", heard.errors))
    told.append(_nothing("no request to the site fails", heard.failed))
    return tuple(told)


def verdict_of(expectations: Sequence[Expectation]) -> Verdict:
    """Return failed if one was not met, else broken if one was never reached or there are none, else passed."""
    if any(one.met is False for one in expectations):
        return Verdict.FAILED
    return Verdict.PASSED if expectations and all(one.met for one in expectations) else Verdict.BROKEN


def complaints(expectations: Sequence[Expectation]) -> str:
    """Return what was not met or never reached, a line each; empty when all was met."""
    return "\n".join(filter(None, (one.complaint() for one in expectations)))


def _step(step: StepSeen, *, hard: bool) -> Expectation:
    budget = step.budget if hard else None
    within = f" within {spoken(budget)}" if budget is not None else ""
    late = budget is not None and step.duration > budget
    return Expectation(
        text=f"step {step.name!r} ends{within}",
        met=not step.trouble and not late,
        last_seen=step.trouble or f"it took {spoken(step.duration)}",
    )


def _nothing(text: str, lines: Sequence[Line]) -> Expectation:
    """Return the expectation that there are no such lines; what was said again and again is told once."""
    times = Counter(line.text for line in lines)
    first = {line.text: f"step {line.step!r}, " if line.step else "" for line in reversed(lines)}
    told = [f"{first[said]}{said}" + (f" ({many} times)" if many > 1 else "") for said, many in times.items()]
    more = f" | and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return Expectation(text=text, met=not lines, last_seen=" | ".join(told[:_MOST_TOLD]) + more or "none")


def _never(text: str, seen: str) -> Expectation:
    return Expectation(text=text, met=None, last_seen=seen)
