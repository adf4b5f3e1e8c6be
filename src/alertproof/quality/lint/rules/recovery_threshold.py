"""A recovery threshold on the wrong side of its threshold."""

from __future__ import annotations

import operator
from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

_BEYOND = {">": operator.gt, ">=": operator.gt, "<": operator.lt, "<=": operator.lt}


def _check(subject: Subject) -> Iterator[Complaint]:
    condition = subject.condition
    beyond = _BEYOND.get(condition.comparator) if condition else None
    for name in ("critical", "warning"):
        in_query = condition.value if condition and name == "critical" else None
        limit = subject.threshold(name) if in_query is None else in_query
        recovery = subject.threshold(f"{name}_recovery")
        if beyond is not None and condition and limit is not None and recovery is not None and beyond(recovery, limit):
            side = "below" if condition.comparator.startswith(">") else "above"
            yield Complaint(
                path=("options", "thresholds", f"{name}_recovery"),
                text=f"The {name} recovery threshold {recovery:g} must lie {side} {limit:g}.",
            )


RULE = Rule(
    id="recovery-threshold",
    level=Level.ERROR,
    title="A recovery threshold lies on the side where the monitor alerts.",
    why="""
A recovery threshold says how far a value must come back before the alert ends. On the wrong side a value is trouble
and recovered at once; Datadog refuses such a monitor.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", thresholds={"critical": 4, "critical_recovery": 5}),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", thresholds={"critical": 4, "critical_recovery": 3}),
    check=_check,
)
