"""A block for warnings in a monitor that never warns."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import about_question, asked
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

_ABOUT = frozenset({"is_alert_to_warning", "is_warning", "is_warning_recovery"})


def _check(subject: Subject) -> Iterator[Complaint]:
    if subject.template is None or subject.query is None or subject.warns:
        return
    for block, _ in asked(subject.template):
        if block.question.helper in _ABOUT and not block.negated:
            yield about_question(block, "the monitor has no warning threshold")


RULE = Rule(
    id="warning-without-threshold",
    level=Level.WARNING,
    title="The message has a block for warnings, and the monitor has no warning threshold.",
    why="""
Without `thresholds.warning` there is no Warn state. Whoever wrote the block expects an early word that never comes,
and the handles in it are never told.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_warning}}Soon. @slack-ops{{/is_warning}} Runbook: https://runbooks.example.com/x @slack-ops",
        thresholds={"critical": 4},
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_warning}}Soon. @slack-ops{{/is_warning}} Runbook: https://runbooks.example.com/x @slack-ops",
        thresholds={"critical": 4, "warning": 3},
    ),
    check=_check,
)
