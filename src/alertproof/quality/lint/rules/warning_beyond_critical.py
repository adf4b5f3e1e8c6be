"""A warning threshold that is met no earlier than the critical one."""

from __future__ import annotations

import operator
from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

_NO_EARLIER = {">": operator.ge, ">=": operator.ge, "<": operator.le, "<=": operator.le}


def _check(subject: Subject) -> Iterator[Complaint]:
    condition, warning = subject.condition, subject.threshold("warning")
    if condition is None or warning is None or condition.comparator not in _NO_EARLIER:
        return
    if _NO_EARLIER[condition.comparator](warning, condition.value):
        yield Complaint(
            path=("options", "thresholds", "warning"),
            text=f"The monitor never warns: where {condition.comparator} {warning:g} holds,"
            f" {condition.comparator} {condition.number} does too, and that is an alert.",
        )


RULE = Rule(
    id="warning-beyond-critical",
    level=Level.ERROR,
    title="The warning threshold is met no earlier than the critical one, so that nobody is ever warned.",
    why="""
The critical threshold is looked at first. A warning that needs as much or more than the alert is never the state,
and its block of the message is never sent.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", thresholds={"critical": 4, "warning": 6}),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", thresholds={"critical": 4, "warning": 3}),
    check=_check,
)
