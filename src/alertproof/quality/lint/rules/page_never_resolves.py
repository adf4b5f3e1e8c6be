"""A page that is opened and never closed."""

from __future__ import annotations

from collections.abc import Iterator

from alertproof.datadog.message import RecipientKind, recipient
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject

__all__ = ["RULE"]

_PAGED = frozenset({RecipientKind.ON_CALL, RecipientKind.OPSGENIE, RecipientKind.PAGERDUTY})


def _check(subject: Subject) -> Iterator[Complaint]:
    told: dict[str, set[str]] = {}
    for reach in subject.reaches:
        if recipient(reach.handle).kind in _PAGED:
            told.setdefault(reach.handle, set()).update(reach.occasions)
    states = {"alert": True, "warning": subject.warns, "no data": subject.tells_no_data}
    for handle, occasions in told.items():
        again = subject.renotifies
        opened = [
            state
            for state, exists in states.items()
            if exists and (state in occasions or (again and f"renotified {state}" in occasions))
        ]
        left = [state for state in opened if f"recovery from {state}" not in occasions]
        if left:
            at = subject.text("message").find(f"@{handle}")
            yield Complaint(
                path=("message",),
                text=f"@{handle} is told of {' and '.join(left)} but not of the recovery, so its incident stays open.",
                start=max(at, 0),
                end=at + len(handle) + 1 if at >= 0 else None,
            )


RULE = Rule(
    id="page-never-resolves",
    level=Level.WARNING,
    title="Whoever is paged is not told of the recovery, so that the incident never resolves by itself.",
    why="""
An incident at PagerDuty, Opsgenie or On-Call is resolved by the notification of the recovery, and only if the same
handle stands in it. With the handle inside `{{#is_alert}}` alone somebody is woken up, the trouble ends, and the
incident stays open until a human closes it. The next alert may then be added to it, and page nobody.
""",
    bad=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_alert}}Runbook: https://runbooks.example.com/x @pagerduty-api{{/is_alert}} @slack-ops",
    ),
    good=monitor(
        "avg(last_5m):avg:system.load.1{env:prod} > 4",
        message="{{#is_alert}}Runbook: https://runbooks.example.com/x{{/is_alert}} @pagerduty-api @slack-ops",
    ),
    check=_check,
)
