"""One evaluation of one group: from where it stood to where it stands, and what is told of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from msgspec.structs import replace

from alertproof.datadog.monitor.decide import Decision, Silence, next_state
from alertproof.datadog.monitor.definition import Definition, State
from alertproof.datadog.monitor.notify import Moment, Notification, is_told, notification
from alertproof.datadog.monitor.status import GroupStatus, moved
from alertproof.tags import EVERYTHING, Group

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.observation import Observation

__all__ = ["Outcome", "Transition", "renotifies_after", "step_group"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A group's step from one state to another."""

    at: datetime
    group: Group
    old: State
    new: State
    value: float | None


class Outcome(NamedTuple):
    """What one evaluation led to for one group; ``value`` is the one that decided, None where it was skipped."""

    status: GroupStatus
    value: float | None
    transition: Transition | None
    notification: Notification | None


def step_group(
    definition: Definition,
    group: Group,
    before: GroupStatus | None,
    seen: Observation,
    silence: Silence,
    *,
    too_new: bool,
    at: datetime,
    assumptions: Assumptions,
) -> Outcome | None:
    """Return where an evaluation at ``at`` leads a group; None for one that has no status, not yet or no longer.

    ``too_new`` says that a group without a status is not evaluated yet. A group that has been silent too long is
    forgotten, as is at once one that an edited monitor no longer has; a simple alert keeps its only one.
    """
    if silence.retention and (group != EVERYTHING or definition.group_by):
        return None
    if too_new and before is None and group != EVERYTHING:
        return None
    new = next_state(definition, before, seen, silence, assumptions)
    # A new group, like a new monitor, is in No Data until its first evaluation [OBS].
    if before is None and (new.state is not None or group == EVERYTHING):
        before = GroupStatus(state=State.NO_DATA, since=at)
    if before is None:
        return None
    return _outcome(definition, group, before, new, at=at, assumptions=assumptions)


def _outcome(
    definition: Definition, group: Group, before: GroupStatus, new: Decision, *, at: datetime, assumptions: Assumptions
) -> Outcome:
    status = moved(before, new.state or before.state, new.value, at)
    transition = told = None
    if status.state is not before.state:
        transition = Transition(at=at, group=group, old=before.state, new=status.state, value=new.value)
    quiet = new.by_timeout and not assumptions.auto_resolve_notifies
    if _notifies(definition, before, status, at, assumptions) and not quiet:
        told = notification(definition, _moment(before, status, group, at), assumptions)
        again = status.renotified + (transition is None)
        status = replace(status, last_notified_at=at, renotified=again)
    return Outcome(status, new.value, transition, told)


def _moment(before: GroupStatus, status: GroupStatus, group: Group, at: datetime) -> Moment:
    return Moment(
        at=at,
        group=group,
        old=before.state,
        new=status.state,
        value=status.value,
        first_triggered_at=status.first_triggered_at,
        last_triggered_at=status.last_triggered_at,
    )


def _notifies(
    definition: Definition, before: GroupStatus, after: GroupStatus, at: datetime, assumptions: Assumptions
) -> bool:
    """Tell whether a step, or staying, is told: the end of trouble is if its beginning was [VAR, NOTIFY]."""
    if after.state is before.state:
        due = renotifies_after(definition, after, assumptions)
        return due is not None and at >= due
    return is_told(definition, before.state, after.state) and (after.state is not State.OK or before.trouble_was_told)


def renotifies_after(definition: Definition, status: GroupStatus, assumptions: Assumptions) -> datetime | None:
    """Return when a status that stays is told again, None for never: the interval counts from the last time [OPTS]."""
    options, last = definition.options, status.last_notified_at
    if options.renotify_interval is None or last is None or not status.trouble_was_told:
        return None
    if not is_told(definition, status.state, status.state):
        return None
    if options.renotify_occurrences is not None and status.renotified >= options.renotify_occurrences:
        return None
    due = last + options.renotify_interval
    stops, first = assumptions.renotify_stops_after, status.first_triggered_at
    return None if stops is not None and first is not None and due > first + stops else due
