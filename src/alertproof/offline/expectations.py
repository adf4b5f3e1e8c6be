"""Reads what a test expects of its monitors: states at instants, and notifications within spans."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

from msgspec import Struct

from alertproof.datadog import State
from alertproof.offline.notation import read_group
from alertproof.tags import Group, group_label

if TYPE_CHECKING:
    from alertproof.datadog import Notification
    from alertproof.offline.document import Entry

__all__ = ["ExpectedNotification", "ExpectedState", "read_expected_notification", "read_expected_state"]

_STATES = tuple(State)
_STEPS = ("Triggered", "Re-Triggered", "Warn", "No Data", "Unknown", "Recovered")
_TRANSITIONS = (*_STEPS, "Renotify")


class ExpectedState(Struct, frozen=True, kw_only=True):
    """At ``at`` after the start the monitor's ``group``, or each group where it is None, is in ``state``."""

    text: str
    monitor: str
    at: timedelta
    state: State
    group: Group | None


class ExpectedNotification(Struct, frozen=True, kw_only=True):
    """Between the two spans after the start, ends included, ``to`` is told of the transition.

    None stands for any: any handle or none, any group, any text. Without ``told`` the group goes that step, and nobody
    is told of it.
    """

    text: str
    monitor: str
    to: str | None
    transition: str
    between: tuple[timedelta, timedelta]
    group: Group | None
    contains: str
    told: bool = True

    def is_said_by(self, notification: Notification) -> bool:
        """Tell whether its title or its text, as ``to`` gets it, contains what is expected."""
        seen = notification if self.to is None else notification.seen_by(self.to)
        return self.contains in seen.title or self.contains in seen.body


def read_expected_state(entry: Entry) -> ExpectedState:
    """Read one item of ``expect``."""
    keys = entry.mapping(("monitor", "at", "state", "group"), needed=("monitor", "at", "state"))
    monitor, at = keys["monitor"].text(), keys["at"]
    state = State(keys["state"].choice(_STATES))
    group = read_group(keys.get("group"))
    about = f" {{{group_label(group)}}}" if group is not None else ""
    return ExpectedState(
        text=f"{monitor}{about} is {state} at {at.text()}",
        monitor=monitor,
        at=at.duration(),
        state=state,
        group=group,
    )


def read_expected_notification(entry: Entry) -> ExpectedNotification:
    """Read one item of ``notified``."""
    known = ("monitor", "to", "transition", "between", "group", "text", "told")
    keys = entry.mapping(known, needed=("monitor", "transition", "between"))
    ends = keys["between"].items()
    if len(ends) != 2 or ends[0].duration() > ends[1].duration():
        keys["between"].fail("expected two instants, the earlier first, such as [10m, 16m]")
    told = keys["told"].flag() if "told" in keys else True
    monitor, transition = keys["monitor"].text(), keys["transition"].choice(_TRANSITIONS if told else _STEPS)
    for key in () if told else ("to", "text"):
        if key in keys:
            keys[key].fail(f"what nobody is told of (told: false) has no {key!r}")
    to = keys["to"].text().removeprefix("@") if "to" in keys else None
    group = read_group(keys.get("group"))
    about = f" {{{group_label(group)}}}" if group is not None else ""
    span = f"between {ends[0].text()} and {ends[1].text()}"
    contains = keys["text"].text() if "text" in keys else ""
    saying = f" saying {contains!r}" if contains else ""
    whom = f"tells {to or 'anyone'}" if told else "tells nobody of"
    return ExpectedNotification(
        text=f"{monitor}{about} {whom} {transition} {span}{saying}",
        monitor=monitor,
        to=to,
        transition=transition,
        between=(ends[0].duration(), ends[1].duration()),
        group=group,
        contains=contains,
        told=told,
    )
