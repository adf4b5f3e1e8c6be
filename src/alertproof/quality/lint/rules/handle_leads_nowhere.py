"""A handle that reaches nobody as it is written."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.message import recipient
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    for handle in dict.fromkeys(reach.handle for reach in subject.reaches if reach.occasions):
        found = recipient(handle)
        if found.problem:
            at = subject.text("message").find(f"@{handle}")
            yield Complaint(
                path=("message",),
                text=f"Nobody is told: {found.problem}.",
                start=max(at, 0),
                end=at + len(handle) + 1 if at >= 0 else None,
            )


RULE = Rule(
    id="handle-leads-nowhere",
    level=Level.WARNING,
    title="A handle cannot reach anybody as it is written.",
    why="""
A handle ends at white space, so that a full stop or a comma behind it becomes part of the name: `@pagerduty-api.` is
the service `api.`, which nobody has. Datadog accepts the monitor and tells nobody.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="Runbook: https://runbooks.example.com/x, then tell @slack-ops.",
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="Runbook: https://runbooks.example.com/x, then tell @slack-ops",
    ),
    check=_check,
)
