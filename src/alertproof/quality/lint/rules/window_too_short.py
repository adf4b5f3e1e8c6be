"""A window that is shorter than the interval in which its points come."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from alertproof.datadog.query.tree import MetricQuery, Modified, Modifier, Number
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

#: Metrics that come with minutes of delay, because they are fetched from a cloud's own interface every five minutes.
_FETCHED = ("aws.", "gcp.")
_FETCHED_EVERY = timedelta(minutes=5)


def _check(subject: Subject) -> Iterator[Complaint]:
    window = subject.window
    if window is None:
        return
    modifiers = [found for part in subject.parts(MetricQuery) for found in part.modifiers]
    modifiers += [found for part in subject.parts(Modified) for found in part.modifiers]
    for modifier in modifiers:
        seconds = _rollup(modifier)
        if seconds is not None and seconds > window.total_seconds():
            yield Complaint(
                path=("query",),
                text=f"The window of {_minutes(window)} is shorter than the rollup of {seconds:g} s,"
                " so that most evaluations see no whole point.",
                start=modifier.span.start,
                end=modifier.span.end,
            )
    for query in subject.parts(MetricQuery):
        delayed = bool(subject.options.get("evaluation_delay"))
        if query.metric.startswith(_FETCHED) and window < _FETCHED_EVERY and not delayed:
            yield Complaint(
                path=("query",),
                text=f"The window of {_minutes(window)} is shorter than the five minutes in which {query.metric} is"
                " fetched, and there is no evaluation_delay, so that most evaluations see no point.",
                start=query.span.start,
                end=query.span.end,
            )


def _rollup(modifier: Modifier) -> float | None:
    if modifier.name != "rollup":
        return None
    return next((each.value for each in modifier.arguments if isinstance(each, Number)), None)


def _minutes(span: timedelta) -> str:
    return f"{span.total_seconds() / 60:g} min"


RULE = Rule(
    id="window-too-short",
    level=Level.WARNING,
    title="The window is shorter than the interval in which the metric's points come.",
    why="""
A window that ends between two points sees none of them. The evaluation is then skipped and the monitor keeps its
state, whatever happens. Make the window at least twice the interval; for metrics that a cloud hands over late, set
`evaluation_delay` (900 s) as well.
""",
    bad=monitor("avg(last_5m):avg:queue.depth{env:prod}.rollup(avg, 600) > 4"),
    good=monitor("avg(last_30m):avg:queue.depth{env:prod}.rollup(avg, 600) > 4"),
    check=_check,
)
