"""What a composite monitor makes of the states of others [COMP]."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, assert_never

import numpy as np
from numpy.typing import NDArray

from alertproof.datadog.monitor.observation import Observations, State, verdict_of
from alertproof.datadog.query.tree import AllMonitors, AnyMonitor, CompositeExpression, MonitorId, NotMonitor, walk
from alertproof.errors import ConfigError, NotModelled, nearest
from alertproof.tags import EVERYTHING, Group

if TYPE_CHECKING:
    from collections.abc import Mapping

    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.timeline import Timeline
    from alertproof.telemetry.series import Floats

__all__ = ["combined", "monitor_ids", "observe_composite", "part_group"]

Verdicts = NDArray[np.int8]
_OK, _UNKNOWN, _NO_DATA, _ALERT = map(verdict_of, (State.OK, State.UNKNOWN, State.NO_DATA, State.ALERT))


def monitor_ids(expression: CompositeExpression) -> tuple[str, ...]:
    """Return the ids of the monitors in the expression, each once."""
    return tuple(dict.fromkeys(node.text for node in walk(expression) if isinstance(node, MonitorId)))


def combined(expression: CompositeExpression, states: Mapping[str, Verdicts]) -> Verdicts:
    """Return the state of the expression, given those of its monitors; numbers rise with severity.

    ``&&`` is the least severe if all are worth an alert and OK otherwise, ``||`` the most severe; ``!`` leaves No
    Data, and turns OK into Alert and all else into OK.
    """
    match expression:
        case MonitorId():
            return states[expression.text]
        case NotMonitor():
            inner = combined(expression.item, states)
            turned = np.where(inner == _OK, _ALERT, _OK)
            return np.where(inner == _NO_DATA, _NO_DATA, turned).astype(np.int8)
        case AllMonitors():
            # OK is the least of all, so that one of them makes all OK.
            return reduce(np.minimum, [combined(item, states) for item in expression.items])
        case AnyMonitor():
            return reduce(np.maximum, [combined(item, states) for item in expression.items])
        case _:
            assert_never(expression)


def observe_composite(
    definition: Definition, expression: CompositeExpression, parts: Mapping[str, Timeline], instants: Floats
) -> Observations:
    """Combine the states of other monitors, group by group where they have groups.

    Groups meet by the values of their tags; only those that all grouped monitors have are groups of the composite.
    Raises `ConfigError` for a monitor that ``parts`` lacks.
    """
    ids = monitor_ids(expression)
    for each in ids:
        if each not in parts:
            raise ConfigError(f"there is no monitor {each!r}, which the composite asks for{nearest(each, parts)}")
    groups = _groups(ids, parts)
    rows, seen = [], []
    for group in groups:
        states = {each: _states(parts[each], group, instants) for each in ids}
        there = reduce(np.logical_and, [one >= 0 for one in states.values()])
        verdicts = np.where(there, combined(expression, states), -1).astype(np.int8)
        if not definition.options.notify_no_data:
            # It keeps the state that it was last known to have.
            verdicts[verdicts == _NO_DATA] = -1
        rows.append(verdicts)
        numbers = np.maximum.accumulate(np.where(there, np.arange(len(instants)), -1))
        seen.append(np.where(numbers >= 0, instants[np.maximum(numbers, 0)] - 1, np.nan))
    shape = (len(groups), len(instants))
    last = np.array(seen).reshape(shape)
    return Observations(
        instants=instants,
        groups=groups,
        values=np.full(shape, np.nan),
        last_points=last,
        first_recent=np.full(shape, -np.inf),
        verdicts=np.array(rows, dtype=np.int8).reshape(shape),
    )


def _groups(ids: tuple[str, ...], parts: Mapping[str, Timeline]) -> tuple[Group, ...]:
    grouped = [parts[each].observations.groups for each in ids if parts[each].observations.groups != (EVERYTHING,)]
    if not grouped:
        return (EVERYTHING,)
    widest = max(grouped, key=lambda groups: max((len(group) for group in groups), default=0))
    return tuple(group for group in widest if all(_match(group, other) is not None for other in grouped))


def _match(group: Group, others: tuple[Group, ...]) -> Group | None:
    """Return the group whose values are among those of ``group``."""
    values = {tag.value for tag in group}
    found = [other for other in others if {tag.value for tag in other} <= values]
    if len(found) > 1:
        raise NotModelled(f"a composite whose groups meet in more than one way: {', '.join(map(str, found))}")
    return found[0] if found else None


def part_group(part: Timeline, group: Group) -> Group | None:
    """Return a monitor's group that is behind a group of the composite; None where it has no such group."""
    groups = part.observations.groups
    return EVERYTHING if groups == (EVERYTHING,) else _match(group, groups)


def _states(part: Timeline, group: Group, instants: Floats) -> Verdicts:
    """Return a monitor's states for a group of the composite, Unknown as OK [SVC]; -1 where it has no such group."""
    own = part_group(part, group)
    if own is None:
        return np.full(len(instants), -1, dtype=np.int8)
    evaluations = np.searchsorted(part.instants, instants, side="right") - 1
    states = part.states(own)[evaluations]
    states = np.where(states == _UNKNOWN, _OK, states)
    return np.where(evaluations >= 0, states, -1).astype(np.int8)
