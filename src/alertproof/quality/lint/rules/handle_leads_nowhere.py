"""A handle that reaches nobody as it is written."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.message import Reach, Template, recipient, unparsed_handles
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import about_handle, texts
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import ESCALATION, MESSAGE, Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    for path in (MESSAGE, ESCALATION):
        template = subject.templates[path]
        for text in texts(template) if isinstance(template, Template) else ():
            for found in unparsed_handles(text.text):
                start, end = text.span.start + found.start, text.span.start + found.end
                yield Complaint(path=path, text=f"Nobody is told: {found.problem}.", start=start, end=end)
    problems = {reach.handle: recipient(reach.handle).problem for reach in subject.reaches if _is_likely(reach)}
    leads = set()
    for handle in sorted(filter(problems.get, problems), key=lambda handle: handle.count("@")):
        complaint = about_handle(subject, handle, f"Nobody is told: {problems[handle]}.")
        lead = handle.partition("@")[0]
        # Of handles in pieces that are glued to each other a pair says enough.
        if complaint.end is not None or lead not in leads:
            yield complaint
        leads.add(lead)


def _is_likely(reach: Reach) -> bool:
    """Tell whether a handle is ever told: two that are glued to each other not, if one tag had to be two things."""
    matched = [each.question.subject for each in reach.when if each.holds and each.question.helper == "is_match"]
    return bool(reach.occasions) and ("@" not in reach.handle or len(matched) == len(set(matched)))


RULE = Rule(
    id="handle-leads-nowhere",
    level=Level.WARNING,
    title="A handle cannot reach anybody as it is written.",
    why="""
A handle stands between white space. A full stop or a comma behind it becomes part of the name: `@pagerduty-api.` is
the service `api.`, which nobody has. With a star or a bracket before it, `**@pagerduty-api**`, or with parentheses in
it, it is no handle at all. Datadog accepts the monitor and tells nobody.
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
