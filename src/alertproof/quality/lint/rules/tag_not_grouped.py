"""A tag's variable in a message of a monitor that does not group by the tag."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.message import Template
from alertproof.datadog.monitor.record_variables import EVENT_ROOTS
from alertproof.errors import nearest
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import Named, named
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    groups = subject.groups
    if groups is None:
        return
    for path, template in subject.templates.items():
        for one in named(template) if isinstance(template, Template) else ():
            text = _complaint(one, groups)
            if text:
                yield Complaint(path=path, text=text, start=one.span.start, end=one.span.end)


def _complaint(one: Named, groups: frozenset[str]) -> str:
    """Return what is wrong with a tag's variable, empty for any other and for a right one."""
    key, *rest = one.path
    # Besides its name a host has an address, tags and more [VAR].
    if not rest or (rest[-1] != "name" and key != "host") or key in EVENT_ROOTS or key in groups:
        return ""
    dotted = ".".join(one.path[:-1]) if rest[-1] == "name" else key
    if dotted in groups:
        return f"{{{{{dotted}.name}}}} is empty: a tag with a period is written {{{{[{dotted}].name}}}}."
    if not groups:
        return f"{{{{{'.'.join(one.path)}}}}} is empty: the query does not group by {dotted}."
    hint = nearest(dotted, groups).replace("known:", "it groups by")
    return f"{{{{{'.'.join(one.path)}}}}} is empty: the query does not group by {dotted}{hint}."


RULE = Rule(
    id="tag-not-grouped",
    level=Level.WARNING,
    title="The message or the name prints a tag that the query does not group by.",
    why="""
A monitor knows the tags that it groups by, and no others: `{{host.name}}` without `by {host}` is replaced by nothing.
The page then says "High load on", and a handle such as `@slack-{{team.name}}` leads nowhere. What the query filters by
is not known to the message either.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="High load on {{host.name}}. Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} by {host} > 4",
        message="High load on {{host.name}}. Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    check=_check,
)
