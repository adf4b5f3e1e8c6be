"""A page that does not say what to do."""

from __future__ import annotations

import re
from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import about_handle
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import MESSAGE, Subject

__all__ = ["RULE"]

#: A link of any kind, or a template that may bring one.
_LINK = re.compile(r"https?://|\]\(|run-?\s?book|playbook|\bwiki\b|\bdocs?/|\$\{|%\{|\.links\b", re.IGNORECASE)


def _check(subject: Subject) -> Iterator[Complaint]:
    if subject.paged and not _LINK.search(subject.text(MESSAGE)):
        handle = subject.paged[0].handle
        yield about_handle(subject, handle, f"@{handle} is paged without a link to a runbook.")


RULE = Rule(
    id="missing-runbook",
    level=Level.NOTICE,
    title="Somebody is paged and not told where it is written what to do.",
    why="""
Whoever is woken up at night should not have to search. Any link in the message will do, or the path of a runbook.
Monitors that only write to a channel are left alone.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", message="High load. @pagerduty-api"),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="High load. Runbook: https://runbooks.example.com/load @pagerduty-api",
    ),
    check=_check,
)
