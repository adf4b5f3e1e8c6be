"""The handles of a rendered message and whom they stand for [NOTIFY, NOTIF-INT, NOTIF-MAIL, ONCALL]."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from functools import lru_cache
from typing import NamedTuple

from msgspec import Struct

__all__ = ["Recipient", "RecipientKind", "Unparsed", "handles", "recipient", "slack_channels", "unparsed_handles"]


class RecipientKind(StrEnum):
    """What a handle leads to; *team* is also every name whose kind only the account knows."""

    CASE = "case"
    EMAIL = "email"
    EVERYONE = "everyone"
    JIRA = "jira"
    ON_CALL = "on-call"
    OPSGENIE = "opsgenie"
    PAGERDUTY = "pagerduty"
    SERVICENOW = "servicenow"
    SLACK = "slack"
    TEAM = "team"
    TEAMS = "microsoft teams"
    WEBHOOK = "webhook"
    WORKFLOW = "workflow"


class Recipient(Struct, frozen=True, kw_only=True):
    """Whom one handle stands for.

    ``name`` is what follows the prefix: a PagerDuty service (none for ``@pagerduty``, which is every service), a
    Slack channel with or without its account, a webhook, an address. ``arguments`` are those of a workflow.
    ``problem`` says why nobody will be told, and is empty otherwise.
    """

    handle: str
    kind: RecipientKind
    name: str
    arguments: tuple[tuple[str, str], ...] = ()
    problem: str = ""


#: A handle is not glued to the character before it and ends at white space; only a workflow may hold parentheses.
_HANDLE = re.compile(r"(?<!\S)@(workflow-[^\s()@]+\([^()\n]*\)(?!\S)|[^\s@]\S*)")
_WORKFLOW = re.compile(r"workflow-([^()]+)\(([^()]*)\)")
_PREFIXES = {
    "case": RecipientKind.CASE,
    "jira": RecipientKind.JIRA,
    "oncall": RecipientKind.ON_CALL,
    "opsgenie": RecipientKind.OPSGENIE,
    "pagerduty": RecipientKind.PAGERDUTY,
    "servicenow": RecipientKind.SERVICENOW,
    "slack": RecipientKind.SLACK,
    "teams": RecipientKind.TEAMS,
    "webhook": RecipientKind.WEBHOOK,
    "workflow": RecipientKind.WORKFLOW,
}
_PUNCTUATION = ".,;:!?'\"`*"
#: What is meant for a handle of an integration, but not the inside of a mail address, nor an example in backticks.
_MEANT = re.compile(rf"(?<![\w.+@`-])@(?:{'|'.join(_PREFIXES)})-[^\s@]+")
_ADDRESS = re.compile(r"[^\s@,;()<>]+@([^\s@,;()<>]+)")


class Unparsed(NamedTuple):
    """What looks like a handle of an integration at ``[start, end)`` of a text, and why Datadog does not take it."""

    start: int
    end: int
    problem: str


# A recovery's text is often the same, whatever it recovers from.
@lru_cache(maxsize=1024)
def handles(text: str) -> tuple[str, ...]:
    """Return the handles of a rendered message without their ``@``, each once, in order.

    One with parentheses is not parsed by Datadog, but for ``@workflow-name(key=value)``.
    """
    found = (match[1] for match in _HANDLE.finditer(text))
    return tuple(dict.fromkeys(each for each in found if not _has_parentheses(each)))


def unparsed_handles(text: str) -> Iterator[Unparsed]:
    """Yield what is no handle only for what is glued to it: the character before it, or parentheses [NOTIFY]."""
    for match in _MEANT.finditer(text):
        start, end = match.span()
        before = text[start - 1 : start]
        if before.strip():
            yield Unparsed(start, end, f"{match[0]} is glued to {before!r}; a handle needs white space before it")
        elif (found := _HANDLE.match(text, start)) and _has_parentheses(found[1]):
            yield Unparsed(start, end, f"{match[0]} has parentheses, which no handle can have")


def _has_parentheses(handle: str) -> bool:
    return not {"(", ")"}.isdisjoint(handle) and _WORKFLOW.fullmatch(handle) is None


def recipient(handle: str) -> Recipient:
    """Return whom a handle, written without ``@``, stands for."""
    if handle == "all":
        return Recipient(handle=handle, kind=RecipientKind.EVERYONE, name="")
    if called := _WORKFLOW.fullmatch(handle):
        arguments = tuple(_argument(each) for each in called[2].split(",") if each.strip())
        return Recipient(handle=handle, kind=RecipientKind.WORKFLOW, name=called[1], arguments=arguments)
    if "@" in handle:
        return Recipient(handle=handle, kind=RecipientKind.EMAIL, name=handle, problem=_mail_problem(handle))
    prefix, dash, name = handle.partition("-")
    kind = _PREFIXES.get(prefix)
    if kind is None:
        return Recipient(handle=handle, kind=RecipientKind.TEAM, name=handle, problem=_end_problem(handle))
    if not name and (dash or kind is not RecipientKind.PAGERDUTY):
        problem = f"no name follows @{prefix}-; a variable in it was empty" if dash else f"@{prefix} needs a name"
        return Recipient(handle=handle, kind=kind, name="", problem=problem)
    return Recipient(handle=handle, kind=kind, name=name, problem=_end_problem(handle))


def slack_channels(name: str, accounts: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return each account and channel that ``Account-channel`` may mean, the longest account first."""
    named = sorted((each for each in accounts if name.startswith(f"{each}-")), key=len, reverse=True)
    return tuple((account, name[len(account) + 1 :]) for account in named)


def _argument(text: str) -> tuple[str, str]:
    key, _, value = text.partition("=")
    return key.strip(), value.strip()


def _end_problem(handle: str) -> str:
    if handle[-1] in _PUNCTUATION:
        return f"@{handle} ends in {handle[-1]!r}; a handle needs white space behind it"
    return ""


def _mail_problem(handle: str) -> str:
    if "/" in handle:
        return f"no mail goes to an address with a slash: {handle}"
    address = _ADDRESS.fullmatch(handle)
    # A variable may bring the period of the domain.
    if address is None or {".", "{"}.isdisjoint(address[1]):
        return f"@{handle} is no mail address; a handle needs white space behind it"
    return _end_problem(handle)
