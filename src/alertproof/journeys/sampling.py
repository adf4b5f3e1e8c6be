"""The runs of a repeated journey against their budgets: p75 of each step and of each page's vitals. Pure."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, TypeAlias

from alertproof.journal import PageSeen, Sampled, StepSeen
from alertproof.journeys.quantile import Estimated, estimate, fewest
from alertproof.verdict import Expectation

if TYPE_CHECKING:
    from alertproof.requirements.budgets import JourneyBudget, VitalsBudget

__all__ = ["FEWEST", "PERCENTILE", "Run", "expect", "sample", "spoken", "steps_judged", "unjudged"]

PERCENTILE = 75
_SHARE = PERCENTILE / 100
#: Runs below which a budget is not judged.
FEWEST = fewest(_SHARE)
_DURATION = "duration"
_MOST_TOLD = 3
_Key: TypeAlias = tuple[str, str, int, bool]  # what is measured, the step, the how-manieth of that step's, whether soft


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """What one run of a journey measured."""

    steps: tuple[StepSeen, ...] = ()
    pages: tuple[PageSeen, ...] = ()


def sample(runs: Sequence[Run], budget: JourneyBudget) -> tuple[Sampled, ...]:
    """Return what was measured in the runs, by step and page; nothing of a journey that was not repeated.

    A page is known by its step and its place among that step's pages, for its path may hold a number of its own in
    each run; route changes have places of their own, for not each run reports one. A step that ended in trouble is
    none: how long it took says how patient we were.
    """
    if len(runs) < 2:
        return ()
    values: dict[_Key, list[float]] = defaultdict(list)
    limits: dict[_Key, float | None] = {}
    paths: dict[_Key, str] = {}
    for run in runs:
        times: Counter[str] = Counter()
        for step in run.steps:
            key = (_DURATION, step.name, times[step.name], False)
            times[step.name] += 1
            if not step.trouble:
                values[key].append(step.duration.total_seconds())
                limits[key] = None if step.budget is None else step.budget.total_seconds()
        visits: Counter[tuple[str, bool]] = Counter()
        for page in run.pages:
            for name, limit, read in _vitals(budget.vitals):
                value = read(page)
                if value is not None:
                    key = (name, page.step, visits[page.step, page.soft], page.soft)
                    values[key].append(value)
                    limits[key] = limit
                    paths[key] = page.path
            visits[page.step, page.soft] += 1
    return tuple(_sampled(key, seen, limits[key], paths.get(key, "")) for key, seen in values.items())


def steps_judged(samples: Sequence[Sampled]) -> frozenset[str]:
    """Return the names of the steps whose duration there are runs enough of."""
    return frozenset(one.step for one in samples if one.name == _DURATION and one.low is not None)


def expect(samples: Sequence[Sampled]) -> Iterator[Expectation]:
    """Yield the expectations of all that has samples enough: a step each, a vital for all pages at once.

    Met: the whole interval is within the limit. Not met: the whole of it is above. Between the two nobody can tell,
    and it was never reached.
    """
    judged = [one for one in samples if one.limit is not None and one.low is not None]
    names = list(dict.fromkeys((one.name, one.step if one.name == _DURATION else "", one.limit) for one in judged))
    for name, step, limit in names:
        group = [one for one in judged if one.name == name and one.limit == limit and step in ("", one.step)]
        outcomes = [_within(one) for one in group]
        met = False if False in outcomes else None if None in outcomes else True
        telling = [one for one, outcome in zip(group, outcomes, strict=True) if outcome is met]
        telling.sort(key=lambda one: one.p75 or 0.0, reverse=True)
        told = "; ".join(_told(one) for one in telling[: 1 if met else _MOST_TOLD])
        more = len(telling) - _MOST_TOLD
        what = f"step {step!r}" if name == _DURATION else f"{name} of every page"
        yield Expectation(
            text=f"p{PERCENTILE} of {what} is at most {_say(name, limit or 0.0)}",
            met=met,
            last_seen=told
            + (f"; and on {more} more" if not met and more > 0 else "")
            + ("; the limit lies within the interval: take more runs" if met is None else ""),
        )


def unjudged(runs: Sequence[Run], samples: Sequence[Sampled]) -> tuple[str, ...]:
    """Return which budgets were not judged, and why: a sentence each."""
    silent = sorted({name for run in runs for page in run.pages for name in page.unreported})
    untold = (f"this browser tells nothing of: {', '.join(silent)}",) if silent else ()
    return _too_few(runs, samples) + untold


def _too_few(runs: Sequence[Run], samples: Sequence[Sampled]) -> tuple[str, ...]:
    if len(runs) < FEWEST:
        times = "1 run" if len(runs) == 1 else f"{len(runs)} runs"
        what = "p75 of the vitals" if len(runs) == 1 else "p75 of the steps and of the vitals"
        return (f"{what} is not judged: {times}, and it takes {FEWEST} (for _ in journey.repeat({FEWEST}):)",)
    return tuple(
        f"p75 of {_what(one)} is not judged: {len(one.values)} of {len(runs)} runs have it, and it takes {FEWEST}"
        for one in samples
        if one.limit is not None and one.low is None
    )


def spoken(span: timedelta) -> str:
    """Return a span as people say it: ``640 ms``, ``3.4 s``."""
    seconds = span.total_seconds()
    return f"{seconds * 1000:.0f} ms" if seconds < 0.9995 else f"{seconds:.2f}".rstrip("0").rstrip(".") + " s"


def _vitals(limits: VitalsBudget) -> Iterator[tuple[str, float, Callable[[PageSeen], float | None]]]:
    yield "TTFB", limits.ttfb.delta.total_seconds(), lambda page: _seconds(page.ttfb)
    yield "FCP", limits.fcp.delta.total_seconds(), lambda page: _seconds(page.fcp)
    yield "LCP", limits.lcp.delta.total_seconds(), lambda page: _seconds(page.lcp)
    yield (
        "INP",
        limits.inp.delta.total_seconds(),
        lambda page: _seconds(page.inp_below if page.inp is None else page.inp),
    )
    yield "CLS", limits.cls, lambda page: page.cls


def _seconds(span: timedelta | None) -> float | None:
    return None if span is None else span.total_seconds()


def _sampled(key: _Key, values: Sequence[float], limit: float | None, path: str) -> Sampled:
    name, step, _, _ = key
    found: Estimated | None = estimate(values, _SHARE)
    return Sampled(
        name=name,
        step=step,
        path=path,
        limit=limit,
        values=tuple(values),
        p75=found.value if found else None,
        low=found.low if found else None,
        high=found.high if found else None,
    )


def _within(one: Sampled) -> bool | None:
    if one.limit is None or one.low is None or one.high is None:
        return None
    return True if one.high <= one.limit else False if one.low > one.limit else None


def _told(one: Sampled) -> str:
    values = [_say(one.name, value or 0.0) for value in (one.p75, one.low, one.high)]
    where = "" if one.name == _DURATION else f" {_where(one)}"
    return f"{values[0]}{where} (95 % interval {values[1]} to {values[2]}, {len(one.values)} runs)"


def _what(one: Sampled) -> str:
    return f"step {one.step!r}" if one.name == _DURATION else f"{one.name} {_where(one)}"


def _where(one: Sampled) -> str:
    return f"on {one.path} (step {one.step!r})" if one.step else f"on {one.path}"


def _say(name: str, value: float) -> str:
    return f"{value:.3f}" if name == "CLS" else spoken(timedelta(seconds=value))
