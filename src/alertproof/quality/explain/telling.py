"""Who is told of what, in words."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from alertproof.datadog.message import CONDITIONS, Answer, Recipient, RecipientKind, TemplateError, recipient
from alertproof.datadog.message.tree import Evaluation, Literal, Name
from alertproof.quality.lint.subject import MESSAGE, Subject
from alertproof.quality.words import listed

__all__ = ["told"]

_KINDS = {
    RecipientKind.CASE: "Case Management project",
    RecipientKind.EMAIL: "mail to",
    RecipientKind.JIRA: "Jira",
    RecipientKind.ON_CALL: "the on-call team",
    RecipientKind.OPSGENIE: "Opsgenie service",
    RecipientKind.PAGERDUTY: "PagerDuty service",
    RecipientKind.SERVICENOW: "ServiceNow",
    RecipientKind.SLACK: "Slack channel",
    RecipientKind.TEAM: "the team or user",
    RecipientKind.TEAMS: "Microsoft Teams channel",
    RecipientKind.WEBHOOK: "webhook",
    RecipientKind.WORKFLOW: "workflow",
}


def told(subject: Subject) -> Iterator[str]:
    """Yield a sentence for each recipient, in the order of the message."""
    if subject.payload.get("draft_status") == "draft":
        yield "It is a draft: it tells nobody."
        return
    message = subject.templates[MESSAGE]
    if isinstance(message, TemplateError):
        yield f"Whom it tells cannot be read from its message: {message.message}."
        return
    if isinstance(subject.reached, TemplateError):
        yield f"Whom it tells is not worked out: {subject.reached.message}."
        return
    exists = _occasions(subject)
    found: dict[tuple[str, str], list[str]] = {}
    for reach in subject.reaches:
        occasions = found.setdefault((reach.handle, _conditions(reach.when)), [])
        occasions += [name for name in exists if name in reach.occasions and name not in occasions]
    if subject.message_fills_in:
        yield "Its message is a template: whom it tells may be in what Terraform puts in."
    if not found and not subject.message_fills_in:
        yield "Its message tells nobody; the account's notification rules may."
    for (handle, condition), occasions in found.items():
        who = recipient(handle)
        yield f"Tells {_who(who)} {_of(occasions, exists)}{condition}." + (
            f" But {who.problem}." if who.problem else ""
        )


def _occasions(subject: Subject) -> tuple[str, ...]:
    """Return the occasions that the monitor has."""
    again = (f"renotified {name}" for name in subject.renotified)
    back = (f"recovery from {name}" for name in subject.states)
    return (*subject.states, *back, *again)


def _of(occasions: Sequence[str], exists: Sequence[str]) -> str:
    """Return of what somebody is told, short where it is everything."""
    if set(occasions) == set(exists):
        return "of everything: " + listed([_short(name, exists) for name in exists if _short(name, exists)])
    if not occasions:
        return "of nothing that this monitor does"
    # Recoveries are one thing where all of them are told.
    short = list(dict.fromkeys(_short(name, exists, occasions) for name in occasions))
    return "of " + listed([name for name in short if name])


def _short(name: str, exists: Sequence[str], told_of: Sequence[str] | None = None) -> str:
    recoveries = [each for each in exists if each.startswith("recovery")]
    if name in recoveries and (told_of is None or set(recoveries) <= set(told_of)):
        return "recoveries" if name == recoveries[0] else ""
    if name.startswith("renotified"):
        return f"each repetition of {_plural(name.removeprefix('renotified '))}"
    return _plural(name)


def _plural(name: str) -> str:
    return {"alert": "alerts", "warning": "warnings", "no data": "missing data"}.get(name, name)


def _who(who: Recipient) -> str:
    if who.kind is RecipientKind.EVERYONE:
        return "everyone in the account"
    if who.kind is RecipientKind.PAGERDUTY and not who.name:
        return "every PagerDuty service"
    if who.kind is RecipientKind.EMAIL:
        return f"{who.name} by mail"
    return f"{_KINDS[who.kind]} {who.name}"


def _conditions(when: Sequence[Answer]) -> str:
    """Return what a recipient depends on besides the occasion."""
    asked = [each for each in when if each.question.helper not in CONDITIONS]
    return f", if {' and '.join(_condition(each) for each in asked)}" if asked else ""


def _condition(answer: Answer) -> str:
    question = answer.question
    wanted = listed([repr(text) for text in question.wanted], "or")
    if question.helper == "is_priority":
        return f"the priority is {'' if answer.holds else 'not '}{wanted}"
    subject = question.subject
    name = ".".join(subject.path) if isinstance(subject, Name) else "the value"
    if isinstance(subject, Literal):
        name = repr(subject.value)
    elif isinstance(subject, Evaluation):
        name = "what it calculates"
    if wanted in {"''", ""}:
        empty = (question.helper == "is_exact_match") is answer.holds
        return f"{name} is {'' if empty else 'not '}empty"
    exact = question.helper == "is_exact_match"
    verb = ("is" if exact else "contains") if answer.holds else ("is not" if exact else "does not contain")
    return f"{name} {verb} {wanted}"
