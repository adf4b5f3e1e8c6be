"""A page that is opened and never closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alertproof.datadog.message import CONDITIONS, Answer, Reach, RecipientKind, recipient
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject
from alertproof.quality.words import listed

__all__ = ["RULE"]

_PAGED = frozenset({RecipientKind.ON_CALL, RecipientKind.OPSGENIE, RecipientKind.PAGERDUTY})


def _check(subject: Subject) -> Iterator[Complaint]:
    told: dict[str, list[Reach]] = {}
    for reach in subject.reaches:
        if recipient(reach.handle).kind in _PAGED:
            told.setdefault(reach.handle, []).append(reach)
    for handle, reaches in told.items():
        left = [state for state in _states(subject) if any(_stays_open(reach, reaches, state) for reach in reaches)]
        left = [state for state in left if state.removeprefix("renotified ") == state or state[11:] not in left]
        if left:
            at = subject.text("message").find(f"@{handle}")
            yield Complaint(
                path=("message",),
                text=f"@{handle} is told of {listed(left)} but not of the recovery, so its incident stays open.",
                start=max(at, 0),
                end=at + len(handle) + 1 if at >= 0 else None,
            )


def _states(subject: Subject) -> list[str]:
    """Return the occasions on which the monitor can open an incident."""
    exists = {"alert": True, "warning": subject.warns, "no data": subject.tells_no_data}
    found = [state for state, there in exists.items() if there]
    return [*found, *(f"renotified {state}" for state in found)] if subject.renotifies else found


def _stays_open(opened: Reach, reaches: Sequence[Reach], state: str) -> bool:
    """Tell whether nothing closes what one way to tell a handle opens, under the same values of tags."""
    if state not in opened.occasions:
        return False
    under = _values(opened)
    recovery = f"recovery from {state.removeprefix('renotified ')}"
    closes = [_values(reach) - under for reach in reaches if recovery in reach.occasions]
    if frozenset() in closes:
        return False
    # Told in either branch of a question is told in any case.
    single = {next(iter(answers)) for answers in closes if len(answers) == 1}
    return not any(Answer(answer.question, not answer.holds) in single for answer in single)


def _values(reach: Reach) -> frozenset[Answer]:
    """Return the answers about values and priorities that a handle depends on."""
    return frozenset(answer for answer in reach.when if answer.question.helper not in CONDITIONS)


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
