"""Which state an evaluation leads to: thresholds, recovery thresholds, missing data, retention."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, NamedTuple

from alertproof.datadog.monitor.definition import MissingData, State, evaluation_window
from alertproof.datadog.monitor.validation import MEETS, RECOVERS
from alertproof.datadog.query.points import is_as_count
from alertproof.datadog.query.tree import MetricMonitor, MetricQuery
from alertproof.tags import EVERYTHING

if TYPE_CHECKING:
    from datetime import datetime

    from alertproof.datadog.monitor.assumptions import Assumptions
    from alertproof.datadog.monitor.definition import Definition
    from alertproof.datadog.monitor.evaluate import Observation
    from alertproof.datadog.monitor.status import GroupStatus
    from alertproof.tags import Group

__all__ = ["Decision", "is_forgotten", "is_silent", "is_too_new", "next_state", "resolves_by_timeout"]

#: A group without data is dropped from the status after that long [CFG].
_RETENTION = timedelta(hours=24)
_NEW_GROUP_DELAY = timedelta(seconds=60)
_NEW_HOST_DELAY = timedelta(seconds=300)


class Decision(NamedTuple):
    """What an evaluation led to: a state, None where it stays, and the value that decided, if one did."""

    state: State | None
    value: float | None


def next_state(
    definition: Definition,
    before: GroupStatus | None,
    observation: Observation,
    at: datetime,
    assumptions: Assumptions,
) -> Decision:
    """Return the state that an evaluation leads to; it is skipped, and the state stays, where nothing decides."""
    value = observation.value
    if value is not None:
        old = before.state if before else State.NO_DATA
        return Decision(_by_thresholds(definition, old, value, assumptions), value)
    if before is not None and resolves_by_timeout(definition, before, observation, at):
        return Decision(State.OK, None)
    if before is not None and _was_resolved(definition, before, observation):
        # Else the end of the timeout would be the begin of the next trouble, every other minute.
        return Decision(None, None)
    if definition.options.on_missing_data is not None:
        return _by_missing_data(definition, before, observation, at, assumptions)
    if definition.options.notify_no_data and observation.last_point is not None:
        span = definition.options.no_data_timeframe
        silent = span or assumptions.no_data_windows * evaluation_window(definition)
        return Decision(State.NO_DATA if _is_silent(definition, observation, silent, at) else None, None)
    return Decision(None, None)


def _by_thresholds(definition: Definition, old: State, value: float, assumptions: Assumptions) -> State:
    """Compare with the thresholds; an Alert or Warn is left only past its recovery threshold [RECOV]."""
    thresholds = definition.options.thresholds
    meets, recovers = MEETS[definition.comparator], RECOVERS[definition.comparator]
    if meets(value, thresholds.critical):
        return State.ALERT
    new = State.OK
    if thresholds.warning is not None and meets(value, thresholds.warning):
        new = State.WARN
    if not assumptions.stays_between_thresholds:
        return new
    alert_end, warn_end = thresholds.critical_recovery, thresholds.warning_recovery
    if old is State.ALERT and alert_end is not None and not recovers(value, alert_end):
        return State.ALERT
    if old is State.WARN and new is State.OK and warn_end is not None and not recovers(value, warn_end):
        return State.WARN
    return new


def _is_silent(definition: Definition, observation: Observation, span: timedelta, at: datetime) -> bool:
    """Tell whether ``span`` before the evaluation's end holds no point."""
    start = (at - definition.options.evaluation_delay - span).timestamp()
    return observation.last_point is None or observation.last_point < start


def resolves_by_timeout(definition: Definition, before: GroupStatus, observation: Observation, at: datetime) -> bool:
    """Tell whether ``timeout_h`` without data has passed for a triggered group [OPTS]."""
    timeout = definition.options.timeout
    if timeout is None or not before.in_trouble:
        return False
    gone = _without_data_since(definition, observation)
    return gone is None or at.timestamp() > gone + timeout.total_seconds()


def _without_data_since(definition: Definition, observation: Observation) -> float | None:
    """Return the last instant whose evaluation holds the newest point; None where there is no point.

    The clocks of the timeout and the retention start at the first evaluation after it [CFG].
    """
    if observation.last_point is None:
        return None
    return (
        observation.last_point + (evaluation_window(definition) + definition.options.evaluation_delay).total_seconds()
    )


def _was_resolved(definition: Definition, before: GroupStatus, observation: Observation) -> bool:
    """Tell whether this very silence has been resolved: nothing came since then that could be missed."""
    gone, resolved = _without_data_since(definition, observation), before.last_resolved_at
    return resolved is not None and not before.in_trouble and (gone is None or resolved.timestamp() > gone)


def _by_missing_data(
    definition: Definition,
    before: GroupStatus | None,
    observation: Observation,
    at: datetime,
    assumptions: Assumptions,
) -> Decision:
    """Apply ``on_missing_data``, whose window is the evaluation window [ONMISS]."""
    if not _is_silent(definition, observation, evaluation_window(definition), at):
        return Decision(None, None)
    match definition.options.on_missing_data:
        case MissingData.SHOW_NO_DATA | MissingData.SHOW_AND_NOTIFY:
            return Decision(State.NO_DATA, None)
        case MissingData.RESOLVE:
            return Decision(State.OK, None)
        case _:
            if not _counts(definition):
                return Decision(None, None)
            old = before.state if before else State.NO_DATA
            return Decision(_by_thresholds(definition, old, 0.0, assumptions), 0.0)


def _counts(definition: Definition) -> bool:
    """Tell whether the query is a single count, which missing data makes 0."""
    tree = definition.tree
    return isinstance(tree, MetricMonitor) and isinstance(tree.expression, MetricQuery) and is_as_count(tree.expression)


def is_silent(definition: Definition, observation: Observation, at: datetime) -> bool:
    """Tell whether the evaluation window holds no point."""
    return _is_silent(definition, observation, evaluation_window(definition), at)


def is_forgotten(definition: Definition, group: Group, observation: Observation, at: datetime) -> bool:
    """Tell whether a group has been silent too long to be kept; a simple alert keeps its only one.

    A group that an edited monitor no longer has is forgotten at once.
    """
    if group == EVERYTHING and not definition.group_by:
        return False
    gone = _without_data_since(definition, observation)
    return gone is None or at.timestamp() > gone + _RETENTION.total_seconds()


def is_too_new(
    definition: Definition,
    group: Group,
    before: GroupStatus | None,
    observation: Observation,
    at: datetime,
) -> bool:
    """Tell whether a group not seen in the last 24 hours is not evaluated yet [CFG]."""
    if group == EVERYTHING or before is not None or observation.first_recent is None:
        return False
    options = definition.options
    delay = options.new_group_delay
    if delay is None:
        delay = _NEW_GROUP_DELAY
        if "host" in definition.group_by:
            # 0 switches the delay off; only where none is given is it the default.
            delay = _NEW_HOST_DELAY if options.new_host_delay is None else options.new_host_delay
    return observation.first_recent > (at - options.evaluation_delay - delay).timestamp()
