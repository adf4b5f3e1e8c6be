"""Whether the handles of a message lead anywhere in an account: its integrations and teams by their names."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from alertproof.datadog.message import RecipientKind, slack_channels
from alertproof.errors import nearest

if TYPE_CHECKING:
    from alertproof.datadog.message import Recipient

__all__ = ["Directory", "Resolution", "resolve"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Directory:
    """What an account has: names by kind of recipient, and Slack's channels by account.

    A kind that is not there is not known, so that every handle of it is taken for good; one without names has none.
    """

    names: Mapping[RecipientKind, frozenset[str]] = field(default_factory=dict)
    slack: Mapping[str, frozenset[str]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Resolution:
    """What a recipient leads to: the names of PagerDuty services, ``account/channel`` for Slack, else one name.

    ``problem`` says why it leads nowhere, and is empty otherwise.
    """

    recipient: Recipient
    targets: tuple[str, ...] = ()
    problem: str = ""


def resolve(recipient: Recipient, directory: Directory) -> Resolution:
    """Return what a recipient leads to.

    ``@pagerduty`` alone is every service; a handle cannot hold white space, so that a service's name is compared with
    ``-`` in its place [NOTIFY]. Mail goes to every address.
    """
    if recipient.problem:
        return Resolution(recipient=recipient, problem=recipient.problem)
    if recipient.kind is RecipientKind.SLACK and directory.slack is not None:
        return _slack(recipient, directory.slack)
    known = directory.names.get(recipient.kind)
    if known is None or recipient.kind in {RecipientKind.EMAIL, RecipientKind.EVERYONE}:
        return Resolution(recipient=recipient, targets=(recipient.name or recipient.handle,))
    if recipient.kind is RecipientKind.PAGERDUTY and not recipient.name:
        problem = "" if known else "the account has no PagerDuty service"
        return Resolution(recipient=recipient, targets=tuple(sorted(known)), problem=problem)
    found = tuple(sorted(name for name in known if recipient.name in {name, "-".join(name.split())}))
    problem = "" if found else _unknown(recipient, known)
    return Resolution(recipient=recipient, targets=found, problem=problem)


def _slack(recipient: Recipient, slack: Mapping[str, frozenset[str]]) -> Resolution:
    named = slack_channels(recipient.name, slack)
    # A channel's name may begin like an account's.
    options = [*named, *((each, recipient.name) for each in sorted(slack))]
    found = tuple(f"{account}/{channel}" for account, channel in options if channel in slack[account])
    if found:
        return Resolution(recipient=recipient, targets=found[:1])
    account, wanted = named[0] if named else ("", recipient.name)
    channels = slack[account] if named else frozenset().union(*slack.values())
    return Resolution(recipient=recipient, problem=_unknown(recipient, channels, wanted))


def _unknown(recipient: Recipient, known: Iterable[str], name: str = "") -> str:
    wanted = name or recipient.name
    return f"the account has no {recipient.kind} {wanted!r}{nearest(wanted, known)}"
