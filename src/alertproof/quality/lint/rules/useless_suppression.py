"""A request to ignore a finding that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:  # noqa: ARG001 - a rule's signature
    # Only whoever has run the other rules can tell.
    return iter(())


RULE = Rule(
    id="useless-suppression",
    level=Level.NOTICE,
    title="The file asks to ignore a finding that is not there, or that does not exist.",
    why="""
What was once ignored with good reason may hide the next mistake of its kind. Take the request away when there is
nothing left to ignore; a name that is spelled wrong ignores nothing.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", tags=("alertproof:ignore=dead-scope",)),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod} > 4", tags=("team:api",)),
    check=_check,
)
