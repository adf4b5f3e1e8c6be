"""Whether a step, or staying, is told, and what becomes of that in a downtime [VAR, NOTIFY, DOWN]."""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

from msgspec.structs import replace

from alertproof.datadog.downtime import Fate, fate
from alertproof.datadog.monitor.definition import State
from alertproof.datadog.monitor.notify import Moment, is_told, notification
from alertproof.datadog.rules import routed

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from alertproof.datadog.downtime import Mute
    from alertproof.datadog.monitor.notify import Notification
    from alertproof.datadog.monitor.routing import Terms
    from alertproof.datadog.monitor.status import GroupStatus
    from alertproof.tags import Group

__all__ = ["renotified_at", "renotifies_after", "tell"]


def tell(
    terms: Terms, group: Group, before: GroupStatus, status: GroupStatus, *, at: datetime, mute: Mute
) -> tuple[GroupStatus, Notification | None]:
    """Return what is told of a step from ``before`` to ``status``, and the status that remembers it."""
    definition, assumptions = terms.definition, terms.assumptions
    ends = status.state is State.OK and assumptions.scheduled_recoveries_notify
    if definition.options.schedules and not ends:
        # Each evaluation stands for itself, and is told if it is not OK [SCHED].
        before = replace(before, state=State.OK)
    stays = status.state is before.state
    is_due = _is_due(terms, before, status, at)
    decided = fate(mute, before.state, status.state, is_due=is_due, was_told=before.trouble_was_told)
    if decided is Fate.MUTED:
        return replace(status, last_muted_at=at), None
    # A group that has been in No Data from its begin is not in trouble: it has to have seen data first [CFG].
    anew = decided is Fate.ANEW and status.in_trouble and is_told(definition, State.OK, status.state)
    if decided is not Fate.SENT and not anew:
        return status, None
    moment = Moment(
        at=at,
        group=group,
        old=State.OK if anew else before.state,
        new=status.state,
        value=status.value,
        first_triggered_at=status.first_triggered_at,
        last_triggered_at=status.last_triggered_at,
        facts=terms.facts(group, at),
    )
    told = notification(definition, moment, assumptions)
    if terms.routing.rules:
        told = routed(told, definition, terms.routing.rules, assumptions)
    return replace(status, last_notified_at=at, renotified=status.renotified + (stays and not anew)), told


def _is_due(terms: Terms, before: GroupStatus, after: GroupStatus, at: datetime) -> bool:
    """Tell whether a step is told without downtimes: the end of trouble is if its beginning was, or was muted."""
    if after.state is before.state:
        due = renotifies_after(terms, after)
        return due is not None and at >= due
    ends = after.state is State.OK
    returns_bad = before.state is State.NO_DATA and before.trouble_was_due and not ends
    if returns_bad and not terms.assumptions.no_data_to_alert_notifies:
        return False
    return is_told(terms.definition, before.state, after.state) and (not ends or before.trouble_was_due)


def renotifies_after(terms: Terms, status: GroupStatus) -> datetime | None:
    """Return when a status that stays is told again, None for never: the interval counts from the last time [OPTS]."""
    options, last = terms.definition.options, status.last_due_at
    if options.renotify_interval is None or last is None or not status.trouble_was_due:
        return None
    if not is_told(terms.definition, status.state, status.state):
        return None
    if options.renotify_occurrences is not None and status.renotified >= options.renotify_occurrences:
        return None
    due = last + options.renotify_interval
    stops, first = terms.assumptions.renotify_stops_after, status.first_triggered_at
    return None if stops is not None and first is not None and due > first + stops else due


def renotified_at(terms: Terms, status: GroupStatus | None, instants: Sequence[float], number: int) -> int:
    """Return the number of the evaluation after ``number`` at which a status that stays is told again.

    ``instants`` are those of all evaluations, epoch seconds; their count stands for never. What was due before a step
    that is not told is told by the next evaluation.
    """
    due = renotifies_after(terms, status) if status else None
    return len(instants) if due is None else max(bisect_left(instants, due.timestamp()), number + 1)
