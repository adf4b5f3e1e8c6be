"""A page that is opened and never closed."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alertproof.datadog.message import CONDITIONS, Answer, Reach
from alertproof.quality.lint.example import monitor
from alertproof.quality.lint.finding import Level
from alertproof.quality.lint.parts import about_handle
from alertproof.quality.lint.rule import Complaint, Rule
from alertproof.quality.lint.subject import Subject
from alertproof.quality.words import listed

__all__ = ["RULE"]


def _check(subject: Subject) -> Iterator[Complaint]:
    told: dict[str, list[Reach]] = {}
    for reach in subject.paged:
        told.setdefault(reach.handle, []).append(reach)
    for handle, reaches in told.items():
        text = _own_recovery(subject, reaches) or _other_recovery(subject, reaches)
        if text:
            yield about_handle(subject, handle, f"@{handle} is told of {text}.")


def _openings(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield the occasions on which an incident can be opened, each with the state that the monitor is in then."""
    yield from ((state, state) for state in subject.states)
    if "warning" in subject.states:
        yield "alert to warning", "warning"
    yield from ((f"renotified {state}", state) for state in subject.renotified)


def _own_recovery(subject: Subject, reaches: Sequence[Reach]) -> str:
    """Return what is wrong where a state opens an incident that its own end leaves open."""
    left: dict[str, str] = {}
    for occasion, state in _openings(subject):
        if _stays_open(occasion, state, reaches):
            # That the state is told too says enough.
            left.setdefault(state, occasion)
    return f"{listed(list(left.values()))} but not of the recovery, so its incident stays open" if left else ""


def _other_recovery(subject: Subject, reaches: Sequence[Reach]) -> str:
    """Return what is wrong where an incident stays open if the state becomes another before the trouble ends."""
    for occasion, _ in _openings(subject):
        for last in subject.states:
            if _stays_open(occasion, last, reaches):
                return (
                    f"{occasion} but not of the recovery from {last}, so its incident stays open where the one became"
                    " the other"
                )
    return ""


def _stays_open(occasion: str, last: str, reaches: Sequence[Reach]) -> bool:
    """Tell whether an incident that is opened on an occasion is left open when the state ``last`` ends."""
    return any(_is_left(reach, last, reaches) for reach in reaches if occasion in reach.occasions)


def _is_left(opened: Reach, last: str, reaches: Sequence[Reach]) -> bool:
    """Tell whether nothing closes what one way to tell a handle opens, under the same values of tags."""
    under = _values(opened)
    closes = [_values(reach) - under for reach in reaches if f"recovery from {last}" in reach.occasions]
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
incident stays open until a human closes it. The next alert may then be added to it, and page nobody. Trouble may also
end from another state than it began in: with a warning threshold an alert can become a warning first, and
`{{#is_alert_recovery}}` does not stand for the end of that.
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
