"""A message that tells somebody on some occasion, and nobody of an alert."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import about_handle
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    if subject.tells_nobody_of("alert"):
        handle = subject.reaches[0].handle
        yield about_handle(subject, handle, f"Nobody is told of an alert: @{handle} is told of other occasions only.")


RULE = Rule(
    id="alert-tells-nobody",
    level=Level.WARNING,
    title="The message tells somebody of warnings or recoveries, and nobody of alerts.",
    why="""
A handle inside a block is told only when the block is sent. Here every handle stands in a block for something else,
so that the worst of all occasions passes in silence.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="High load. Runbook: https://runbooks.example.com/x {{#is_recovery}}@slack-ops{{/is_recovery}}",
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="High load. Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    check=_check,
)
