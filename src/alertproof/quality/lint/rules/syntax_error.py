"""A query or a message that is not in its language."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.message import TemplateError
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import ESCALATION, MESSAGE, NAME, Subject

__all__ = ["RULE"]

_CALLED = {NAME: "name", MESSAGE: "message", ESCALATION: "escalation message"}


def _check(subject: Subject) -> Iterator[Complaint]:
    error = subject.query_error
    if error is not None and subject.text(("query",)).strip():
        yield Complaint(
            path=("query",), text=f"The query cannot be read: {error.message}.", start=error.start, end=error.end
        )
    elif error is not None:
        yield Complaint(path=("query",), text="The monitor has no query.")
    for path, found in subject.templates.items():
        if isinstance(found, TemplateError):
            text = f"The {_CALLED[path]} cannot be read: {found.message}."
            yield Complaint(path=path, text=text, start=found.start, end=found.end)


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
