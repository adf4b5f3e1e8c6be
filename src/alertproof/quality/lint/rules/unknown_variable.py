"""A variable of the message that no monitor has, or not this one."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.message import Template
from alertproof.datadog.monitor.record_variables import EVENT_ROOTS
from alertproof.errors import nearest
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import named
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

#: The variables that are one word [VAR].
_KNOWN = frozenset(
    {
        "alert_recovery_threshold",
        "check_message",
        "comparator",
        "first_triggered_at",
        "first_triggered_at_epoch",
        "last_triggered_at",
        "last_triggered_at_epoch",
        "ok_threshold",
        "threshold",
        "triggered_duration_sec",
        "value",
        "warn_recovery_threshold",
        "warn_threshold",
    }
)


def _check(subject: Subject) -> Iterator[Complaint]:
    groups = subject.groups
    if groups is None:
        return
    for path, template in subject.templates.items():
        for one in named(template) if isinstance(template, Template) else ():
            if len(one.path) == 1 and one.path[0] not in EVENT_ROOTS:
                text = _complaint(subject, one.path[0], groups)
                if text:
                    yield Complaint(path=path, text=text, start=one.span.start, end=one.span.end)


def _complaint(subject: Subject, name: str, groups: frozenset[str]) -> str:
    """Return what is wrong with a variable of one word, empty for a right one."""
    if name == "ok_threshold" and not subject.is_check:
        return "{{ok_threshold}} is empty: only a service check has one."
    if name in _KNOWN:
        return ""
    if name in groups:
        written = f"[{name}].name" if "." in name else f"{name}.name"
        return f"{{{{{name}}}}} is not the tag's value: write {{{{{written}}}}}."
    return f"{{{{{name}}}}} is empty: there is no such variable{nearest(name, _KNOWN)}."


RULE = Rule(
    id="unknown-variable",
    level=Level.WARNING,
    title="The message or the name prints a variable that there is not.",
    why="""
Whatever Datadog does not know is replaced by nothing, without an error. A tag that the query groups by is
`{{host.name}}`; `{{host}}` alone is not its value.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} by {host} > 4",
        message="High load on {{host}}. Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} by {host} > 4",
        message="High load on {{host.name}}. Runbook: https://runbooks.example.com/x @slack-ops",
    ),
    check=_check,
)
