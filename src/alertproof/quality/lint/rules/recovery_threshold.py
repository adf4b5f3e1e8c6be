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
#: Where a recovery threshold must not lie; beside a value that is compared for being equal it has no side.
_SIDES = {">": "must not lie above", ">=": "must not lie above", "<": "must not lie below", "<=": "must not lie below"}


def _check(subject: Subject) -> Iterator[Complaint]:
    condition = subject.condition
    if condition is None:
        return
    beyond, side = _BEYOND.get(condition.comparator, operator.ne), _SIDES.get(condition.comparator, "must be")
    for name in ("critical", "warning"):
        limit = condition.value if name == "critical" else subject.threshold(name)
        recovery = subject.threshold(f"{name}_recovery")
        if limit is not None and recovery is not None and beyond(recovery, limit):
            yield Complaint(
                path=("options", "thresholds", f"{name}_recovery"),
                text=f"The {name} recovery threshold {recovery:g} {side} {limit:g}.",
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
