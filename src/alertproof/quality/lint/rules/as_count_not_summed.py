"""Counts that are added up over the window, and then taken the average of, or the highest."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.evaluation.expression import is_count_arithmetic
from alertproof.datadog.query.tree import Call, Change, MetricMonitor
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

#: What Datadog computes of the points itself [ANOM, OUTL, FCST].
_FROM_POINTS = frozenset({"anomalies", "forecast", "outliers"})


def _check(subject: Subject) -> Iterator[Complaint]:
    tree = subject.query
    if not isinstance(tree, MetricMonitor) or not is_count_arithmetic(tree.expression, with_constants=False):
        return
    if any(call.name in _FROM_POINTS for call in subject.parts(Call)):
        return
    reduction = tree.head.reduction if isinstance(tree.head, Change) else tree.head
    if reduction.aggregator in {"avg", "max", "min"}:
        yield Complaint(
            path=("query",),
            text=f"With as_count() each side of the arithmetic is added up over the window before, so that"
            f" {reduction.aggregator} has one value to choose from; write sum, or .as_rate() for single points.",
            start=reduction.span.start,
            end=reduction.span.start + len(reduction.aggregator),
        )


RULE = Rule(
    id="as-count-not-summed",
    level=Level.WARNING,
    title="Arithmetic on counts is reduced by something else than sum, which alone has a meaning there.",
    why="""
Where a query calculates with `.as_count()`, Datadog adds up each side over the whole window and then calculates once.
There are no points left to average or to choose the highest from, and Datadog documents only `sum` for it: the monitor
does not do what `avg`, `min` and `max` promise.
""",
    bad=monitor("avg(last_5m):sum:api.errors{env:prod}.as_count() / sum:api.requests{env:prod}.as_count() > 0.02"),
    good=monitor("sum(last_5m):sum:api.errors{env:prod}.as_count() / sum:api.requests{env:prod}.as_count() > 0.02"),
    check=_check,
)
