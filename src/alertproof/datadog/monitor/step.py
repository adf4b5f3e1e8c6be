"""One evaluation of one group: from where it stood to where it stands, and what is told of it."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, NamedTuple

from msgspec import Struct

from alertproof.datadog.monitor.decide import Decision, Silence, next_state
from alertproof.datadog.monitor.definition import State
from alertproof.datadog.monitor.status import GroupStatus, moved
from alertproof.datadog.monitor.telling import tell
from alertproof.tags import EVERYTHING, Group

if TYPE_CHECKING:
    from alertproof.datadog.downtime import Mute
    from alertproof.datadog.monitor.notify import Notification
    from alertproof.datadog.monitor.observation import Observation
    from alertproof.datadog.monitor.routing import Terms

__all__ = ["Outcome", "Transition", "step_group", "step_to"]


class Transition(Struct, frozen=True, kw_only=True):
    """A group's step from one state to another; ``by_timeout`` says that ``timeout_h`` made it."""

    at: datetime
    group: Group
    old: State
    new: State
    value: float | None
    by_timeout: bool = False


class Outcome(NamedTuple):
    """What one evaluation led to for one group; ``value`` is the one that decided, None where it was skipped.

    ``skipped`` says that of a custom schedule, each of whose evaluations stands for itself, nothing decided this one.
    """

    status: GroupStatus
    value: float | None
    transition: Transition | None
    notification: Notification | None
    skipped: bool


def step_group(
    terms: Terms,
    group: Group,
    before: GroupStatus | None,
    seen: Observation,
    silence: Silence,
    *,
    too_new: bool,
    at: datetime,
    mute: Mute,
) -> Outcome | None:
    """Return where an evaluation at ``at`` leads a group; None for one that has no status, not yet or no longer.

    ``too_new`` says that a group without a status is not evaluated yet. A group that has been silent too long is
    forgotten, as is at once one that an edited monitor no longer has; a simple alert keeps its only one.
    """
    if silence.retention and (group != EVERYTHING or terms.definition.group_by):
        return None
    if too_new and before is None and group != EVERYTHING:
        return None
    new = next_state(terms.definition, before, seen, silence, terms.assumptions)
    alone = not terms.definition.options.notify_by
    if before is None and group != EVERYTHING and not terms.assumptions.new_groups_notify:
        alone = False
    # A new group, like a new monitor, is in No Data until its first evaluation [OBS].
    if before is None and (new.state is not None or group == EVERYTHING):
        before = GroupStatus(state=State.NO_DATA, since=at)
    if before is None:
        return None
    return step_to(terms, group, before, new, at=at, mute=mute, alone=alone)


def step_to(
    terms: Terms,
    group: Group,
    before: GroupStatus,
    new: Decision,
    *,
    at: datetime,
    mute: Mute,
    alone: bool = True,
) -> Outcome:
    """Return where a decision leads a group, or a cluster of groups.

    What is told of it comes with it, unless the group is not told of ``alone``, but with others [CFG] or not at all.
    """
    status = moved(before, new.state or before.state, new.value, at)
    transition = told = None
    if status.state is not before.state:
        transition = Transition(
            at=at, group=group, old=before.state, new=status.state, value=new.value, by_timeout=new.by_timeout
        )
    skipped = new.state is None and bool(terms.definition.options.schedules)
    if alone and not skipped and (not new.by_timeout or terms.assumptions.auto_resolve_notifies):
        status, told = tell(terms, group, before, status, at=at, mute=mute)
    return Outcome(status, new.value, transition, told, skipped)
