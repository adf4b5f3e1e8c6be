"""Thresholds that disagree with the query."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    critical, condition = subject.threshold("critical"), subject.condition
    if critical is None or condition is None or critical == condition.value:
        return
    yield Complaint(
        path=("options", "thresholds", "critical"),
        text=f"The critical threshold is {critical:g}, but the query compares with {condition.number}.",
    )


RULE = Rule(
    id="threshold-mismatch",
    level=Level.ERROR,
    title="The critical threshold is not the number in the query.",
    why="""
The number stands twice, in the query and in `options.thresholds.critical`, and Datadog refuses a monitor in which
they differ. It happens when somebody changes one of them by hand.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", thresholds={"critical": 5}),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", thresholds={"critical": 4}),
    check=_check,
)
