"""The life of a monitor's groups: one evaluation after another.

`advance` is the whole of it: a pure function of the definition, the states so far, the data and the instant.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from types import MappingProxyType
from typing import TYPE_CHECKING, NamedTuple

from alertproof.datadog.message import require_modelled_template
from alertproof.datadog.monitor.assumptions import Assumptions
from alertproof.datadog.monitor.decide import (
    Decision,
    is_forgotten,
    is_silent,
    is_too_new,
    next_state,
    resolves_by_timeout,
)
from alertproof.datadog.monitor.definition import Definition, MissingData, State
from alertproof.datadog.monitor.evaluate import Observation, observe
from alertproof.datadog.monitor.notify import Moment, Notification, notification
from alertproof.datadog.monitor.status import GroupStatus, moved
from alertproof.tags import EVERYTHING, Group
from alertproof.telemetry.series import SeriesStore

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog.slo import Slos

__all__ = ["Step", "Transition", "advance", "require_modelled"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Transition:
    """A group's step from one state to another."""

    at: datetime
    group: Group
    old: State
    new: State
    value: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """What one evaluation led to; ``silent`` are the groups whose window held no point.

    ``values`` has the value that decided, None where the evaluation was skipped.
    """

    at: datetime
    statuses: Mapping[Group, GroupStatus]
    values: Mapping[Group, float | None]
    transitions: tuple[Transition, ...]
    notifications: tuple[Notification, ...]
    silent: frozenset[Group] = frozenset()


_NOTHING = Observation(value=None, last_point=None, first_recent=None)
_NO_SLOS: Slos = MappingProxyType({})
_DEFAULT = Assumptions()


def advance(
    definition: Definition,
    statuses: Mapping[Group, GroupStatus],
    store: SeriesStore,
    at: datetime,
    *,
    slos: Slos = _NO_SLOS,
    assumptions: Assumptions = _DEFAULT,
) -> Step:
    """Evaluate a monitor once at ``at``, an aware instant on a full minute.

    A new monitor has no statuses. Raises `NotModelled` for a definition that is not evaluated, or not of such data,
    `ConfigError` for an SLO that ``slos`` lacks and `Broken` for data that the query cannot be asked of.
    """
    observed = observe(definition, store, at, slos=slos, assumptions=assumptions)
    outcomes = {}
    for group in sorted(observed.keys() | statuses.keys()):
        seen, before = observed.get(group, _NOTHING), statuses.get(group)
        if is_forgotten(definition, group, seen, at) or is_too_new(definition, group, before, seen, at):
            continue
        new = next_state(definition, before, seen, at, assumptions)
        # A new group, like a new monitor, is in No Data until its first evaluation [OBS].
        if before is None and (new.state is not None or group == EVERYTHING):
            before = GroupStatus(state=State.NO_DATA, since=at)
        if before is not None:
            outcomes[group] = _step(definition, group, before, new, seen, at=at, assumptions=assumptions)
    return Step(
        at=at,
        statuses=MappingProxyType({group: outcome.status for group, outcome in outcomes.items()}),
        values=MappingProxyType({group: outcome.value for group, outcome in outcomes.items()}),
        transitions=tuple(each.transition for each in outcomes.values() if each.transition),
        notifications=tuple(each.notification for each in outcomes.values() if each.notification),
        silent=frozenset(group for group in outcomes if is_silent(definition, observed.get(group, _NOTHING), at)),
    )


class _Outcome(NamedTuple):
    """What one evaluation led to for one group."""

    status: GroupStatus
    value: float | None
    transition: Transition | None
    notification: Notification | None


def _step(
    definition: Definition,
    group: Group,
    before: GroupStatus,
    new: Decision,
    seen: Observation,
    *,
    at: datetime,
    assumptions: Assumptions,
) -> _Outcome:
    status = moved(before, new.state or before.state, new.value, at)
    transition = told = None
    if status.state is not before.state:
        transition = Transition(at=at, group=group, old=before.state, new=status.state, value=new.value)
    quiet = not assumptions.auto_resolve_notifies and resolves_by_timeout(definition, before, seen, at)
    if _notifies(definition, before, status, at) and not (quiet and transition):
        told = notification(definition, _moment(before, status, group, at), assumptions)
        again = status.renotified + (transition is None)
        status = replace(status, last_notified_at=at, renotified=again)
    return _Outcome(status, new.value, transition, told)


def require_modelled(definition: Definition, *, slos: Slos = _NO_SLOS) -> None:
    """Raise `NotModelled`, naming the form, for a monitor that :func:`advance` would refuse whatever the data.

    What only the data tell, such as an aggregation that the metric's type does not have, it cannot foresee. Raises
    `ConfigError` for an SLO that ``slos`` lacks and for a burn rate that its SLO can never reach.
    """
    observe(definition, SeriesStore(), datetime.fromtimestamp(0, UTC), slos=slos, assumptions=_DEFAULT)
    for template in (definition.name, definition.message, definition.options.escalation_message):
        require_modelled_template(template)


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


def _notifies(definition: Definition, before: GroupStatus, after: GroupStatus, at: datetime) -> bool:
    """Tell whether a step, or staying, is told [VAR, NOTIFY]; a draft tells nothing [TFPROV]."""
    if definition.draft:
        return False
    if after.state is before.state:
        return _renotifies(definition, after, at)
    options = definition.options
    if after.state is State.NO_DATA:
        missing = options.on_missing_data
        return missing is MissingData.SHOW_AND_NOTIFY or (missing is None and options.notify_no_data)
    if after.state is State.OK:
        return before.trouble_was_told
    return True


def _renotifies(definition: Definition, status: GroupStatus, at: datetime) -> bool:
    """Tell whether the interval since the last notification has passed in a state that repeats it [OPTS]."""
    options, last = definition.options, status.last_notified_at
    if options.renotify_interval is None or last is None or not status.trouble_was_told:
        return False
    if status.state not in options.renotify_statuses:
        return False
    if options.renotify_occurrences is not None and status.renotified >= options.renotify_occurrences:
        return False
    return at - last >= options.renotify_interval
