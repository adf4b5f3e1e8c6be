"""A query or a message that is not in its language."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    error = subject.query_error
    if error is not None and subject.text("query").strip():
        yield Complaint(
            path=("query",), text=f"The query cannot be read: {error.message}.", start=error.start, end=error.end
        )
    elif error is not None:
        yield Complaint(path=("query",), text="The monitor has no query.")
    if subject.template_error is not None:
        wrong = subject.template_error
        text = f"The message cannot be read: {wrong.message}."
        yield Complaint(path=("message",), text=text, start=wrong.start, end=wrong.end)


RULE = Rule(
    id="syntax-error",
    level=Level.ERROR,
    title="The query or the message is not in its language.",
    why="""
Datadog refuses such a query when the monitor is saved. Of malformed messages it accepts some, sends them as they are
written and tells nobody: a block that is opened and never closed swallows the handle behind it.
""",
    bad=monitor("avg(last_5m):avg:system.load.1{env:prod by {host} > 4"),
    good=monitor("avg(last_5m):avg:system.load.1{env:prod} by {host} > 4"),
    check=_check,
)
