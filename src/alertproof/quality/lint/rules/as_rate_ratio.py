"""A ratio that is taken point by point where that of the sums is meant."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.query.tree import Binary, Change, MetricMonitor, MetricQuery, Node, walk
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

_DONE = {"max": "compared", "min": "compared", "sum": "added up"}


def _check(subject: Subject) -> Iterator[Complaint]:
    tree = subject.query
    if not isinstance(tree, MetricMonitor) or any(query.modifier("as_count") for query in _queries(tree)):
        return
    reduction = tree.head.reduction if isinstance(tree.head, Change) else tree.head
    for ratio in subject.parts(Binary):
        sides = [_queries(side) for side in (ratio.left, ratio.right)]
        if ratio.sign != "/" or not all(sides):
            continue
        rates = all(query.modifier("as_rate") for side in sides for query in side)
        if rates or reduction.aggregator == "sum":
            summed = "" if reduction.aggregator == "sum" else f"sum instead of {reduction.aggregator} and "
            cure = f"of counts, write {summed}.as_count() on both sides for the ratio of the sums"
            if not rates:
                cure += "; of gauges, take avg instead of sum"
            done = _DONE.get(reduction.aggregator, "averaged")
            yield Complaint(
                path=("query",),
                text=f"The ratio of each point is taken by itself and then {done}, a quiet moment counting as much as a"
                f" busy one; {cure}.",
                start=ratio.span.start,
                end=ratio.span.end,
            )
            return


def _queries(node: Node) -> list[MetricQuery]:
    return [found for found in walk(node) if isinstance(found, MetricQuery)]


RULE = Rule(
    id="as-rate-ratio",
    level=Level.WARNING,
    title="A ratio is taken point by point, where that of the sums over the window is meant.",
    why="""
With `.as_count()` the errors and the requests of the window are each added up and then divided: 15 of 50 are 0.3. With
`.as_rate()`, and with neither, every point is divided on its own. Their average lets one failed request of one at
night weigh as much as a busy minute, and their sum is no share of anything: the same data make 1.5.
""",
    bad=monitor("avg(last_5m):sum:api.errors{env:prod}.as_rate() / sum:api.requests{env:prod}.as_rate() > 0.02"),
    good=monitor("sum(last_5m):sum:api.errors{env:prod}.as_count() / sum:api.requests{env:prod}.as_count() > 0.02"),
    check=_check,
)
