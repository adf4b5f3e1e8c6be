"""What is expected of every journey, decided from what it saw. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING

from alertproof.journal import PageSeen, StepSeen
from alertproof.verdict import Expectation, Verdict

if TYPE_CHECKING:
    from alertproof.journeys.heard import Heard, Line
    from alertproof.requirements.budgets import JourneyBudget, VitalsBudget
    from alertproof.requirements.durations import Span

__all__ = ["complaints", "judge", "spoken", "verdict_of"]

_MOST_TOLD = 3


def judge(
    *, steps: Sequence[StepSeen], pages: Sequence[PageSeen], heard: Heard, budget: JourneyBudget
) -> tuple[Expectation, ...]:
    """Return the expectations of a journey: its steps, its pages' vitals, and that nothing went wrong unseen.

    Those on what a page felt like are there for the vitals that some page has. A journey without a step, or without
    a page that painted anything, has one that was never reached.
    """
    if not steps:
        return (_never("the journey takes a step", "no samples: it took none; write: with journey.step(NAME)"),)
    told = [_step(step) for step in steps]
    if any(page.fcp is not None for page in pages):
        told += _vitals(pages, budget.vitals)
    else:
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


def spoken(span: timedelta) -> str:
    """Return a span as people say it: ``640 ms``, ``3.4 s``."""
    seconds = span.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"


def _step(step: StepSeen) -> Expectation:
    within = f" within {spoken(step.budget)}" if step.budget is not None else ""
    late = step.budget is not None and step.duration > step.budget
    return Expectation(
        text=f"step {step.name!r} ends{within}",
        met=not step.trouble and not late,
        last_seen=step.trouble or f"it took {spoken(step.duration)}",
    )


def _vitals(pages: Sequence[PageSeen], limits: VitalsBudget) -> Iterator[Expectation]:
    spans: tuple[tuple[str, Span, Callable[[PageSeen], timedelta | None]], ...] = (
        ("TTFB", limits.ttfb, lambda page: page.ttfb),
        ("FCP", limits.fcp, lambda page: page.fcp),
        ("LCP", limits.lcp, lambda page: page.lcp),
        ("INP", limits.inp, lambda page: page.inp_below if page.inp is None else page.inp),
    )
    for name, limit, value in spans:
        seen = [(span.total_seconds(), page) for page in pages if (span := value(page)) is not None]
        yield from _each(
            name, limit.delta.total_seconds(), seen, say=lambda seconds: spoken(timedelta(seconds=seconds))
        )
    shifts = [(page.cls, page) for page in pages if page.cls is not None]
    yield from _each("CLS", limits.cls, shifts, say=lambda shift: f"{shift:.3f}")


def _each(
    name: str, limit: float, seen: Sequence[tuple[float, PageSeen]], *, say: Callable[[float], str]
) -> Iterator[Expectation]:
    """Yield the expectation that a vital keeps within its limit on every page that has it, if any has."""
    if not seen:
        return
    ordered = sorted(seen, key=lambda one: one[0], reverse=True)
    over = [one for one in ordered if one[0] > limit]
    told = "; ".join(f"{say(value)} on {_where(page, name)}" for value, page in over[:_MOST_TOLD] or ordered[:1])
    more = f"; and on {len(over) - _MOST_TOLD} more" if len(over) > _MOST_TOLD else ""
    yield Expectation(text=f"{name} of every page is at most {say(limit)}", met=not over, last_seen=told + more)


def _where(page: PageSeen, vital: str) -> str:
    parts = [f"step {page.step!r}" if page.step else "", page.lcp_element if vital == "LCP" else ""]
    about = ", ".join(filter(None, parts))
    return f"{page.path} ({about})" if about else page.path


def _nothing(text: str, lines: Sequence[Line]) -> Expectation:
    """Return the expectation that there are no such lines; what was said again and again is told once."""
    times = Counter(line.text for line in lines)
    first = {line.text: f"step {line.step!r}, " if line.step else "" for line in reversed(lines)}
    told = [f"{first[said]}{said}" + (f" ({many} times)" if many > 1 else "") for said, many in times.items()]
    more = f" | and {len(told) - _MOST_TOLD} more" if len(told) > _MOST_TOLD else ""
    return Expectation(text=text, met=not lines, last_seen=" | ".join(told[:_MOST_TOLD]) + more or "none")


def _never(text: str, seen: str) -> Expectation:
    return Expectation(text=text, met=None, last_seen=seen)
