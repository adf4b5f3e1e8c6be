"""A block of a message that is never sent."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.message import Answer, possible
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import about_question, asked
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    if subject.template is None:
        return
    for block, around in asked(subject.template):
        answer = Answer(block.question, not block.negated)
        if not possible(around):
            # The block around it is the finding.
            continue
        reason = _reason(subject, around, answer)
        if reason:
            yield about_question(block, reason)


def _reason(subject: Subject, around: tuple[Answer, ...], answer: Answer) -> str:
    if not possible((*around, answer)):
        outer = next((each for each in around if not possible((each, answer))), around[-1])
        asked_there = f"{{{{#{outer.question.helper}}}}}"
        return f"it cannot hold inside {asked_there}" if outer.holds else f"it cannot hold where {asked_there} does not"
    helper = answer.question.helper
    if answer.holds and helper == "is_renotify" and not subject.renotified:
        return "the monitor does not renotify (renotify_interval)"
    if answer.holds and helper == "is_unknown" and not (subject.is_check or subject.is_composite):
        return "only a service check can be UNKNOWN"
    return ""


RULE = Rule(
    id="unreachable-block",
    level=Level.WARNING,
    title="A block of the message stands where its question can never be answered with yes.",
    why="""
A transition is one thing: it is an alert or a recovery, never both. A block for the one inside a block for the other
is never sent, nor is one for renotifications in a monitor that does not renotify. The same is true of blocks for two
different values of one tag. Most often an end tag stands in the wrong line, and a handle is lost with it.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_alert}}High. {{#is_recovery}}Over.{{/is_recovery}}{{/is_alert}}"
        " Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_alert}}High.{{/is_alert}} {{#is_recovery}}Over.{{/is_recovery}}"
        " Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    check=_check,
)
